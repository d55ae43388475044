"""A kernel over a whole image gives each pixel from one fixed window, and reads no more than a window at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter, uniform_filter

from rasterdelta.blocks import over_blocks, score_image, spans
from rasterdelta.difference.auto import METHODS
from rasterdelta.difference.pixels import box_mean
from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import KernelError

SHAPE = (150, 170)


def pair(bands=3):
    rng = np.random.default_rng(5)
    before = np.abs(rng.normal(120, 25, (bands, *SHAPE))).astype(np.float32)
    after = (1.1 * before + rng.normal(5, 8, before.shape)).astype(np.float32)
    after[:, 40:60, 50:80] += 150
    valid = np.ones(SHAPE, bool)
    valid[:20, :30] = False
    return before, after, valid


@given(length=st.integers(1, 400), block=st.integers(1, 90), halo=st.integers(0, 60), stride=st.integers(1, 16))
def test_blocks_cover_an_axis_once_with_their_halo(length, block, halo, stride):
    cut = spans(length, block=block, halo=halo, stride=stride)
    covered = [k for s in cut for k in range(s.start, s.stop)]
    assert covered == list(range(length))
    for s in cut:
        assert s.start % block == 0
        assert s.first % stride == 0
        assert s.first == 0 or s.start - halo - stride < s.first <= s.start - halo
        assert s.last == min(length, s.start + block + halo)
        assert range(s.first, s.last)[s.inner] == range(s.start, s.stop)


@given(block=st.integers(1, 60), side=st.sampled_from([1, 3, 9]))
def test_a_filter_of_whole_numbers_is_the_same_for_any_block(block, side):
    image = np.random.default_rng(0).integers(0, 100, (2, 41, 57))
    got = over_blocks(
        lambda a: maximum_filter(a, (0, side, side), mode="nearest"),
        [image],
        halo=side // 2,
        lead=(2,),
        dtype=np.int64,
        block=block,
    )
    np.testing.assert_array_equal(got, maximum_filter(image, (0, side, side), mode="nearest"))


def test_masks_and_images_go_in_together():
    plane = np.random.default_rng(0).integers(0, 50, (60, 70)).astype(np.uint16)
    got = over_blocks(lambda p, v: box_mean(p, v, side=5), [plane, np.ones((60, 70), bool)], halo=2, block=16)
    np.testing.assert_allclose(got[2:-2, 2:-2], uniform_filter(plane.astype(float), 5)[2:-2, 2:-2], rtol=1e-6)


@pytest.mark.parametrize("name", METHODS)
def test_an_image_of_one_block_is_scored_as_it_stands(name):
    before, after, valid = pair()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=5.0)
    np.testing.assert_array_equal(score_image(model, before, after, valid), model.score(before, after, valid))


@pytest.mark.parametrize("name", METHODS)
def test_blocks_differ_from_the_whole_by_rounding_only(name):
    before, after, valid = pair()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=5.0)
    got = score_image(model, before, after, valid, block=64)
    np.testing.assert_allclose(got, model.score(before, after, valid), rtol=2e-4, atol=2e-4)


def test_no_mask_means_seen_everywhere():
    before, after, valid = pair()
    model = METHODS["cva"]([PairSample(before, after, valid)], gsd_m=5.0)
    everywhere = score_image(model, before, after, np.ones_like(valid))
    np.testing.assert_array_equal(score_image(model, before, after), everywhere)
    assert np.isfinite(everywhere).all()


class Watched:
    """A raster that is too large to be read whole."""

    def __init__(self, array):
        self.array, self.most = array, 0

    @property
    def shape(self):
        return self.array.shape

    def __getitem__(self, index):
        window = self.array[index]
        self.most = max(self.most, window.size)
        return window


def test_files_are_read_a_window_at_a_time(tmp_path):
    before, after, valid = pair()
    stored = np.lib.format.open_memmap(tmp_path / "before.npy", mode="w+", dtype=np.float32, shape=before.shape)
    stored[:] = before
    model = METHODS["cva"]([PairSample(before, after, valid)], gsd_m=5.0)
    seen = Watched(np.load(tmp_path / "before.npy", mmap_mode="r"))
    got = score_image(model, seen, after, valid, block=32)
    np.testing.assert_array_equal(got, score_image(model, before, after, valid, block=32))
    assert seen.most <= 3 * (32 + 2 * model.halo) ** 2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: spans(10, block=0), "blocks of 0"),
        (lambda: over_blocks(np.negative, [np.zeros((4, 5)), np.zeros((5, 4))]), "same rows and columns"),
        (lambda: over_blocks(lambda a: a[1:], [np.zeros((4, 5))]), "made an array of shape"),
        (lambda: over_blocks(np.negative, [np.zeros((2, 4, 5))]), "axes before its rows"),
        (lambda: score_image(None, np.zeros((1, 4, 5)), np.zeros((2, 4, 5))), "shapes differ"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, said):
    with pytest.raises(KernelError, match=said):
        call()

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from rasterdelta.difference import siamese
from rasterdelta.difference import siamese_network as network
from rasterdelta.difference.protocol import PairSample


def ground(seed=1, shape=(448, 448)):
    """Rough, greenish ground with some blobs, 8-bit like."""
    rng = np.random.default_rng(seed)
    rough = sum(gaussian_filter(rng.normal(0, 1, shape), s) * s for s in (1, 3, 12))
    tint = np.array([95, 105, 80])[:, None, None]
    return (tint + 14 * rough / rough.std()).astype(np.float32)


def with_house(image, row=200, col=220, shade=(190, 120, 95)):
    image = image.copy()
    image[:, row : row + 24, col : col + 32] *= 0.55  # its shadow
    for half, light in ((0, 1.1), (1, 0.8)):
        rows = slice(row - 6 + 12 * half, row + 6 + 12 * half)
        image[:, rows, col - 6 : col + 28] = np.array(shade, np.float32)[:, None, None] * light
    return image


def fitted(before, after, gsd_m=0.5):
    valid = np.ones(before.shape[1:], bool)
    return siamese.fit([PairSample(before, after, valid)], gsd_m=gsd_m), valid


def test_a_new_house_is_found_on_its_ground_and_nowhere_else():
    before = ground()
    after = 0.8 * with_house(before) + 20 + np.random.default_rng(5).normal(0, 2, before.shape).astype(np.float32)
    model, valid = fitted(before, after.astype(np.float32))
    changed = model.score(before, after.astype(np.float32), valid) > model.threshold
    assert changed[196:216, 216:246].mean() > 0.8
    away = np.ones_like(changed)
    away[180:236, 200:266] = False
    assert changed[away].mean() < 0.002


def test_order_of_dates_does_not_matter():
    before, after = ground(), with_house(ground())
    model, valid = fitted(before, after)
    back = replace(model, before=model.after, after=model.before)
    np.testing.assert_allclose(model.score(before, after, valid), back.score(after, before, valid), atol=1e-4)


@pytest.mark.parametrize(("rows", "cols"), [(2, 0), (0, 3), (-2, 2)])
def test_a_few_pixels_of_misregistration_are_no_change(rows, cols):
    before = with_house(ground())
    after = np.roll(before, (rows, cols), (1, 2))
    model, valid = fitted(before, after)
    assert (model.score(before, after, valid) > model.threshold).mean() < 0.001


@pytest.mark.parametrize("gsd_m", [0.25, 0.5, 1.5])
def test_windows_on_the_stride_give_the_same_wherever_they_are_cut(gsd_m):
    model, _ = fitted(ground(), with_house(ground()), gsd_m)
    assert model.halo * model.enlarge >= network.REACH * model.reduce
    side = min(1400, 2 * model.halo + 8 * model.stride)
    before, after = ground(2, (side, side)), ground(3, (side, side))
    valid = np.ones((side, side), bool)
    whole = model.score(before, after, valid)
    cut = model.stride * (side // 2 // model.stride + 1)
    for r0, c0 in itertools.product((0, cut), repeat=2):
        core = np.s_[r0 : cut if r0 == 0 else side, c0 : cut if c0 == 0 else side]
        top, left = (max(0, v - model.halo) // model.stride * model.stride for v in (r0, c0))
        window = np.s_[top : core[0].stop + model.halo, left : core[1].stop + model.halo]
        part = model.score(before[:, *window], after[:, *window], valid[window])
        inner = part[r0 - top :, c0 - left :][: core[0].stop - r0, : core[1].stop - c0]
        np.testing.assert_allclose(inner, whole[core], atol=2e-4)


def test_blocks_within_a_window_leave_no_seam(monkeypatch):
    before, after = ground(2, (640, 500)), with_house(ground(2, (640, 500)))
    whole = network.logits(before, after)
    monkeypatch.setattr(network, "CORE", 256)
    np.testing.assert_allclose(network.logits(before, after), whole, atol=2e-3)


@pytest.mark.parametrize("gain", [0.002, 37, 1e30])
def test_any_range_of_values_gives_the_same_picture(gain):
    before, after = ground(), with_house(ground())
    model, valid = fitted(before, after)
    other = [a * np.float32(gain) for a in (before, after + 8)]
    scaled, _ = fitted(*other)
    np.testing.assert_allclose(scaled.score(*other, valid), model.score(before, after, valid), atol=1e-3)


def test_dates_that_look_the_same_show_no_change():
    noise = np.random.default_rng(0).normal(120, 40, (3, 200, 200)).astype(np.float32)
    model, valid = fitted(noise, noise)
    assert model.score(noise, noise, valid).max() < 1e-9


@pytest.mark.parametrize("bands", [1, 2, 4])
def test_other_numbers_of_bands_are_taken(bands):
    before, after = (np.concatenate([x, x[:1]])[:bands] for x in (ground(), with_house(ground())))
    model, valid = fitted(before, after)
    score = model.score(before, after, valid)
    changed = score > model.threshold
    assert changed[196:216, 216:246].mean() > 0.5
    changed[180:236, 200:266] = False
    assert changed.mean() < 0.002


def test_regions_end_where_the_probability_falls_below_their_peaks_share():
    rows, cols = np.mgrid[:60, :60]
    chance = np.exp(-((rows - 30) ** 2 + (cols - 20) ** 2) / 12).astype(np.float32)
    faint = (0.2 * np.exp(-((rows - 30) ** 2 + (cols - 50) ** 2) / 4)).astype(np.float32)
    found = siamese.edged(chance + faint, 3) > siamese.THRESHOLD
    assert found[30, 20]
    assert found[30, 50]
    np.testing.assert_array_equal(found[:, :40], (chance > siamese.EDGE)[:, :40])


def test_doubling_is_bilinear():
    image = np.random.default_rng(0).normal(0, 1, (2, 5, 7)).astype(np.float32)
    expected = [cv2.resize(b, (14, 10), interpolation=cv2.INTER_LINEAR) for b in image]
    np.testing.assert_allclose(network.doubled(image), expected, atol=1e-6)


def test_averaging_fills_up_the_border():
    image = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    np.testing.assert_allclose(siamese.averaged(image, 2), [[[2.5, 4.5], [8.5, 10.5]]])
    assert siamese.averaged(image, 1) is image


def test_weights_are_small():
    from importlib.resources import files

    assert len(files("rasterdelta.difference").joinpath("siamese.onnx").read_bytes()) < 8 * 2**20

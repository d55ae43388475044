import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from rasterdelta.errors import KernelError
from rasterdelta.masks import shrink, unsaturated
from rasterdelta.masks.margins import grow, opened


def test_saturated_in_any_band() -> None:
    image = np.full((2, 3, 4), 100, np.float32)
    image[1, 2, 3] = 255
    usable = unsaturated(image, ceiling=255)
    assert not usable[2, 3]
    assert usable.sum() == 11


@settings(max_examples=25, deadline=None)
@given(pixels=st.integers(0, 6), seed=st.integers(0, 50))
def test_shrink_agrees_with_scipy(pixels: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((40, 50)) > 0.02
    kept = shrink(mask, pixels)
    distance = ndimage.distance_transform_edt(mask)
    assert not kept[~mask].any()
    # OpenCV's 5 x 5 distance is right to a few per cent.
    assert kept[distance > 1.06 * pixels + 0.01].all() or mask.all()
    assert not kept[distance < 0.94 * pixels - 0.01].any()


def test_shrink_of_nothing_invalid_keeps_the_edge() -> None:
    assert shrink(np.ones((5, 5), np.bool_), 2).all()


def test_shrink_by_less_than_nothing() -> None:
    with pytest.raises(KernelError, match="-1"):
        shrink(np.ones((5, 5), np.bool_), -1)


@settings(max_examples=25, deadline=None)
@given(radius=st.integers(1, 5), seed=st.integers(0, 20))
def test_what_is_opened_is_part_of_it_and_what_is_grown_holds_it(radius: int, seed: int) -> None:
    mask = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(60, 50)), 3) > 0
    assert not (opened(mask, radius) & ~mask).any()
    assert grow(mask, radius)[mask].all()
    reached = ndimage.distance_transform_edt(~mask)
    assert grow(mask, radius)[reached < radius - 0.7].all()
    assert not grow(mask, radius)[reached > radius + 1].any()

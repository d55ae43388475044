import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import generic_filter

from rasterdelta.difference import speckle
from rasterdelta.difference.speckle import equivalent_looks, lee, lee_halo, speckle_variation
from rasterdelta.errors import KernelError, NotEnoughData


def fields(looks, seed=0, side=32):
    """Even fields of different brightness under gamma speckle, with their true intensity."""
    rng = np.random.default_rng(seed)
    level = np.repeat(np.repeat(rng.uniform(10, 100, (6, 6)), side, 0), side, 1)
    return (level * rng.gamma(looks, 1 / looks, level.shape)).astype(np.float32), level


def all_valid(image):
    return np.ones(image.shape, bool)


def test_the_documented_examples_hold():
    assert doctest.testmod(speckle).failed == 0


@pytest.mark.parametrize("looks", [1, 2.5, 4, 9])
def test_variation_is_that_of_gamma_samples(looks):
    sample = np.random.default_rng(1).gamma(looks, 1 / looks, 200_000)
    assert speckle_variation(looks) == pytest.approx(sample.std() / sample.mean(), rel=0.02)
    root = np.sqrt(sample)
    assert speckle_variation(looks, "amplitude") == pytest.approx(root.std() / root.mean(), rel=0.02)


@pytest.mark.parametrize("looks", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("quantity", ["intensity", "amplitude"])
def test_looks_are_estimated_over_fields_of_any_brightness(looks, quantity):
    image, _ = fields(looks)
    if quantity == "amplitude":
        image = np.sqrt(image)
    assert equivalent_looks(image, all_valid(image), quantity=quantity) == pytest.approx(looks, rel=0.12)


def test_looks_do_not_depend_on_units_or_on_what_is_masked():
    image, _ = fields(4)
    valid = all_valid(image)
    valid[40:90, 50:120] = False
    expected = equivalent_looks(image, valid)
    marked = image.copy()
    marked[~valid] = np.nan
    assert equivalent_looks(marked, all_valid(image)) == pytest.approx(expected)
    assert equivalent_looks(1000 * image, valid) == pytest.approx(expected, rel=1e-3)


def test_an_image_without_speckle_has_very_many_looks():
    flat = np.full((40, 40), 7, np.float32)
    assert equivalent_looks(flat, all_valid(flat)) == pytest.approx(speckle.MOST_LOOKS)


@pytest.mark.parametrize("image", [np.zeros((30, 30), np.float32), np.ones((5, 5), np.float32)])
def test_looks_of_nothing_are_refused(image):
    with pytest.raises(NotEnoughData, match="valid"):
        equivalent_looks(image, all_valid(image))


def test_lee_agrees_with_a_plain_loop():
    image, _ = fields(3, side=5)
    noise = 1 / 3

    def estimate(window):
        window = window[np.isfinite(window)]
        mean, variance = window.mean(), window.var()
        signal = max((variance - noise * mean**2) / (1 + noise), 0)
        centre = image[estimate.row, estimate.col]
        estimate.col += 1
        if estimate.col == image.shape[1]:
            estimate.row, estimate.col = estimate.row + 1, 0
        return mean + signal / variance * (centre - mean)

    estimate.row = estimate.col = 0
    expected = generic_filter(image.astype(float), estimate, size=5, mode="constant", cval=np.nan)
    np.testing.assert_allclose(lee(image, all_valid(image), looks=3, side=5), expected, rtol=1e-5)


def test_lee_averages_even_ground_and_leaves_strong_points():
    image, level = fields(4)
    image[100, 100] = 40_000
    filtered = lee(image, all_valid(image), looks=4)
    inside = np.s_[5:27, 5:27]
    assert filtered[inside].std() < 0.35 * image[inside].std()
    assert filtered[inside].mean() == pytest.approx(level[10, 10], rel=0.05)
    assert filtered[100, 100] > 0.7 * 40_000


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 20), st.floats(1e-3, 1e3))
def test_lee_stays_within_its_square_and_scales(seed, looks, gain):
    rng = np.random.default_rng(seed)
    image = rng.gamma(2, 10, (24, 26)).astype(np.float32)
    valid = rng.random(image.shape) < 0.9
    filtered = lee(image, valid, looks=looks)
    np.testing.assert_array_equal(np.isnan(filtered), ~valid)
    assert np.nanmin(filtered) >= image[valid].min() * 0.999
    assert np.nanmax(filtered) <= image[valid].max() * 1.001
    np.testing.assert_allclose(lee(np.float32(gain) * image, valid, looks=looks), gain * filtered, rtol=1e-4)


def test_lee_ignores_what_is_masked_and_needs_no_more_than_its_halo():
    image, _ = fields(2)
    valid = all_valid(image)
    valid[60:70, 60:80] = False
    whole = lee(image, valid, looks=2)
    image[~valid] = np.nan
    np.testing.assert_array_equal(lee(image, all_valid(image), looks=2), whole)
    halo = lee_halo()
    part = lee(image[30 - halo : 90 + halo, 20:], valid[30 - halo : 90 + halo, 20:], looks=2)
    np.testing.assert_allclose(part[halo:-halo, halo:], whole[30:90, 20 + halo :], rtol=1e-5)


@pytest.mark.parametrize("looks", [0, -1, float("nan")])
def test_looks_must_be_positive(looks):
    with pytest.raises(KernelError, match="positive"):
        lee(np.ones((9, 9), np.float32), np.ones((9, 9), bool), looks=looks)

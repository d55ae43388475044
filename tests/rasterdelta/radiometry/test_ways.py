"""Normalisation by unchanged pixels, by histogram and place by place; reflectance from published calibrations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.radiometry.histogram import fit_histogram
from rasterdelta.radiometry.local import fit_local
from rasterdelta.radiometry.reflectance import Calibration, earth_sun_distance, from_radiance
from rasterdelta.radiometry.unchanged import fit_unchanged

GAIN, OFFSET = np.array([1.4, 0.7, 2.0], np.float32), np.array([-20, 60, 5], np.float32)


def dates(seed=0, changed=0.2):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(3, 3)) * 0.4 + np.eye(3)
    cover = np.stack([ndimage.gaussian_filter(rng.normal(size=(150, 160)), 4) for _ in range(3)])
    cover = np.einsum("ij,jkl->ikl", mix, cover / cover.std() * 30) + 150
    moving = cover + rng.normal(0, 1.5, cover.shape)
    reference = GAIN[:, None, None] * cover + OFFSET[:, None, None] + rng.normal(0, 2, cover.shape)
    rows = round(changed * 150)
    reference[:, :rows] = rng.uniform(50, 400, (3, rows, 160))
    return reference.astype(np.float32), moving.astype(np.float32), np.ones((150, 160), np.bool_)


@pytest.mark.parametrize("seed", [0, 1])
def test_unchanged_pixels_give_the_relation_and_it_holds(seed):
    reference, moving, valid = dates(seed)
    found = fit_unchanged(reference, moving, valid)
    np.testing.assert_allclose(found.linear.gain, GAIN, rtol=0.02)
    np.testing.assert_allclose(found.linear.offset, OFFSET, atol=4)
    assert not found.unchanged[:30].mean() > 0.05
    assert all(found.determined)
    for held in found.held:
        assert held.rmse_after < 0.2 * held.rmse_before
        assert held.slope == pytest.approx(1, abs=0.02)
        assert min(held.t_probability, held.f_probability) > 1e-3
    assert (np.abs(found.linear.gain - GAIN) < 6 * found.slope_error + 0.01).all()


def test_the_split_is_seeded():
    images = dates()
    one, two, other = (fit_unchanged(*images, seed=s) for s in (0, 0, 1))
    assert one.held == two.held
    assert one.held != other.held


def test_too_few_unchanged_pixels():
    reference, moving, valid = dates()
    valid[:] = False
    valid[:8, :10] = True
    with pytest.raises(NotEnoughData):
        fit_unchanged(reference, moving, valid)
    with pytest.raises(KernelError, match="shapes"):
        fit_unchanged(reference[:1], moving, valid)


@settings(max_examples=10, deadline=None)
@given(power=st.floats(0.4, 2.5))
def test_a_curve_undoes_any_rising_one(power):
    reference, _, valid = dates(changed=0)
    low, high = reference.min(), reference.max()
    bent = ((reference - low) / (high - low)) ** np.float32(power) * 200
    curve = fit_histogram(reference, bent, valid)
    inside = (bent > np.quantile(bent, 0.02)) & (bent < np.quantile(bent, 0.98))
    assert np.abs(curve.apply(bent) - reference)[inside].max() < 0.05 * (high - low)


def test_a_curve_rises_beyond_what_it_saw():
    reference, moving, valid = dates(changed=0)
    curve = fit_histogram(reference, moving, valid)
    line = curve.apply(np.linspace(-500, 1500, 300, dtype=np.float32)[None, None].repeat(3, 0))
    assert (np.diff(line[0, 0]) >= 0).all()
    assert line[0, 0, -1] > line[0, 0, 200]


def test_histograms_agree_after_it():
    reference, moving, valid = dates(changed=0)
    level = fit_histogram(reference, moving, valid).apply(moving)
    shares = np.linspace(0.02, 0.98, 20)
    np.testing.assert_allclose(np.quantile(level[0], shares), np.quantile(reference[0], shares), atol=1.5)


def test_a_constant_band_is_moved():
    flat = np.full((1, 20, 20), 5, np.float32)
    np.testing.assert_allclose(fit_histogram(flat + 3, flat, np.ones((20, 20), np.bool_)).apply(flat), 8)


def test_local_lines_take_haze_away():
    reference, _, valid = dates(changed=0)
    thick = (0.3 * ndimage.gaussian_filter(np.linspace(0, 1, 160)[None].repeat(150, 0), 5)).astype(np.float32)
    hazy = reference * (1 - thick) + 250 * thick
    local = fit_local(reference, hazy, valid, block=40)
    after = np.abs(local.apply(hazy) - reference).mean()
    assert after < 0.5 * np.abs(hazy - reference).mean()


def test_a_window_is_levelled_as_the_whole():
    reference, moving, valid = dates(changed=0)
    local = fit_local(reference, moving, valid, block=48)
    whole = local.apply(moving)
    np.testing.assert_array_equal(local.apply(moving[:, 37:90, 11:70], row=37, col=11), whole[:, 37:90, 11:70])


def test_reflectance_of_the_handbook():
    # Landsat 7 band 3, high gain: 0.621654 per number, -5.62 at 0, solar irradiance 1533
    one = np.ones(1, np.float32)
    found = from_radiance(0.621654 * one, -5.62 * one, solar=1533 * one, sun_elevation_deg=60, day_of_year=1, source="")
    radiance = 100 * 0.621654 - 5.62
    expected = np.pi * radiance * 0.98331**2 / (1533 * np.sin(np.radians(60)))
    np.testing.assert_allclose(found.apply(np.full((1, 2, 2), 100, np.float32)), expected, rtol=2e-3)


def test_the_earth_is_near_the_sun_in_january():
    assert earth_sun_distance(3) == pytest.approx(0.9833, abs=5e-4)
    assert earth_sun_distance(185) == pytest.approx(1.0167, abs=5e-4)


def test_a_sun_below_the_horizon():
    one = np.ones(1, np.float32)
    with pytest.raises(KernelError, match="elevation"):
        from_radiance(one, one, solar=one, sun_elevation_deg=0, day_of_year=1, source="")


def test_a_calibration_knows_its_bands():
    calibration = Calibration(np.array([1, 2], np.float32), np.zeros(2, np.float32), "made up")
    assert calibration.take((1,)).gain[0] == 2
    with pytest.raises(KernelError, match="2 bands"):
        calibration.apply(np.zeros((3, 2, 2), np.float32))

"""Cloud, its shadow and the rest, in images whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.errors import KernelError
from rasterdelta.masks import Bands, Kind, Sun, any_of, classify

NORTH_WEST = 360 - np.degrees(np.arctan2(14, 20))


def picture(image, **others):
    return Bands(red=image[0], green=image[1], blue=image[2], scale="display", **others)


def everywhere(image):
    return np.ones(image.shape[-2:], np.bool_)


def test_soft_cloud_is_found_and_the_airfield_is_not(clouded, share):
    image, cover = clouded
    cloud = classify(picture(image), everywhere(image), gsd_m=2.0) == Kind.CLOUD
    assert share(cover > 0.7, cloud) > 0.9
    assert share(cloud, cover > 0.02) > 0.97


@pytest.mark.parametrize("gsd", [2.0, 3.0, 5.0])
def test_a_clear_airfield_is_clear(airfield, gsd):
    kinds = classify(picture(airfield), everywhere(airfield), gsd_m=gsd)
    assert not any_of(kinds, [Kind.CLOUD, Kind.SHADOW]).any()


def test_a_single_band_has_softness_too(clouded, share):
    image, cover = clouded
    light = image.mean(axis=0)
    cloud = classify(Bands(pan=light, scale="display"), everywhere(image), gsd_m=2.0) == Kind.CLOUD
    assert share(cover > 0.7, cloud) > 0.9
    assert share(cloud, cover > 0.02) > 0.97


def test_warm_bright_sand_is_no_cloud(clouded):
    image, _ = clouded
    image[2] *= 0.8
    assert not (classify(picture(image), everywhere(image), gsd_m=2.0) == Kind.CLOUD).any()


def test_cloud_of_a_coarse_image_and_its_shadow(satellite, share):
    kinds = classify(satellite.bands, satellite.valid, gsd_m=30.0)
    cloud, shadow = kinds == Kind.CLOUD, kinds == Kind.SHADOW
    assert share(satellite.cloud, cloud) > 0.9
    assert share(cloud, satellite.cloud) > 0.35  # with its soft edge and a margin
    assert share(satellite.shadow, shadow) > 0.8
    assert share(shadow, satellite.shadow) > 0.7


def test_the_sun_binds_the_shadow(satellite, share):
    right = classify(satellite.bands, satellite.valid, gsd_m=30.0, sun=Sun((NORTH_WEST + 180) % 360, 40.0))
    wrong = classify(satellite.bands, satellite.valid, gsd_m=30.0, sun=Sun((NORTH_WEST + 90) % 360, 40.0))
    assert share(satellite.shadow, right == Kind.SHADOW) > 0.8
    assert (wrong == Kind.SHADOW).sum() < 0.3 * (right == Kind.SHADOW).sum()


def test_one_cloud_is_no_witness_of_a_direction(satellite):
    only = satellite.valid.copy()
    only[110:] = False
    only[:, 130:] = False
    kinds = classify(satellite.bands, only, gsd_m=30.0)
    assert (kinds == Kind.CLOUD).any()
    assert not (kinds == Kind.SHADOW).any()


def test_invalid_pixels_are_clear(clouded):
    image, _ = clouded
    kinds = classify(picture(image), np.zeros(image.shape[1:], np.bool_), gsd_m=2.0)
    assert not kinds.any()


def test_an_image_too_small_to_tell():
    image = np.ones((3, 8, 8), np.float32)
    assert not classify(picture(image), everywhere(image), gsd_m=0.5).any()


def test_reflectances_tell_a_closed_cover():
    rng = np.random.default_rng(0)
    grain = 0.02 * rng.normal(size=(3, 60, 60)).astype(np.float32)
    image = np.float32(0.4) + grain
    bands = Bands(red=image[0], green=image[1], blue=image[2] + 0.02, scale="reflectance")
    assert (classify(bands, everywhere(image), gsd_m=10.0) == Kind.CLOUD).all()


def test_snow_water_and_dark_by_reflectance():
    shape = 40, 40
    plane = {n: np.full(shape, v, np.float32) for n, v in (("red", 0.08), ("green", 0.1), ("blue", 0.06))}
    nir, swir = np.full(shape, 0.35, np.float32), np.full(shape, 0.2, np.float32)
    for values in plane.values():
        values[:10] = 0.7
        values[30:] = 0.01
    nir[:10], swir[:10] = 0.6, 0.1
    nir[10:20], plane["red"][10:20] = 0.02, 0.04
    nir[30:] = 0.02
    kinds = classify(Bands(**plane, nir=nir, swir1=swir, scale="reflectance"), np.ones(shape, np.bool_), gsd_m=20.0)
    assert (kinds[:10] == Kind.SNOW).all()
    assert (kinds[10:20] == Kind.WATER).all()
    assert (kinds[20:30] == Kind.CLEAR).all()
    assert (kinds[32:] == Kind.DARK).all()


def test_haze_lifts_what_is_dark(airfield):
    hazy = airfield * 0.55 + np.array([0.26, 0.28, 0.3], np.float32)[:, None, None]
    kinds = classify(picture(hazy), everywhere(hazy), gsd_m=2.0)
    assert (kinds == Kind.HAZE).mean() > 0.9
    assert not (classify(picture(airfield), everywhere(airfield), gsd_m=2.0) == Kind.HAZE).any()


def test_numbers_have_no_haze(airfield):
    hazy = airfield + 0.3
    bands = Bands(red=hazy[0], green=hazy[1], blue=hazy[2])
    assert not (classify(bands, everywhere(hazy), gsd_m=2.0) == Kind.HAZE).any()


def test_saturated_pixels_are_named(airfield):
    kinds = classify(picture(airfield), everywhere(airfield), gsd_m=2.0, ceiling=0.96)
    assert (kinds[381:394, 301:399] == Kind.SATURATED).all()


@settings(max_examples=10, deadline=None)
@given(gain=st.floats(0.2, 20), offset=st.floats(-50, 500))
def test_coarse_numbers_may_be_of_any_scale(gain, offset):
    rng = np.random.default_rng(2)
    red = 50 + 8 * rng.normal(size=(80, 80))
    green, blue = red + rng.normal(size=red.shape), 0.5 * red + 30 + rng.normal(size=red.shape)
    planes = [p.astype(np.float32) for p in (red, green, blue)]
    for plane in planes:
        plane[30:40, 30:40] = 250
    scaled = [p * np.float32(gain) + np.float32(offset) for p in planes]
    plain, other = (
        classify(Bands(red=p[0], green=p[1], blue=p[2]), np.ones((80, 80), np.bool_), gsd_m=30.0)
        for p in (planes, scaled)
    )
    assert (plain[31:39, 31:39] == Kind.CLOUD).all()
    assert (plain != other).mean() < 0.005


@pytest.mark.parametrize("gsd", [0.0, -1.0, float("nan")])
def test_bad_pixel_size(gsd):
    with pytest.raises(KernelError, match="positive"):
        classify(Bands(pan=np.ones((64, 64), np.float32)), np.ones((64, 64), np.bool_), gsd_m=gsd)


def test_shapes_must_agree():
    with pytest.raises(KernelError, match="belong together"):
        classify(Bands(pan=np.ones((64, 64), np.float32)), np.ones((3, 3), np.bool_), gsd_m=1.0)
    with pytest.raises(KernelError, match="differ in shape"):
        Bands(red=np.ones((4, 4), np.float32), nir=np.ones((5, 4), np.float32))
    with pytest.raises(KernelError, match="visible"):
        Bands(nir=np.ones((5, 4), np.float32))

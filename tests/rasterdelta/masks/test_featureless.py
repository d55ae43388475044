"""Images that show nothing at all."""

import numpy as np
import pytest
from scipy import ndimage

from rasterdelta.masks import featureless


def fog(side, wide, *, noise=2.0):
    rng = np.random.default_rng(0)
    soft = ndimage.gaussian_filter(rng.normal(size=(side, side)), wide)
    light = 200 + 12 * soft / soft.std() + noise * rng.normal(size=(side, side))
    return light.clip(0, 255).round().astype(np.float32)


@pytest.mark.parametrize(("gsd", "wide"), [(0.3, 100), (0.5, 60), (1.2, 25), (3.0, 25)])
def test_fog_and_full_cloud_show_nothing(gsd, wide):
    light = fog(800, wide)
    assert featureless(light, np.ones(light.shape, np.bool_), gsd_m=gsd)


def test_a_blank_image_shows_nothing():
    assert featureless(np.full((600, 600), 180, np.float32), np.ones((600, 600), np.bool_), gsd_m=0.5)


@pytest.mark.parametrize("gain", [1.0, 40.0])
def test_ground_has_detail_on_any_scale(airfield, gain):
    light = airfield.mean(axis=0) * np.float32(gain)
    assert not featureless(light, np.ones(light.shape, np.bool_), gsd_m=2.0)


def test_ground_through_a_gap_in_the_cloud_is_seen(airfield):
    light = airfield.mean(axis=0)
    covered = np.full_like(light, 0.86)
    covered[:150, :150] = light[:150, :150]
    assert not featureless(covered, np.ones(light.shape, np.bool_), gsd_m=2.0)


def test_the_edge_of_the_data_is_no_detail():
    light = fog(800, 60)
    valid = np.ones(light.shape, np.bool_)
    valid[:300, 200:] = False
    light[~valid] = 0
    assert featureless(light, valid, gsd_m=0.5)


@pytest.mark.parametrize(("shape", "gsd"), [((12, 12), 2.0), ((400, 400), 10.0), ((60, 60), 0.5)])
def test_nothing_is_told_of_coarse_or_tiny_images(shape, gsd):
    assert not featureless(np.full(shape, 180, np.float32), np.ones(shape, np.bool_), gsd_m=gsd)

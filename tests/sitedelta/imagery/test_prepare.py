"""What is known of a whole scene before its tiles are read."""

import numpy as np
import pytest

from sitedelta.errors import RasterError
from sitedelta.imagery.prepare import prepare


def test_a_display_image_passes_as_it_is(place, ground):
    image = ground(90, 120)
    found = prepare(place.scene("a.tif", image))
    np.testing.assert_allclose(found.stretch.apply(image.astype(np.float32)), image / 255, atol=1e-6)
    assert found.clear.mask.all()
    assert found.data.mask.all()
    assert found.pixel_m == 0.5


def test_reflectance_is_stretched(place, ground):
    image = ground(90, 120).astype(np.uint16) * 30
    shown = prepare(place.scene("a.tif", image)).stretch.apply(image.astype(np.float32))
    assert shown.min() == 0
    assert shown.max() == 1
    assert 0.2 < shown.mean() < 0.8


def test_nodata_is_neither_clear_nor_data(place, ground):
    image = ground(90, 120)
    image[:, :30] = 0
    found = prepare(place.scene("a.tif", image, nodata=0))
    for mask in (found.clear, found.data):
        assert not mask.keep(np.ones((29, 120), bool), (0, 29, 0, 120)).any()
        assert mask.keep(np.ones((59, 120), bool), (31, 90, 0, 120)).all()


def test_cloud_is_data_but_not_clear(place, ground):
    image = ground(500, 500).astype(float)
    rows, cols = np.mgrid[0:500, 0:500]
    share = np.clip(1.6 - np.hypot(rows - 180, cols - 180) / 150, 0, 1)
    image = (image * (1 - share) + np.array([236, 238, 242])[:, None, None] * share).astype(np.uint8)
    found = prepare(place.scene("a.tif", image, gsd=1.0))
    assert not found.clear.at(np.array([180.0]), np.array([180.0]))[0]
    assert found.clear.at(np.array([450.0]), np.array([450.0]))[0]
    assert found.data.mask.all()


def test_large_scenes_are_reduced_and_looked_up_in_their_own_pixels(place):
    image = np.full((1, 1500, 2100), 80, np.uint8)
    image[:, :, 1050:] = 0
    found = prepare(place.scene("a.tif", image, nodata=0))
    assert max(found.data.mask.shape) <= 1024
    np.testing.assert_array_equal(
        found.data.at(np.array([0.0, 1499, 700, 700]), np.array([0.0, 1040, 1060, 2099])), [True, True, False, False]
    )
    assert not found.data.at(np.array([1500.0]), np.array([0.0]))[0]


def test_an_oversampled_image_keeps_the_size_of_its_pixels(place, ground):
    from dataclasses import replace

    scene = place.scene("a.tif", ground(90, 120))
    found = prepare(replace(scene, gsd_m=3.0))
    assert found.pixel_m == 0.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_empty_scene_is_an_input_error(place, dtype):
    scene = place.scene("a.tif", np.zeros((3, 40, 50), dtype), nodata=0)
    with pytest.raises(RasterError, match=r"a\.tif: holds no valid pixel; leave it out"):
        prepare(scene)

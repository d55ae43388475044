import pickle
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from rasterdelta.detect.shipped import shipped_detector
from rasterdelta.errors import KernelError


def everywhere(image):
    return np.ones(image.shape[1:], bool)


def hits(found, truth, gsd_m, reach_m):
    """Count one-to-one pairs of detections and true places nearer than `reach_m`."""
    true = np.array([(y, x) for y, x, *_ in truth]) / gsd_m - 0.5
    away = np.hypot(true[:, :1] - found.row, true[:, 1:] - found.col) * gsd_m
    i, j = linear_sum_assignment(np.minimum(away, reach_m))
    return int((away[i, j] < reach_m).sum())


def test_it_keeps_the_protocol():
    detector = shipped_detector()
    assert detector.classes == ("aircraft", "vehicle")
    assert detector.name
    for label in detector.classes:
        assert all(0 < detector.halo_m(label, g) < 350 for g in (0.3, 0.5, 1.2, 3.0))
        for gsd_m in (0.2, 0.5, 1.2, 3.0):
            got = detector.accuracy(label, gsd_m)
            assert 0 < got.precision <= 1
            assert 0 < got.recall <= 1
            assert got.objects > 0
            assert got.source


def test_it_travels_between_processes(airfield):
    image = airfield(1.0)
    again = pickle.loads(pickle.dumps(shipped_detector()))
    a, b = (d.detect(image, everywhere(image), gsd_m=1.0, classes=("aircraft",)) for d in (shipped_detector(), again))
    np.testing.assert_array_equal(a.score, b.score)


@pytest.mark.parametrize(("gsd_m", "least"), [(0.5, 0.6), (1.0, 0.75), (2.0, 0.75), (3.0, 0.75)])
def test_it_finds_drawn_airliners(airfield, airliners, gsd_m, least):
    image = airfield(gsd_m)
    found = shipped_detector().detect(image, everywhere(image), gsd_m=gsd_m, classes=("aircraft",))
    assert hits(found, airliners, gsd_m, 10.0) >= least * len(airliners)
    assert len(found) <= 1.25 * len(airliners)
    assert np.all((found.score > 0) & (found.score < 1))
    assert np.all((found.heading_deg >= 0) & (found.heading_deg < 360))
    assert 28 < np.median(found.length_m) < 62


@pytest.mark.parametrize("gsd_m", [0.2, 0.3])
def test_it_finds_drawn_cars_side_by_side(car_park, cars, gsd_m):
    image = car_park(gsd_m)
    found = shipped_detector().detect(image, everywhere(image), gsd_m=gsd_m, classes=("vehicle",))
    assert hits(found, cars, gsd_m, 1.5) >= 0.6 * len(cars)
    assert len(found) <= 1.3 * len(cars)


def test_three_equal_bands_say_what_one_says(airfield):
    image = airfield(1.0)
    one, three = (
        shipped_detector().detect(i, everywhere(image), gsd_m=1.0, classes=("aircraft",))
        for i in (image, np.repeat(image, 3, axis=0))
    )
    np.testing.assert_allclose(one.row, three.row, atol=1e-3)


def test_nothing_is_found_where_nothing_is_valid(airfield):
    image = airfield(1.0)
    valid = everywhere(image)
    valid[:, :256] = False
    found = shipped_detector().detect(image, valid, gsd_m=1.0, classes=("aircraft",))
    assert len(found)
    assert valid[np.rint(found.row).astype(int), np.rint(found.col).astype(int)].all()
    nothing = shipped_detector().detect(image, np.zeros_like(valid), gsd_m=1.0, classes=("aircraft", "vehicle"))
    assert len(nothing) == 0


def test_what_lies_under_the_mask_does_not_matter(airfield):
    image = airfield(1.0)
    valid = everywhere(image)
    valid[100:200, 300:] = False
    a, b = (
        shipped_detector().detect(i, valid, gsd_m=1.0, classes=("aircraft",))
        for i in (image, np.where(valid, image, np.float32(0.9)))
    )
    np.testing.assert_array_equal(a.row, b.row)


@pytest.mark.parametrize("shape", [(1, 0, 0), (1, 1, 1), (3, 2, 5), (1, 40, 1), (3, 300, 300)])
def test_empty_constant_and_tiny_images_hold_nothing(shape):
    image = np.full(shape, 0.5, np.float32)
    found = shipped_detector().detect(image, everywhere(image), gsd_m=0.5, classes=("aircraft", "vehicle"))
    assert len(found) == 0


def test_noise_alone_holds_next_to_nothing():
    image = np.random.default_rng(0).normal(0.5, 0.1, (1, 600, 600)).astype(np.float32).clip(0, 1)
    found = shipped_detector().detect(image, everywhere(image), gsd_m=0.5, classes=("aircraft",))
    assert len(found) <= 1


@pytest.mark.parametrize(
    ("gsd_m", "label", "tile"), [(0.5, "aircraft", 512), (1.0, "aircraft", 192), (0.3, "vehicle", 128)]
)
def test_tiles_say_what_the_whole_image_says(airfield, car_park, gsd_m, label, tile):
    image = airfield(gsd_m) if label == "aircraft" else car_park(gsd_m)
    detector = shipped_detector()
    whole = detector.detect(image, everywhere(image), gsd_m=gsd_m, classes=(label,))
    snap = detector.snap_px(label, gsd_m)
    halo = int(np.ceil(detector.halo_m(label, gsd_m) / gsd_m))
    edges = [0, *range(tile, image.shape[1], tile), image.shape[1]]
    got = []
    for top, bottom in pairwise(edges):
        for left, right in pairwise(edges):
            r, c = (max(0, at - halo) // snap * snap for at in (top, left))
            part = image[:, r : bottom + halo, c : right + halo]
            seen = detector.detect(part, everywhere(part), gsd_m=gsd_m, classes=(label,)).shifted(r, c)
            inside = (
                (seen.row >= top - 0.5)
                & (seen.row < bottom - 0.5)
                & (seen.col >= left - 0.5)
                & (seen.col < right - 0.5)
            )
            got.append(seen.take(inside))
    tiled = whole.join(got)
    assert len(tiled) == len(whole) > 5
    a, b = np.lexsort((tiled.col, tiled.row)), np.lexsort((whole.col, whole.row))
    for name in ("row", "col", "length_m", "score"):
        np.testing.assert_allclose(getattr(tiled, name)[a], getattr(whole, name)[b], atol=1e-3)


def test_bad_input_is_refused():
    image = np.zeros((1, 20, 20), np.float32)
    for change in ({"gsd_m": 0.0}, {"classes": ("dragon",)}, {"valid": np.ones((20, 19), bool)}):
        with pytest.raises(KernelError):
            shipped_detector().detect(
                **({"image": image, "valid": everywhere(image), "gsd_m": 0.5, "classes": ("aircraft",)} | change)
            )
    with pytest.raises(KernelError, match="dragon"):
        shipped_detector().halo_m("dragon", 0.5)

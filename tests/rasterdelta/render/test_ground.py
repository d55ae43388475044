"""Grounds: the same seed gives the same place, whatever the season."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from rasterdelta.render.airbase import APRON, RUNWAY, Airbase
from rasterdelta.render.camp import TENTS, VEHICLE_PARK, Camp
from rasterdelta.render.canvas import curve
from rasterdelta.render.fixtures import fixtures, parked_cars
from rasterdelta.render.frame import Frame, box
from rasterdelta.render.noise import fractal
from rasterdelta.render.scene import Ground
from rasterdelta.render.season import Season
from rasterdelta.render.site import Axes

BASE_FRAME = Frame(264, 312, 2.5)
CAMP_FRAME = Frame(208, 208, 2.5)
SUMMER, WINTER = Season(green=0.7), Season(green=0.2, leaves=0.0, snow=0.9)


@cache
def _camp(season: Season, traffic: float) -> Ground:
    return Camp(season, traffic=traffic).ground(CAMP_FRAME, np.random.default_rng(5))


def _mean(reflectance: np.ndarray, frame: Frame, outline: np.ndarray) -> np.ndarray:
    return reflectance[:, frame.fill(outline) > 0.9].mean(axis=1)


@pytest.mark.parametrize(("site", "frame"), [(Airbase(), BASE_FRAME), (Camp(SUMMER, traffic=0.8), CAMP_FRAME)])
def test_ground_is_reproducible_and_physical(site: Airbase | Camp, frame: Frame) -> None:
    a, b = (site.ground(frame, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(a.reflectance, b.reflectance)
    np.testing.assert_array_equal(a.height_m, b.height_m)
    other = site.ground(frame, np.random.default_rng(6))
    assert not np.array_equal(a.reflectance, other.reflectance)
    assert a.reflectance.dtype == a.height_m.dtype == np.float32
    assert a.reflectance.min() >= 0.01
    assert a.reflectance.max() <= 0.95
    assert 0 <= a.height_m.min() <= a.height_m.max() < 25


def test_trees_stay_from_summer_to_winter() -> None:
    heights = [_camp(*state).height_m for state in ((SUMMER, 0.0), (SUMMER, 0.9), (WINTER, 0.7))]
    np.testing.assert_array_equal(heights[0], heights[1])
    np.testing.assert_array_equal(heights[0], heights[2])
    assert (heights[0] > 5).mean() > 0.3


def test_traffic_bares_the_parks_and_snow_covers_the_rest() -> None:
    axes = Camp(SUMMER).axes(CAMP_FRAME)
    park, meadow = axes.rect(*VEHICLE_PARK), axes.rect(70, 140, -140, -70)
    empty, busy, snow = (_camp(*state).reflectance for state in ((SUMMER, 0.0), (SUMMER, 0.9), (WINTER, 0.7)))
    red, nir = 2, 3
    assert _mean(busy, CAMP_FRAME, park)[red] > 1.3 * _mean(empty, CAMP_FRAME, park)[red]
    assert _mean(empty, CAMP_FRAME, meadow)[nir] > 2 * _mean(empty, CAMP_FRAME, meadow)[red]
    assert _mean(snow, CAMP_FRAME, meadow)[red] > 0.5
    assert _mean(snow, CAMP_FRAME, park)[red] < _mean(snow, CAMP_FRAME, meadow)[red]


def test_pavements_are_brighter_than_grass_and_darker_when_wet() -> None:
    axes = Airbase().axes(BASE_FRAME)
    dry, wet = (
        Airbase(season=replace(SUMMER, wet=w)).ground(BASE_FRAME, np.random.default_rng(5)).reflectance
        for w in (0.0, 1.0)
    )
    apron, runway, grass = axes.rect(*APRON), axes.rect(*RUNWAY, -200, 200), axes.rect(-225, -175, -160, -40)
    assert _mean(dry, BASE_FRAME, apron)[1] > 2 * _mean(dry, BASE_FRAME, grass)[1]
    assert _mean(dry, BASE_FRAME, runway)[1] > 1.5 * _mean(dry, BASE_FRAME, grass)[1]
    assert _mean(wet, BASE_FRAME, apron)[1] < 0.9 * _mean(dry, BASE_FRAME, apron)[1]


def test_what_stands_on_the_base_has_unique_names_and_room() -> None:
    axes = Airbase().axes(BASE_FRAME)
    things = (*fixtures(axes), *parked_cars(axes))
    assert len({thing.id for thing in things}) == len(things)
    cars = np.array([(t.x_m, t.y_m) for t in things if t.kind.name == "car"])
    gaps = np.hypot(*(cars[:, None] - cars[None]).transpose(2, 0, 1)) + 99 * np.eye(len(cars))
    assert gaps.min() > 2.0


@pytest.mark.parametrize("scale", [2.0, 8.0, 20.0])
def test_noise_has_mean_0_and_deviation_1(scale: float) -> None:
    planes = [fractal(Frame(200, 240, 0.5), np.random.default_rng(seed), scale_m=scale) for seed in range(6)]
    assert np.mean(planes) == pytest.approx(0, abs=0.35)
    assert np.std(planes) == pytest.approx(1, abs=0.3)


def test_frame_pixels_and_windows() -> None:
    frame = Frame(40, 60, 0.5, 100.0, 200.0)
    np.testing.assert_allclose(frame.pixels(np.array([(100.25, 200.25)])), [(0, 0)])
    part, (rows, cols) = frame.window(box(105, 110, 204, 206))
    assert (rows.stop - rows.start, cols.stop - cols.start) == part.shape
    whole = frame.fill(box(105, 110, 204, 206))
    np.testing.assert_array_equal(whole[rows, cols], part.fill(box(105, 110, 204, 206)))
    assert whole.sum() * 0.25 == pytest.approx(10, rel=0.1)
    assert frame.window(box(0, 10, 0, 10)) is None


def test_axes_turn_clockwise() -> None:
    up = Axes(50.0, 50.0, 90.0).path([(0.0, 10.0), (10.0, 0.0)])
    np.testing.assert_allclose(up, [(60, 50), (50, 60)], atol=1e-9)


def test_curve_keeps_its_ends() -> None:
    path = curve(np.array([(0, 0), (50, 0), (50, 50)], float))
    np.testing.assert_array_equal(path[[0, -1]], [(0, 0), (50, 50)])
    assert np.hypot(*np.diff(path, axis=0).T).max() <= 3.0


def test_tents_and_vehicle_park_do_not_overlap() -> None:
    assert TENTS[1] < VEHICLE_PARK[0]

"""Scenes of simple shapes with exact truth."""

import cv2
import numpy as np
import pytest

from rasterdelta.render import vehicles
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.things import Thing, draw, ground_shadow

SUPER = 4


def _fill(canvas, outline, value):
    cv2.fillPoly(canvas, [np.rint(np.asarray(outline) * 16).astype(np.int32)], float(value), shift=4)


def plane_outline(length):
    """Give a swept-wing airliner pointing up, metres about its centre (right, down)."""
    half = [
        (0.0, -0.5), (0.05, -0.42), (0.05, -0.15), (0.46, 0.1), (0.46, 0.17), (0.05, 0.08),
        (0.045, 0.35), (0.18, 0.46), (0.18, 0.5), (0.0, 0.47),
    ]  # fmt: skip
    return np.array(half + [(-x, y) for x, y in reversed(half)]) * length


def render(objects, outline, *, gsd_m, size_m, light=0.85, ground=0.45, seed=0):
    """Draw objects (row_m, col_m, length_m, heading_deg) on textured ground; gives float32 (1, row, column)."""
    fine = gsd_m / SUPER
    n = round(size_m / gsd_m) * SUPER
    rng = np.random.default_rng(seed)
    canvas = np.full((n, n), ground, np.float32)
    for shadow in (True, False):
        for row, col, length, heading in objects:
            turn = np.deg2rad(heading)
            turned = outline(length) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            centre = np.array([col, row]) + (0.12 * min(length, 20.0) if shadow else 0.0)
            _fill(canvas, (turned + centre) / fine - 0.5, ground * 0.45 if shadow else light)
    small = cv2.resize(canvas, (n // SUPER, n // SUPER), interpolation=cv2.INTER_AREA)
    texture = cv2.GaussianBlur(rng.normal(0, 1, small.shape).astype(np.float32), (0, 0), 2.0)
    small = cv2.GaussianBlur(small, (0, 0), 0.7) + 0.05 * texture + rng.normal(0, 0.006, small.shape)
    return np.clip(small, 0, 1).astype(np.float32)[None]


@pytest.fixture(scope="session")
def airliners():
    """Airliners of 36 to 44 m at known places, metres: (row, col, length, heading)."""
    rng = np.random.default_rng(4)
    places = [(y, x) for y in (90, 200, 310, 420) for x in (90, 200, 310, 420)]
    return [(y, x, float(rng.uniform(36, 44)), float(rng.uniform(0, 360))) for y, x in places]


@pytest.fixture(scope="session")
def airfield(airliners):
    """Give the scene of `airliners` at a ground sampling distance."""
    return lambda gsd_m: render(airliners, plane_outline, gsd_m=gsd_m, size_m=512)


@pytest.fixture(scope="session")
def cars():
    """Cars side by side in two rows, and single ones, metres: (row, col, length, heading)."""
    rows = [(y, 20 + 3.0 * i, 4.6, 0.0) for y in (20, 40) for i in range(10)]
    return [*rows, (70.0, 30.0, 4.6, 40.0), (70.0, 60.0, 4.6, 110.0), (80.0, 80.0, 4.6, 75.0)]


@pytest.fixture(scope="session")
def car_park(cars):
    """Give the scene of `cars`, rendered, at a ground sampling distance."""
    return lambda gsd_m: _rendered(cars, gsd_m=gsd_m, size_m=100)


def _rendered(places, *, gsd_m, size_m):
    n = round(size_m / gsd_m)
    rng = np.random.default_rng(0)
    frame = Frame(n * SUPER, n * SUPER, gsd_m / SUPER)
    light = Illumination(140.0, 45.0)
    paints = ("car_white", "car_dark", "car_red", "pale_grey", "car_blue")
    things = [
        Thing(str(k), vehicles.car(), x, y, heading, paints[k % 5], k) for k, (y, x, _, heading) in enumerate(places)
    ]
    ground = 0.13 + 0.015 * cv2.GaussianBlur(rng.normal(0, 3, frame.shape).astype(np.float32), (0, 0), 3)
    scene = np.repeat(ground[None], 4, axis=0) * (1 - 0.75 * ground_shadow(frame, things, light))
    scene = scene.astype(np.float32)
    for thing in things:
        draw(scene, frame, thing, light, np.zeros(frame.shape, np.float32))
    small = np.stack([cv2.resize(b, (n, n), interpolation=cv2.INTER_AREA) for b in scene[2::-1]])
    noisy = small / 0.5 + rng.normal(0, 0.006, small.shape)
    return np.clip(noisy, 0, 1).astype(np.float32)

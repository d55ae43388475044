"""A closer look at each object alone."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.detect import closer, neural
from rasterdelta.detect.closer import PIXEL_M, SIDE, Closer, patch
from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.network import GREY
from rasterdelta.detect.neural import find
from rasterdelta.detect.shipped import AIRCRAFT, VEHICLE
from rasterdelta.detect.sights import Sight

LENGTH_M, WIDTH_M = 4.0, 1.6


def box(gsd_m, heading_deg, row, col, side=200):
    """Draw a bright box on dark ground, four times as fine and averaged."""
    fine = np.zeros((4 * side, 4 * side), np.uint8)
    turn = np.deg2rad(heading_deg)
    ahead, right = np.array([np.sin(turn), -np.cos(turn)]), np.array([np.cos(turn), np.sin(turn)])
    corners = [a * LENGTH_M / 2 * ahead + b * WIDTH_M / 2 * right for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    at = (np.array(corners) / gsd_m + [col, row] + 0.5) * 4 - 0.5
    cv2.fillPoly(fine, [np.rint(at * 16).astype(np.int32)], 255, shift=4)
    return cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)[None]


def peaks(row, col, logit, length=LENGTH_M, heading=0.0):
    row, col, logit = (np.asarray(v, float) for v in (row, col, logit))
    one = np.ones(len(row))
    return Peaks(row, col, length * one, WIDTH_M * one, heading * one, logit, 0 * one)


@pytest.mark.parametrize("gsd_m", [0.03, 0.1, 0.2])
@pytest.mark.parametrize("heading", [0, 35, 120])
def test_an_object_stands_upright_in_its_patch_at_its_true_size(gsd_m, heading):
    seen = patch(box(gsd_m, heading, 101.3, 97.8), 101.3, 97.8, heading, LENGTH_M, gsd_m)
    assert seen.shape == (3, SIDE, SIDE)
    inside = seen[0] > 127 if gsd_m < 0.15 else seen[0] > 120
    rows, cols = np.nonzero(inside & (np.abs(np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5) < 30).all(0))
    assert np.ptp(rows) + 1 == pytest.approx(LENGTH_M / PIXEL_M, abs=3)
    assert np.ptp(cols) + 1 == pytest.approx(WIDTH_M / PIXEL_M, abs=3)
    assert (rows.mean(), cols.mean()) == pytest.approx(((SIDE - 1) / 2, (SIDE - 1) / 2), abs=0.5)


def test_a_long_object_fills_half_of_its_patch():
    seen = patch(box(0.05, 20, 100, 100), 100, 100, 20, 2 * LENGTH_M, 0.05)
    assert np.ptp(np.nonzero(seen[0] > 127)[0]) + 1 == pytest.approx(SIDE / 4, abs=2)


@pytest.mark.parametrize("length", [3.0, 20.0, 40.0])
def test_no_patch_reaches_farther_than_is_said(length):
    look = VEHICLE.closer
    image = np.full((1, 401, 401), 50, np.float32)
    rows, cols = np.mgrid[:401, :401] - 200
    image[0][np.hypot(rows, cols) > look.reach_m / 0.2 + 2] = 250
    seen = look.patch(image, peaks([200], [200], [0], length, 33.0), 0, 0.2)
    np.testing.assert_allclose(seen, 50, atol=1e-3)


def test_beyond_the_image_all_is_grey():
    seen = patch(np.zeros((3, 50, 50), np.float32), -200, 25, 30, 4.5, 0.2)
    np.testing.assert_allclose(seen, GREY, atol=1e-3)


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0, 180), st.floats(2, 9))
def test_a_window_of_an_image_gives_the_patch_of_the_whole(down, right, heading, length):
    whole = np.random.default_rng(0).uniform(0, 255, (3, 260, 260)).astype(np.float32)
    part = whole[:, down:, right:]
    reach = max(0.1, length / 48) * 48 * 1.5 / 0.2
    row, col = down + reach + 2.3, right + reach + 2.7
    a = patch(whole, row, col, heading, length, 0.2)
    np.testing.assert_allclose(patch(part, row - down, col - right, heading, length, 0.2), a, atol=2e-3)


def test_what_it_says_is_added_to_what_is_strong_enough(monkeypatch):
    said = []

    def run(path, _part):
        said.append(path.name)
        return np.array([3.0], np.float32)

    monkeypatch.setattr(closer, "run", run)
    look = Closer(VEHICLE.network.path, weight=0.5, longest_m=20, least=-1.3, most=2.0)
    found = peaks([20, 30, 40, 50], [20, 30, 40, 50], [1.0, -1.3, -1.4, 2.1])
    image = np.zeros((3, 60, 60), np.float32)
    np.testing.assert_allclose(look.judged(image, found, 0.2).logit, [2.5, 0.2, -1.4, 2.1])
    assert said == ["features.onnx", "vehicle.onnx"] * 2


def test_only_sights_that_say_so_look_again():
    assert [AIRCRAFT.looks_closer(g) is not None for g in (0.3, 0.5, 0.8, 1.2, 1.5, 3.0)] == [1, 1, 1, 1, 1, 0]


def test_of_rivals_the_closer_look_tells_which_is_the_object(monkeypatch):
    """Two peaks a quarter of a length apart: the one that the network prefers, or that the closer look does."""
    rivals = peaks([50.0, 51.5], [50.0, 50.0], [1.0, 0.8], length=6.0)
    monkeypatch.setattr(neural, "_seen", lambda *_: rivals)
    monkeypatch.setattr(Closer, "patch", lambda *of: of[2].row[of[3]])
    monkeypatch.setattr(Closer, "_said", lambda _, row: float(row > 51))
    image, valid = np.zeros((1, 100, 100), np.float32), np.ones((100, 100), bool)
    one_look = (Sight(1.0, 0.22),)
    plain = find(image, valid, replace(VEHICLE, sights=one_look), 0.25)
    again = find(image, valid, replace(VEHICLE, sights=(replace(one_look[0], closer=True),)), 0.25)
    assert (plain.row.tolist(), again.row.tolist()) == ([50.0], [51.5])


def test_it_keeps_cars_and_drops_what_is_none(car_park):
    image = car_park(0.2) * np.float32(255)
    look = VEHICLE.closer
    plain = replace(VEHICLE, sights=tuple(replace(s, closer=False) for s in VEHICLE.sights))
    cars = find(image / np.float32(255), np.ones(image.shape[1:], bool), plain, 0.2)
    cars = cars.take(cars.logit > 0.5)
    bare = peaks([30.0, 60.0], [400.0, 420.0], [0.0, 0.0])
    ground = np.full_like(image, 110)
    assert (look.judged(image, cars, 0.2).logit > cars.logit).mean() > 0.8
    assert (look.judged(ground, bare, 0.2).logit < -0.5).all()
    assert look.judged(image, cars, 0.2).logit.tobytes() == look.judged(image.copy(), cars, 0.2).logit.tobytes()

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rasterdelta.registration.result import IDENTITY, Alignment, Support, TiePoints
from rasterdelta.registration.simplest import simplest
from rasterdelta.types import Image, Mask, Matrix, Plane

_SPEC = importlib.util.spec_from_file_location("scenes", Path(__file__).with_name("conftest.py"))
scenes = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scenes)

TURNED = np.array([[1.0, -0.01, 4.0], [0.01, 1.0, -3.0]])

NUDGED = np.array([[1.0, 0.0, 0.1], [0.0, 1.0, -0.1]])


def noisy(plane: Plane, seed: int) -> Image:
    return (plane + np.random.default_rng(seed).normal(0, 6, plane.shape)).astype(np.float32)[None]


def found(matrix: Matrix, truth: Matrix = IDENTITY) -> Alignment:
    rows, cols = (a.ravel().astype(float) for a in np.mgrid[32:600:48, 32:600:48])
    there = truth @ np.stack([cols, rows, np.ones_like(cols)])
    points = TiePoints(cols, rows, there[0] - cols, there[1] - rows, np.ones(cols.size), np.ones(cols.size, bool))
    return Alignment("affine", matrix, 0.1, 0.9, points)


def settled(one: Plane, other: Plane, alignment: Alignment, *, moving_valid: Mask | None = None) -> Alignment:
    seen = np.ones(one.shape, bool)
    there = np.ones(other.shape, bool) if moving_valid is None else moving_valid
    return simplest(alignment, noisy(one, 0), noisy(other, 1), reference_valid=seen, moving_valid=there)


@pytest.mark.parametrize("matrix", [TURNED, NUDGED, IDENTITY])
def test_images_that_lie_alike_are_left_so(ground: Plane, matrix: Matrix) -> None:
    best = settled(ground, ground, found(matrix.copy()))
    np.testing.assert_array_equal(best.matrix, IDENTITY)
    assert best.model == "shift"
    assert best.residual_px == 0


def test_a_field_goes_with_the_alignment_that_it_belongs_to(ground: Plane) -> None:
    field = np.full((2, 5, 5), 0.4, np.float32)
    cells = np.zeros((3, 3), bool)
    bent = replace(found(NUDGED.copy()), model="field", field=field, field_step=160, supported=Support(cells, 214.0))
    best = settled(ground, ground, bent)
    np.testing.assert_array_equal(best.matrix, IDENTITY)
    assert best.field is None
    assert best.supported_at(np.array([5.0]), np.array([5.0])).all()


@pytest.mark.parametrize("shift", [(0.5, 0.0), (-2.0, 3.0), (40.0, -25.0)])
def test_a_shift_is_kept_and_a_needless_turn_is_not(ground: Plane, shift: tuple[float, float]) -> None:
    truth = IDENTITY + np.array([[0, 0, shift[0]], [0, 0, shift[1]]])
    other = scenes.warped(ground, truth, ground.shape)
    np.testing.assert_allclose(settled(ground, other, found(truth, truth)).matrix, truth, atol=1e-9)
    middle = np.array([320.0, 320.0])
    turned = truth.copy()
    turned[:, :2] = TURNED[:, :2]
    turned[:, 2] = truth @ [*middle, 1] - turned[:, :2] @ middle
    best = settled(ground, other, found(turned, truth))
    np.testing.assert_allclose(best.matrix, truth, atol=1e-9)
    assert best.residual_px < 1e-6


def test_a_turn_that_shows_is_kept(ground: Plane) -> None:
    other = scenes.warped(ground, TURNED, ground.shape)
    alignment = found(TURNED, TURNED)
    assert settled(ground, other, alignment) is alignment


def test_what_is_not_valid_bears_no_witness(ground: Plane) -> None:
    truth = IDENTITY + np.array([[0, 0, 6.0], [0, 0, 0]])
    other = scenes.warped(ground, truth, ground.shape)
    other[:, :500] = ground[:, :500]
    seen = np.ones(other.shape, bool)
    seen[:, :500] = False
    best = settled(ground, other, found(truth, truth), moving_valid=seen)
    np.testing.assert_allclose(best.matrix, truth, atol=1e-9)


@pytest.mark.parametrize("shape", [(9, 12), (20, 30), (32, 32)])
def test_too_little_to_judge_by_is_left_as_it_lies(shape: tuple[int, int]) -> None:
    one = scenes.textured(3, *shape)
    np.testing.assert_array_equal(settled(one, one, found(TURNED)).matrix, IDENTITY)


def test_blank_images_keep_what_was_found(ground: Plane) -> None:
    seen = np.ones(ground.shape, bool)
    alignment = found(TURNED)
    blank = np.full((1, *ground.shape), 7, np.float32)
    assert simplest(alignment, blank, blank, reference_valid=seen, moving_valid=seen) is alignment


def test_other_sizes(ground: Plane) -> None:
    truth = IDENTITY + np.array([[0, 0, -60.0], [0, 0, -100.0]])
    best = settled(ground, ground[100:500, 60:600], found(truth, truth))
    np.testing.assert_allclose(best.matrix, truth, atol=1e-9)

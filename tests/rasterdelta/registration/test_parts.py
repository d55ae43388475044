"""Choice of a model, support, uncertainty and the way back, on tie points that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from rasterdelta.registration.choose import simplest_model
from rasterdelta.registration.plane import Level
from rasterdelta.registration.result import IDENTITY, Alignment, Support, TiePoints
from rasterdelta.registration.showing import showing
from rasterdelta.registration.support import support
from rasterdelta.registration.ties import Ties
from rasterdelta.registration.uncertainty import uncertainty
from rasterdelta.registration.warp import Inverse, Warp, between_nodes
from rasterdelta.types import Matrix

SIZE = 960
SHOWN = np.ones(900, bool)


def ties(error: np.ndarray | None = None, step: int = 32) -> Ties:
    """Give tie points on a grid, displaced by (dcol, drow), shape (n, 2)."""
    rows, cols = (a.ravel().astype(float) for a in np.mgrid[16:SIZE:step, 16:SIZE:step])
    off = np.zeros((rows.size, 2)) if error is None else error
    one = np.ones(rows.size)
    return Ties(
        cols, rows, cols + off[:, 0], rows + off[:, 1], one, one, np.zeros(rows.size), np.zeros((8, 8), np.float32)
    )


def ground() -> Level:
    return Level(np.zeros((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), bool), 1)


def polynomial(degree: str, fitted: Ties, held: Ties) -> np.ndarray:
    """Fit a polynomial of a degree to the columns' displacement; give its errors."""
    n = int(degree)

    def terms(t: Ties) -> np.ndarray:
        x, y = t.col / SIZE, t.row / SIZE
        return np.stack([x**i * y**j for i in range(n + 1) for j in range(n + 1 - i)], axis=1)

    solved = np.linalg.lstsq(terms(fitted), fitted.mcol - fitted.col, rcond=None)[0]
    return np.abs(held.mcol - held.col - terms(held) @ solved)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("degree", "strength"), [("0", 0.0), ("1", 4.0), ("3", 40.0)])
def test_the_simplest_model_that_explains_the_points_is_chosen(seed: int, degree: str, strength: float) -> None:
    found = ties(np.random.default_rng(seed).normal(0, 0.3, (30 * 30, 2)))
    x = found.col / SIZE - 0.5
    found.mcol[:] += strength * x ** int(degree)
    assert simplest_model(found, ("0", "1", "3"), polynomial, tolerance=3.0) == degree


def test_points_of_one_block_ask_for_nothing_complex() -> None:
    found = ties().take(np.arange(900) < 1)
    assert simplest_model(found, ("0", "1"), polynomial, tolerance=3.0) == "0"


def test_a_global_model_holds_between_its_points_and_a_field_near_them() -> None:
    error = np.full((900, 2), 50.0) * np.random.default_rng(0).choice([-1, 1], (900, 2))
    corner = (ties().col < 200) & (ties().row < 200)
    opposite = (ties().col > 800) & (ties().row > 800)
    error[corner | opposite] = 0
    between = np.array([480.0]), np.array([480.0])
    whole, near = (support(ties(error), error, SHOWN, ground(), tolerance=1.0, local=local) for local in (False, True))
    assert whole.support.at(*between).all()
    assert not near.support.at(*between).any()
    for borne in (whole, near):
        assert borne.support.at(np.array([100.0]), np.array([100.0])).all()
        assert not borne.support.at(np.array([100.0]), np.array([850.0])).any()
        assert borne.common == pytest.approx(borne.whole, abs=0.02)
        assert 0.05 < borne.common < 0.2


def test_points_that_one_image_does_not_show_bear_nothing_out() -> None:
    found = ties()
    left = found.col < SIZE / 3
    found.contrast[left] = np.log(0.3)
    found.contrast[~left] += 0.7  # the moving image has more contrast everywhere
    shown = showing(found, np.ones(900, bool))
    np.testing.assert_array_equal(shown, ~left)
    borne = support(found, np.zeros((900, 2)), shown, ground(), tolerance=1.0, local=False)
    assert borne.common == pytest.approx(2 / 3, abs=0.02)
    assert borne.whole == 1.0
    assert showing(found, np.zeros(900, bool)).all()


def test_a_large_area_that_agrees_on_another_displacement_is_not_borne_out() -> None:
    error = np.zeros((900, 2))
    plateau = (np.abs(ties().col - 480) < 160) & (np.abs(ties().row - 480) < 160)
    error[plateau] = (0.0, 12.0)
    found = support(ties(error), error, SHOWN, ground(), tolerance=1.0, local=False).support
    assert not found.at(np.array([480.0]), np.array([480.0])).any()
    assert found.at(np.array([100.0]), np.array([480.0])).all()


def test_a_single_object_that_moved_stays_observable() -> None:
    error = np.zeros((900, 2))
    error[(np.abs(ties().col - 480) < 40) & (np.abs(ties().row - 480) < 40)] = (0.0, 12.0)
    assert support(ties(error), error, SHOWN, ground(), tolerance=1.0, local=False).support.cells.all()


@given(st.floats(-0.5, 99.49), st.floats(-0.5, 49.49))
def test_places_are_looked_up_in_the_cell_that_holds_them(row: float, col: float) -> None:
    cells = np.arange(10 * 5).reshape(10, 5) % 3 == 0
    found = Support(cells, 10.0).at(np.array([row]), np.array([col]))
    assert found[0] == cells[int((row + 0.5) // 10), int((col + 0.5) // 10)]
    assert not Support(np.ones((10, 5), bool), 10.0).at(np.array([-0.6, 99.6]), np.array([5.0, 5.0])).any()


def test_uncertainty_is_what_points_of_like_quality_miss() -> None:
    rng = np.random.default_rng(0)
    n = 4000
    quality = rng.uniform(0, 1, n)
    sigma = np.where(quality > 0.5, 0.1, 0.5)
    off = rng.normal(0, 1, (2, n)) * sigma
    zero = np.zeros(n)
    points = TiePoints(zero, zero, off[0] + 3, off[1] - 2, quality, np.ones(n, bool))
    found = Alignment("shift", IDENTITY + np.array([[0, 0, 3.0], [0, 0, -2.0]]), 0.1, 1.0, points)
    clearly = np.abs(quality - 0.5) > 0.1
    np.testing.assert_allclose(uncertainty(found)[clearly], sigma[clearly], rtol=0.2)
    lost = Alignment("shift", IDENTITY, 0.1, 1.0, TiePoints(zero, zero, *off, quality, np.zeros(n, bool)))
    assert np.isnan(uncertainty(lost)).all()


matrices = st.tuples(*[st.floats(-0.3, 0.3)] * 4, *[st.floats(-50, 50)] * 2).map(
    lambda v: np.array([[1 + v[0], v[1], v[4]], [v[2], 1 + v[3], v[5]]])
)


@given(matrices, st.booleans())
def test_the_way_back_ends_where_it_began(matrix: Matrix, bent: bool) -> None:
    field = np.random.default_rng(0).normal(0, 0.5, (2, 9, 9)).astype(np.float32) if bent else None
    warp = Warp(matrix, field, 128)
    col, row = np.array([10.0, 400.0, 900.0]), np.array([700.0, 20.0, 500.0])
    np.testing.assert_allclose(Inverse(warp)(*warp(col, row)), (col, row), atol=0.01)


@given(st.floats(-50, 1200), st.floats(-50, 1200))
def test_a_field_is_bilinear_between_its_nodes(row: float, col: float) -> None:
    field = np.random.default_rng(1).normal(0, 1, (2, 9, 7)).astype(np.float32)
    at = np.array([[min(max(row / 128, 0), 8)], [min(max(col / 128, 0), 6)]])
    want = [ndimage.map_coordinates(plane.astype(float), at, order=1) for plane in field]
    np.testing.assert_allclose(between_nodes(field, 128, np.array([col]), np.array([row])), want, atol=1e-6)


def test_any_number_of_places_is_looked_up() -> None:
    field = np.ones((2, 3, 3), np.float32)
    for n in (0, 40_000):
        assert between_nodes(field, 100, np.zeros(n), np.zeros(n))[0].shape == (n,)

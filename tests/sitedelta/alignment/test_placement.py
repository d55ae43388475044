"""Where a scene's pixels lie on the site grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.registration.result import IDENTITY, Alignment, TiePoints
from sitedelta.alignment.placement import CoarseMask, Placement, ScaledFrame


def no_points():
    empty = np.zeros(0)
    return TiePoints(empty, empty, empty, empty, empty, np.zeros(0, bool))


def alignment(matrix=IDENTITY, field=None, step=0):
    model = "affine" if field is None else "field"
    return Alignment(model, np.array(matrix, float), 0.1, 0.9, no_points(), field, step)


def turned(degrees, scale=1.0, shift=(0.0, 0.0)):
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[c, -s, shift[0]], [s, c, shift[1]]])


def waves(amplitude=4.0, nodes=12):
    r, c = np.mgrid[0:nodes, 0:nodes]
    return (amplitude * np.stack([np.sin(r / 2.0), np.cos(c / 2.5)])).astype(np.float32)


CLEAR = CoarseMask(np.ones((10, 10), bool), 100.0, 100.0)

ALIGNMENTS = {
    "none": None,
    "shift": alignment(turned(0, shift=(12.4, -7.3))),
    "affine": alignment([[1.02, 0.03, 5.0], [-0.02, 0.97, -8.0]]),
    "field": alignment(turned(0.4, shift=(3, 1)), waves(), 64),
    "turned field": alignment(turned(140, shift=(600, 500)), waves(), 64),
}


@pytest.mark.parametrize("name", ALIGNMENTS)
@pytest.mark.parametrize("factor", [1.0, 6.0, 0.5])
def test_to_grid_inverts_to_scene(name, factor):
    at = Placement(None, ScaledFrame(factor), ALIGNMENTS[name], CLEAR)
    rng = np.random.default_rng(1)
    rows, cols = rng.uniform(0, 640, (2, 200))
    back = at.to_grid(*at.to_scene(rows, cols))
    np.testing.assert_allclose(back, (rows, cols), atol=0.02)


def test_places_keep_their_shape():
    at = Placement(None, ScaledFrame(2.0), ALIGNMENTS["field"], CLEAR)
    rows, cols = np.mgrid[0:5.0, 0:7.0]
    for found in (at.to_scene(rows, cols), at.to_grid(rows, cols)):
        assert [f.shape for f in found] == [(5, 7), (5, 7)]


def test_a_shift_moves_as_its_sign_says():
    at = Placement(None, ScaledFrame(1.0), alignment(turned(0, shift=(12.0, -7.0))), CLEAR)
    rows, cols = at.to_scene(np.array([100.0]), np.array([50.0]))
    assert (rows[0], cols[0]) == (93.0, 62.0)


@given(st.floats(0, 359), st.floats(-170, 170), st.sampled_from([0.5, 1.0, 6.0]))
def test_headings_turn_with_the_image(heading, turn, factor):
    at = Placement(None, ScaledFrame(factor), alignment(turned(turn, shift=(30, 40))), CLEAR)
    on_grid = at.heading_on_grid(50.0, 60.0, heading)
    # The matrix takes the grid to the scene by `turn` clockwise, so the scene's headings are larger by it.
    difference = (on_grid - (heading - turn) + 180) % 360 - 180
    assert abs(difference) < 0.1
    assert 0 <= on_grid < 360


def test_pixel_edges_of_a_scaled_frame_coincide():
    rows, cols = ScaledFrame(6.0).to_grid(np.array([-0.5, 9.5]), np.array([-0.5, 0.0]))
    np.testing.assert_allclose(rows, [-0.5, 59.5])
    np.testing.assert_allclose(cols, [-0.5, 2.5])


def test_coarse_mask_looks_up_its_cells():
    mask = np.array([[True, False], [False, True]])
    coarse = CoarseMask(mask, 4.0, 5.0)
    valid = np.arange(80).reshape(8, 10) % 7 != 0
    np.testing.assert_array_equal(coarse.keep(valid, (0, 8, 0, 10)), valid & np.kron(mask, np.ones((4, 5), bool)))
    corner = valid[:4, :5]
    assert coarse.keep(corner, (0, 4, 0, 5)) is corner
    assert not coarse.keep(np.ones((2, 2), bool), (-2, 0, 0, 2)).any()
    outside = coarse.at(np.array([-1.0, 8.0, 3.0, 3.0]), np.array([2.0, 2.0, -0.6, 10.0]))
    assert not outside.any()
    assert coarse.at(np.array([-0.4]), np.array([4.4]))[0]
    assert not coarse.at(np.array([-0.4]), np.array([4.6]))[0]


def test_a_place_is_seen_where_the_scene_is_clear():
    mask = np.zeros((2, 2), bool)
    mask[0, 1] = True
    at = Placement(None, ScaledFrame(2.0), alignment(turned(0, shift=(20, 0))), CoarseMask(mask, 50.0, 50.0))
    seen = at.seen_at(np.array([10.0, 10.0, 150.0]), np.array([90.0, 10.0, 90.0]))
    np.testing.assert_array_equal(seen, [True, False, False])

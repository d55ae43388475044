"""Bringing scenes onto the site grid."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.masks import Kind
from rasterdelta.registration.result import Alignment, Refusal, TiePoints
from sitedelta.alignment.align import _enlarged, align, choose_reference, frame_of, place_all
from sitedelta.alignment.placement import ScaledFrame
from sitedelta.grid import choose_grid, scene_grid
from sitedelta.imagery.prepare import prepare

SIZE = 240


@pytest.fixture
def world(ground):
    return ground(SIZE + 40, SIZE + 40, seed=21)


@pytest.fixture
def look(place, world):
    """Write what is seen with the window moved by (down, right), under a georeference that says it was not."""

    def write(name, down=0, right=0, **given):
        part = world[:, 20 + down : 20 + down + SIZE, 20 + right : 20 + right + SIZE]
        return prepare(place.scene(name, part, **given))

    return write


def centre(found):
    dcol, drow = found.displacement(np.float32([[SIZE / 2]]), np.float32([[SIZE / 2]]))
    return float(drow[0, 0]), float(dcol[0, 0])


@pytest.mark.parametrize("shift", [(0, 0), (5, -7), (-12, 9)])
@pytest.mark.parametrize("corner", [(767_900, 3_921_500), None])
def test_a_known_shift_is_found(look, shift, corner):
    a, b = look("a.tif", corner=corner), look("b.tif", *shift, corner=corner)
    found = align(a, b, scene_grid(a.scene))
    assert isinstance(found, Alignment)
    assert centre(found) == pytest.approx((-shift[0], -shift[1]), abs=0.1)


def test_other_ground_is_refused(look, place, ground):
    a, b = look("a.tif"), prepare(place.scene("b.tif", ground(SIZE, SIZE, seed=5)))
    found = align(a, b, scene_grid(a.scene))
    assert isinstance(found, Refusal)
    assert found.reason


def test_a_coarser_scene_is_matched_at_its_own_size(look, place, world):
    a = look("a.tif")
    part = world[:, 26 : 26 + SIZE, 17 : 17 + SIZE].reshape(3, SIZE // 2, 2, SIZE // 2, 2).mean((2, 4))
    b = prepare(place.scene("b.tif", part.round().astype(np.uint8), gsd=1.0))
    found = align(a, b, scene_grid(a.scene))
    assert isinstance(found, Alignment)
    assert centre(found) == pytest.approx((-6, 3), abs=0.5)


@given(
    st.lists(st.floats(-0.05, 0.05), min_size=4, max_size=4),
    st.floats(-20, 20),
    st.floats(-20, 20),
    st.sampled_from([2, 3, 8]),
)
def test_an_alignment_of_coarse_pixels_says_the_same_of_fine_ones(linear, dcol, drow, step):
    empty = np.zeros(0)
    points = TiePoints(empty, empty, empty, empty, empty, np.zeros(0, bool))
    matrix = np.array([[1 + linear[0], linear[1], dcol], [linear[2], 1 + linear[3], drow]])
    coarse = Alignment("affine", matrix, 0.2, 0.9, points)
    fine = _enlarged(coarse, step)
    rows, cols = np.float32([[0.0, 40.0, 99.0]]), np.float32([[7.0, 60.0, 3.0]])
    moved = coarse.displacement(rows, cols)
    there = fine.displacement(*((a + 0.5) * step - 0.5 for a in (rows, cols)))
    np.testing.assert_allclose(there, np.multiply(moved, step), atol=0.01)
    assert fine.residual_px == pytest.approx(0.2 * step)
    assert _enlarged(coarse, 1) is coarse


def test_frames(look, place, ground):
    a = look("a.tif")
    plain = prepare(place.scene("p.png", ground(50, 60), gsd=1.0, corner=None))
    grid = scene_grid(a.scene)
    assert frame_of(plain, grid) == ScaledFrame(2.0)
    rows, cols = frame_of(a, grid).to_scene(np.array([3.0]), np.array([4.0]))
    assert (rows[0], cols[0]) == pytest.approx((3, 4))


def test_the_reference_is_the_finest_clear_early_scene(look):
    a, b, c = (look(f"{n}-2024120{k}.tif") for k, n in enumerate("abc", 1))
    grid = choose_grid([s.scene for s in (a, b, c)], None)
    assert choose_reference([a, b, c], grid) is a
    clouded = replace(a, clear=replace(a.clear, mask=np.zeros_like(a.clear.mask)))
    assert choose_reference([clouded, b, c], grid) is b
    coarse = replace(a, scene=replace(a.scene, gsd_m=3.0))
    assert choose_reference([coarse, c, b], grid) in (b, c)


def test_all_scenes_are_placed_and_the_reasons_kept(look, place, ground):
    a, b = look("a-20241206.tif"), look("b-20241210.tif", 4, 2)
    other = prepare(place.scene("c-20241213.tif", ground(SIZE, SIZE, seed=5)))
    plain = prepare(place.scene("d.png", ground(SIZE, SIZE, seed=6), corner=None))
    said = []
    placements, records = place_all([a, b, other, plain], scene_grid(a.scene), progress=lambda *x: said.append(x))
    assert [r.status for r in records] == ["reference", "aligned", "georeference", "refused"]
    assert [p is None for p in placements] == [False, False, False, True]
    assert records[1].residual_m < 0.5
    assert records[1].support > 0.3
    assert records[1].reason is None
    assert records[2].reason
    assert records[3].reason
    assert placements[2].alignment is None
    assert (said[0], said[-1]) == ((0, 4, "alignment"), (4, 4, "alignment"))


def overcast(image, share, *, seed=3):
    """Give ground under solid cloud, soft at its edges, over a share of it from the top."""
    rng = np.random.default_rng(seed)
    rows = np.arange(image.shape[1])[:, None] / image.shape[1]
    wave = 0.02 * np.sin(np.arange(image.shape[2]) / 17)[None]
    cover = np.clip((share + wave - rows) / 0.05 + 0.5, 0, 1)
    white = 235 + 2 * rng.normal(size=image.shape)
    return np.clip(image * (1 - cover) + white * cover, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("share", "aligned"), [(0.25, True), (2 / 3, False)])
@pytest.mark.parametrize("told", [True, False])
def test_two_thirds_under_cloud_are_refused_whether_the_cloud_is_told_or_not(place, ground, share, aligned, told):
    world = ground(600, 600, seed=2)
    a, b = prepare(place.scene("a.tif", world)), prepare(place.scene("b.tif", overcast(world, share)))
    rows = np.arange(b.kinds.shape[0])[:, None] < share * b.kinds.shape[0]
    kinds = np.where(rows & told, Kind.CLOUD, Kind.CLEAR) * np.ones_like(b.kinds)
    found = align(a, replace(b, kinds=kinds), scene_grid(a.scene))
    assert isinstance(found, Alignment if aligned else Refusal)


def test_what_is_known_for_cloud_bears_no_tie_points(place, ground):
    world = ground(600, 600, seed=2)
    a, b = prepare(place.scene("a.tif", world)), prepare(place.scene("b.tif", world))
    kinds = np.zeros_like(b.kinds)
    kinds[:200, :200] = Kind.CLOUD
    kinds[400:, 400:] = Kind.SATURATED
    p = align(a, replace(b, kinds=kinds), scene_grid(a.scene)).points
    for inside in ((p.row < 170) & (p.col < 170), (p.row > 430) & (p.col > 430)):
        assert not inside.any()
    assert (p.row < 170).any()


def test_an_image_of_nothing_but_cloud_is_refused_by_name(place, ground):
    world = ground(200, 200, seed=2)
    a, b = prepare(place.scene("a.tif", world)), prepare(place.scene("b.tif", world))
    found = align(a, replace(b, kinds=np.full_like(b.kinds, Kind.CLOUD)), scene_grid(a.scene))
    assert found == Refusal("b.tif shows no ground: all of it is under cloud or its shadow, or saturated")

"""Comparing two placed scenes: estimated once, applied a tile."""

import numpy as np
import pytest

from rasterdelta.errors import NotEnoughData
from sitedelta.changes import merge_change
from sitedelta.context import save_context
from sitedelta.errors import InputError
from sitedelta.grid import scene_grid
from sitedelta.pairing import Pair
from sitedelta.pairs import ChangeTask, check_method, estimate_pair
from sitedelta.placement import Placement, ScaledFrame
from sitedelta.prepare import prepare
from sitedelta.siteplan import PairPlan, plan_pair
from sitedelta.tiles import cut


@pytest.fixture
def two(place, ground, marks):
    """Give both placements and their grid; 8 rows of the second are missing, and a shed is new."""
    world = ground(150, 170, seed=6)
    later = np.clip(world * 1.1 + 5, 1, 255).astype(np.uint8)
    marks(later, 90, 60, 30, 26, (240, 120, 90))
    later[:, :8] = 0
    scenes = place.scene("a-20241206.tif", world), place.scene("b-20241213.tif", later, nodata=0)
    placed = tuple(Placement(s, ScaledFrame(1.0), None, prepare(s).clear) for s in scenes)
    return placed, scene_grid(scenes[0])


def mapped(estimate, grid, folder, core):
    folder.mkdir()
    path = save_context(estimate, folder / "c")
    tasks = [
        ChangeTask(path, t, folder / f"{t.row0}-{t.col0}.npz")
        for t in cut(estimate.shape, halo=estimate.model.halo, core=core)
    ]
    for t in tasks:
        t.run()
    return merge_change(estimate, tasks, grid, min_area_m2=20)


@pytest.mark.parametrize("method", ["irmad", "cva", "structure", "auto"])
def test_any_tiling_gives_the_same_map(two, tmp_path, method):
    (a, b), grid = two
    estimate = estimate_pair(a, b, grid, method=method)
    whole, tiled = (mapped(estimate, grid, tmp_path / str(core), core) for core in (1000, 47))
    np.testing.assert_array_equal(whole.change, tiled.change)
    np.testing.assert_allclose(whole.score, tiled.score, rtol=1e-3, atol=1e-3)
    assert (whole.change[:8] == 255).all()
    assert (whole.change[16:-8, 8:-8] != 255).all()
    assert whole.changed[77:103, 49:71].any()


def test_radiometry_is_brought_together(two):
    (a, b), grid = two
    both = estimate_pair(a, b, grid, method="cva").read((20, 70, 80, 160))
    assert both.valid.all()
    assert np.median(np.abs(both.before - both.after)) < 1.5


def test_the_coarser_scene_decides_the_cells(place, ground, two):
    (a, _), grid = two
    world = ground(150, 170, seed=6)[:, :150, :168]
    coarse = world.reshape(3, 50, 3, 56, 3).mean((2, 4)).round().astype(np.uint8)
    scene = place.scene("c-20241217.tif", coarse, gsd=1.5)
    c = Placement(scene, ScaledFrame(3.0), None, prepare(scene).clear)
    estimate = estimate_pair(a, c, grid, method="cva")
    assert (estimate.step, estimate.shape, estimate.gsd_m) == (3, (50, 57), 1.5)
    both = estimate.read((5, 45, 5, 50))
    assert both.valid.all()
    assert np.median(np.abs(both.before - both.after)) < 2


def test_a_false_alarm_rate_is_passed_on(two):
    (a, b), grid = two
    few, many = (estimate_pair(a, b, grid, method="irmad", false_alarm_rate=r).model for r in (1e-4, 1e-1))
    assert few.threshold > many.threshold


def test_a_plan_or_the_reason_why_not(two, place, ground, tmp_path):
    (a, b), grid = two
    plan = plan_pair(Pair(0, 1), [a, b], grid, tmp_path / "parts", method="cva")
    assert isinstance(plan, PairPlan)
    again = plan_pair(Pair(0, 1), [a, b], grid, tmp_path / "other", method="cva")
    assert again.key == plan.key
    assert plan_pair(Pair(0, 1), [a, b], grid, tmp_path / "parts", method="irmad").key != plan.key
    said = plan_pair(Pair(0, 1), [a, None], grid, tmp_path / "parts", method="cva")
    assert said == "registration: one of the two images could not be aligned"
    grey = place.scene("g.tif", ground(150, 170)[:1])
    g = Placement(grey, ScaledFrame(1.0), None, prepare(grey).clear)
    assert "give two images with the same bands" in plan_pair(Pair(0, 1), [a, g], grid, tmp_path, method="auto")


def test_scenes_that_share_no_ground_are_not_compared(two, place, ground):
    (a, _), grid = two
    scene = place.scene("far.tif", ground(60, 60))

    class Away(ScaledFrame):
        def to_scene(self, rows, cols):
            return rows - 5000, cols - 5000

    far = Placement(scene, Away(1.0), None, prepare(scene).clear)
    with pytest.raises(NotEnoughData):
        estimate_pair(a, far, grid, method="cva")


def test_methods_are_checked():
    assert check_method("irmad") == "irmad"
    with pytest.raises(InputError, match="unknown change method 'x': choose one of auto, cva, irmad, logratio, mad"):
        check_method("x")


@pytest.mark.parametrize(("method", "hidden"), [("cva", True), ("structure", False)])
def test_what_is_saturated_hides_change_of_single_pixels(place, ground, method, hidden):
    world = ground(150, 170, seed=6)
    later = world.copy()
    later[:, 60:80, 50:80] = 255
    scenes = place.scene("a-20241206.tif", world), place.scene("b-20241213.tif", later)
    placed = [Placement(s, ScaledFrame(1.0), None, prepare(s).clear) for s in scenes]
    both = estimate_pair(*placed, scene_grid(scenes[0]), method=method).read((0, 150, 0, 170))
    assert both.valid[62:78, 52:78].any() != hidden
    assert both.valid[:50].mean() > 0.99

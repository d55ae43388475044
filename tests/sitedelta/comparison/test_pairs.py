"""Comparing two placed scenes: estimated once, applied a tile."""

from dataclasses import replace

import numpy as np
import pytest

from rasterdelta.errors import NotEnoughData
from sitedelta.alignment.placement import Placement, ScaledFrame
from sitedelta.comparison.changes import gather
from sitedelta.comparison.joint import OpenPair
from sitedelta.comparison.pairs import ChangeTask, check_method, estimate_pair
from sitedelta.comparison.stream import compare_in_one_pass
from sitedelta.comparison.strips import UNSEEN, strips_of
from sitedelta.errors import InputError
from sitedelta.grid import scene_grid
from sitedelta.imagery.overview import Overviews
from sitedelta.imagery.prepare import prepare
from sitedelta.running.context import save_context
from sitedelta.running.siteplan import PairPlan, plan_pair
from sitedelta.running.tiles import cut


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


def put_together(strips, estimate):
    strips = list(strips)
    found = gather(strips, estimate.joint.shape, cell_m=estimate.joint.gsd_m, min_area_m2=20)
    return found.rows(slice(0, estimate.joint.shape[0])), np.vstack([s.score for s in strips])


def read(estimate, window):
    with OpenPair(estimate.joint) as pair:
        return estimate.usable(pair.read(window), window)


def mapped(estimate, folder, core):
    folder.mkdir()
    path = save_context(estimate, folder / "c")
    tasks = [
        ChangeTask(path, t, folder / f"{t.row0}-{t.col0}.npz")
        for t in cut(estimate.joint.shape, halo=estimate.model.halo, core=core)
    ]
    for t in tasks:
        t.run()
    return put_together(strips_of(tasks), estimate)


@pytest.mark.parametrize("method", ["irmad", "cva", "structure", "auto"])
def test_any_tiling_gives_the_same_map(two, tmp_path, method):
    (a, b), grid = two
    estimate = estimate_pair(a, b, grid, method=method)
    (whole, score), (tiled, tiled_score) = (mapped(estimate, tmp_path / str(core), core) for core in (1000, 47))
    np.testing.assert_array_equal(whole, tiled)
    np.testing.assert_allclose(score, tiled_score, rtol=1e-3, atol=1e-3)
    assert (whole[:8] == UNSEEN).all()
    assert (whole[16:-8, 8:-8] != UNSEEN).all()
    assert (whole[77:103, 49:71] == 1).any()


@pytest.mark.parametrize("method", ["irmad", "cva", "structure"])
def test_one_pass_gives_the_same_map_and_pictures_of_both_dates(two, tmp_path, method, monkeypatch):
    monkeypatch.setattr("sitedelta.comparison.stream._ROWS", 32)
    monkeypatch.setattr("sitedelta.comparison.stream._PIXELS", 32 * 96)
    (a, b), grid = two
    estimate = estimate_pair(a, b, grid, method=method)
    whole, score = mapped(estimate, tmp_path / "whole", 1000)
    for threads in (1, 3):
        seen = Overviews(estimate.joint.shape, estimate.joint.shown)
        passed, passed_score = put_together(compare_in_one_pass(estimate, seen, threads=threads), estimate)
        np.testing.assert_array_equal(passed, whole)
        np.testing.assert_allclose(passed_score, score, rtol=1e-3, atol=1e-3)
        raw = read(replace(estimate, linear=None), (0, 150, 0, 170))
        for cells, image in zip(seen.dates, (raw.before, raw.after), strict=True):
            np.testing.assert_array_equal(cells.valid[:8], np.zeros((8, 170), bool))
            np.testing.assert_array_equal(cells.image[:, 8:], image[:, 8:])


def test_radiometry_is_brought_together(two):
    (a, b), grid = two
    both = read(estimate_pair(a, b, grid, method="cva"), (20, 70, 80, 160))
    assert both.valid.all()
    assert np.median(np.abs(both.before - both.after)) < 1.5


@pytest.fixture
def hazy(place, ground):
    """Give two placements of 800 m and their grid; haze thickens towards the right of the second date."""
    world = ground(400, 400, seed=6)
    haze = np.linspace(0, 0.7, 400)
    later = (world * (1 - haze) + np.array([170, 175, 185])[:, None, None] * haze).astype(np.uint8)
    scenes = place.scene("a-20241206.tif", world, gsd=2.0), place.scene("b-20241213.tif", later, gsd=2.0)
    placed = tuple(Placement(s, ScaledFrame(1.0), None, prepare(s).clear) for s in scenes)
    return placed, scene_grid(scenes[0])


@pytest.mark.parametrize("method", ["cva", "irmad"])
def test_a_local_radiometry_takes_haze_away_for_any_tiling(hazy, tmp_path, method):
    (a, b), grid = hazy
    local, line = (estimate_pair(a, b, grid, method=method, radiometry=r) for r in ("local", "line"))
    window = (0, 400, 0, 400)
    left = [
        np.abs(both.before - both.after.astype(float))[both.valid[None] & np.ones((3, 1, 1), bool)].mean()
        for both in (read(e, window) for e in (local, line))
    ]
    assert left[0] < 0.5 * left[1]
    (whole, score), (tiled, tiled_score) = (mapped(local, tmp_path / str(core), core) for core in (1000, 130))
    np.testing.assert_array_equal(whole, tiled)
    np.testing.assert_allclose(score, tiled_score, rtol=1e-3, atol=1e-3)


def test_a_local_radiometry_is_fitted_on_samples_where_they_lie(hazy, monkeypatch):
    (a, b), grid = hazy
    monkeypatch.setattr("rasterdelta.sampling.WHOLE_PX", 2**16)
    few = estimate_pair(a, b, grid, method="cva", radiometry="local")
    spans = few.joint.sampled()
    assert len(spans) > 1
    for span, sample in zip(spans, few.joint.samples(), strict=True):
        np.testing.assert_array_equal(sample.before, read(replace(few, linear=None), span).before)
    monkeypatch.undo()
    whole = estimate_pair(a, b, grid, method="cva", radiometry="local")
    np.testing.assert_array_equal(few.linear.gain, whole.linear.gain)
    assert few.model.threshold == pytest.approx(whole.model.threshold, rel=0.3)


def test_radar_takes_no_local_radiometry(two):
    (a, b), grid = two
    assert estimate_pair(a, b, grid, method="sar", radiometry="local").linear is None


def test_the_coarser_scene_decides_the_cells(place, ground, two):
    (a, _), grid = two
    world = ground(150, 170, seed=6)[:, :150, :168]
    coarse = world.reshape(3, 50, 3, 56, 3).mean((2, 4)).round().astype(np.uint8)
    scene = place.scene("c-20241217.tif", coarse, gsd=1.5)
    c = Placement(scene, ScaledFrame(3.0), None, prepare(scene).clear)
    estimate = estimate_pair(a, c, grid, method="cva")
    assert (estimate.joint.step, estimate.joint.shape, estimate.joint.gsd_m) == (3, (50, 57), 1.5)
    both = read(estimate, (5, 45, 5, 50))
    assert both.valid.all()
    assert np.median(np.abs(both.before - both.after)) < 2


def test_a_false_alarm_rate_is_passed_on(two):
    (a, b), grid = two
    few, many = (estimate_pair(a, b, grid, method="irmad", false_alarm_rate=r).model for r in (1e-12, 1e-1))
    assert few.threshold > many.threshold


def test_a_plan_or_the_reason_why_not(two, place, ground, tmp_path):
    (a, b), grid = two
    plan = plan_pair((a, b), grid, tmp_path / "parts", method="cva")
    assert isinstance(plan, PairPlan)
    again = plan_pair((a, b), grid, tmp_path / "other", method="cva")
    assert again.key == plan.key
    assert plan_pair((a, b), grid, tmp_path / "parts", method="irmad").key != plan.key
    said = plan_pair((a, None), grid, tmp_path / "parts", method="cva")
    assert said == "registration: one of the two images could not be aligned"
    grey = place.scene("g.tif", ground(150, 170)[:1])
    g = Placement(grey, ScaledFrame(1.0), None, prepare(grey).clear)
    assert "give two images with the same bands" in plan_pair((a, g), grid, tmp_path, method="auto")


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
    with pytest.raises(InputError, match="unknown change method 'x': choose one of auto, cva, "):
        check_method("x")


@pytest.mark.parametrize(("method", "hidden"), [("cva", True), ("structure", False)])
def test_what_is_saturated_hides_change_of_single_pixels(place, ground, method, hidden):
    world = ground(150, 170, seed=6)
    later = world.copy()
    later[:, 60:80, 50:80] = 255
    scenes = place.scene("a-20241206.tif", world), place.scene("b-20241213.tif", later)
    placed = [Placement(s, ScaledFrame(1.0), None, prepare(s).clear) for s in scenes]
    both = read(estimate_pair(*placed, scene_grid(scenes[0]), method=method), (0, 150, 0, 170))
    assert both.valid[62:78, 52:78].any() != hidden
    assert both.valid[:50].mean() > 0.99

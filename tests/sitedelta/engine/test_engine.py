"""Running tasks: once each, here, on processes or on a cluster, with the same parts and the same errors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sitedelta.alignment.placement import Placement, ScaledFrame
from sitedelta.engine import run_tasks
from sitedelta.errors import RasterError, RunFailed
from sitedelta.files.store import write_text
from sitedelta.grid import pixel_grid
from sitedelta.imagery.prepare import prepare
from sitedelta.running.context import load_context, save_context
from sitedelta.running.siteplan import plan_view
from sitedelta.running.tiles import Tile


@pytest.fixture
def notes(trivial):
    def make(folder, n=6, **raising):
        folder.mkdir(exist_ok=True)
        return [trivial.Note(folder / f"{k}.txt", k, raising.get(f"at{k}")) for k in range(n)]

    return make


def log(folder):
    return [int(line) for line in (folder / "log").read_text().split()]


def test_each_task_runs_once(tmp_path, notes):
    assert run_tasks(notes(tmp_path), jobs=1) == 6
    assert log(tmp_path) == list(range(6))
    assert [(tmp_path / f"{k}.txt").read_text() for k in range(6)] == list("012345")


def test_finished_parts_are_not_run_again(tmp_path, notes):
    run_tasks(notes(tmp_path), jobs=1)
    (tmp_path / "3.txt").unlink()
    assert run_tasks(notes(tmp_path), jobs=1) == 1
    assert run_tasks(notes(tmp_path), jobs=1) == 0
    assert log(tmp_path) == [0, 1, 2, 3, 4, 5, 3]


def test_progress_counts_what_was_done_before(tmp_path, notes):
    run_tasks(notes(tmp_path, 2), jobs=1)
    said = []
    run_tasks(notes(tmp_path, 4), jobs=1, progress=lambda *a: said.append(a), what="tiles")
    assert said == [(k, 4, "tiles") for k in range(5)]


def test_no_tasks_are_no_work():
    assert run_tasks([], jobs=4) == 0


def test_a_failing_task_raises_its_own_error_and_parts_stay(tmp_path, notes):
    tasks = notes(tmp_path, at3=RasterError("b.tif: cut off"))
    with pytest.raises(RasterError, match=r"^b\.tif: cut off$") as caught:
        run_tasks(tasks, jobs=1)
    assert caught.value.exit_status == 2
    assert sorted(p.name for p in tmp_path.glob("*.txt")) == ["0.txt", "1.txt", "2.txt"]
    assert run_tasks(notes(tmp_path), jobs=1) == 3


@pytest.mark.parametrize("error", [ValueError("bad\nvalue"), KeyError("x"), ZeroDivisionError("0")])
def test_an_unexpected_error_becomes_one_line(tmp_path, error, notes):
    with pytest.raises(RunFailed) as caught:
        run_tasks(notes(tmp_path, at1=error), jobs=1)
    said = str(caught.value)
    assert said.startswith(f"a tile could not be processed: {type(error).__name__}: ")
    assert "\n" not in said


@pytest.fixture
def view_tasks(place, ground):
    """Real, small tasks whose classes other processes can import."""

    def plan(folder):
        scene = place.scene("a.tif", ground(90, 100), corner=None)
        prepared = prepare(scene)
        at = Placement(scene, ScaledFrame(1.0), None, prepared.clear)
        context = plan_view(at, prepared, pixel_grid((90, 100), 0.5), folder / "view.tif", folder).tasks[0]
        return [
            type(context)(context.context, Tile(r, r + 30, 0, 100, 0), folder / f"{r}.npz") for r in range(0, 90, 30)
        ]

    return plan


def parts(tasks):
    return [t.part.read_bytes() for t in tasks]


def test_processes_give_the_same_parts(tmp_path, view_tasks):
    here, there = view_tasks(tmp_path / "one"), view_tasks(tmp_path / "two")
    assert run_tasks(here, jobs=1) == run_tasks(there, jobs=2) == 3
    for a, b in zip(here, there, strict=True):
        with np.load(a.part) as first, np.load(b.part) as second:
            for name in ("image", "valid"):
                np.testing.assert_array_equal(first[name], second[name])
    assert run_tasks(there, jobs=2) == 0


def test_errors_cross_processes_whole(tmp_path, view_tasks):
    tasks = view_tasks(tmp_path / "one")
    (tmp_path / "a.tif").unlink()
    with pytest.raises(RasterError) as caught:
        run_tasks(tasks, jobs=2)
    assert "a.tif" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_context_of_another_kind_is_a_failure(tmp_path, view_tasks):
    task = view_tasks(tmp_path)[0]
    save_context("something else", task.context)
    with pytest.raises(RunFailed, match="holds str, not ViewContext"):
        task.run()
    assert load_context(task.context, str) == "something else"


def test_a_task_that_cannot_travel_is_one_line(tmp_path):
    tasks = [Stuck(tmp_path / f"{k}") for k in range(2)]
    with pytest.raises(RunFailed, match="a tile could not be processed") as caught:
        run_tasks(tasks, jobs=2)
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class Stuck:
    part: Path

    def run(self):
        write_text(self.part, "never")

    def __reduce__(self):
        raise TypeError("cannot\npickle")

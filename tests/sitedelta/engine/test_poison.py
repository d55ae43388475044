"""Tiles that crash or hang the process that does them: given up and named, while the rest is done."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sitedelta.engine import Place, each, run_tasks, work_off
from sitedelta.engine.apart import Apart
from sitedelta.engine.crews import packed
from sitedelta.engine.outcome import Done, Trouble
from sitedelta.errors import InputError, RunFailed


@pytest.fixture
def mixed(trivial, tmp_path):
    """Give four good tasks and one of poison in the midst of them."""

    def make(how, times=99):
        tasks = [trivial.Note(tmp_path / f"{k}.txt", k) for k in range(4)]
        return [*tasks[:2], trivial.Poison(tmp_path / "poison.txt", how, times), *tasks[2:]]

    return make


def written(folder):
    return sorted(p.name for p in folder.glob("*.txt"))


@pytest.mark.parametrize(("how", "limit", "why"), [("crash", 60, "SIGSEGV"), ("hang", 0.4, "longer than the limit")])
def test_poison_is_given_up_and_the_rest_is_done(tmp_path, mixed, how, limit, why):
    (lost,) = work_off(mixed(how), Place(2, limit_s=limit))
    assert lost.work.part.name == "poison.txt"
    assert why in lost.reason
    assert written(tmp_path) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert (tmp_path / "poison.begun").stat().st_size == 3


def test_what_crashed_by_chance_is_tried_again(tmp_path, mixed):
    assert work_off(mixed("crash", times=2), Place(2)) == ()
    assert "poison.txt" in written(tmp_path)


def test_storage_that_fails_for_good_ends_the_run(mixed):
    with pytest.raises(RunFailed, match=r"could not be read or written: OSError: .* Input/output error"):
        work_off(mixed("error"), Place(2))


def test_storage_that_failed_once_is_tried_again(tmp_path, mixed):
    assert work_off(mixed("error", times=1), Place(1)) == ()
    assert len(written(tmp_path)) == 5


def test_bad_input_is_not_tried_again(tmp_path, trivial):
    tasks = [trivial.Note(tmp_path / "a.txt", 0, InputError("b.tif: cut off"))]
    with pytest.raises(InputError, match="cut off"):
        work_off(tasks, Place(2))


def test_where_nothing_may_be_missing_a_lost_tile_is_a_failure(mixed):
    with pytest.raises(RunFailed, match=r"a tile could not be processed: .*SIGSEGV"):
        run_tasks(mixed("crash"), jobs=2)


def test_results_come_back(trivial):
    found = dict(each((trivial.Nothing(k) for k in range(50)), Place(2), most=50))
    assert {w.number: v for w, v in found.items()} == {k: k for k in range(50)}


def test_a_plan_is_read_no_further_than_there_are_workers(trivial):
    read = []

    def plan():
        for k in range(1000):
            read.append(k)
            yield trivial.Nothing(k)

    results = each(plan(), Place(2), most=1000)
    next(results)
    assert len(read) <= 2 * 4 + 2
    results.close()


def test_a_worker_that_somebody_kills_is_replaced(trivial):
    apart = Apart()
    assert apart.do(packed(trivial.Nothing(1)), 60) == Done(1)
    os.kill(apart._process.pid, signal.SIGKILL)
    again = [apart.do(packed(trivial.Nothing(2)), 60) for _ in range(2)]
    assert again[-1] == Done(2)
    assert again[0] in (Done(2), Trouble("crash", "the process that did it ended (SIGKILL)"))
    apart.stop()


ORPHAN = """
import sys, json
sys.path[:] = json.loads(sys.argv[1])
from trivial_tasks import Poison
from pathlib import Path
from sitedelta.engine import Place, work_off
work_off([Poison(Path(sys.argv[2]) / f"{k}.txt", "hang") for k in range(2)], Place(2))
"""


def test_workers_leave_with_the_one_that_began_them(tmp_path):
    import json

    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, json.dumps(sys.path), tmp_path])
    until = time.monotonic() + 60
    while len(list(tmp_path.glob("*.begun"))) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    children = [int(p) for p in subprocess.check_output(["pgrep", "-P", str(parent.pid)]).split()]
    parent.kill()
    parent.wait()
    while any(alive(p) for p in children) and time.monotonic() < until:
        time.sleep(0.02)
    assert len(children) == 2
    assert not any(alive(p) for p in children)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"

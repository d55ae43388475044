"""The lock of a site: two runs never mix, and one that died is told from one that lives."""

import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from sitedelta.errors import RunFailed
from sitedelta.files.alone import alone
from sitedelta.progress import silent
from sitedelta.watch.holder import BEAT_S, QUIET_S, ended, read_holder, this_process
from sitedelta.watch.lock import NAME, Lock, SiteBusy, held

HOLD = """
import sys, time
from pathlib import Path
from sitedelta.watch.lock import held
with held(Path(sys.argv[1]), site="base"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """Let another process hold the lock."""
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def write(tmp_path, holder, *, age_s=0.0):
    path = tmp_path / "work" / NAME
    path.parent.mkdir(exist_ok=True)
    path.write_text(holder if isinstance(holder, str) else holder.to_json())
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def test_it_is_held_and_let_go(tmp_path):
    with held(tmp_path, site="base") as lock:
        assert read_holder(lock.path.read_text()).pid == os.getpid()
        lock.confirm()
        assert lock.taken_over is None
    assert list((tmp_path / "work").iterdir()) == []


def test_it_is_let_go_when_the_work_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), held(tmp_path, site="base"):
        raise ZeroDivisionError
    assert not (tmp_path / "work" / NAME).exists()


def test_two_of_one_process_exclude_each_other(tmp_path):
    with held(tmp_path, site="base"), pytest.raises(SiteBusy, match=f"site base: .*process {os.getpid()} on"):
        held(tmp_path, site="base").__enter__()


def test_a_live_process_is_not_disturbed_and_a_killed_one_taken_over(tmp_path, other):
    before = (tmp_path / "work" / NAME).read_bytes()
    with pytest.raises(SiteBusy, match=f"process {other.pid} on"):
        held(tmp_path, site="base").__enter__()
    assert (tmp_path / "work" / NAME).read_bytes() == before

    other.send_signal(signal.SIGKILL)
    other.wait()
    with held(tmp_path, site="base") as lock:
        assert f"process {other.pid}" in lock.taken_over
        assert lock.taken_over.endswith("that process has ended")


def test_a_stale_lock_is_taken_over_by_one_of_many(tmp_path):
    write(tmp_path, replace(this_process(), pid=2**22 + 1))
    start = Barrier(8)

    def attempt(_):
        holding = held(tmp_path, site="base")
        start.wait()
        try:
            holding.__enter__()
        except SiteBusy:
            return None
        return holding  # one that nobody keeps lets go

    with ThreadPoolExecutor(8) as pool:
        holding = [h for h in pool.map(attempt, range(8)) if h]
    assert len(holding) == 1
    holding[0].__exit__(None, None, None)


HERE = this_process()


@pytest.mark.parametrize(
    ("holder", "age_s", "said"),
    [
        (HERE, 1e6, None),
        (replace(HERE, started="1"), 0, "another has its number"),
        (replace(HERE, pid=2**22 + 1), 0, "has ended"),
        (replace(HERE, boot="x"), 4 * BEAT_S, "started anew"),
        (replace(HERE, boot="x"), BEAT_S, None),
        (replace(HERE, host="far"), QUIET_S - 1, None),
        (replace(HERE, host="far"), QUIET_S + 1, "no sign of life for 10 minutes"),
        (replace(HERE, space="container"), QUIET_S - 1, None),
        (replace(HERE, space="container"), QUIET_S + 1, "no sign of life"),
        (None, BEAT_S, None),
        (None, 4 * BEAT_S, "damaged"),
    ],
)
def test_who_may_be_alive(holder, age_s, said):
    why = ended(holder, age_s, HERE)
    assert why is None if said is None else said in why


def test_another_machine_is_believed_until_it_is_quiet_for_long(tmp_path):
    far = replace(HERE, host="far", token="x")
    write(tmp_path, far, age_s=QUIET_S / 2)
    with pytest.raises(SiteBusy, match="on far"):
        held(tmp_path, site="base").__enter__()
    write(tmp_path, far, age_s=2 * QUIET_S)
    with held(tmp_path, site="base") as lock:
        assert "no sign of life for 20 minutes" in lock.taken_over


def test_a_worker_that_the_same_run_lost_is_known_sooner(tmp_path):
    far = replace(HERE, host="far", token="x", run="monday")
    write(tmp_path, far, age_s=BEAT_S)
    with pytest.raises(SiteBusy, match="on far") as caught:
        held(tmp_path, site="base", run="monday").__enter__()
    assert pickle.loads(pickle.dumps(caught.value)).lost
    write(tmp_path, far, age_s=4 * BEAT_S)
    for run in ("", "tuesday"):
        with pytest.raises(SiteBusy) as caught:
            held(tmp_path, site="base", run=run).__enter__()
        assert not caught.value.lost
    with held(tmp_path, site="base", run="monday") as lock:
        assert "the run lost that worker" in lock.taken_over


def test_a_worker_here_that_lives_is_not_lost(tmp_path):
    write(tmp_path, replace(HERE, token="x", run="monday", pid=os.getppid(), started=""), age_s=QUIET_S * 2)
    with pytest.raises(SiteBusy):
        held(tmp_path, site="base", run="monday").__enter__()


@pytest.mark.parametrize("text", ["", "{", '{"token": 1}', "[]"])
def test_a_damaged_lock_is_taken_over_when_it_is_old(tmp_path, text):
    write(tmp_path, text)
    with pytest.raises(SiteBusy, match="a process unknown"):
        held(tmp_path, site="base").__enter__()
    write(tmp_path, text, age_s=100)
    with held(tmp_path, site="base") as lock:
        assert "damaged" in lock.taken_over


def test_a_holder_gives_signs_of_life(tmp_path):
    path = write(tmp_path, HERE, age_s=1000)
    lock = Lock(path, HERE, None, beat_s=0.01)
    deadline = time.monotonic() + 5
    while path.stat().st_mtime < time.time() - 500 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert path.stat().st_mtime > time.time() - 500
    lock.release()


def test_a_lock_that_was_lost_stops_the_run_and_is_left_to_its_new_holder(tmp_path):
    path = write(tmp_path, HERE)
    lock = Lock(path, HERE, None, beat_s=0.01)
    write(tmp_path, replace(HERE, token="another"))
    lock._thread.join(5)
    with pytest.raises(RunFailed, match="taken over or removed"):
        lock.guarding(silent)(0, 1, "tiles")
    lock.release()
    assert read_holder(path.read_text()).token == "another"


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "work").write_text("a file")
    with pytest.raises(RunFailed, match="cannot write"):
        held(tmp_path, site="base").__enter__()


def test_alone_lets_one_in_at_a_time(tmp_path):
    inside, most = [], []

    def step(_):
        with alone(tmp_path / "guard"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.001)
            inside.pop()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(step, range(40)))
    assert max(most) == 1
    assert not (tmp_path / "guard").exists()

"""The same tasks on a dask cluster: results, poison, workers that come and go, a scheduler that is not there."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from sitedelta.engine import Place, cluster, each, work_off
from sitedelta.engine.batch import do_batch
from sitedelta.errors import InputError, RasterError, RunFailed

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def scheduler(_importable):
    with distributed.LocalCluster(
        processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None, resources={"GPU": 1}
    ) as local:
        yield local.scheduler_address


def test_results_come_back_and_every_task_is_done_once(trivial, tmp_path, scheduler):
    place = Place(scheduler=scheduler)
    assert sorted(v for _, v in each((trivial.Nothing(k) for k in range(300)), place, most=300)) == list(range(300))
    tasks = [trivial.Note(tmp_path / f"{k}.txt", k) for k in range(20)]
    assert work_off(tasks, place) == ()
    assert sorted(int(n) for n in (tmp_path / "log").read_text().split()) == list(range(20))


def test_poison_is_given_up_and_the_rest_is_done(trivial, tmp_path, scheduler):
    tasks = [trivial.Note(tmp_path / f"{k}.txt", k) for k in range(4)]
    poison = [trivial.Poison(tmp_path / "p.txt", "crash"), trivial.Poison(tmp_path / "q.txt", "hang")]
    lost = work_off([*poison, *tasks], Place(scheduler=scheduler, limit_s=1))
    assert {one.work.part.name: one.reason for one in lost} == {
        "p.txt": "the process that did it ended (SIGSEGV)",
        "q.txt": "took longer than the limit of 1 s",
    }
    assert all(t.part.exists() for t in tasks)


@pytest.fixture
def sizes(monkeypatch):
    """Note how many pieces of work each batch holds."""
    found = []

    def submit(self, function, messages, *args, **options):
        found.append(len(messages))
        return plain(self, function, messages, *args, **options)

    plain = distributed.Client.submit
    monkeypatch.setattr(distributed.Client, "submit", submit)
    return found


def test_short_work_travels_together_and_what_made_trouble_alone(trivial, tmp_path, scheduler, sizes):
    works = [trivial.Nothing(k) for k in range(150)]
    works[70:70] = [trivial.Note(tmp_path / "bad", 0, ValueError("bad")), trivial.Poison(tmp_path / "p.txt", "crash")]
    found = dict(each(iter(works), Place(scheduler=scheduler), most=200))
    assert {w.number: v for w, v in found.items() if isinstance(w, trivial.Nothing)} == {k: k for k in range(150)}
    assert sorted(v.reason for w, v in found.items() if not isinstance(w, trivial.Nothing)) == [
        "ValueError: bad",
        "the process that did it ended (SIGSEGV)",
    ]
    assert sum(sizes) >= 152 + 2 * 2
    assert len(sizes) < 100


def test_what_a_turn_was_too_short_for_is_done_in_the_next(trivial, scheduler, sizes, monkeypatch):
    monkeypatch.setattr(cluster.Pace, "size", 30)
    monkeypatch.setattr(cluster, "do_batch", cut_short)
    found = dict(each((trivial.Nothing(k) for k in range(50)), Place(scheduler=scheduler), most=50))
    assert {w.number: v for w, v in found.items()} == {k: k for k in range(50)}
    assert sum(sizes) > 50


def cut_short(messages, limit_s):
    """Do a batch whose turn is over after seven pieces of work."""
    return cluster.Turn(do_batch(messages[:7], limit_s).tries, 0.1)


def test_bad_input_ends_the_run(trivial, tmp_path, scheduler):
    with pytest.raises(RasterError, match=r"^b\.tif: cut off$"):
        work_off([trivial.Note(tmp_path / "a", 0, RasterError("b.tif: cut off"))], Place(scheduler=scheduler))


def test_a_worker_with_other_software_does_nothing(trivial, scheduler, monkeypatch):
    monkeypatch.setattr(cluster, "software_key", lambda: "another")
    ((_, found),) = each([trivial.Nothing(1)], Place(scheduler=scheduler), most=1)
    assert isinstance(found, RunFailed)
    assert "other versions" in str(found)


def test_resources_are_asked_for(trivial, scheduler, monkeypatch):
    tasks = [trivial.Nothing(k) for k in range(3)]
    place = Place(scheduler=scheduler)
    with place.crew(3, lambda _: {"GPU": 1}) as crew:
        crew.give(cluster.Job(tasks[0]))
        assert [r.value for _, r in crew.take()] == [0]
    monkeypatch.setattr(cluster, "ALONE_S", 0.0)
    with place.crew(3, lambda _: {"TPU": 1}) as crew:
        crew.give(cluster.Job(tasks[0]))
        crew._looked = crew._peopled = 0.0
        crew._client.nthreads = dict
        with pytest.raises(RunFailed, match="no worker for"):
            crew.take()


def test_no_scheduler_at_the_address_is_an_input_error(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", "0.5s")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(InputError, match=f"no dask scheduler answers at {address}"):
        list(each([], Place(scheduler=address), most=1))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nonsense://x", "no dask scheduler answers at nonsense://x"),
        ("none.json", r"none\.json: no such file"),
        ("dask", "dask's configuration names no scheduler"),
    ],
)
def test_an_address_that_is_none_is_an_input_error(given, said):
    with pytest.raises(InputError, match=said):
        list(each([], Place(scheduler=given), most=1))


def test_the_scheduler_of_dask_s_own_configuration(trivial, scheduler):
    import dask

    with dask.config.set({"scheduler-address": scheduler}):
        assert [v for _, v in each([trivial.Nothing(7)], Place(scheduler="dask"), most=1)] == [7]


@contextmanager
def worker(address):
    code = "from distributed.cli.dask_worker import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, address, "--nthreads=1", "--no-nanny", "--no-dashboard"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_workers_come_and_go(trivial):
    """One of two is killed with work in hand, and a third comes: every part is there in the end."""
    local = distributed.LocalCluster(processes=False, n_workers=0, dashboard_address=None, protocol="tcp://")
    with local, worker(local.scheduler_address) as first, worker(local.scheduler_address):
        local.scheduler.worker_ttl = None
        client = distributed.Client(local)
        client.wait_for_workers(2, timeout=60)
        works = (trivial.Burn(300_000) for _ in range(60))
        results = each(works, Place(scheduler=local.scheduler_address), most=60)
        found = [next(results) for _ in range(5)]
        os.kill(first.pid, signal.SIGKILL)
        with worker(local.scheduler_address):
            found += list(results)
        client.close()
    assert len(found) == 60
    assert len({v for _, v in found}) == 1

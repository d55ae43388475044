"""Run tasks: in this process, on local processes, or on a dask cluster; finished ones are never run again."""

import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from itertools import islice
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any, Protocol

from sitedelta.errors import InputError, RunFailed, SitedeltaError
from sitedelta.progress import Progress, silent

_WINDOW = 4
"""Tasks in flight per worker: enough to keep workers busy, few enough to keep memory flat."""
_PATIENCE = "15s"
"""How long a scheduler may take to answer."""


class Task(Protocol):
    """A pure piece of work. Small and picklable: it carries paths and numbers, never arrays."""

    @property
    def part(self) -> Path:
        """The file that it writes, atomically; its name is a hash of everything that the content depends on."""

    def run(self) -> None:
        """Do the work and write the part."""


def run_tasks(
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Progress = silent,
    what: str = "tiles",
) -> int:
    """Run every task whose part does not exist yet, and give how many were run.

    Parameters
    ----------
    jobs : int
        Local processes; 0 means one a core, 1 runs in this process.
    scheduler : str, optional
        Address of a `dask.distributed` scheduler, e.g. `tcp://10.0.0.1:8786`; workers must see the same files.

    Raises
    ------
    RunFailed
        The first task that failed; parts that others finished stay.
    """
    todo = [t for t in tasks if not t.part.exists()]
    done = len(tasks) - len(todo)
    workers = min(jobs or os.cpu_count() or 1, len(todo))
    progress(done, len(tasks), what)
    finished: Generator[SitedeltaError | None]
    if scheduler is None and workers <= 1:
        finished = (_run(t) for t in todo)
    else:
        finished = _spread(todo, workers=workers, scheduler=scheduler)
    with closing(finished):  # stops workers at once, not when the error is forgotten
        for failure in finished:
            if failure is not None:
                raise failure
            done += 1
            progress(done, len(tasks), what)
    return len(todo)


def _run(task: Task) -> SitedeltaError | None:
    """Run one task; a failure is a value, so that it crosses process borders whole."""
    try:
        task.run()
    except SitedeltaError as error:
        return error
    except (OSError, RuntimeError, ValueError, ArithmeticError, LookupError, MemoryError) as error:
        return _unexpected(error)
    return None


def _unexpected(error: BaseException) -> RunFailed:
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return RunFailed(f"a tile could not be processed: {said}")


def _spread(tasks: Sequence[Task], *, workers: int, scheduler: str | None) -> Generator[SitedeltaError | None]:
    opened = _cluster(scheduler) if scheduler else _processes(workers)
    with opened as (submit, first_of, width):
        waiting = iter(tasks)
        pending: set[Any] = {submit(t) for t in islice(waiting, width * _WINDOW)}
        while pending:
            done, pending = first_of(pending)
            pending |= {submit(t) for t in islice(waiting, len(done))}
            for future in done:
                yield _result(future)


def _result(future: Any) -> SitedeltaError | None:
    """Give what a task gave; a worker that was lost, or could not take the task, is a failure too."""
    error: BaseException | None = future.exception()
    if error is not None:
        return _unexpected(error)
    failure: SitedeltaError | None = future.result()
    return failure


_Opened = tuple[Callable[[Task], Any], Callable[[set[Any]], tuple[set[Any], set[Any]]], int]


@contextmanager
def _processes(workers: int) -> Iterator[_Opened]:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    others = set(active_children())

    def submit(task: Task) -> Future[SitedeltaError | None]:
        with _without_main():
            return pool.submit(_run, task)

    def first_of(pending: set[Any]) -> tuple[set[Any], set[Any]]:
        done, rest = wait(pending, return_when=FIRST_COMPLETED)
        return set(done), set(rest)

    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver"), initializer=_settle_in) as pool:
        try:
            yield submit, first_of, workers
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in set(active_children()) - others:
                worker.terminate()
            raise


@contextmanager
def _cluster(address: str) -> Iterator[_Opened]:
    import distributed

    connect: Any = distributed.Client
    wait_for: Any = distributed.wait

    try:
        client = connect(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        msg = f"no dask scheduler answers at {address}: start one with `dask scheduler`, or leave --scheduler out"
        raise InputError(msg) from error
    with client:

        def submit(task: Task) -> Any:
            return client.submit(_run, task, pure=False, retries=2)

        def first_of(pending: set[Any]) -> tuple[set[Any], set[Any]]:
            done, rest = wait_for(pending, return_when="FIRST_COMPLETED")
            return set(done), set(rest)

        yield submit, first_of, max(1, sum(client.nthreads().values()))


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep new workers from importing the user's script, which would run it again: tasks need nothing from it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _settle_in() -> None:
    """Share the cores between tiles, not within one; leave when the parent is gone, however it went."""
    import cv2

    cv2.setNumThreads(1)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

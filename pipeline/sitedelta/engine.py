"""Run tasks: in this process, on local processes, or on a dask cluster; finished ones are never run again."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from sitedelta.errors import InputError, RunFailed, SitedeltaError
from sitedelta.progress import Progress, silent

_WINDOW = 4
"""Tasks in flight per worker: enough to keep workers busy, few enough to keep memory flat."""


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
    finished: Iterator[SitedeltaError | None]
    if scheduler is None and workers <= 1:
        finished = (_run(t) for t in todo)
    else:
        finished = _spread(todo, workers=workers, scheduler=scheduler)
    for failure in finished:
        if failure is not None:
            raise failure
        done += 1
        progress(done, len(tasks), what)
    return len(todo)


def _run(task: Task) -> SitedeltaError | None:
    """Run one task; an expected failure is a value, so that it crosses process borders whole."""
    try:
        task.run()
    except SitedeltaError as error:
        return error
    return None


def _spread(tasks: Sequence[Task], *, workers: int, scheduler: str | None) -> Iterator[SitedeltaError | None]:
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
    try:
        failure: SitedeltaError | None = future.result()
    except (OSError, RuntimeError, ValueError, ArithmeticError, MemoryError) as error:
        return RunFailed(f"a tile could not be processed: {type(error).__name__}: {error}")
    return failure


_Opened = tuple[Callable[[Task], Any], Callable[[set[Any]], tuple[set[Any], set[Any]]], int]


@contextmanager
def _processes(workers: int) -> Iterator[_Opened]:
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver"), initializer=_one_thread) as pool:

        def submit(task: Task) -> Future[SitedeltaError | None]:
            return pool.submit(_run, task)

        def first_of(pending: set[Any]) -> tuple[set[Any], set[Any]]:
            done, rest = wait(pending, return_when=FIRST_COMPLETED)
            return set(done), set(rest)

        try:
            yield submit, first_of, workers
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _cluster(address: str) -> Iterator[_Opened]:
    import distributed

    connect: Any = distributed.Client
    wait_for: Any = distributed.wait

    try:
        client = connect(address, timeout="15s")
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


def _one_thread() -> None:
    """Workers share the cores between tiles, not within one."""
    import cv2

    cv2.setNumThreads(1)

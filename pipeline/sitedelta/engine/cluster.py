"""Workers of a dask cluster: they come and go, see the same files, and do each piece of work in a process apart."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from sitedelta.engine.apart import do_apart
from sitedelta.engine.crews import packed
from sitedelta.engine.outcome import Trouble, Try, said
from sitedelta.engine.window import Job
from sitedelta.errors import InputError, RunFailed, SitedeltaError
from sitedelta.keys import code, software

PATIENCE = "15s"
"""How long a scheduler may take to answer."""
ALONE_S = 600.0
"""How long a cluster may be without any worker."""
_LOOK_S = 2.0
"""Between two looks at how many workers there are."""

Wants = Callable[[Any], Mapping[str, float]]
"""Gives the resources that a piece of work asks of its worker, e.g. `{"GPU": 1}`."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Work that is done by the same software as here, or not at all: other software gives other results."""

    work: Any
    code: str
    software: tuple[tuple[str, str], ...]

    def run(self) -> Any:
        """Do the work."""
        if (self.code, self.software) != (code(), tuple(software().items())):
            raise RunFailed(
                "a worker of the cluster has other versions of sitedelta or its libraries: install the same"
            )
        return self.work.run()


class Cluster:
    """The workers of a scheduler."""

    def __init__(self, client: Any, limit_s: float | None, wants: Wants) -> None:
        import distributed

        as_completed: Any = distributed.as_completed
        self._client, self._limit_s, self._wants = client, limit_s, wants
        self._ended: Any = as_completed([], with_results=True, raise_errors=False)
        self._jobs: dict[Any, Job] = {}
        self._name, self._numbers = f"sitedelta-{uuid4().hex}", count()
        self._alike = code(), tuple(software().items())
        self._width, self._looked, self._peopled = 1, 0.0, time.monotonic()
        self._unsendable: list[tuple[Job, Try]] = []

    @property
    def width(self) -> int:
        """How many threads the workers have now."""
        now = time.monotonic()
        if now - self._looked > _LOOK_S:
            self._look(now)
        return self._width

    def give(self, job: Job) -> None:
        """Submit a job; the scheduler sends it on, to another worker where one is lost."""
        message = packed(Alike(job.work, *self._alike))
        if isinstance(message, Trouble):
            self._unsendable.append((job, message))
            return
        key = (self._name, next(self._numbers))
        wants = dict(self._wants(job.work)) or None
        future = self._client.submit(do_apart, message, self._limit_s, key=key, pure=False, resources=wants)
        self._jobs[key] = job
        self._ended.add(future)

    def take(self) -> Iterable[tuple[Job, Try]]:
        """Wait for the next jobs that come to an end."""
        if self._unsendable:
            found, self._unsendable = self._unsendable, []
            return found
        while not (batch := self._ended.next_batch(block=False)):
            with self._ended.thread_condition:
                self._ended.thread_condition.wait(0.05)
            self._refuse_nobody()
        return [(self._jobs.pop(future.key), self._outcome(future, result)) for future, result in batch]

    def _outcome(self, future: Any, result: Any) -> Try:
        if future.status == "finished":
            done: Try = result
            return done
        if future.status in ("cancelled", "lost"):
            raise RunFailed("the scheduler went away; run again to go on from here")
        error = result[1] if isinstance(result, tuple) else result
        return error if isinstance(error, SitedeltaError) else Trouble("crash", said(error))

    def _look(self, now: float) -> None:
        workers = self._client.nthreads()
        self._looked, self._width = now, max(1, sum(workers.values()))
        if workers:
            self._peopled = now

    def _refuse_nobody(self) -> None:
        now = time.monotonic()
        if now - self._looked > _LOOK_S:
            self._look(now)
        if now - self._peopled > ALONE_S:
            raise RunFailed(
                f"the cluster has had no worker for {ALONE_S / 60:.0f} minutes; run again to go on from here"
            )


@contextmanager
def cluster(scheduler: str, limit_s: float | None, wants: Wants) -> Iterator[Cluster]:
    """Connect to a cluster.

    Parameters
    ----------
    scheduler : str
        Address of the scheduler (`tcp://10.0.0.1:8786`), the file that it wrote (`scheduler.json`), or `dask` for the
        one that dask's own configuration names.
    """
    from asyncio import CancelledError

    import distributed

    connect: Any = distributed.Client
    address = _address(scheduler)
    try:
        client = connect(timeout=PATIENCE, **address)
    except (OSError, ValueError) as error:
        msg = f"no dask scheduler answers at {scheduler}: start one with `dask scheduler`, or leave --scheduler out"
        raise InputError(msg) from error
    with client:
        try:
            yield Cluster(client, limit_s, wants)
        except (CancelledError, OSError) as error:
            raise RunFailed(f"the scheduler {scheduler} went away ({said(error)}); run again to go on") from error


def _address(scheduler: str) -> dict[str, Any]:
    if scheduler == "dask":
        import dask

        named = dask.config.get("scheduler-address", None)
        if named is None:
            raise InputError("dask's configuration names no scheduler: set DASK_SCHEDULER_ADDRESS, or give its address")
        return {"address": named}
    if Path(scheduler).suffix == ".json":
        if not Path(scheduler).is_file():
            raise InputError(f"{scheduler}: no such file; `dask scheduler --scheduler-file {scheduler}` writes it")
        return {"scheduler_file": scheduler}
    return {"address": scheduler}

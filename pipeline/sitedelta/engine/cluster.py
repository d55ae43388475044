"""Workers of a dask cluster: they come and go, see the same files, and do each piece of work in a process apart."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from sitedelta.engine.batch import Alike, Pace, Turn, do_batch, software_key
from sitedelta.engine.crews import packed
from sitedelta.engine.outcome import Trouble, Try, said
from sitedelta.engine.window import Job
from sitedelta.errors import InputError, RunFailed, SitedeltaError

PATIENCE = "15s"
"""How long a scheduler may take to answer."""
ALONE_S = 600.0
"""How long a cluster may be without any worker."""
_LOOK_S = 2.0
"""Between two looks at how many workers there are."""
_DEEP = 3
"""Batches under way per thread of a worker: one that is done, and others that keep it from waiting for the network."""

_LOGGED = 20
"""Messages to the scheduler that dask keeps here, for nobody: by default a thousand, as large as they are."""

Wants = Callable[[Any], Mapping[str, float]]
"""Gives the resources that a piece of work asks of its worker, e.g. `{"GPU": 1}`."""


class Cluster:
    """The workers of a scheduler."""

    def __init__(self, client: Any, limit_s: float | None, wants: Wants) -> None:
        import distributed

        as_completed: Any = distributed.as_completed
        self._client, self._limit_s, self._wants = client, limit_s, wants
        self._ended: Any = as_completed([], with_results=True, raise_errors=False)
        self._waiting: deque[_Packed] = deque()
        self._batches: dict[Any, list[_Packed]] = {}
        self._name, self._numbers, self._pace = f"sitedelta-{uuid4().hex}", count(), Pace()
        self._software = software_key()
        self._width, self._looked, self._peopled = 1, 0.0, time.monotonic()
        self._unsendable: list[tuple[Job, Try]] = []

    @property
    def width(self) -> int:
        """How many threads the workers have now."""
        now = time.monotonic()
        if now - self._looked > _LOOK_S:
            self._look(now)
        return self._width

    @property
    def room(self) -> int:
        """How many pieces of work may be under way."""
        return self.width * _DEEP * self._pace.size

    def give(self, job: Job) -> None:
        """Put a job in line for the next batch."""
        message = packed(Alike(job.work, self._software))
        if isinstance(message, Trouble):
            self._unsendable.append((job, message))
        else:
            self._waiting.append(_Packed(job, message, dict(self._wants(job.work))))

    def take(self) -> Iterable[tuple[Job, Try]]:
        """Send on what waits, and wait for the next batches that come to an end."""
        if self._unsendable:
            found, self._unsendable = self._unsendable, []
            return found
        self._send()
        while not (batch := self._ended.next_batch(block=False)):
            with self._ended.thread_condition:
                self._ended.thread_condition.wait(0.05)
            self._refuse_nobody()
        return [one for future, result in batch for one in self._told(future, result)]

    def _send(self) -> None:
        """Submit batches; the scheduler sends them on, to another worker where one is lost."""
        while self._waiting and (free := self.width * _DEEP - len(self._batches)) > 0:
            batch = self._next_batch(min(self._pace.size, -(-len(self._waiting) // free)))
            key, wants = (self._name, next(self._numbers)), batch[0].wants or None
            messages = [one.message for one in batch]
            future = self._client.submit(do_batch, messages, self._limit_s, key=key, pure=False, resources=wants)
            self._batches[key] = batch
            self._ended.add(future)

    def _next_batch(self, size: int) -> list["_Packed"]:
        """Take pieces of work that may travel together; what made trouble before travels alone."""
        batch = [self._waiting.popleft()]
        while self._waiting and len(batch) < size and batch[0].goes_with(self._waiting[0]):
            batch.append(self._waiting.popleft())
        return batch

    def _told(self, future: Any, result: Any) -> Iterator[tuple[Job, Try]]:
        """Give what became of a batch; what the worker's turn was too short for goes first next time."""
        batch = self._batches.pop(future.key)
        found = self._outcome(future, result)
        if isinstance(found, Turn):
            self._pace.learn(found)
            self._waiting.extendleft(reversed(batch[len(found.tries) :]))
            yield from ((one.job, tried) for one, tried in zip(batch, found.tries, strict=False))
        else:
            yield from ((one.job, found) for one in batch)

    def _outcome(self, future: Any, result: Any) -> Turn | Try:
        if future.status == "finished":
            turn: Turn = result
            return turn
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


@dataclass(frozen=True, slots=True)
class _Packed:
    """A job as it travels."""

    job: Job
    message: bytes
    wants: dict[str, float]
    """Resources that it asks for."""

    def goes_with(self, other: "_Packed") -> bool:
        return self.wants == other.wants and self.job.tries == other.job.tries == 1


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

    import dask
    import distributed

    connect: Any = distributed.Client
    address = _address(scheduler)
    try:
        with dask.config.set({"distributed.admin.low-level-log-length": _LOGGED}):
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

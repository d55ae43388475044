"""Give work out in a bounded window and gather results: memory does not grow with the plan."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sitedelta.engine.outcome import Done, Lost, Trouble, Try
from sitedelta.errors import RunFailed, SitedeltaError

TRIES = 3
"""How often work is begun before it is given up: the processes that were lost with it may have been lost to others."""
WINDOW = 4
"""Pieces of work in flight per local worker: enough to keep workers busy, few enough to keep memory flat."""


class Work(Protocol):
    """A piece of work. Small and picklable: it carries paths and numbers, never arrays."""

    def run(self) -> Any:
        """Do it; what is given is small too."""


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work that is under way."""

    work: Any
    tries: int = 1


class Crew(Protocol):
    """Workers, wherever they are."""

    @property
    def width(self) -> int:
        """How many pieces of work they do at a time; it may change."""

    @property
    def room(self) -> int:
        """How many pieces of work may be under way or in line; it may change."""

    def give(self, job: Job) -> None:
        """Begin a job, or put it in line."""

    def take(self) -> Iterable[tuple[Job, Try]]:
        """Wait until some jobs have come to an end, and give those."""


def results_of(works: Iterable[Work], crew: Crew) -> Generator[tuple[Any, Any]]:
    """Do pieces of work in any order, and give each with its result: a value, a `SitedeltaError`, or `Lost`.

    Raises
    ------
    RunFailed
        Files cannot be read or written, which is no fault of a single piece of work.
    """
    waiting = iter(works)
    again: deque[Job] = deque()
    under_way = 0
    while True:
        for job in _next(again, waiting, crew.room - under_way):
            crew.give(job)
            under_way += 1
        if not under_way:
            return
        for job, found in crew.take():
            under_way -= 1
            if isinstance(found, Trouble) and job.tries < TRIES:
                again.append(Job(job.work, job.tries + 1))
            else:
                yield job.work, _settled(job, found)


def _next(again: deque[Job], waiting: Iterator[Work], most: int) -> Iterator[Job]:
    for _ in range(most):
        if again:
            yield again.popleft()
        elif (work := next(waiting, None)) is not None:
            yield Job(work)
        else:
            return


def _settled(job: Job, found: Try) -> Any | SitedeltaError | Lost:
    if isinstance(found, Done):
        return found.value
    if isinstance(found, SitedeltaError):
        return found
    if found.kind == "storage":
        raise RunFailed(f"a file could not be read or written: {found.reason}")
    return Lost(job.work, found.reason)

"""Run the tiles of a plan, each unless its part stands already."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from sitedelta.engine.crews import Here, processes
from sitedelta.engine.outcome import Lost
from sitedelta.engine.window import Crew, Work, results_of
from sitedelta.errors import RunFailed, SitedeltaError
from sitedelta.progress import Progress, silent
from sitedelta.settings.defaults import TILE_LIMIT_S


class Task(Protocol):
    """A pure piece of work that writes one file. Small and picklable: it carries paths and numbers, never arrays."""

    @property
    def part(self) -> Path:
        """The file that it writes, atomically; its name is a hash of everything that the content depends on."""

    def run(self) -> None:
        """Do the work and write the part."""


def _nothing(_: Any) -> Mapping[str, float]:
    return {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where work is done."""

    jobs: int = 1
    """Local processes; 0 means one a core, 1 works in this very process."""
    scheduler: str | None = None
    """Address of a `dask.distributed` scheduler to work on instead, e.g. `tcp://10.0.0.1:8786`, or the file that it
    wrote, or `dask` for that of dask's configuration; its workers must see the same files."""
    limit_s: float | None = TILE_LIMIT_S
    """How long a tile may take; it cannot be enforced in this very process."""
    resources: Mapping[str, float] = field(default_factory=dict)
    """What a tile that counts asks of a worker of a cluster, e.g. `{"GPU": 1}`."""

    expendable_s: float | None = None
    """How long a tile may take in this very process, which is ended then: somebody else began it for this work."""

    @property
    def workers(self) -> int:
        return self.jobs or os.cpu_count() or 1

    def width(self) -> int:
        """Give how many pieces of work are done at a time."""
        if self.scheduler is None:
            return self.workers
        with self.crew(1) as far:
            return far.width

    @contextmanager
    def crew(self, most: int, wants: Callable[[Any], Mapping[str, float]] = _nothing) -> Iterator[Crew]:
        """Give workers, `most` where they are local."""
        if self.scheduler is not None:
            from sitedelta.engine.cluster import cluster

            with cluster(self.scheduler, self.limit_s, wants) as far:
                yield far
        elif self.workers == 1:
            yield Here(self.expendable_s)
        else:
            with processes(min(self.workers, most), self.limit_s) as near:
                yield near


EVERY_CORE = Place(0)


def run_tasks(tasks: Iterable[Task], *, jobs: int = 1, progress: Progress = silent, what: str = "tiles") -> int:
    """Run every task whose part does not exist yet, and give how many were run.

    Parameters
    ----------
    jobs : int
        Local processes; 0 means one a core, 1 runs in this process.

    Raises
    ------
    RunFailed
        A task could not be done; parts that others finished stay.
    """
    done, lost = _worked_off(tasks, Place(jobs), progress, what, _nothing, patient=False)
    if lost:
        raise RunFailed(f"a tile could not be processed: {lost[0].reason}")
    return done


def work_off(
    tasks: Iterable[Task],
    place: Place,
    *,
    progress: Progress = silent,
    what: str = "tiles",
    wants: Callable[[Any], Mapping[str, float]] = _nothing,
) -> tuple[Lost, ...]:
    """Run every task whose part does not exist yet; give those that had to be given up, after the rest was done.

    Parameters
    ----------
    wants : callable
        Gives what a task asks of a cluster's worker.

    Raises
    ------
    SitedeltaError
        A task cannot be done whatever is tried (bad input, a full disk); parts that others finished stay.
    """
    return _worked_off(tasks, place, progress, what, wants, patient=True)[1]


def _worked_off(
    tasks: Iterable[Task],
    place: Place,
    progress: Progress,
    what: str,
    wants: Callable[[Any], Mapping[str, float]],
    *,
    patient: bool,
) -> tuple[int, tuple[Lost, ...]]:
    count = _Count(len(tasks) if isinstance(tasks, Sized) else 0, progress, what)
    todo = (t for t in tasks if not (t.part.exists() and count.step()))
    first = list(islice(todo, place.workers))
    if not first:
        return 0, ()
    alone = len(first) == 1 and not patient and place.scheduler is None
    at = Place(1) if alone else place
    lost, ran = list[Lost](), 0
    with at.crew(len(first), wants) as crew, closing(results_of(chain(first, todo), crew)) as results:
        for _, result in results:
            if isinstance(result, SitedeltaError):
                raise result
            if isinstance(result, Lost):
                lost.append(result)
                if not patient:
                    break
            ran += 1
            count.step()
    return ran, tuple(lost)


class _Count:
    """How far the work has come."""

    def __init__(self, total: int, progress: Progress, what: str) -> None:
        self._done, self._total, self._progress, self._what = 0, total, progress, what
        progress(0, total, what)

    def step(self) -> bool:
        self._done += 1
        self._progress(self._done, self._total, self._what)
        return True


def each(works: Iterable[Work], place: Place, *, most: int) -> Iterator[tuple[Any, Any]]:
    """Do pieces of work at a place, and give each with its result; see `results_of`."""
    with place.crew(most) as crew, closing(results_of(works, crew)) as results:
        yield from results

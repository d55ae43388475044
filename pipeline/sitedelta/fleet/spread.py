"""Many sites on many workers: whole sites side by side, or the tiles of one site after the other."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sitedelta.engine import Lost, Place, each
from sitedelta.errors import SitedeltaError
from sitedelta.fleet.work import RunResult, SiteWork
from sitedelta.progress import Progress, silent
from sitedelta.watch.holder import RESTART_S
from sitedelta.watch.lock import SiteBusy

_LOST_S = 2 * RESTART_S
"""Until then a worker that was lost is known to have ended, or to live."""
_LOOK_S = 2.0

Outcome = RunResult | SitedeltaError
"""An error is a value: it does not keep the other sites from being finished."""


Told = Callable[[int, Outcome], None]
"""Is given the number of a site and what came of it, as soon as it has."""


def _nothing(_: int, __: Outcome) -> None:
    return None


def run_sites(
    works: Sequence[SiteWork], place: Place, *, progress: Progress = silent, told: Told = _nothing
) -> list[Outcome]:
    """Bring sites up to date, and give what came of each, in their order.

    Where there are at least as many sites as workers, each worker does whole sites. A site whose worker crashed is done
    again tile by tile, so that only the tile that crashes it is given up.
    """
    found: dict[int, Outcome] = {}

    def came(number: int, outcome: Outcome) -> None:
        found[number] = outcome
        told(number, outcome)

    for k, work in enumerate(works):
        if result := work.standing():
            came(k, result)
    rest = {k: work for k, work in enumerate(works) if k not in found}
    if len(rest) > 1 and place.workers > 1 and len(rest) >= place.width():
        _side_by_side(rest, place, progress, came)
    for k, work in rest.items():
        if k not in found:
            came(k, _alone(work, place, progress))
    return [found[k] for k in range(len(works))]


def _side_by_side(works: Mapping[int, SiteWork], place: Place, progress: Progress, came: Told) -> None:
    numbers = {work.root: k for k, work in works.items()}
    progress(0, len(works), "sites")
    for done, (work, result) in enumerate(each(works.values(), replace(place, limit_s=None), most=len(works)), 1):
        if not (isinstance(result, Lost) or _is_held_by_lost(result)):
            came(numbers[work.root], result)
        progress(done, len(works), "sites")


def _alone(work: SiteWork, place: Place, progress: Progress) -> Outcome:
    until = time.monotonic() + _LOST_S
    while True:
        try:
            return work.run_at(place, progress)
        except SitedeltaError as error:
            if not _is_held_by_lost(error) or time.monotonic() > until:
                return error
        time.sleep(_LOOK_S)


def _is_held_by_lost(result: object) -> bool:
    return isinstance(result, SiteBusy) and result.lost

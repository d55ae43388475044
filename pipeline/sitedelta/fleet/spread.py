"""Many sites on many workers: whole sites side by side, or the tiles of one site after the other."""

from collections.abc import Sequence
from dataclasses import replace

from sitedelta.engine import Lost, Place, each
from sitedelta.errors import SitedeltaError
from sitedelta.fleet.work import RunResult, SiteWork
from sitedelta.progress import Progress, silent

Outcome = RunResult | SitedeltaError
"""An error is a value: it does not keep the other sites from being finished."""


def run_sites(works: Sequence[SiteWork], place: Place, *, progress: Progress = silent) -> list[Outcome]:
    """Bring sites up to date, and give what came of each, in their order.

    Where there are at least as many sites as workers, each worker does whole sites. A site whose worker crashed is done
    again tile by tile, so that only the tile that crashes it is given up.
    """
    if len(works) > 1 and place.workers > 1 and len(works) >= place.width():
        found = _side_by_side(works, place, progress)
    else:
        found = {}
    return [found.get(k) or _alone(work, place, progress) for k, work in enumerate(works)]


def _side_by_side(works: Sequence[SiteWork], place: Place, progress: Progress) -> dict[int, Outcome]:
    numbers = {work.root: k for k, work in enumerate(works)}
    found: dict[int, Outcome] = {}
    progress(0, len(works), "sites")
    for done, (work, result) in enumerate(each(works, replace(place, limit_s=None), most=len(works)), 1):
        if not isinstance(result, Lost):
            found[numbers[work.root]] = result
        progress(done, len(works), "sites")
    return found


def _alone(work: SiteWork, place: Place, progress: Progress) -> Outcome:
    try:
        return work.run_at(place, progress)
    except SitedeltaError as error:
        return error

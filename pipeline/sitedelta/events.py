"""What arrived, what left and what stayed between two scenes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rasterdelta.match import match_objects
from sitedelta.claims import Claim
from sitedelta.grid import SiteGrid
from sitedelta.placement import Placement
from sitedelta.records import Event, EventKind, SiteObject

_SHARE_OF_LENGTH = 0.3
_SMALLEST_M = 2.0


def find_events(
    before: Sequence[SiteObject],
    after: Sequence[SiteObject],
    placements: tuple[Placement, Placement],
    claims: tuple[Sequence[Claim], Sequence[Claim]],
    grid: SiteGrid,
) -> tuple[Event, ...]:
    """Match the objects of two dates, one to one and class by class.

    An object stayed when an object of compatible size is in the same place: within 0.3 of its length and twice the
    residual of the alignments. Where the other date does not show the place, what became of it is not observable.
    Objects too short for either date's claim neither arrive nor depart, and classes that either date cannot show are
    left out.
    """
    events: list[Event] = []
    for old, new in zip(*claims, strict=True):
        if old.observable and new.observable:
            least_m = max(old.least_m, new.least_m)
            sides = [[o for o in s if o.label == old.label] for s in (before, after)]
            found = _match(sides[0], sides[1], placements, grid)
            events += [e for e in found if e.kind is EventKind.STAYED or e.length_m >= least_m]
    return tuple(events)


def _match(
    old: Sequence[SiteObject], new: Sequence[SiteObject], placements: tuple[Placement, Placement], grid: SiteGrid
) -> list[Event]:
    matches = match_objects(
        _metres(old, grid),
        _metres(new, grid),
        _lengths(old),
        _lengths(new),
        tolerance=_tolerance(old, placements, grid),
    )
    stays = [
        _event(old[i], EventKind.STAYED, placements, old[i], new[j], score=min(old[i].score, new[j].score))
        for i, j in matches.pairs.tolist()
    ]
    gone = _departures([old[i] for i in matches.unmatched_before.tolist()], placements)
    come = _arrivals([new[j] for j in matches.unmatched_after.tolist()], placements)
    return sorted([*stays, *gone, *come], key=lambda e: (e.kind, e.site_row, e.site_col))


def _metres(objects: Sequence[SiteObject], grid: SiteGrid) -> NDArray[np.float64]:
    return np.array([(o.site_col, o.site_row) for o in objects], float).reshape(-1, 2) * grid.gsd_m


def _lengths(objects: Sequence[SiteObject]) -> NDArray[np.float64]:
    return np.array([o.length_m for o in objects], float)


def _tolerance(
    objects: Sequence[SiteObject], placements: tuple[Placement, Placement], grid: SiteGrid
) -> NDArray[np.float64]:
    residual = sum(p.alignment.residual_px for p in placements if p.alignment) * grid.gsd_m
    coarsest = max(p.scene.gsd_m for p in placements)
    return np.maximum(_SMALLEST_M, _SHARE_OF_LENGTH * _lengths(objects)) + 2 * residual + coarsest


def _departures(objects: Sequence[SiteObject], placements: tuple[Placement, Placement]) -> list[Event]:
    return [
        _event(
            o, EventKind.NOT_OBSERVABLE if why else EventKind.DEPARTED, placements, o, None, score=o.score, reason=why
        )
        for o, why in _unseen(objects, placements[1])
    ]


def _arrivals(objects: Sequence[SiteObject], placements: tuple[Placement, Placement]) -> list[Event]:
    return [
        _event(
            o, EventKind.NOT_OBSERVABLE if why else EventKind.ARRIVED, placements, None, o, score=o.score, reason=why
        )
        for o, why in _unseen(objects, placements[0])
    ]


def _unseen(objects: Sequence[SiteObject], other: Placement) -> list[tuple[SiteObject, str | None]]:
    """Give each object with the reason why the other date cannot tell, or None where it can."""
    seen = other.seen_at(np.array([o.site_row for o in objects], float), np.array([o.site_col for o in objects], float))
    reason = f"its place is not shown clearly in {other.scene.id}"
    return [(o, None if clear else reason) for o, clear in zip(objects, seen.tolist(), strict=True)]


def _event(
    at: SiteObject,
    kind: EventKind,
    placements: tuple[Placement, Placement],
    old: SiteObject | None,
    new: SiteObject | None,
    *,
    score: float,
    reason: str | None = None,
) -> Event:
    before, after = (p.scene for p in placements)
    return Event(
        before=before.id,
        after=after.id,
        date_before=before.date,
        date_after=after.date,
        label=at.label,
        kind=kind,
        site_row=at.site_row,
        site_col=at.site_col,
        score=score,
        length_m=at.length_m,
        heading_deg=at.heading_deg,
        object_before=old.id if old else None,
        object_after=new.id if new else None,
        zones=at.zones,
        reason=reason,
        lon=at.lon,
        lat=at.lat,
    )

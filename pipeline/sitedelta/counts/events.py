"""What arrived, what left and what stayed between two scenes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.match import Matches, match_objects
from sitedelta.alignment.placement import Placement
from sitedelta.counts.claims import Claim
from sitedelta.counts.objects import Seen
from sitedelta.grid import SiteGrid
from sitedelta.records import Event, EventKind, SiteObject

Placements = tuple[Placement, Placement]

_SHARE_OF_LENGTH = 0.3
_SMALLEST_M, _LARGEST_M = 2.0, 12.0
"""Between these, a share of an object's length is still its place: stands lie further apart."""
SIZE_RATIO = {"aircraft": 1.5}
"""Greatest ratio of two measured lengths of one object: beyond it, errors of measurement explain it no more."""
_SIZE_RATIO = 1.8


@dataclass(frozen=True, slots=True)
class _Side:
    """The objects of one class on one date."""

    objects: tuple[SiteObject, ...]
    weak: tuple[SiteObject, ...]
    at: Placement

    @classmethod
    def of(cls, seen: Seen, label: str, at: Placement) -> "_Side":
        objects, weak = (tuple(o for o in s if o.label == label) for s in (seen.objects, seen.weak))
        return cls(objects, weak, at)


def find_events(
    before: Seen, after: Seen, placements: Placements, claims: tuple[Sequence[Claim], Sequence[Claim]], grid: SiteGrid
) -> tuple[Event, ...]:
    """Match the objects of two dates, one to one and class by class.

    An object stayed when an object of compatible size is in the same place (see `matched`). What is left over without
    a partner arrived or departed, unless the other date shows something at its place that is too weak to count by
    itself: then it stayed. Where the other date does not show the place, what became of it is not observable. Objects
    too short for either date's claim neither arrive nor depart, and classes that either date cannot show are left out.
    """
    events: list[Event] = []
    for old, new in zip(*claims, strict=True):
        if old.observable and new.observable:
            least_m = max(old.least_m, new.least_m)
            sides = (_Side.of(before, old.label, placements[0]), _Side.of(after, old.label, placements[1]))
            found = _told(sides, grid)
            events += [e for e in found if e.kind is EventKind.STAYED or e.length_m >= least_m]
    return tuple(events)


def matched(
    before: Sequence[SiteObject], after: Sequence[SiteObject], at: Mapping[str, Placement], grid: SiteGrid
) -> Matches:
    """Match objects of one class by place and size.

    The same place is within 0.3 of the length (2 m at least, 12 m at most), twice the residuals of both alignments and
    a pixel; a compatible size, within what errors of measurement explain (see `SIZE_RATIO`).

    Parameters
    ----------
    at : mapping
        Placements by scene.
    """
    label = (*before, *after)[0].label if (*before, *after) else ""
    return match_objects(
        _metres(before, grid),
        _metres(after, grid),
        _lengths(before),
        _lengths(after),
        tolerance=_tolerance(before, at, grid),
        after_tolerance=_tolerance(after, at, grid),
        size_ratio=SIZE_RATIO.get(label, _SIZE_RATIO),
    )


def _told(sides: tuple[_Side, _Side], grid: SiteGrid) -> list[Event]:
    old, new = sides
    at = old.at, new.at
    by_id = {p.scene.id: p for p in at}
    sure = matched(old.objects, new.objects, by_id, grid)
    stays = [_stay(at, old.objects[i], new.objects[j]) for i, j in sure.pairs.tolist()]
    left = [old.objects[i] for i in sure.unmatched_before.tolist()]
    come = [new.objects[j] for j in sure.unmatched_after.tolist()]
    late, early = matched(left, new.weak, by_id, grid), matched(old.weak, come, by_id, grid)
    stays += [_stay(at, left[i], new.weak[j], weak=1) for i, j in late.pairs.tolist()]
    stays += [_stay(at, old.weak[i], come[j], weak=0) for i, j in early.pairs.tolist()]
    gone = _moved([left[i] for i in late.unmatched_before.tolist()], at, EventKind.DEPARTED)
    here = _moved([come[j] for j in early.unmatched_after.tolist()], at, EventKind.ARRIVED)
    return sorted([*stays, *gone, *here], key=lambda e: (e.kind, e.site_row, e.site_col))


def _metres(objects: Sequence[SiteObject], grid: SiteGrid) -> NDArray[np.float64]:
    return np.array([(o.site_col, o.site_row) for o in objects], float).reshape(-1, 2) * grid.gsd_m


def _lengths(objects: Sequence[SiteObject]) -> NDArray[np.float64]:
    return np.array([o.length_m for o in objects], float)


def _tolerance(objects: Sequence[SiteObject], at: Mapping[str, Placement], grid: SiteGrid) -> NDArray[np.float64]:
    """Give the reach of each object; that of a pair is the mean of its two."""
    own = np.clip(_SHARE_OF_LENGTH * _lengths(objects), _SMALLEST_M, _LARGEST_M)
    unsure: NDArray[np.float64] = np.array([_uncertainty_m(at[o.scene], grid) for o in objects], float)
    return own + unsure


def _uncertainty_m(at: Placement, grid: SiteGrid) -> float:
    residual = at.alignment.residual_px * grid.gsd_m if at.alignment else 0.0
    return 4 * residual + at.scene.gsd_m


def _stay(at: Placements, old: SiteObject, new: SiteObject, *, weak: int | None = None) -> Event:
    """Tell of a stay; `weak` is the side, 0 before and 1 after, that alone would not count."""
    if weak is None:
        return _event(old, EventKind.STAYED, at, old, new, score=min(old.score, new.score))
    shown = (new, old)[weak]
    why = f"too weak to count in {at[weak].scene.id}"
    return _event(shown, EventKind.STAYED, at, old, new, score=shown.score, reason=why)


def _moved(objects: Sequence[SiteObject], at: Placements, kind: EventKind) -> list[Event]:
    """Tell of objects that one date does not show, or that it does not show their place."""
    arrived = kind is EventKind.ARRIVED
    other = at[0] if arrived else at[1]
    seen = other.seen_at(np.array([o.site_row for o in objects], float), np.array([o.site_col for o in objects], float))
    reason = f"its place is not shown clearly in {other.scene.id}"
    return [
        _event(
            o,
            kind if clear else EventKind.NOT_OBSERVABLE,
            at,
            None if arrived else o,
            o if arrived else None,
            score=o.score,
            reason=None if clear else reason,
        )
        for o, clear in zip(objects, seen.tolist(), strict=True)
    ]


def _event(
    at: SiteObject,
    kind: EventKind,
    placements: Placements,
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

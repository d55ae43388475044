"""How much of each zone changed between two scenes, and how much of that false alarms explain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rasterdelta.controls import Control, FalseAlarms, null_rate, untold
from rasterdelta.runs import paint
from sitedelta.areas.zonecells import ZoneCells
from sitedelta.comparison.changes import ChangeMap
from sitedelta.comparison.strips import UNSEEN
from sitedelta.counts.observing import NOTHING
from sitedelta.records import ZoneChange, ZoneStatus
from sitedelta.scene import Scene

_STRIP = 1024
"""Rows of a change map that are looked at together."""
_LIKE = 1.25
"""Pairs whose ground sampling distances differ by more than this factor show other false alarms."""


@dataclass(frozen=True, slots=True)
class ZoneShare:
    """What a change map shows of a zone."""

    zone: str
    share_observed: float
    seen_m2: float
    changed_m2: float
    regions: int

    @property
    def share_changed(self) -> float:
        return self.changed_m2 / self.seen_m2


@dataclass(frozen=True, slots=True)
class Measured:
    """A compared pair by zone, the whole site first."""

    method: str
    gsd_m: float
    shares: tuple[ZoneShare, ...]
    bulk: tuple[FalseAlarms, ...]
    """What the unchanged bulk of each zone tells."""


def zone_shares(found: ChangeMap, zones: Iterable[ZoneCells]) -> tuple[ZoneShare, ...]:
    """Measure a change map by zone, some rows at a time."""
    return tuple(_share(found, zone) for zone in zones)


def _share(found: ChangeMap, zone: ZoneCells) -> ZoneShare:
    cells = seen = changed = 0
    touched = np.zeros(len(found.regions.measured) + 1, np.bool_)
    runs, labels = found.regions.runs, found.regions.label
    for row in range(zone.rows.start, zone.rows.stop, _STRIP):
        rows = slice(row, min(row + _STRIP, zone.rows.stop))
        inside, change = zone.inside(rows), found.rows(rows)[:, zone.cols]
        cells += int(inside.sum())
        seen += int((inside & (change != UNSEEN)).sum())
        here = inside & (change == 1)
        changed += int(here.sum())
        if here.any():
            touched[paint(runs, labels, rows, found.shape[1])[:, zone.cols][here]] = True
    m2 = found.cell_m**2
    return ZoneShare(zone.zone, zone.within * seen / max(1, cells), seen * m2, changed * m2, int(touched.sum()))


def from_controls(
    method: str, gsd_m: float, controls: Sequence[Measured], zone: int, *, min_area_m2: float
) -> FalseAlarms:
    """Give the rate of a zone that comparable control pairs tell.

    Parameters
    ----------
    zone : int
        Its place among the zones.
    """
    shares = [c.shares[zone] for c in controls if c.method == method and _alike(c.gsd_m, gsd_m)]
    seen = [Control(s.seen_m2, s.changed_m2, s.regions) for s in shares if s.share_observed >= NOTHING]
    return null_rate(seen, min_area_m2=min_area_m2) if controls else untold("no control pairs were named")


def _alike(a: float, b: float) -> bool:
    return max(a, b) <= _LIKE * min(a, b)


def zone_changes(
    site: str, before: Scene, after: Scene, pair: Measured, controls: Sequence[Measured], *, min_area_m2: float
) -> tuple[ZoneChange, ...]:
    """State what changed in each zone, beside its false-alarm rate.

    Parameters
    ----------
    controls
        Other pairs, between whose dates nothing happened; where fewer than two are comparable, the unchanged bulk of
        the pair itself stands in.
    """
    found = []
    for number, (share, bulk) in enumerate(zip(pair.shares, pair.bulk, strict=True)):
        told = from_controls(pair.method, pair.gsd_m, controls, number, min_area_m2=min_area_m2)
        found.append(_state(site, before, after, share, bulk if told.rate is None else told))
    return tuple(found)


def _state(site: str, before: Scene, after: Scene, share: ZoneShare, alarms: FalseAlarms) -> ZoneChange:
    if share.share_observed < NOTHING:
        why = f"only {share.share_observed:.0%} of it is clear on both dates"
        return unseen(site, share.zone, before, after, why, share_observed=share.share_observed)
    per_km2 = alarms.regions_per_km2
    return ZoneChange(
        site=site,
        zone=share.zone,
        before=before.id,
        after=after.id,
        date_before=before.date,
        date_after=after.date,
        status=_status(share, alarms),
        share_observed=share.share_observed,
        changed_m2=share.changed_m2,
        share_changed=share.share_changed,
        regions=share.regions,
        false_alarm_rate=alarms.rate,
        false_alarm_low=alarms.low,
        false_alarm_high=alarms.high,
        false_alarm_source=alarms.source,
        control_pairs=alarms.pairs,
        false_regions=None if per_km2 is None else per_km2 * share.seen_m2 / 1e6,
        reason=alarms.reason,
    )


def _status(share: ZoneShare, alarms: FalseAlarms) -> ZoneStatus:
    """Weigh a change against its false alarms; a rate that is only a bound (its low end is 0) explains nothing."""
    if not share.regions:
        return ZoneStatus.NO_CHANGE
    if alarms.high is None or share.share_changed > alarms.high:
        return ZoneStatus.CHANGED
    told = alarms.source == "controls" or alarms.low
    return ZoneStatus.WITHIN_FALSE_ALARMS if told else ZoneStatus.CANNOT_TELL


def unseen(
    site: str, zone: str, before: Scene, after: Scene, reason: str, *, share_observed: float = 0.0
) -> ZoneChange:
    """State that change in a zone could not be observed, and why."""
    nothing = (None,) * 6
    return ZoneChange(
        site,
        zone,
        before.id,
        after.id,
        before.date,
        after.date,
        ZoneStatus.NOT_OBSERVABLE,
        share_observed,
        *nothing,
        "none",
        0,
        None,
        reason,
    )

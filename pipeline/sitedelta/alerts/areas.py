"""Alerts on changed ground: how much more than false alarms explain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rasterdelta.latch import begins, latch
from sitedelta.alerts.episodes import Episode
from sitedelta.alerts.rule import Rule
from sitedelta.records import ZoneChange
from sitedelta.words.wording import area, day


@dataclass(frozen=True, slots=True)
class Sure:
    """Changed ground of a pair beyond what false alarms explain, in square metres."""

    least: float
    """NaN where it was not observable, as the other."""
    most: float
    seen: float


def sure_area(change: ZoneChange) -> Sure:
    """Take off what false alarms alone would show; where that cannot be told, nothing."""
    if change.changed_m2 is None or change.share_changed is None:
        return Sure(math.nan, math.nan, 0.0)
    share = change.share_changed
    seen = change.changed_m2 / share if share > 0 else 0.0
    if change.false_alarm_high is None:
        return Sure(change.changed_m2, change.changed_m2, seen)
    least = max(0.0, change.changed_m2 - change.false_alarm_high * seen)
    return Sure(least, max(least, change.changed_m2 - (change.false_alarm_low or 0.0) * seen), seen)


def changes_in(changes: Sequence[ZoneChange], zone: str) -> tuple[ZoneChange, ...]:
    """Give the pairs of a zone in order of time."""
    own = [c for c in changes if c.zone == zone]
    return tuple(sorted(own, key=lambda c: (c.date_after, c.date_before, c.after, c.before)))


def area_episodes(rule: Rule, changes: Sequence[ZoneChange]) -> tuple[Episode, ...]:
    """Give the times for which more ground changes between two dates than the rule lets pass."""
    rows = changes_in(changes, rule.zone)
    if not rows:
        return ()
    sure = [sure_area(c) for c in rows]
    least, most = (np.array([getattr(s, n) for s in sure], float) for n in ("least", "most"))
    level = rule.alert.area_m2 or 0.0
    clear = level if rule.alert.clear is None else rule.alert.clear
    state = latch(least > level, most <= clear, ~np.isnan(least), looks=rule.alert.looks)
    return tuple(_episode(rows, sure, state, int(k)) for k in np.flatnonzero(begins(state)))


def _episode(rows: Sequence[ZoneChange], sure: Sequence[Sure], state: np.ndarray, k: int) -> Episode:
    c = rows[k]
    over = np.flatnonzero(~state[k:])
    end = rows[k + int(over[0])].date_after if len(over) else None
    says = (
        f"{area(c.changed_m2 or 0)} changed between {day(c.date_before)} and {day(c.date_after)}, {_beyond(c, sure[k])}"
    )
    return Episode("", c.date_before, c.date_after, end, c.after, None, None, None, says)


def _beyond(change: ZoneChange, sure: Sure) -> str:
    if change.false_alarm_high is None:
        return "of which false alarms may be a part that cannot be told"
    return f"at least {area(sure.least)} of it beyond what false alarms explain"

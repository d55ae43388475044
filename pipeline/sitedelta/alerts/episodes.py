"""From looks to alerts: when a rule was met, since when, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rasterdelta.cusum import InControl, cusum, fit_counts, threshold_for
from rasterdelta.latch import above, appears, begins, below, latch, moves
from sitedelta.alerts.looks import Looks
from sitedelta.alerts.rule import Rule
from sitedelta.words.wording import counted, day, interval, many

Flags = NDArray[np.bool_]
Direction = Literal["rise", "fall", ""]
SIDES: tuple[Direction, Direction] = ("rise", "fall")
BASELINE = 10
"""Looks from which drift learns the usual number."""
MONTH_DAYS = 30.44


@dataclass(frozen=True, slots=True)
class Episode:
    """One time for which a rule is met."""

    direction: Direction
    after: datetime
    """Of the look beside which the first one is set: a change lies between; `begin` itself where a level is passed."""
    begin: datetime
    """Of the look with which it is met."""
    end: datetime | None
    """Of the look with which it is met no more; None where that is not seen, and `begin` for a change."""
    scene: str
    """Of `begin`."""
    number: int | None
    low: int | None
    high: int | None
    """Count and 90 % interval at `begin`."""
    says: str
    """What was seen, as the part of a sentence."""

    @property
    def lasts(self) -> bool:
        """Tell whether the rule is still met."""
        return self.end is None


@dataclass(frozen=True, slots=True)
class Drift:
    """What drift is judged by."""

    control: InControl
    factor: float
    rise: float
    fall: float
    """Thresholds."""


def count_episodes(rule: Rule, looks: Looks) -> tuple[Episode, ...]:
    """Give the times for which a rule on counts is met, in order of time."""
    if rule.alert.when == "change":
        found = moves_of(rule, looks.low, looks.high)
        return tuple(_change(rule, looks, int(k), int(found[k])) for k in np.flatnonzero(found))
    if rule.alert.when == "drift":
        drift = drift_of(rule, looks)
        if drift is None:
            return ()
        found_of = {d: drifting(rule, drift, looks.count, looks.exposure, d) for d in SIDES}
        episodes = [e for d in SIDES for e in _spans(rule, looks, found_of[d], d)]
        return tuple(sorted(episodes, key=lambda e: (e.begin, e.direction)))
    return _spans(rule, looks, levels_of(rule, looks.low, looks.high, looks.empty), "")


def levels_of(rule: Rule, low: NDArray[np.float64], high: NDArray[np.float64], empty: Flags) -> Flags:
    """Tell after which looks a level is passed; arrays of shape (..., n)."""
    a = rule.alert
    if a.when == "appears":
        return appears(low, empty, looks=a.looks)
    level = float(a.n or 0)
    passed = above if a.when == "above" else below
    return passed(low, high, level=level, clear=level if a.clear is None else a.clear, looks=a.looks)


def moves_of(rule: Rule, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.int8]:
    """Tell at which looks a number has moved; arrays of shape (..., n)."""
    a = rule.alert
    return moves(low, high, number=float(a.n or 0), share=(a.percent or 0.0) / 100, looks=a.looks)


def drift_of(rule: Rule, looks: Looks) -> Drift | None:
    """Learn the usual number from the first looks and set thresholds by how often there are looks; None: too few."""
    known = np.flatnonzero(looks.exposure > 0)
    if len(known) <= BASELINE:
        return None
    first = known[:BASELINE]
    control = fit_counts(looks.count[first], looks.exposure[first])
    apart = (looks.days[known[-1]] - looks.days[known[0]]) / (len(known) - 1)
    wanted = max(rule.alert.months * MONTH_DAYS / max(apart, 0.01), 2.0)
    rise, fall = (
        threshold_for(control, factor=f, looks=2 * wanted) for f in (rule.alert.factor, 1 / rule.alert.factor)
    )
    return Drift(control, rule.alert.factor, rise, fall)


def drifting(
    rule: Rule, drift: Drift, count: NDArray[np.float64], exposure: NDArray[np.float64], direction: str
) -> Flags:
    """Tell after which looks the usual number has moved: set at the threshold, cleared when the sum is 0 again."""
    rises = direction == "rise"
    factor, threshold = (drift.factor, drift.rise) if rises else (1 / drift.factor, drift.fall)
    total = cusum(count, exposure, control=drift.control, factor=factor, threshold=threshold)
    return latch(total >= threshold, total <= 0, ~np.isnan(count), looks=rule.alert.looks)


def _spans(rule: Rule, looks: Looks, state: Flags, direction: Direction) -> tuple[Episode, ...]:
    initial = rule.alert.when == "appears"
    starts = np.flatnonzero(begins(state, initial=initial))
    return tuple(_span(rule, looks, state, int(k), direction) for k in starts)


def _span(rule: Rule, looks: Looks, state: Flags, k: int, direction: Direction) -> Episode:
    over = np.flatnonzero(~state[k:])
    o, end = looks.rows[k], looks.dates[k + int(over[0])] if len(over) else None
    return Episode(direction, o.date, o.date, end, o.scene, *_numbers(looks, k), _says(rule, looks, k, direction))


def _change(rule: Rule, looks: Looks, k: int, sign: int) -> Episode:
    direction: Direction = "rise" if sign > 0 else "fall"
    o, settled = looks.rows[k], _settled(rule, looks, k)
    was = f"{_count(looks, settled, rule.label)} on {day(looks.dates[settled])}"
    says = f"{_verb(direction)} from {was} to {_count(looks, k, rule.label)}"
    return Episode(direction, looks.dates[settled], o.date, o.date, o.scene, *_numbers(looks, k), says)


def _settled(rule: Rule, looks: Looks, k: int) -> int:
    """Give the look that settled the level before look `k`: the last change, else the first look that shows all."""
    earlier = np.flatnonzero(moves_of(rule, looks.low[:k], looks.high[:k]))
    since = int(earlier[-1]) if len(earlier) else 0
    whole = np.flatnonzero(np.isfinite(looks.high[since:k]))
    known = np.flatnonzero(~np.isnan(looks.low[since:k]))
    return since + int((whole if len(whole) else known)[0])


def _numbers(looks: Looks, k: int) -> tuple[int, int, int | None]:
    high = looks.high[k]
    return int(looks.count[k]), int(looks.low[k]), int(high) if np.isfinite(high) else None


def _count(looks: Looks, k: int, label: str) -> str:
    number, low, high = _numbers(looks, k)
    return f"{counted(number, label)} ({f'at least {low}' if high is None else interval(low, high)})"


def _verb(direction: str) -> str:
    return "rose" if direction == "rise" else "fell"


def _says(rule: Rule, looks: Looks, k: int, direction: str) -> str:
    seen = _count(looks, k, rule.label)
    if rule.alert.when == "appears":
        return f"{seen}, where none were seen before"
    if rule.alert.when == "drift":
        return f"the usual number of {many(rule.label)} {_verb(direction)}; {seen} now"
    return seen

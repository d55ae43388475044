"""What a rule looks at: one class in one zone over time, look by look, with what each look leaves open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from sitedelta.counts.series import count_series
from sitedelta.records import Observation, Status

Floats = NDArray[np.float64]
DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks in order of time; arrays of shape (n,)."""

    rows: tuple[Observation, ...]
    count: Floats
    """NaN where nothing was observable, as in all that follows."""
    low: Floats
    high: Floats
    """Infinite where only a part was seen."""
    exposure: Floats
    """Share of the zone that was seen; 1 where the count stands for the zone."""
    empty: NDArray[np.bool_]
    """All of it seen, and nothing there."""

    @property
    def days(self) -> Floats:
        """Time of each look in days since the first."""
        return np.array([(o.date - self.rows[0].date).total_seconds() / DAY_S for o in self.rows], float)

    @property
    def dates(self) -> tuple[datetime, ...]:
        return tuple(o.date for o in self.rows)


def looks_of(observations: Sequence[Observation], zone: str, label: str) -> Looks:
    """Give the looks at a class in a zone that can be compared with each other, what people reviewed taken in.

    Images of one instant are one look: the one that shows most, in the finest pixels. What was counted down to another
    length than most dates says nothing here.
    """
    own = [o for o in observations if o.zone == zone and o.label == label]
    series = count_series(own, [zone])
    alike = {o.scene for o in (*series[0].compared, *series[0].parts)} if series else set()
    order = sorted(own, key=lambda o: (o.date, o.scene not in alike, -_seen(o), o.gsd_m, o.scene))
    rows = tuple(next(group) for _, group in groupby(order, key=lambda o: o.date))
    told = [_told(o) if o.scene in alike else (np.nan,) * 3 for o in rows]
    count, low, high = np.array(told, float).reshape(-1, 3).T
    whole = [o.status is not Status.PARTLY for o in rows]
    seen = np.array([1.0 if w else o.share_observed for o, w in zip(rows, whole, strict=True)], float)
    exposure = np.where(np.isnan(count), 0.0, seen)
    empty = np.array([bool(w and c == 0) for w, c in zip(whole, count, strict=True)], bool)
    return Looks(rows, count, low, high, exposure, empty)


def _seen(o: Observation) -> float:
    return 0.0 if o.status is Status.NOT_OBSERVABLE else 1.0 if o.status is not Status.PARTLY else o.share_observed


def _told(o: Observation) -> tuple[float, float, float]:
    """Give count, low and high; those that people's decisions leave, where there are any."""
    if o.status is Status.NOT_OBSERVABLE or o.count is None:
        return np.nan, np.nan, np.nan
    count, low, high = o.count, o.low, o.high
    if o.reviewed_count is not None:
        count, low, high = o.reviewed_count, o.reviewed_low, o.reviewed_high
    least = float(count if low is None else low)
    most = np.inf if o.status is Status.PARTLY or high is None else float(high)
    return float(count), least, max(least, most)

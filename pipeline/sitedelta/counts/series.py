"""Which observations of a zone and class can be set beside each other: those that count down to about one length."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sitedelta.records import Observation, Status

SMALLEST_M = {"aircraft": 8.0, "vehicle": 3.0}
"""Limits below this length leave nothing out: hardly a smaller thing is of the class."""
ALIKE = 1.25
"""Dates whose limits of length differ by more than this factor count different things."""


@dataclass(frozen=True, slots=True)
class CountSeries:
    """Counts of one class in one zone that can be compared, and what was seen besides. All in order of date."""

    compared: tuple[Observation, ...]
    """Dates that show the whole zone and count alike; may be empty."""
    parts: tuple[Observation, ...]
    """Dates that show a part: least numbers."""
    apart: tuple[Observation, ...]
    """Dates that count down to another length."""
    hidden: tuple[Observation, ...]
    """Images that could not show the class."""

    @property
    def rows(self) -> tuple[Observation, ...]:
        """All of them, in order of date."""
        return tuple(sorted((*self.compared, *self.parts, *self.apart, *self.hidden), key=_when))

    @property
    def gaps(self) -> tuple[Observation, ...]:
        """Images that could not show the class on days when no other image did."""
        seen = {o.date.date() for o in (*self.compared, *self.parts, *self.apart)}
        return tuple(o for o in self.hidden if o.date.date() not in seen)


def count_series(observations: Sequence[Observation], zones: Sequence[str]) -> tuple[CountSeries, ...]:
    """Split observations by zone (in the order given), class and limit of length."""
    rank = {zone: n for n, zone in enumerate(zones)}
    rows = sorted(observations, key=lambda o: (rank.get(o.zone, len(rank)), o.zone, o.label, *_when(o)))
    groups = groupby(rows, key=lambda o: (o.zone, o.label))
    return tuple(series for _, group in groups for series in _split(tuple(group)))


def limit_m(o: Observation) -> float:
    """Give the least length that an observation counts, no less than the smallest thing of the class."""
    return max(o.min_length_m, SMALLEST_M.get(o.label, 0.0))


def leaves_out(o: Observation) -> bool:
    """Tell whether the limit of length leaves things of the class out."""
    return limit_m(o) > SMALLEST_M.get(o.label, 0.0)


def _when(o: Observation) -> tuple[object, str]:
    return o.date, o.scene


def _split(rows: Sequence[Observation]) -> tuple[CountSeries, ...]:
    """Give a series for each set of two dates or more that count alike; the first has all that is left."""
    hidden = tuple(o for o in rows if o.status is Status.NOT_OBSERVABLE)
    first, *others = _sets([o for o in rows if o.status is not Status.NOT_OBSERVABLE]) or [()]
    long = [s for s in others if len(s) > 1]
    lone = tuple(o for s in others if len(s) == 1 for o in s)
    return (_series(first, lone, hidden), *(_series(s) for s in long))


def _series(
    alike: Sequence[Observation], apart: Sequence[Observation] = (), hidden: Sequence[Observation] = ()
) -> CountSeries:
    parts = tuple(o for o in alike if o.status is Status.PARTLY)
    whole = tuple(o for o in alike if o.status is not Status.PARTLY)
    return CountSeries(whole, parts, tuple(sorted(apart, key=_when)), tuple(hidden))


def _alike(a: Observation, b: Observation) -> bool:
    low, high = sorted((limit_m(a), limit_m(b)))
    return high <= ALIKE * low


def _sets(rows: Sequence[Observation]) -> list[tuple[Observation, ...]]:
    """Give sets that count alike: the one with the most whole dates first, with the smaller limit where they tie."""
    sets: list[list[Observation]] = []
    for o in sorted(rows, key=lambda o: (limit_m(o), *_when(o))):
        if sets and _alike(sets[-1][0], o):
            sets[-1].append(o)
        else:
            sets.append([o])
    ordered = sorted(sets, key=lambda s: (-sum(o.status is not Status.PARTLY for o in s), limit_m(s[0])))
    return [tuple(sorted(s, key=_when)) for s in ordered]

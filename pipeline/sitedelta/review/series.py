"""A series of counts as people see it: reviewed numbers where there are any, the machine's elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sitedelta.counts.series import CountSeries
from sitedelta.records import Observation, Status


@dataclass(frozen=True, slots=True)
class ReviewedSeries:
    """Counts with all that people said taken in."""

    counts: CountSeries
    reviewers: tuple[str, ...]
    looked: int
    """Findings that people looked at."""
    found: int
    """All findings of these dates."""


def reviewed_series(series: CountSeries) -> ReviewedSeries | None:
    """Put reviewed counts in the place of the machine's; None where nobody reviewed any of them."""
    rows = (*series.compared, *series.parts)
    names = {name for o in rows if o.reviewers for name in o.reviewers.split(", ")}
    if not names:
        return None
    counts = replace(series, compared=_taken(series.compared), parts=_taken(series.parts))
    found = sum(o.count or 0 for o in rows)
    return ReviewedSeries(counts, tuple(sorted(names)), sum(o.reviewed or 0 for o in rows), found)


def _taken(rows: Sequence[Observation]) -> tuple[Observation, ...]:
    return tuple(o if o.reviewed_count is None else _as_reviewed(o, o.reviewed_count) for o in rows)


def _as_reviewed(o: Observation, count: int) -> Observation:
    status = o.status if o.status is Status.PARTLY else Status.COUNTED if count else Status.OBSERVED_ZERO
    return replace(o, status=status, count=count, low=o.reviewed_low, high=o.reviewed_high)

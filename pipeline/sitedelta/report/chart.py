"""Counts over time as a drawing: points with intervals, and visible gaps where nothing could be observed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sitedelta.alerts.shown import Flag
from sitedelta.counts.series import CountSeries
from sitedelta.records import Observation, Status
from sitedelta.report.geometry import nice_step
from sitedelta.words.statements import Beside
from sitedelta.words.wording import because, counted, day, interval, metres, percent

WIDTH, HEIGHT = 520, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 20, 16, 44
_LABEL_WIDTH = 62
_FIRST, _LAST = _LEFT + 26, WIDTH - _RIGHT - 26
"""The x of the first and the last date."""

Shape = Literal["counted", "zero", "partly", "apart", "gap"]


@dataclass(frozen=True, slots=True)
class Mark:
    """One date."""

    shape: Shape
    x: float
    y: float
    low: float
    high: float
    """Ends of the interval on the page; all three y are the base line for a gap."""
    title: str
    at: int = 0
    """Milliseconds since 1970."""
    run: int | None = None
    """Which line joins it."""
    reviewed: tuple[float, float, float] | None = None
    """The y of the reviewed count and of the ends of its interval."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was said on a date."""

    x: float
    number: int
    title: str
    at: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert on a date."""

    x: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing in a box of `WIDTH` x `HEIGHT`."""

    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    """SVG points of runs of dates without a gap between them."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    base: float
    span: tuple[int, int]
    """The times at the ends of the axis, milliseconds since 1970."""
    ends: tuple[float, float]
    """The x of these."""
    notes: tuple[Note, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def reviewed(self) -> bool:
        return any(m.reviewed for m in self.marks)


def chart(series: CountSeries, said: Sequence[Beside] = (), flags: Sequence[Flag] = ()) -> Chart:
    """Draw one series: dates that compare are joined by lines, broken where a gap lies between.

    Parameters
    ----------
    said
        Statements to mark, where they fall near the dates.
    flags
        Alerts to mark.
    """
    rows = sorted((*series.compared, *series.parts, *series.apart, *series.gaps), key=lambda o: (o.date, o.scene))
    top = max([1, *(max(o.high or o.count or 0, o.reviewed_high or o.reviewed_count or 0) for o in rows)])
    step = nice_step(top, 4)
    ceiling = -(-top // step) * step
    base = HEIGHT - _BOTTOM
    unit = (base - _TOP) / ceiling
    dates = [o.date for o in rows]
    said = near(said, dates)
    ends = dates + [s.statement.date for s in said]
    xs = places(dates, ends)
    notes = zip(said, places([s.statement.date for s in said], ends), strict=True)
    apart = {o.scene for o in series.apart}
    marks = _joined([_mark(o, x, base, unit, apart=o.scene in apart) for o, x in zip(rows, xs, strict=True)])
    y_ticks = tuple(Tick(base - v * unit, f"{v:,}") for v in range(0, ceiling + 1, step))
    at = {o.date: x for o, x in zip(rows, xs, strict=True)}
    return Chart(
        marks,
        _lines(marks),
        _date_ticks(dates, xs),
        y_ticks,
        base,
        (_millis(min(ends)), _millis(max(ends))),
        (_FIRST, _LAST),
        tuple(Note(x, s.number, s.quoted, _millis(s.statement.date)) for s, x in notes),
        tuple(Alarm(at[f.date], f.text) for f in flags if f.date in at),
    )


def _millis(date: datetime) -> int:
    return round(date.timestamp() * 1000)


def near(said: Sequence[Beside], dates: Sequence[datetime]) -> list[Beside]:
    """Choose the statements that fall within the dates, or less than half their span away."""
    room = max((dates[-1] - dates[0]) / 2, timedelta(days=1))
    return [s for s in said if dates[0] - room <= s.statement.date <= dates[-1] + room]


def places(dates: Sequence[datetime], ends: Sequence[datetime]) -> list[float]:
    """Put dates on the horizontal axis, true to time, between the first and the last of `ends`."""
    left, right = _FIRST, _LAST
    first = min(ends)
    whole = (max(ends) - first).total_seconds()
    if whole <= 0:
        return [(left + right) / 2 for _ in dates]
    return [left + (right - left) * (d - first).total_seconds() / whole for d in dates]


def _mark(o: Observation, x: float, base: float, unit: float, *, apart: bool) -> Mark:
    if o.status is Status.NOT_OBSERVABLE or o.count is None:
        told = f"{day(o.date)}: not observable{because(o.reason)}"
        return Mark("gap", x, base, base, base, told, at=_millis(o.date))
    low, high = (o.count if v is None else v for v in (o.low, o.high))
    shape, second = _shape(o, apart=apart), _reviewed(o, base, unit)
    y, least, most = (base - v * unit for v in (o.count, low, high))
    return Mark(shape, x, y, least, most, title(o), at=_millis(o.date), reviewed=second)


def _reviewed(o: Observation, base: float, unit: float) -> tuple[float, float, float] | None:
    if o.reviewed_count is None:
        return None
    low, high = (o.reviewed_count if v is None else v for v in (o.reviewed_low, o.reviewed_high))
    return base - o.reviewed_count * unit, base - low * unit, base - high * unit


def _shape(o: Observation, *, apart: bool) -> Shape:
    if apart:
        return "apart"
    return "partly" if o.status is Status.PARTLY else "zero" if o.count == 0 else "counted"


def title(o: Observation) -> str:
    """Say one observation in words."""
    seen = f"; {percent(o.share_observed)} of the zone seen" if o.status is Status.PARTLY else ""
    told = f"{day(o.date)}: {counted(o.count or 0, o.label)} (90 % interval {interval(o.low, o.high)}){seen}"
    return f"{told}; at {metres(o.gsd_m)} per pixel, from {metres(o.min_length_m)} in length{_second(o)}"


def _second(o: Observation) -> str:
    if o.reviewed_count is None:
        return ""
    ends = f" (90 % interval {interval(o.reviewed_low, o.reviewed_high)})" if o.reviewed_high is not None else ""
    by = f" by {o.reviewers}" if o.reviewers else " elsewhere"
    return f". Reviewed{by}: {o.reviewed_count}{ends}"


def _joined(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Tell which dates a line joins: those that compare; a gap breaks it, what was counted apart does not."""
    run = 0
    found = []
    for m in marks:
        run += m.shape == "gap"
        found.append(replace(m, run=run) if m.shape in ("counted", "zero") else m)
    return tuple(found)


def _lines(marks: Sequence[Mark]) -> tuple[str, ...]:
    runs = [[m for m in marks if m.run == n] for n in sorted({m.run for m in marks if m.run is not None})]
    return tuple(" ".join(f"{m.x:.1f},{m.y:.1f}" for m in run) for run in runs)


def _date_ticks(dates: Sequence[datetime], xs: Sequence[float]) -> tuple[Tick, ...]:
    """Label the last date, the first, and those between that have room."""
    kept = [len(dates) - 1]
    for n in [0, *range(1, len(dates) - 1)]:
        if all(abs(xs[n] - xs[k]) >= _LABEL_WIDTH for k in kept):
            kept.append(n)
    return tuple(Tick(xs[n], f"{dates[n].day} {dates[n]:%b %Y}") for n in sorted(kept))

"""What others said of a site, beside what was observed before and after it. Never whether it was true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sitedelta.counts.series import CountSeries, count_series
from sitedelta.imagery.dates import taken
from sitedelta.records import Observation, Status
from sitedelta.running.manifest import Manifest, StatementRecord
from sitedelta.settings import config
from sitedelta.words.sentences import (
    SITE_ZONE,
    Sentence,
    by_reason,
    capital,
    count_sentence,
    key,
    place_names,
    things,
)
from sitedelta.words.wording import counted, day, days, grouped, interval, moment, percent

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Beside:
    """One statement and what was observed around it."""

    number: int
    """From 1, in order of date."""
    statement: StatementRecord
    sentences: tuple[Sentence, ...]
    """For each class at the whole site, and for zones in which a count moved."""

    @property
    def when(self) -> str:
        return moment(self.statement.date, self.statement.precision)

    @property
    def quoted(self) -> str:
        return f"{self.when}: \N{LEFT DOUBLE QUOTATION MARK}{self.statement.text}\N{RIGHT DOUBLE QUOTATION MARK}"


def statement_records(statements: Iterable["config.Statement"]) -> tuple[StatementRecord, ...]:
    """Write statements down in order of date."""
    found = ((taken(s.date), s) for s in statements)
    records = (StatementRecord(t.date, t.precision, s.text, s.source) for t, s in found)
    return tuple(sorted(records, key=lambda r: (r.date, r.text)))


def beside(manifest: Manifest, observations: Sequence[Observation]) -> tuple[Beside, ...]:
    """Set beside each statement what the last images before it and the first after it show."""
    series = count_series(observations, list(place_names(manifest)))
    names = place_names(manifest)
    return tuple(Beside(n, s, _around(s, series, names)) for n, s in enumerate(manifest.statements, 1))


def _around(statement: StatementRecord, series: Sequence[CountSeries], names: dict[str, str]) -> tuple[Sentence, ...]:
    told = [_sentence(statement, s, names.get(s.rows[0].zone, s.rows[0].zone)) for s in series]
    return tuple(s for s in told if s.zone == SITE_ZONE or s.answer in ("increase", "decrease"))


def _sentence(statement: StatementRecord, series: CountSeries, place: str) -> Sentence:
    before, after = (_side(statement, series, side) for side in ("before", "after"))
    asides = _that_day(statement, series)
    if before.compared and after.compared:
        ends = CountSeries((before.compared[-1], after.compared[0]), (), (), ())
        told = count_sentence(ends, place)
        return replace(told, asides=asides)
    what = capital(things(series.compared or series.rows))
    text = f"{what} at {place}: before it, {_told(before, 'before')}; after it, {_told(after, 'after')}."
    seen = before.compared or before.parts or after.compared or after.parts
    rows = (*before.rows, *after.rows)
    first = series.rows[0]
    answer: Literal["cannot_tell", "not_observable"] = "cannot_tell" if seen else "not_observable"
    return Sentence(text, "count", first.zone, first.label, answer, tuple(key(o) for o in rows), asides)


def _side(statement: StatementRecord, series: CountSeries, side: Side) -> CountSeries:
    """Give what was observed on one side of a statement; what was counted to another length is left out."""

    def own(rows: Sequence[Observation]) -> tuple[Observation, ...]:
        return tuple(o for o in rows if _order(o.date, statement) == side)

    return CountSeries(own(series.compared), own(series.parts), (), own(series.gaps))


def _order(date: datetime, statement: StatementRecord) -> Side | None:
    """Tell on which side of a statement a date lies; None on its very day, where its hour is not known."""
    if statement.precision == "day" and date.date() == statement.date.date():
        return None
    return "before" if date < statement.date else "after"


def _told(side: CountSeries, which: Side) -> str:
    at = -1 if which == "before" else 0
    if side.compared:
        o = side.compared[at]
        return f"{counted(o.count or 0, o.label)} on {day(o.date)} (90 % interval {interval(o.low, o.high)})"
    if side.parts:
        o = side.parts[at]
        return f"at least {o.low or 0} on {day(o.date)}, when {percent(o.share_observed)} could be seen"
    if side.hidden:
        return "not observable " + "; ".join(f"on {days(dates)}{why}" for why, dates in by_reason(side.hidden))
    return "no image that shows it"


def _that_day(statement: StatementRecord, series: CountSeries) -> tuple[str, ...]:
    rows = [o for o in series.compared if _order(o.date, statement) is None and o.status is not Status.PARTLY]
    return tuple(
        f"On the day itself, at an hour not known beside it: {grouped(o.count)}"
        f" (90 % interval {interval(o.low, o.high)})."
        for o in rows
    )

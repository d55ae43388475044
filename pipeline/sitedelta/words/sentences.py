"""What the observations say, in plain sentences that claim no more than was observable, and never a cause."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sitedelta.counts.series import CountSeries, count_series, leaves_out, limit_m
from sitedelta.records import Event, EventKind, Observation, Status, ZoneChange, ZoneStatus
from sitedelta.review.series import ReviewedSeries, reviewed_series
from sitedelta.running.manifest import Manifest, PairRecord
from sitedelta.words.wording import (
    area,
    because,
    counted,
    day,
    days,
    few_percent,
    grouped,
    interval,
    listed,
    many,
    metres,
    percent,
    small_percent,
    span,
)

if TYPE_CHECKING:
    from rasterdelta.series import Trend

Answer = Literal["increase", "decrease", "no_change", "cannot_tell", "not_observable"]
SITE_ZONE = "site"
"""The zone id that stands for the whole area of interest."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement and what it rests on."""

    text: str
    topic: Literal["count", "change", "event", "stay"]
    zone: str
    """Zone id, `site` for the whole area."""
    label: str | None
    """Class; None where the sentence is about no class."""
    answer: Answer | None
    """For counts: how the number went over all dates."""
    supports: tuple[str, ...]
    """What it was made from: keys of observations (see `key`), `before--after` of pairs, ids of tracks."""
    asides: tuple[str, ...] = ()
    """Dates that the statement leaves out, and why."""
    ground: str = ""
    """Of a count: why it is answered so."""
    reviewed: str = ""
    """The statement with what people said taken in, and who they are; empty where nobody reviewed."""
    reviewed_answer: Answer | None = None

    @property
    def whole(self) -> str:
        """The statement, its asides and what people make of it."""
        return " ".join(filter(None, (self.text, *self.asides, self.reviewed)))


def key(o: Observation) -> str:
    """Name an observation within its site: zone/scene/class."""
    return f"{o.zone}/{o.scene}/{o.label}"


def place_names(manifest: Manifest) -> dict[str, str]:
    """Give the reader's name of each zone, the whole site first."""
    return {SITE_ZONE: manifest.name} | {z.id: z.name for z in manifest.zones}


def count_sentences(manifest: Manifest, observations: Sequence[Observation]) -> tuple[Sentence, ...]:
    """Say for each zone and class how the count went over all dates, or why that cannot be said."""
    names = place_names(manifest)
    found = count_series(observations, list(names))
    return tuple(count_sentence(s, names.get(s.rows[0].zone, s.rows[0].zone)) for s in found)


def count_sentence(series: CountSeries, place: str) -> Sentence:
    """Say how one count went; beside it, how it went by what people said."""
    rows = series.rows
    told = _told(series, place)
    asides = _asides(series) if told.answer != "not_observable" else ()
    seen = reviewed_series(series)
    again = _told(seen.counts, place) if seen else None
    return Sentence(
        told.text,
        "count",
        rows[0].zone,
        rows[0].label,
        told.answer,
        tuple(key(o) for o in rows),
        asides,
        told.ground,
        f"{_by(seen)}: {again.text}" if seen and again else "",
        again.answer if again else None,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    text: str
    answer: Answer
    ground: str


def _by(seen: ReviewedSeries) -> str:
    looked = f"{seen.looked} of {counted(seen.found, 'finding')}" if seen.found else "images without findings"
    return f"With review by {listed(list(seen.reviewers))}, {looked} looked at"


def _told(series: CountSeries, place: str) -> _Told:
    if len(series.compared) > 1:
        return _compared(series.compared, place)
    if series.compared:
        ground = "only one date can be compared: two are needed"
        return _Told(_single(series.compared[0], place), "cannot_tell", ground)
    if series.parts:
        text = f"{capital(things(series.parts))} at {place} could never be observed in full."
        return _Told(text, "cannot_tell", "no date shows all of it")
    reasons = "; ".join(why.strip(" ()") for why, _ in by_reason(series.hidden))
    return _Told(_unseen(series.hidden, place), "not_observable", reasons)


def things(series: Sequence[Observation]) -> str:
    """Name the class, with the least length that was counted where that leaves some out."""
    widest = max(series, key=limit_m)
    what = many(widest.label)
    return f"{what} of at least {metres(limit_m(widest))}" if leaves_out(widest) else what


def capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]


def _range(o: Observation) -> str:
    return interval(o.low, o.high)


def _unseen(rows: Sequence[Observation], place: str) -> str:
    what = f"{capital(many(rows[0].label))} at {place} could not be observed"
    parts = by_reason(rows)
    if len(parts) == 1:
        why, dates = parts[0]
        return f"{what}{why} on {days(dates) if len(dates) < 4 else f'any of the {len(dates)} dates'}."
    return f"{what}: " + "; ".join(f"on {days(dates)}{why}" for why, dates in parts) + "."


def _single(o: Observation, place: str) -> str:
    seen = f"{counted(o.count or 0, o.label)} {'was' if o.count == 1 else 'were'} counted at {place}"
    note = f", from {metres(limit_m(o))} in length" if leaves_out(o) else ""
    return f"On {day(o.date)}, {seen} (90 % interval {_range(o)}{note}); no other date can be compared with it."


def _trend(series: Sequence[Observation]) -> "Trend":
    import numpy as np

    from rasterdelta.series import trend

    nan = float("nan")
    values = [[nan if v is None else float(v) for v in (o.count, o.low, o.high)] for o in series]
    counts, lows, highs = np.array(values, np.float64).T
    days = np.array([(o.date - series[0].date).total_seconds() / 86400 for o in series])
    return trend(counts, lows, highs, days)


def _compared(series: Sequence[Observation], place: str) -> _Told:
    found = _trend(series)
    ground = found.ground.rpartition(": ")[2]
    a, b = series[0], series[-1]
    when, what = span(a.date, b.date), f"{things(series)} at {place}"
    ends = f"90 % intervals {_range(a)} and {_range(b)}"
    if found.answer in ("increase", "decrease"):
        verb = "rose" if found.answer == "increase" else "fell"
        over = "" if _ends_agree(a, b, found.answer) else f" over {len(series)} dates taken together,"
        text = f"Between {when} {what} {verb}{over} from {grouped(a.count)} to {grouped(b.count)} ({ends})."
        return _Told(text + _between(series), found.answer, ground)
    if found.answer == "no_change":
        return _Told(_level(series, f"Between {when}", what, ends), "no_change", ground)
    both = f"{grouped(a.count)} and {grouped(b.count)} ({ends})"
    text = f"Whether {what} changed between {when} cannot be told: {both}; {ground}."
    return _Told(text + _between(series), "cannot_tell", ground)


def _ends_agree(a: Observation, b: Observation, answer: Answer) -> bool:
    """Tell whether first and last count alone show what the whole series shows."""
    first, last = a.count or 0, b.count or 0
    return last > first if answer == "increase" else last < first


def _level(series: Sequence[Observation], when: str, what: str, ends: str) -> str:
    if not any(o.count for o in series):
        seen = "either date" if len(series) == 2 else f"any of {len(series)} dates"
        highest = max((o.high for o in series if o.high is not None), default=0)
        return (
            f"{when} no {what} were seen on {seen} that could be observed (90 % interval at most {grouped(highest)})."
        )
    a, b = series[0], series[-1]
    return f"{when} {what} showed no change: {grouped(a.count)} and {grouped(b.count)} ({ends}).{_between(series)}"


def _between(series: Sequence[Observation]) -> str:
    """Name the dates in between whose interval lies apart from those of both ends: a dip or a peak."""
    ends = (series[0], series[-1])
    apart = [o for o in series[1:-1] if all(_apart(o, e) for e in ends) and not _on_the_way(o, *ends)]
    if not apart:
        return ""
    return " In between it was " + listed([f"{grouped(o.count)} on {day(o.date)} ({_range(o)})" for o in apart]) + "."


def _apart(a: Observation, b: Observation) -> bool:
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return False
    return a.low > b.high or a.high < b.low


def _on_the_way(o: Observation, first: Observation, last: Observation) -> bool:
    low, high = sorted((first.count or 0, last.count or 0))
    return low <= (o.count or 0) <= high


def _asides(series: CountSeries) -> tuple[str, ...]:
    """Name the dates that the comparison leaves out, and why."""
    gaps = [f"Not observable on {days(dates)}{why}." for why, dates in by_reason(series.gaps)]
    return (*gaps, *_parts(series.parts), *map(_apart_from, series.apart))


def _parts(rows: Sequence[Observation]) -> list[str]:
    """Give the least numbers of dates that show a part."""
    if not rows:
        return []
    least = listed([grouped(o.low or 0) for o in rows])
    shares = listed(list(dict.fromkeys(percent(o.share_observed) for o in rows)))
    found = listed([grouped(o.count) for o in rows])
    on = days([o.date for o in rows])
    return [f"On {on} only a part of it could be seen ({shares}): {found} found there, so at least {least} in all."]


def _apart_from(o: Observation) -> str:
    seen = f", where {percent(o.share_observed)} could be seen" if o.status is Status.PARTLY else f" ({_range(o)})"
    least = f"from {metres(o.min_length_m)} in length at {metres(o.gsd_m)} per pixel"
    return f"Counted apart, {least}: {grouped(o.count)} on {day(o.date)}{seen}."


def by_reason(rows: Sequence[Observation]) -> list[tuple[str, list[datetime]]]:
    """Give the dates of each reason, in order of the first of them."""
    found: dict[str, list[datetime]] = {}
    for o in rows:
        found.setdefault(because(o.reason), []).append(o.date)
    return list(found.items())


def change_sentence(manifest: Manifest, pair: PairRecord, regions: int, whole: ZoneChange | None = None) -> Sentence:
    """Say what changed between two dates and over how much of the site both show it; no change is a finding.

    Parameters
    ----------
    whole : ZoneChange, optional
        The pair's change of the whole site, with what false alarms alone would show.
    """
    dates = {r.scene.id: r.scene.date for r in manifest.scenes}
    when = span(dates[pair.before], dates[pair.after])
    seen = "the whole site" if pair.share_observed >= 0.9995 else f"the {percent(pair.share_observed)} of the site"
    both = f"{seen}, all of it shown on both dates" if seen == "the whole site" else f"{seen} that both dates show"
    if pair.status == "not_observable":
        text = f"Change between {when} could not be observed{because(pair.reason)}."
    elif regions == 0:
        text = f"No change was found between {when} over {both}."
    else:
        places = "1 place" if regions == 1 else f"{regions:,} places"
        share = f"{small_percent(pair.share_changed)} of {both}"
        text = f"Between {when}, {places} changed, {area(pair.changed_m2)} in all: {share}.{_beside(whole)}"
    return Sentence(text, "change", SITE_ZONE, None, None, (f"{pair.before}--{pair.after}",))


def site_change(zones: Sequence[ZoneChange], pair: PairRecord) -> ZoneChange | None:
    """Give the change of the whole site in a pair."""
    own = (z for z in zones if z.zone == SITE_ZONE and (z.before, z.after) == (pair.before, pair.after))
    return next(own, None)


def _beside(change: ZoneChange | None) -> str:
    """Set false alarms beside a change that was found."""
    if change is None:
        return ""
    if change.status is ZoneStatus.WITHIN_FALSE_ALARMS:
        return f" That is no more than false alarms explain: {false_alarms(change)}."
    if change.status is ZoneStatus.CANNOT_TELL:
        undecided = "Without control pairs it cannot be ruled out that false alarms alone show as much"
        return f" {undecided}: {false_alarms(change)}."
    return f" False alarms alone: {false_alarms(change)}."


def false_alarms(change: ZoneChange) -> str:
    """Say how much of the ground false alarms alone would show as changed."""
    rate, low, high = change.false_alarm_rate, change.false_alarm_low, change.false_alarm_high
    if rate is None or low is None or high is None:
        return f"cannot be told ({change.reason})"
    ends = f"{few_percent(low)} to {few_percent(high)}"
    if change.false_alarm_source == "controls":
        return f"about {few_percent(rate)} ({ends}), from {change.control_pairs} control pairs"
    bound = few_percent(high) if few_percent(high).startswith("less") else f"at most {few_percent(high)}"
    share = f"about {few_percent(rate)} ({ends})" if low else bound
    return f"{share}, judged by the unchanged ground of the pair itself"


def event_sentences(
    manifest: Manifest, pair: PairRecord, events: Sequence[Event], observations: Sequence[Observation]
) -> tuple[Sentence, ...]:
    """Say for each class what arrived, departed and stayed between two dates, or that it could not be observed."""
    dates = {r.scene.id: r.scene.date for r in manifest.scenes}
    when = span(dates[pair.before], dates[pair.after])
    pair_id = f"{pair.before}--{pair.after}"
    rows = [o for o in observations if o.zone == SITE_ZONE and o.scene in (pair.before, pair.after)]
    own = [e for e in events if (e.before, e.after) == (pair.before, pair.after)]
    labels = sorted({o.label for o in rows} | {e.label for e in own})
    texts = [(label, _events(label, when, [e for e in own if e.label == label], rows)) for label in labels]
    return tuple(Sentence(text, "event", SITE_ZONE, label, None, (pair_id,)) for label, text in texts)


def _events(label: str, when: str, events: Sequence[Event], rows: Sequence[Observation]) -> str:
    what = many(label)
    unseen = [o for o in rows if o.label == label and o.status is Status.NOT_OBSERVABLE]
    if unseen:
        on = listed([f"on {day(o.date)}{because(o.reason)}" for o in unseen])
        return (
            f"Arrivals and departures of {what} between {when} could not be observed: {what} were not observable {on}."
        )
    number = Counter(e.kind for e in events)
    if not number:
        return f"Between {when} no {what} were seen on either date: none arrived, none departed."
    arrived, departed, stayed, lost = (number[k] for k in EventKind)
    told = (
        f"Between {when}, {counted(arrived, label)} arrived, {departed or 'none'} departed, {stayed or 'none'} stayed"
    )
    return f"{told}; for {lost} it could not be observed." if lost else f"{told}."


def latest_pair(manifest: Manifest) -> PairRecord | None:
    """Give the comparison that ends latest, the finer where two do; one that was possible, where there is one."""
    days = {r.scene.id: r.scene.date.date() for r in manifest.scenes}
    order = sorted(manifest.pairs, key=lambda p: (p.status == "compared", days[p.after], -p.gsd_m))
    return order[-1] if order else None


def _is_news(s: Sentence, decided: set[str | None]) -> bool:
    """Tell whether a zone's count says more than the site's: it moved, or the site's own could not be told."""
    return s.answer in ("increase", "decrease") or (s.answer == "no_change" and s.label not in decided)


def headlines(
    manifest: Manifest,
    observations: Sequence[Observation],
    events: Sequence[Event],
    regions: Sequence[tuple[str, str]],
    zones: Sequence[ZoneChange] = (),
) -> tuple[Sentence, ...]:
    """Choose what a reader must know first: counts of the site, zones that moved, and the latest pair.

    Parameters
    ----------
    regions : sequence of (before, after)
        The pair of each changed region.
    zones
        Change by zone.
    """
    counts = count_sentences(manifest, observations)
    decided = {s.label for s in counts if s.zone == SITE_ZONE and s.answer in ("increase", "decrease", "no_change")}
    first = [s for s in counts if s.zone == SITE_ZONE or _is_news(s, decided)]
    pair = latest_pair(manifest)
    if pair is None:
        return tuple(first)
    number = sum(r == (pair.before, pair.after) for r in regions)
    change = change_sentence(manifest, pair, number, site_change(zones, pair))
    arrivals = event_sentences(manifest, pair, events, observations) if pair.status == "compared" else ()
    return (*first, change, *arrivals)

"""What an evaluation found, in sentences."""

from collections.abc import Callable, Sequence

from sitedelta.counts.claims import LIMITS
from sitedelta.evaluation.figures import FEW, Estimate, Figures
from sitedelta.evaluation.groups import ALL, Row
from sitedelta.evaluation.labels import DataSet
from sitedelta.words.wording import DASH, counted, listed, many, small_percent

KEPT = 0.9
"""Share of the best F1 down to which a class is taken to be as countable as in fine pixels."""


def share(e: Estimate | None) -> str:
    """Give a share as per cent with its interval.

    Examples
    --------
    >>> share(Estimate(0.5, None, None))
    '50 %'
    """
    return _both(_per_cent(e), ends(e, _whole))


def number(e: Estimate | None) -> str:
    """Give a figure of three digits with its interval."""
    return _both(_digits(e), ends(e, "{:.3f}".format))


def cell(e: Estimate | None, *, as_share: bool) -> tuple[str, str]:
    """Give a figure and its interval apart, for a table."""
    return (_per_cent(e), ends(e, _whole)) if as_share else (_digits(e), ends(e, "{:.3f}".format))


def ends(e: Estimate | None, word: Callable[[float], str]) -> str:
    """Give the interval, empty where there is none."""
    return "" if e is None or e.low is None or e.high is None else f"{word(e.low)}{DASH}{word(e.high)}"


def _per_cent(e: Estimate | None) -> str:
    return DASH if e is None else f"{_whole(e.value)} %"


def _digits(e: Estimate | None) -> str:
    return DASH if e is None else f"{e.value:.3f}"


def _both(value: str, interval: str) -> str:
    return f"{value} ({interval})" if interval else value


def _whole(value: float) -> str:
    return f"{100 * value:.0f}" if value < 0.995 or value >= 1 else f"{100 * value:.1f}"


def sentences(row: Row) -> list[str]:
    """Say how far counts of a class can be trusted, as one would to somebody who has to publish them."""
    f, name = row.figures, many(row.label)
    if not f.images:
        return [f"{name.capitalize()} are not observable in any of {counted(f.unobservable, 'image')}."]
    said = [_recall(f, row.label), _precision(f, name), _count(f), _cover(f), _threshold(f)]
    if f.unobservable:
        said.append(
            f"In {counted(f.unobservable, 'further image')} with {counted(f.unobservable_objects, row.label)} they are "
            "not observable, and nothing is counted."
        )
    if f.rough:
        said.append(f"Sites behind these figures: {f.sites}; from fewer than {FEW} the intervals are too narrow.")
    return [s for s in said if s]


def _recall(f: Figures, label: str) -> str:
    if f.recall is None:
        return f"{counted(f.images, 'image').capitalize()} without {many(label)}."
    labelled = f"{counted(f.objects, label)} labelled in {counted(f.images, 'image')}"
    return f"Of {labelled}, {f.hits:,} were found: {share(f.recall)}."


def _precision(f: Figures, name: str) -> str:
    if f.false_alarms is None:
        return "The labels are not complete, so nothing can be said of false alarms or of counts."
    where = f"on {f.km2:.2g} km²" if f.images_in_full == f.images else (
        f"in the {counted(f.images_in_full, 'image')} that are labelled in full, {f.km2:.2g} km²"
    )  # fmt: skip
    if f.precision is None or f.recall is None:
        return f"{counted(f.false_alarms, 'false alarm').capitalize()} {where}."
    return f"Of what it calls {name}, {share(f.precision)} is right; {counted(f.false_alarms, 'false alarm')} {where}."


def _count(f: Figures) -> str:
    if f.count_error_relative is None or f.count_bias is None:
        return ""
    bias = f.count_bias.value
    tends = "on the whole neither too many nor too few" if abs(bias) < 0.005 else (
        f"on the whole {small_percent(abs(bias))} too {'many' if bias > 0 else 'few'}"
    )  # fmt: skip
    return f"The count of an image is off by {share(f.count_error_relative)} on average; {tends}."


def _threshold(f: Figures) -> str:
    """Say whether another threshold would do better here; a little better is chance."""
    if f.best_f1 is None or f.f1 is None or f.best_f1 < f.f1.value + 0.02:
        return ""
    instead = f"{f.best_f1:.3f} instead of {f.f1.value:.3f}"
    return f"If all from a score of {f.best_score:.2f} on were counted, F1 would here be {instead}."


def _cover(f: Figures) -> str:
    if f.covered is None or not f.intervals:
        return ""
    held = round(f.covered.value * f.intervals)
    return f"The 90 % interval holds the true number in {held} of {counted(f.intervals, 'image')}."


def headline(rows: Sequence[Row]) -> list[Row]:
    """Give the rows that stand for everything: one a class."""
    whole = [r for r in rows if r.gsd == ALL and r.rule == "claimed"]
    sets = {r.data for r in whole}
    return [r for r in whole if r.data == ALL or len(sets) == 1]


def sweep_sentences(rows: Sequence[Row], label: str) -> list[str]:
    """Say of each data set how F1 of a class falls as pixels get coarser, and where counting stops."""
    mine = [r for r in rows if r.label == label and r.rule == "claimed" and r.figures.f1 is not None]
    sets = list(dict.fromkeys(r.data for r in mine))
    return [_falls([r for r in mine if r.data == d], d, label) for d in sets if d != ALL or len(sets) == 1]


def _falls(rows: Sequence[Row], data: str, label: str) -> str:
    best = max(_f1(r) for r in rows)
    kept = [r for r in rows if _f1(r) >= KEPT * best]
    span = f"F1 is {_f1(rows[0]):.2f} at {rows[0].gsd}" + (
        f" and {_f1(rows[-1]):.2f} at {rows[-1].gsd}" if len(rows) > 1 else ""
    )
    return (
        f"{data}: {span}; nine tenths of its best it keeps up to {kept[-1].gsd}. "
        f"Counting speaks of {many(label)} up to {LIMITS[label].max_gsd_m:g} m."
    )


def _f1(row: Row) -> float:
    return 0.0 if row.figures.f1 is None else row.figures.f1.value


def notes(sets: Sequence[DataSet], model: str) -> list[str]:
    """Say what a reader of the figures has to know of the labels."""
    said = [f"Counted by {model}, as the command count does."]
    for s in sets:
        name = s.folder.resolve().name
        if s.unlabelled:
            said.append(f"{name}: {counted(len(s.unlabelled), 'image')} without labels left out.")
        if twice := {i.path.name: i.twice for i in s.images if i.twice}:
            said.append(
                f"{name}: {counted(sum(twice.values()), 'label')} in {counted(len(twice), 'image')} "
                f"({_some(list(twice))}) lie on another one and count once."
            )
        if s.unknown:
            what = listed([f"{n} ({k})" for n, k in s.unknown.items()])
            said.append(f"{name}: classes not known: {what}; such labels are neither misses nor false alarms.")
        if partly := sum(not i.exhaustive for i in s.images):
            said.append(f"{name}: {counted(partly, 'image')} labelled in part: only recall is stated.")
    return said


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(n if len(n) < 24 else n[:20] + "\N{HORIZONTAL ELLIPSIS}" for n in names[:most]) + more


def table_line(row: Row, *, sweep: bool) -> str:
    """Give a row of figures as a line for a terminal."""
    f = row.figures
    which = f" {row.rule if row.rule == 'any length' else 'long enough':11}" if sweep else ""
    where = f"{row.label:9} {row.data:16} {row.gsd:14}{which}"
    if not f.images:
        return f"{where} not observable ({counted(f.unobservable, 'image')})"
    said = [f"{counted(f.images, 'image')}, {counted(f.objects, 'label')}: recall {number(f.recall)}"]
    if f.false_alarms is not None:
        said += [f"precision {number(f.precision)}", f"F1 {number(f.f1)}", f"AP {number(f.average_precision)}"]
    return f"{where} {'  '.join(said)}{'' if row.within else '  beyond the limit'}"

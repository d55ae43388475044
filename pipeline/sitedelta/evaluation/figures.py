"""Figures of merit of a set of images, each with the interval that its labels leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.scoring import average_precision, precision_recall, rate_interval, resamples
from sitedelta.evaluation.judging import Judged

Floats = NDArray[np.float64]
LEVEL = 0.9
TIMES = 400
"""Sets of images drawn for the intervals."""
FEW = 8
"""Sites; an interval from fewer is too narrow."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 90 % interval."""

    value: float
    low: float | None
    high: float | None
    """None where one site stands behind it, which says nothing of others."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of images says of one class; a figure is None where the images cannot tell it."""

    images: int
    """In which the class was observable."""
    images_in_full: int
    """Of these, those that are labelled in full: all but recall rests on them."""
    sites: int
    """As far as they are known: images of one site are alike."""
    unobservable: int
    """Images in which counting says *not observable*, and which have no part in the figures."""
    unobservable_objects: int
    """Labels in these."""
    objects: int
    """Labels that count."""
    spared: int
    """Labels that do not: cut off, hidden, doubtful, too short or of an unknown class."""
    found: int
    """Detections, without those on labels that do not count."""
    hits: int
    misses: int
    false_alarms: int | None
    """Of the images labelled in full; None where there are none."""
    km2: float
    """Ground that was seen in these."""
    recall: Estimate | None
    precision: Estimate | None
    f1: Estimate | None
    average_precision: Estimate | None
    """Of all detections, those too weak to count among them."""
    best_f1: float | None
    """The greatest F1 that any threshold on the score would give."""
    best_score: float | None
    """The lowest score that counts at that threshold."""
    count_error: Estimate | None
    """Mean over images of the difference between found and true number."""
    count_error_relative: Estimate | None
    """The same as a share of the true number, over images that have objects."""
    count_bias: Estimate | None
    """All found over all there are, less 1."""
    covered: Estimate | None
    """Share of images whose 90 % interval holds the true number."""
    intervals: int
    """Images behind it: labelled in full, and counted over all of their ground."""
    interval_width: float | None
    """Mean width of these intervals as a share of the true number (of 1 where there is none)."""

    @property
    def rough(self) -> bool:
        """True where the intervals are too narrow: few sites stand behind them."""
        return self.sites < FEW


def figures(judged: Sequence[Judged], *, seed: int = 0) -> Figures:
    """Give the figures of one class over some images.

    Intervals are the wider of two: of the cluster bootstrap over sites, and, for rates, Jeffreys' interval as if every
    object were independent. With few sites they are too narrow all the same (`Figures.rough`).
    """
    seen = [j for j in judged if j.observable]
    full = [j for j in seen if j.case.image.exhaustive]
    dark = [j for j in judged if not j.observable]
    hits, misses = (_each(seen, name) for name in ("hits", "missed"))
    resampled = _Resampled(full, seed)
    error, relative, bias, covered = _counts(full, resampled)
    best = _best(full)
    return Figures(
        images=len(seen),
        images_in_full=len(full),
        sites=len({site_of(j) for j in seen}),
        unobservable=len(dark),
        unobservable_objects=sum(int(j.labels.clear.sum()) for j in dark),
        objects=int(hits.sum() + misses.sum()),
        spared=sum(int((~j.counted).sum()) for j in seen),
        found=sum(len(j.verdicts.hits) + len(j.verdicts.false) for j in seen),
        hits=int(hits.sum()),
        misses=int(misses.sum()),
        false_alarms=int(_each(full, "false").sum()) if full else None,
        km2=sum(j.km2 for j in full),
        recall=_Resampled(seen, seed).rate(hits, hits + misses),
        precision=resampled.rate(_each(full, "hits"), _each(full, "hits") + _each(full, "false")),
        f1=_f1(full, resampled),
        average_precision=_ap(full, resampled),
        best_f1=best[0],
        best_score=best[1],
        count_error=error,
        count_error_relative=relative,
        count_bias=bias,
        covered=covered,
        intervals=sum(j.said["high"] is not None for j in full),
        interval_width=_width(full),
    )


def site_of(j: Judged) -> str:
    """Name the site of an image among all data sets."""
    return f"{j.case.image.data}/{j.case.image.site}"


def _each(judged: Sequence[Judged], name: str) -> Floats:
    """Count verdicts of one kind in every image."""
    return np.array([len(getattr(j.verdicts, name)) for j in judged], float)


class _Resampled:
    """Sets of images drawn with replacement, site by site."""

    def __init__(self, judged: Sequence[Judged], seed: int) -> None:
        self.sites = np.array([site_of(j) for j in judged])
        self.weights = resamples(self.sites, times=TIMES, seed=seed).astype(float)

    def ratio(self, over: Floats, under: Floats) -> Estimate | None:
        """Give the sum of one over the sum of the other."""
        if not under.sum() > 0:
            return None
        above, below = self.weights @ over, self.weights @ under
        return self._estimate(over.sum() / under.sum(), above[below > 0] / below[below > 0], under > 0)

    def rate(self, over: Floats, under: Floats) -> Estimate | None:
        """Give a ratio of counts, no surer than if each of them were independent."""
        found = self.ratio(over, under)
        return found and _widened(found, rate_interval(over.sum(), under.sum(), level=LEVEL))

    def of(self, value: float, once: Callable[[Floats], float], used: NDArray[np.bool_]) -> Estimate:
        """Give a figure that each drawn set yields by a function of how often each image was drawn."""
        return self._estimate(value, np.array([once(w) for w in self.weights]), used)

    def _estimate(self, value: float, drawn: Floats, used: NDArray[np.bool_]) -> Estimate:
        """Give the ends between which drawn values lie, if those images that have a say are of more than one site."""
        if len(set(self.sites[used])) < 2 or np.isnan(drawn).all():
            return Estimate(float(value), None, None)
        low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(float(value), float(min(value, low)), float(max(value, high)))


def _widened(found: Estimate, other: tuple[float, float]) -> Estimate:
    low, high = (
        o if mine is None else f(mine, o) for f, mine, o in zip((min, max), (found.low, found.high), other, strict=True)
    )
    return Estimate(found.value, low, high)


def _f1(full: Sequence[Judged], drawn: _Resampled) -> Estimate | None:
    hits, misses, false = (_each(full, n) for n in ("hits", "missed", "false"))
    if not (hits + misses).sum() > 0:
        return None
    found = drawn.ratio(2 * hits, 2 * hits + misses + false)
    shares = rate_interval(hits.sum(), (hits + misses + false).sum(), level=LEVEL)
    low, high = (
        2 * share / (1 + share) for share in shares
    )  # F1 is a function of hits over all that was there or said
    return found and _widened(found, (low, high))


def _ap(full: Sequence[Judged], drawn: _Resampled) -> Estimate | None:
    objects = _each(full, "hits") + _each(full, "missed")
    if not objects.sum() > 0:
        return None
    score, real, owner = scores(full, weak=True)

    def once(weight: Floats) -> float:
        return average_precision(score, real, float(weight @ objects), weight=weight[owner])

    return drawn.of(once(np.ones(len(full))), once, objects > 0)


def _best(full: Sequence[Judged]) -> tuple[float | None, float | None]:
    """Give the greatest F1 over all thresholds, and the score at it."""
    objects = float((_each(full, "hits") + _each(full, "missed")).sum())
    score, real, _ = scores(full, weak=True)
    if not objects or not real.any():
        return None, None
    curve = precision_recall(score, real, objects)
    f1 = 2 * curve.precision * curve.recall / np.maximum(curve.precision + curve.recall, 1e-12)
    return float(f1.max()), float(curve.score[np.argmax(f1)])


def scores(judged: Sequence[Judged], *, weak: bool = False) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp]]:
    """Give score, truth and image of detections, right or wrong; with `weak`, also of those too weak to count."""
    each = [(k, j.found, j.verdicts) for k, j in enumerate(judged)]
    if weak:
        each += [(k, j.weak, j.weak_verdicts) for k, j in enumerate(judged)]
    kept = [np.concatenate([v.hits[:, 1], v.false]) for _, _, v in each]
    score = [found.score[at] for (_, found, _), at in zip(each, kept, strict=True)]
    real = [np.arange(len(at)) < len(v.hits) for (_, _, v), at in zip(each, kept, strict=True)]
    owner = np.repeat(np.array([k for k, *_ in each], np.intp), [len(at) for at in kept])
    return np.concatenate([np.zeros(0), *score]), np.concatenate([np.zeros(0, bool), *real]), owner


def _counts(full: Sequence[Judged], drawn: _Resampled) -> tuple[Estimate | None, ...]:
    """Give the error of counts, absolute and relative, their bias, and how often their intervals hold."""
    said = np.array([len(j.found) for j in full], float)
    true = np.array([j.true_count for j in full], float)
    whole = np.array([j.said["high"] is not None for j in full], float)
    some, off = true > 0, np.abs(said - true)
    return (
        drawn.ratio(off, np.ones(len(full))),
        drawn.ratio(np.where(some, off / np.maximum(true, 1), 0), some.astype(float)),
        drawn.ratio(said - true, true),
        drawn.rate(whole * np.array([holds(j) for j in full], float), whole),
    )


def _width(full: Sequence[Judged]) -> float | None:
    wide = [(j.said["high"] - j.said["low"]) / max(j.true_count, 1) for j in full if j.said["high"] is not None]
    return float(np.mean(wide)) if wide else None


def holds(j: Judged) -> bool:
    """Tell whether the interval that was said holds the true number; of a part of the ground it has no upper end."""
    high = j.said["high"]
    return bool(j.said["low"] <= j.true_count and (high is None or j.true_count <= high))

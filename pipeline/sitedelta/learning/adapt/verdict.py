"""What a student is worth: chosen and judged on images that were held back, and on rendered places for forgetting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.decode import Peaks
from sitedelta.detectors.models import Measured
from sitedelta.learning.detect.labelled import Truth
from sitedelta.learning.detect.measure import LOWEST, Judged, calibration, effective_objects, judge, rates

SPREAD = np.arange(-8, 9) * 0.05
"""Thresholds tried, beside the former one."""
OWN = 0.75
"""Weight of the user's images beside the rendered places when a threshold is chosen."""
MOVED = (0.02, 0.1)
"""F1 that another threshold must bring than the former one, and for each unit of log-odds between them."""
BETTER = 0.002
"""F1 that is given away for a share nearer to the former one."""
AROUND = (-0.2, -0.1, 0.0, 0.1, 0.2)
"""Shares and thresholds are judged over these about their own: on a few images F1 at one threshold goes by luck."""
FORGOTTEN = 0.02
"""F1 on rendered places that may be lost."""
FEW = 3
"""Images of a band below which its rates are worth no more than the former ones were."""
NEAR = 0.75
"""Peaks this near a label, in sizes of it, belong to it."""
NAMED = 3
"""Images that are named where a model got worse."""
KINDS = 5
"""True and false peaks each that a calibration needs."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in one image, beside its labels."""

    gsd_m: float
    truth: Truth
    found: Peaks
    exhaustive: bool = True
    part: int = -1
    """Student that it was held back from; -1 of a rendered place."""
    name: str = ""

    def judged(self, threshold: float) -> Judged:
        """Judge it; where labels are not complete a peak on none of them says nothing."""
        logit, real, missed = judge(self.truth, self.found, threshold)
        return (logit, real, missed) if self.exhaustive else (logit[real], real[real], missed)

    def false_peaks(self, threshold: float) -> NDArray[np.float64]:
        """Give column and row of the peaks that no label explains, in pixels of the image, shape (n, 2)."""
        t, f = self.truth, self.found.take(self.found.logit >= threshold)
        away = np.hypot(f.row[:, None] - t.row, f.col[:, None] - t.col)
        free = ~(away < NEAR * t.size).any(1)
        return np.column_stack([f.col, f.row])[free]


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates over several images."""

    images: int
    objects: int
    found: int
    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> "Rates":
        """Sum up."""
        precision, recall, f1, objects = rates(judged)
        return cls(len(judged), objects, sum(len(j[1]) for j in judged), precision, recall, f1)


@dataclass(frozen=True, slots=True)
class Looked:
    """What networks between the former one and the students found."""

    own: Mapping[float, tuple[Seen, ...]]
    """The user's images by the share of what was learned, each seen by the student that it was held back from."""
    controls: Mapping[float, tuple[Seen, ...]]
    """Rendered places by that share."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A share of what was learned, and a threshold for each band of ground sampling distances."""

    share: float
    thresholds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was gained and lost."""

    choice: Choice
    before: Rates
    after: Rates
    """Of the user's images, each judged by a student, a share and thresholds that were chosen without it."""
    steady_before: float
    steady_after: float
    """The same, F1 as the mean over thresholds `AROUND`."""
    control_before: Rates
    control_after: Rates
    images: tuple[tuple[str, Rates, Rates], ...]
    """Of each image: before and after."""
    bands: tuple[Measured, ...]
    """What is to be written of the new model."""
    worse: str | None = field(default=None)
    """Why it must not be written; None where it may."""


def reach(looked: Looked, bands: Sequence[Measured], *, anew: bool = False) -> Verdict:
    """Choose, judge, and say what the new model's accuracy is.

    Parameters
    ----------
    bands
        Of the former model.
    anew
        True where the new network does not come of the former one, which is only compared with: it is written if it
        finds anything, with the bands alone that the user's images belong to.
    """
    shares = [s for s in looked.own if s or not anew]
    former = tuple(b.threshold for b in bands)
    choice = choose(looked, bands, without=None, shares=shares)
    own = looked.own[0.0]
    formers = [[s.judged(former[_band(s, bands)] + d) for s in own] for d in AROUND]
    afters = _crossed(looked, bands, shares)
    before, after = (group[AROUND.index(0.0)] for group in (formers, afters))
    steady_before, steady_after = (float(np.mean([rates(j)[2] for j in group])) for group in (formers, afters))
    was, now = (
        Rates.of([s.judged(at[_band(s, bands)]) for s in looked.controls[share]])
        for share, at in ((0.0, former), (choice.share, choice.thresholds))
    )
    images = tuple((s.name, Rates.of([b]), Rates.of([a])) for s, b, a in zip(own, before, after, strict=True))
    verdict = Verdict(choice, Rates.of(before), Rates.of(after), steady_before, steady_after, was, now, images, ())
    mine = {_band(s, bands) for s in own if s.truth.counted.any()}
    measured = tuple(
        _measured(k, b, looked, choice, after, bands) for k, b in enumerate(bands) if k in mine or not anew
    )
    return replace(verdict, bands=measured, worse=_useless(verdict) if anew else _worse(verdict, Choice(0.0, former)))


def fallen(verdict: Verdict) -> str:
    """Name the images on which F1 fell most; empty where it fell on none."""
    lost = sorted((a.f1 - b.f1, name, b.f1, a.f1) for name, b, a in verdict.images if a.f1 < b.f1)
    said = ", ".join(f"{name} from {was:.2f} to {now:.2f}" for _, name, was, now in lost[:NAMED])
    return f" (most on {said})" if said else ""


def choose(
    looked: Looked, bands: Sequence[Measured], *, without: int | None, shares: Sequence[float] | None = None
) -> Choice:
    """Choose share and thresholds, not looking at the images held back from one student."""
    best, worth = Choice(0.0, tuple(b.threshold for b in bands)), -np.inf
    for share in sorted(looked.own if shares is None else shares):
        own = [s for s in looked.own[share] if s.part != without]
        thresholds = tuple(_threshold(k, bands, own, looked.controls[share]) for k in range(len(bands)))
        mine = float(np.mean([_f1(own, [t + d for t in thresholds], bands) for d in AROUND]))
        lost = _f1(looked.controls[0.0], tuple(b.threshold for b in bands), bands) - _f1(
            looked.controls[share], thresholds, bands
        )
        value = mine - 10 * max(0.0, lost - FORGOTTEN / 2)
        if value > worth + BETTER:
            best, worth = Choice(share, thresholds), value
    return best


def _band(seen: Seen, bands: Sequence[Measured]) -> int:
    return next((k for k, b in enumerate(bands) if seen.gsd_m <= b.gsd_max), len(bands) - 1)


def _f1(seen: Sequence[Seen], thresholds: Sequence[float], bands: Sequence[Measured]) -> float:
    return rates([s.judged(thresholds[_band(s, bands)]) for s in seen])[2]


def _threshold(k: int, bands: Sequence[Measured], own: Sequence[Seen], controls: Sequence[Seen]) -> float:
    """Choose the threshold of a band: the former one, but for what another is better by over a range about it."""
    former = bands[k].threshold
    mine, rendered = ([s for s in group if _band(s, bands) == k] for group in (own, controls))
    if not any(s.truth.counted.any() for s in mine):
        return former
    worth = [np.mean([_worth(mine, rendered, former + s + d) for d in AROUND]) - _price(s) for s in SPREAD]
    best = max(range(len(SPREAD)), key=lambda k: (round(worth[k], 9), -abs(SPREAD[k])))
    return float(round(former + SPREAD[best], 2))


def _price(moved: float) -> float:
    return MOVED[0] + MOVED[1] * abs(moved) if moved else 0.0


def _worth(own: Sequence[Seen], rendered: Sequence[Seen], threshold: float) -> float:
    first, second = (rates([s.judged(threshold) for s in group])[2] for group in (own, rendered))
    return OWN * first + (1 - OWN) * second


def _crossed(looked: Looked, bands: Sequence[Measured], shares: Sequence[float]) -> list[list[Judged]]:
    """Judge each image by what was chosen without it, for each of the thresholds `AROUND`."""
    own = looked.own[0.0]
    choices = {p: choose(looked, bands, without=p, shares=shares) for p in {s.part for s in own}}
    seen = [(looked.own[choices[s.part].share][k], choices[s.part]) for k, s in enumerate(own)]
    return [[s.judged(made.thresholds[_band(s, bands)] + d) for s, made in seen] for d in AROUND]


def _measured(
    k: int, band: Measured, looked: Looked, choice: Choice, after: Sequence[Judged], bands: Sequence[Measured]
) -> Measured:
    mine = [j for s, j in zip(looked.own[0.0], after, strict=True) if _band(s, bands) == k]
    rates_ = Rates.of(mine)
    if not rates_.objects:
        return _kept(k, band, looked, choice, bands)
    objects = effective_objects([mine]) if len(mine) >= FEW else min(rates_.objects, band.objects)
    slope, offset = _calibrated(k, band, looked, choice, bands)
    return Measured(
        gsd_max=band.gsd_max,
        threshold=choice.thresholds[k],
        slope=round(slope, 3),
        offset=round(offset, 3),
        precision=_rate(rates_.precision),
        recall=_rate(rates_.recall),
        objects=max(1, objects),
        source=f"{rates_.images} images of the user's, each held back in turn; {rates_.objects} labelled objects",
    )


def _rate(value: float) -> float:
    return float(np.clip(round(value, 3), 0.01, 1.0))


def _calibrated(
    k: int, band: Measured, looked: Looked, choice: Choice, bands: Sequence[Measured]
) -> tuple[float, float]:
    seen = [*looked.own[choice.share], *looked.controls[choice.share]]
    low = [s.judged(LOWEST) for s in seen if _band(s, bands) == k and s.exhaustive]
    logit, real = (np.concatenate([j[i] for j in low]) if low else np.zeros(0) for i in (0, 1))
    if min(real.sum(), (1 - real).sum()) < KINDS:
        return band.slope, band.offset
    slope, offset = calibration(logit, real.astype(bool))
    return float(max(slope, 0.1)), float(offset)


def _kept(k: int, band: Measured, looked: Looked, choice: Choice, bands: Sequence[Measured]) -> Measured:
    """Give a band that the user's images say nothing of: as it was, less what rendered places lost there."""
    was, now = (
        Rates.of([s.judged(at) for s in looked.controls[share] if _band(s, bands) == k])
        for share, at in ((0.0, band.threshold), (choice.share, choice.thresholds[k]))
    )
    left = [min(1.0, n / w) if w else 1.0 for w, n in ((was.precision, now.precision), (was.recall, now.recall))]
    said = "; no image of the user's: as before, less what rendered places lost"
    return band.model_copy(
        update={
            "precision": _rate(band.precision * left[0]),
            "recall": _rate(band.recall * left[1]),
            "source": (band.source.removesuffix(said) + said)[-500:],
        }
    )


def _useless(v: Verdict) -> str | None:
    return None if v.after.f1 > 0 else "it finds nothing of what was held back"


def _worse(v: Verdict, former: Choice) -> str | None:
    """Say why it must not be written: nothing helped, or more was lost than one object, or than renders may."""
    if v.choice == former:
        return f"nothing that was learned helped on the images held back (F1 {v.before.f1:.3f} before)"
    if v.after.f1 < v.before.f1 - 1 / max(1, v.before.objects):
        return f"on the images held back F1 fell from {v.before.f1:.3f} to {v.after.f1:.3f}"
    if v.steady_after < v.steady_before:
        return (
            "on the images held back F1 over thresholds around the chosen ones fell from "
            f"{v.steady_before:.3f} to {v.steady_after:.3f}"
        )
    if v.control_after.f1 < v.control_before.f1 - FORGOTTEN:
        return f"on rendered places F1 fell from {v.control_before.f1:.3f} to {v.control_after.f1:.3f}"
    return None

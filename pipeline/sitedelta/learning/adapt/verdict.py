"""What a taught network is worth: judged on images that were held back, and on rendered places for forgetting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sitedelta.detectors.models import Measured
from sitedelta.learning.adapt.last import SURE
from sitedelta.learning.adapt.paired import BEYOND, Paired
from sitedelta.learning.adapt.seen import Rates, Seen, band_of
from sitedelta.learning.adapt.thresholds import AROUND, Thresholds, former
from sitedelta.learning.detect.measure import LOWEST, Judged, effective_objects, rates

FEW = 3
"""Images of a band below which its rates are worth no more than the former ones were."""
NAMED = 3
"""Images that are named where a model got worse."""
FORGOTTEN = 0.02
"""F1 on rendered places that may be lost."""
LOOSE = 1.0
"""Standard deviation of what slope and offset of a calibration are expected to change by."""
ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Sight:
    """What one network found, and the thresholds that it is judged at."""

    own: tuple[Seen, ...]
    """The user's images, each by a network that it was held back from."""
    at: tuple[Thresholds, ...]
    """Of each of these images: thresholds that were chosen without it."""
    controls: tuple[Seen, ...]
    """Rendered places."""
    thresholds: Thresholds
    """Those of the network as it is written."""

    def judged(self, bands: Sequence[Measured], moved: float = 0.0) -> list[Judged]:
        """Judge the user's images, all thresholds moved by so much."""
        return [s.judged(at[band_of(s, bands)] + moved) for s, at in zip(self.own, self.at, strict=True)]

    def steady(self, bands: Sequence[Measured]) -> float:
        """Give F1 as the mean over thresholds `AROUND`."""
        return float(np.mean([rates(self.judged(bands, d))[2] for d in AROUND]))

    def paired(self, bands: Sequence[Measured]) -> list[tuple[Seen, float]]:
        """Give each of the user's images with its threshold."""
        return [(s, at[band_of(s, bands)]) for s, at in zip(self.own, self.at, strict=True)]

    def rendered(self, bands: Sequence[Measured], k: int | None = None) -> Rates:
        """Give rates on rendered places, of one band where its number is given."""
        chosen = [s for s in self.controls if k is None or band_of(s, bands) == k]
        return Rates.of([s.judged(self.thresholds[band_of(s, bands)]) for s in chosen])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was gained and lost."""

    before: Rates
    after: Rates
    """Of the user's images, each judged by a network and thresholds that were chosen without it."""
    steady_before: float
    steady_after: float
    """The same, F1 as the mean over thresholds `AROUND`."""
    paired: Paired
    """Both, mistake by mistake."""
    control_before: Rates
    control_after: Rates
    images: tuple[tuple[str, Rates, Rates], ...]
    """Of each image: before and after."""
    bands: tuple[Measured, ...]
    """What is to be written of the new model."""
    worse: str | None = None
    """Why it must not be written; None where it may."""


def reach(before: Sight, after: Sight, bands: Sequence[Measured], *, anew: bool = False) -> Verdict:
    """Judge, and say what the new model's accuracy is.

    Parameters
    ----------
    bands
        Of the former model.
    anew
        True where the new network does not come of the former one, which is only compared with: it is written if it
        finds anything, with the bands alone that the user's images belong to.
    """
    was, now = before.judged(bands), after.judged(bands)
    mine = {band_of(s, bands) for s in after.own if s.truth.counted.any()}
    verdict = Verdict(
        Rates.of(was),
        Rates.of(now),
        before.steady(bands),
        after.steady(bands),
        Paired.of(before.paired(bands), after.paired(bands)),
        before.rendered(bands),
        after.rendered(bands),
        tuple((s.name, Rates.of([b]), Rates.of([a])) for s, b, a in zip(after.own, was, now, strict=True)),
        tuple(_measured(k, before, after, now, bands) for k in range(len(bands)) if k in mine or not anew),
    )
    return replace(verdict, worse=_useless(verdict) if anew else _worse(verdict))


def untaught(own: Sequence[Seen], controls: Sequence[Seen], bands: Sequence[Measured]) -> Sight:
    """Give what the former network found, at its thresholds."""
    at = former(bands)
    return Sight(tuple(own), (at,) * len(own), tuple(controls), at)


def fallen(verdict: Verdict) -> str:
    """Name the images on which F1 fell most; empty where it fell on none."""
    lost = sorted((a.f1 - b.f1, name, b.f1, a.f1) for name, b, a in verdict.images if a.f1 < b.f1)
    said = ", ".join(f"{name} from {was:.2f} to {now:.2f}" for _, name, was, now in lost[:NAMED])
    return f" (most on {said})" if said else ""


def _measured(k: int, before: Sight, after: Sight, now: Sequence[Judged], bands: Sequence[Measured]) -> Measured:
    band = bands[k]
    mine = [j for s, j in zip(after.own, now, strict=True) if band_of(s, bands) == k]
    rates_ = Rates.of(mine)
    if not rates_.objects:
        return _kept(k, before, after, bands)
    objects = effective_objects([mine]) if len(mine) >= FEW else min(rates_.objects, band.objects)
    slope, offset = _calibrated(k, after, bands)
    return Measured(
        gsd_max=band.gsd_max,
        threshold=after.thresholds[k],
        slope=round(slope, 3),
        offset=round(offset, 3),
        precision=_rate(rates_.precision),
        recall=_rate(rates_.recall),
        objects=max(1, objects),
        source=f"{rates_.images} images of the user's, each held back in turn; {rates_.objects} labelled objects",
    )


def _rate(value: float) -> float:
    return float(np.clip(round(value, 3), 0.01, 1.0))


def _calibrated(k: int, after: Sight, bands: Sequence[Measured]) -> tuple[float, float]:
    """Calibrate anew, held near the former calibration: a few peaks say little."""
    seen = [*after.own, *after.controls]
    low = [s.judged(LOWEST) for s in seen if band_of(s, bands) == k and s.exhaustive]
    logit, real = (np.concatenate([j[i] for j in low]) if low else np.zeros(0) for i in (0, 1))
    x, former_ = np.column_stack([logit, np.ones(len(logit))]), np.array([bands[k].slope, bands[k].offset])
    found = former_.copy()
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -SURE, SURE)))
        uphill = x.T @ (p - real) + (found - former_) / LOOSE**2
        found -= np.linalg.solve((x.T * (p * (1 - p))) @ x + np.eye(2) / LOOSE**2, uphill)
    return float(max(found[0], 0.1)), float(found[1])


def _kept(k: int, before: Sight, after: Sight, bands: Sequence[Measured]) -> Measured:
    """Give a band that the user's images say nothing of: as it was, less what rendered places lost there."""
    band, was, now = bands[k], before.rendered(bands, k), after.rendered(bands, k)
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


def _worse(v: Verdict) -> str | None:
    """Say why it must not be written: it got worse beyond chance, or over a range of thresholds, or forgot."""
    if v.paired.chance_worse < BEYOND:
        return f"on the images held back F1 went from {v.before.f1:.3f} to {v.after.f1:.3f}: {v.paired.said()}"
    if v.steady_after < v.steady_before:
        return (
            "on the images held back F1 over thresholds around the former ones fell from "
            f"{v.steady_before:.3f} to {v.steady_after:.3f}"
        )
    if v.control_after.f1 < v.control_before.f1 - FORGOTTEN:
        return f"on rendered places F1 fell from {v.control_before.f1:.3f} to {v.control_after.f1:.3f}"
    return None

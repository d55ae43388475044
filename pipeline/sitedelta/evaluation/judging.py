"""One class in one image: what is there, what was found, and what was said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.protocol import Detections
from rasterdelta.display import Stretch
from rasterdelta.scoring import Verdicts, judge
from sitedelta.counts.claims import LIMITS, Claim, claim
from sitedelta.counts.counting import count_scenes
from sitedelta.evaluation.cases import Case
from sitedelta.evaluation.labels import Labels
from sitedelta.imagery.prepare import Prepared, prepare
from sitedelta.progress import silent
from sitedelta.verbs.count import statement

Rule = Literal["claimed", "any length"]
"""Which objects count: those of which counting speaks at this ground sampling distance, or all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One class in one image, by one rule."""

    case: Case
    label: str
    rule: Rule
    within: bool
    """False: beyond the ground sampling distance at which counting speaks of the class."""
    said: dict[str, Any]
    """What counting says: status, count, low, high, reason."""
    stretch: Stretch
    """How the image is shown."""
    pixel_m: float
    km2: float
    """Ground that was seen."""
    labels: Labels
    """Of the class, and those that may be of any."""
    counted: NDArray[np.bool_]
    """False: neither a miss nor a false alarm."""
    hidden: int
    """Labels where counting says that nothing can be seen."""
    short: int
    """Labels of objects shorter than counting speaks of."""
    found: Detections
    """What counts."""
    verdicts: Verdicts
    weak: Detections
    """What is too weak to count: it tells what another threshold would give."""
    weak_verdicts: Verdicts
    """On the labels that `found` leaves over; indices are those of `labels` and of `weak`."""

    @property
    def gsd_m(self) -> float:
        """Ground sampling distance of the image, or the one that was asked for."""
        return self.case.gsd_m

    @property
    def observable(self) -> bool:
        """False where counting gives no number."""
        return self.said["count"] is not None

    @property
    def true_count(self) -> int:
        """How many there are, of those that a count is to hold: with those that need not be found, but were."""
        return int(self.counted.sum()) + len(self.verdicts.excused)


def count_cases(
    cases: Sequence[Case], labels: Sequence[str], *, sweep: bool, jobs: int, model: Path | None
) -> list[Judged]:
    """Count images as `sitedelta count` does, and judge what it finds.

    Parameters
    ----------
    sweep
        True: also where counting would say *not observable*, and also objects too short for it to speak of.
    """
    prepared = [prepare(c.scene) for c in cases]
    claims = [tuple(_lifted(k) if sweep else claim(k, c.scene.gsd_m, kind=c.scene.kind) for k in labels) for c in cases]
    found = count_scenes(prepared, claims, jobs=jobs, progress=silent, model=model, weak=True)
    return [
        judged
        for case, p, asked, objects in zip(cases, prepared, claims, found, strict=True)
        for c in asked
        for judged in _judged(case, p, c, objects.take(objects.label == c.label), model, sweep=sweep)
    ]


def _lifted(label: str) -> Claim:
    return Claim(label, observable=True, min_length_m=0.0, reason=None)


def _judged(
    case: Case, prepared: Prepared, asked: Claim, found: Detections, model: Path | None, *, sweep: bool
) -> Iterator[Judged]:
    if not sweep:
        yield _judge(case, prepared, asked, found, model, "claimed")
        return
    bound = round(LIMITS[asked.label].pixels_along * case.gsd_m, 1)
    sized = replace(asked, min_length_m=bound)
    yield _judge(case, prepared, sized, found.take(found.length_m >= sized.least_m), model, "claimed")
    yield _judge(case, prepared, asked, found, model, "any length")


def _judge(case: Case, prepared: Prepared, asked: Claim, every: Detections, model: Path | None, rule: Rule) -> Judged:
    found, weak = every.take(every.sure), every.take(~every.sure)
    mine = case.labels.take(np.isin(case.labels.label, (asked.label, "")))
    long = mine.length_px * prepared.pixel_m >= asked.min_length_m
    seen = prepared.clear.at(mine.row, mine.col)
    sure = mine.clear & (mine.label == asked.label)
    counted = sure & long & seen
    said = statement(str(case.image.path), prepared, (asked,), found, model)["classes"][asked.label]
    verdicts = _verdicts(mine, found, counted)
    share = float(prepared.clear.mask.mean())
    return Judged(
        case=case,
        label=asked.label,
        rule=rule,
        within=claim(asked.label, case.gsd_m, kind=case.scene.kind).observable,
        said=said,
        stretch=prepared.stretch,
        pixel_m=prepared.pixel_m,
        km2=share * case.scene.width * case.scene.height * prepared.pixel_m**2 / 1e6,
        labels=mine,
        counted=counted,
        hidden=int((sure & long & ~seen).sum()),
        short=int((sure & ~long).sum()),
        found=found,
        verdicts=verdicts,
        weak=weak,
        weak_verdicts=_left_over(mine, weak, counted, verdicts),
    )


def _verdicts(labels: Labels, found: Detections, counted: NDArray[np.bool_]) -> Verdicts:
    places = np.column_stack([labels.row, labels.col]), labels.length_px, np.column_stack([found.row, found.col])
    return judge(*places, counted=counted)


def _left_over(labels: Labels, weak: Detections, counted: NDArray[np.bool_], taken: Verdicts) -> Verdicts:
    """Judge weak detections by the labels that no detection which counts has."""
    left = np.setdiff1d(np.arange(len(labels)), taken.hits[:, 0])
    v = _verdicts(labels.take(left), weak, counted[left])
    hits = np.column_stack([left[v.hits[:, 0]], v.hits[:, 1]])
    return Verdicts(hits, left[v.missed], v.false, v.excused)

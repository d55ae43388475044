"""What a network found in one image, beside its labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rasterdelta import scoring
from rasterdelta.detect.decode import Peaks
from sitedelta.detectors.models import Measured
from sitedelta.learning.adapt.last import Lesson
from sitedelta.learning.detect.labelled import Truth
from sitedelta.learning.detect.measure import Judged, judge, rates

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in one image, beside its labels."""

    gsd_m: float
    truth: Truth
    found: Peaks
    exhaustive: bool = True
    part: int = -1
    """It is held back together with the other images of this part; -1 of a rendered place."""
    name: str = ""
    values: Floats = field(default_factory=_none, compare=False)
    """What the last layer was given at each peak; empty where that was not noted."""

    def judged(self, threshold: float) -> Judged:
        """Judge it; where labels are not complete a peak on none of them says nothing."""
        logit, real, missed = judge(self.truth, self.found, threshold)
        return (logit, real, missed) if self.exhaustive else (logit[real], real[real], missed)

    def mistakes(self, threshold: float) -> tuple[frozenset[int], int]:
        """Give the numbers of the labels that were missed, and how many peaks are false."""
        said = self._matched(self.found.logit >= threshold)
        return frozenset(said.missed.tolist()), len(said.false) if self.exhaustive else 0

    def lesson(self, band: Measured) -> Lesson:
        """Give what there is to learn from: peaks that are real, or false as far as labels are complete."""
        said = self._matched(np.ones(len(self.found.logit), bool))
        hits = said.hits[:, 1]
        kept = np.concatenate([hits, said.false]) if self.exhaustive else hits
        slope, offset = (np.full(len(kept), n) for n in (band.slope, band.offset))
        return Lesson(self.found.logit[kept], self.values[kept], np.isin(kept, hits), slope, offset)

    def moved(self, change: Floats) -> "Seen":
        """Give it as another last layer would have it: the same peaks with other log-odds."""
        return replace(self, found=replace(self.found, logit=self.found.logit + self.values @ change))

    def _matched(self, chosen: NDArray[np.bool_]) -> scoring.Verdicts:
        """Match the chosen peaks to the labels."""
        row, col, size, counted = self.truth
        at = np.column_stack([self.found.row, self.found.col])[chosen]
        said = scoring.judge(np.column_stack([row, col]), size, at, counted=counted)
        number = np.flatnonzero(chosen)
        hits = np.column_stack([said.hits[:, 0], number[said.hits[:, 1]]])
        return scoring.Verdicts(hits, said.missed, number[said.false], number[said.excused])


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


def band_of(seen: Seen, bands: Sequence[Measured]) -> int:
    """Give the number of the band of ground sampling distances that an image belongs to."""
    return next((k for k, b in enumerate(bands) if seen.gsd_m <= b.gsd_max), len(bands) - 1)

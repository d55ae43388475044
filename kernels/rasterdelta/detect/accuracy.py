"""Measured accuracy, threshold and calibration for each class and band of ground sampling distances."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from rasterdelta.detect.protocol import Accuracy
from rasterdelta.errors import KernelError


@dataclass(frozen=True, slots=True)
class Band:
    """What was measured for one class up to one ground sampling distance."""

    label: str
    gsd_max_m: float
    threshold: float
    """Log-odds of the scorer from which a peak is called an object."""
    slope: float
    offset: float
    """Probability of being real = logistic(slope * log-odds + offset)."""
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class Table:
    """All bands, ordered by class and ground sampling distance."""

    bands: tuple[Band, ...]

    def band(self, label: str, gsd_m: float) -> Band:
        """Give the band that holds a ground sampling distance; beyond the coarsest, the coarsest."""
        mine = [b for b in self.bands if b.label == label]
        if not mine:
            raise KernelError(f"no accuracy was measured for class {label!r}")
        return next((b for b in mine if gsd_m <= b.gsd_max_m), mine[-1])

    @classmethod
    def from_csv(cls, lines: Iterable[str]) -> Self:
        """Read rows of class, gsd_max_m, threshold, slope, offset, precision, recall, objects, source."""
        bands = [
            Band(
                r["class"],
                float(r["gsd_max_m"]),
                float(r["threshold"]),
                float(r["slope"]),
                float(r["offset"]),
                Accuracy(float(r["precision"]), float(r["recall"]), int(r["objects"]), r["source"]),
            )
            for r in csv.DictReader(lines)
        ]
        return cls(tuple(sorted(bands, key=lambda b: (b.label, b.gsd_max_m))))

"""What may be said of a found object beside its class: its sub-class, where that is sure, and how good its size is."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SURE: Final = 0.9
"""Probability from which a sub-class is told."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What was measured of one class up to one ground sampling distance."""

    label: str
    gsd_max_m: float
    length_sd: float
    width_sd: float
    """Standard deviations of measured over true, as logarithms; what is systematic is part of them."""
    subclass: str
    other: str
    """The sub-class that the network's map stands for, and what the others are called; empty where that misleads."""
    slope: float
    offset: float
    """Probability of the sub-class = logistic(slope * log-odds + offset)."""
    source: str

    def told(self, logit: Floats) -> tuple[NDArray[np.str_], Floats]:
        """Name the sub-class of each object and its probability; empty and NaN where neither is sure.

        Parameters
        ----------
        logit : ndarray of shape (n,)
            Log-odds of the sub-class, as the network gives them.
        """
        p = 1 / (1 + np.exp(-(self.slope * logit + self.offset)))
        names = np.select([p >= SURE, p <= 1 - SURE], [self.subclass, self.other], "")
        return names.astype("<U24"), np.where(names == "", np.nan, np.maximum(p, 1 - p))


@dataclass(frozen=True, slots=True)
class Details:
    """All bands, ordered by class and ground sampling distance."""

    bands: tuple[Detail, ...]

    def at(self, label: str, gsd_m: float) -> Detail | None:
        """Give what holds at a ground sampling distance; None for what was not measured."""
        return next((b for b in self.bands if b.label == label and gsd_m <= b.gsd_max_m), None)

    @classmethod
    def from_csv(cls, lines: Iterable[str]) -> Self:
        """Read rows of class, gsd_max_m, length_sd, width_sd, subclass, other, slope, offset, source."""
        bands = [
            Detail(
                r["class"],
                float(r["gsd_max_m"]),
                float(r["length_sd"]),
                float(r["width_sd"]),
                r["subclass"],
                r["other"],
                float(r["slope"]),
                float(r["offset"]),
                r["source"],
            )
            for r in csv.DictReader(lines)
        ]
        return cls(tuple(sorted(bands, key=lambda b: (b.label, b.gsd_max_m))))


NONE_MEASURED: Final = Details(())

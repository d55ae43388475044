"""Whether an alignment can be trusted. A wrong alignment is worse than none: every test must pass."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from rasterdelta.types import FloatArray

FEWEST: Final = 12
"""Fewest agreeing tie points."""
CHANCE: Final = 1e-6
"""Largest expected number of models in noise that agree as well."""
SUPPORT: Final = 0.55
"""Least share of the common ground which both images show, with agreeing points nearby. Clear dates of one place have
0.65 and more, over seasons, sensors and relief; two thirds under cloud leave half at most, as its edges match too."""
STANDS_OUT: Final = 8.0
"""Least height of the correlation at the alignment, in standard deviations of the correlation at shifted controls."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an alignment."""

    inliers: int
    chance: float
    support: float
    """Share of the ground that both images cover which both show, with agreeing points nearby."""
    stands_out: float
    """Height of the mean correlation surface at lag 0, in standard deviations of its far lags."""
    held_out_px: float
    """Median error of held-out points, in pixels of the level."""
    way_back_px: float
    """Median distance by which points of the moving image, found in the reference and taken back by the alignment, miss
    where they started, in pixels of the level."""
    tolerance_px: float
    """Largest distance of an agreeing point, in pixels of the level: chance would put the two above at 1.4 times it."""

    def objection(self) -> str | None:
        """Say why the alignment cannot be trusted, or None."""
        objections = (
            (self.inliers < FEWEST, f"only {self.inliers} places look alike in both images ({FEWEST} are needed)"),
            (
                not self.chance <= CHANCE,
                f"the {self.inliers} places that look alike do not agree better than chance would",
            ),
            (
                self.support < SUPPORT,
                f"places that look alike cover only {self.support:.0%} of the common ground ({SUPPORT:.0%} are needed)",
            ),
            (self.stands_out < STANDS_OUT, "the aligned images are not more alike than shifted ones"),
            (
                not self.held_out_px <= self.tolerance_px,
                f"points held out of the fit disagree with it by {self.held_out_px:.1f} pixels",
            ),
            (
                not self.way_back_px <= self.tolerance_px,
                f"the way there and back misses its start by {self.way_back_px:.1f} pixels",
            ),
        )
        return next((reason for applies, reason in objections if applies), None)


def stands_out(surface: FloatArray) -> float:
    """Compare the mean correlation surface near lag 0 with its far lags: the shifted controls."""
    side = len(surface)
    middle = side // 2
    lag = np.abs(np.arange(side) - middle)
    far = np.maximum(lag[:, None], lag[None]) >= 8
    far &= np.maximum(lag[:, None], lag[None]) <= 3 * side // 8
    peak = float(surface[middle - 1 : middle + 2, middle - 1 : middle + 2].max())
    spread = float(surface[far].std())
    highest = float(surface[far].max())
    return (peak - float(surface[far].mean())) / spread if spread > 0 and peak > highest else 0.0

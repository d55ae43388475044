"""Whether an alignment can be trusted. A wrong alignment is worse than none: every test must pass."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.plane import Level
from rasterdelta.registration.warp import Positions
from rasterdelta.types import FloatArray

FEWEST: Final = 12
"""Fewest agreeing tie points."""
CHANCE: Final = 1e-6
"""Largest expected number of models in noise that agree as well."""
SUPPORT: Final = 0.15
"""Least share of the common ground with agreeing points nearby."""
STANDS_OUT: Final = 8.0
"""Least height of the correlation at the alignment, in standard deviations of the correlation at shifted controls."""
CELLS: Final = 12


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an alignment."""

    inliers: int
    chance: float
    support: float
    """Share of the common ground with agreeing points nearby."""
    stands_out: float
    """Height of the mean correlation surface at lag 0, in standard deviations of its far lags."""
    held_out_px: float
    """Median error of held-out points, in pixels of the level."""

    def objection(self) -> str | None:
        """Say why the alignment cannot be trusted, or None."""
        if self.inliers < FEWEST:
            return f"only {self.inliers} places look alike in both images ({FEWEST} are needed)"
        if self.chance > CHANCE:
            return f"the {self.inliers} places that look alike do not agree better than chance would"
        if self.support < SUPPORT:
            return f"places that look alike cover only {self.support:.0%} of the common ground"
        if self.stands_out < STANDS_OUT:
            return "the aligned images are not more alike than shifted ones"
        if self.held_out_px > 1.0:
            return f"points held out of the fit disagree with it by {self.held_out_px:.1f} pixels"
        return None


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


def support(col: Positions, row: Positions, inlier: NDArray[np.bool_], ground: Level) -> tuple[float, float]:
    """Give the shares of the measured ground and of the reference's valid ground near agreeing points.

    Parameters
    ----------
    col, row : ndarray of shape (n,)
        Every tie point's place, in pixels of the reference.
    inlier : bool ndarray of shape (n,)
        True = agreeing.
    ground : Level
        Of the reference.
    """
    valid, factor = ground.valid, ground.factor
    cell = max(1.0, max(valid.shape) * factor / CELLS)
    shape = tuple(int(n * factor // cell) + 1 for n in valid.shape)
    at = (
        np.clip((row // cell).astype(np.intp), 0, shape[0] - 1),
        np.clip((col // cell).astype(np.intp), 0, shape[1] - 1),
    )
    total, agreeing = np.zeros(shape), np.zeros(shape)
    np.add.at(total, at, 1)
    np.add.at(agreeing, at, inlier)
    rows, cols = (
        np.clip((np.arange(n) * factor // cell).astype(np.intp), 0, s - 1)
        for n, s in zip(valid.shape, shape, strict=True)
    )
    area = np.zeros(shape)
    np.add.at(area, np.ix_(rows, cols), valid)
    # One chance hit in a cell of many points is no support.
    good = (agreeing >= 1) & (agreeing >= 0.1 * total)
    measured = float((area * (total > 0)).sum())
    hit = float((area * good).sum())
    return (hit / measured if measured else 0.0), (hit / float(area.sum()) if area.sum() else 0.0)

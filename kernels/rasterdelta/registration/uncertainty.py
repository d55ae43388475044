"""How well the place of a tie point is known."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.result import Alignment
from rasterdelta.registration.warp import Positions

CLASSES: Final = 10
FEWEST: Final = 10
"""Points of a class."""
RAYLEIGH_MEDIAN: Final = float(np.sqrt(2 * np.log(2)))
"""Median distance of a point whose two errors are normal with a standard deviation of 1."""


def uncertainty(found: Alignment) -> Positions:
    """Give the standard deviation of each tie point's place an axis, in reference pixels, from what its like miss.

    Notes
    -----
    The median distance of agreeing points from the model, divided by that of the Rayleigh distribution, over classes of
    like quality; it does not grow with quality. What the model leaves of relief is part of it; NaN without points.
    """
    p = found.points
    dcol, drow = found.displacement(p.row.astype(np.float32), p.col.astype(np.float32))
    return _by_quality(p.quality, np.hypot(p.dcol - dcol, p.drow - drow), p.inlier)


def _by_quality(quality: Positions, distance: Positions, inlier: NDArray[np.bool_]) -> Positions:
    if not inlier.any():
        return np.full(len(quality), np.nan)
    q, d = quality[inlier], distance[inlier]
    classes = np.array_split(np.argsort(q, kind="stable"), max(1, min(CLASSES, len(q) // FEWEST)))
    middle = np.array([np.median(q[c]) for c in classes])
    sigma = np.array([np.median(d[c]) for c in classes]) / RAYLEIGH_MEDIAN
    falling = np.maximum.accumulate(sigma[::-1])[::-1]
    return np.asarray(np.interp(quality, middle, falling))

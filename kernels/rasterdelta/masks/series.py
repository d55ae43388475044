"""Clear dates of a series, from a vegetation index alone: cloud lowers it below what the season lets expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.masks.margins import grow
from rasterdelta.types import FloatArray

FEWEST: Final = 12
"""Dates that a season needs."""
_YEAR: Final = 365.25
_HARMONICS: Final = 2
_LOW: Final = 4.0
_EDGE: Final = 2.0
"""Robust standard deviations below the season."""
_ALIKE: Final = 0.5
"""From this correlation with the season's pattern on, the ground shows, however low the index: snow, drought."""
_UNLIKE: Final = 0.25
"""Below it nothing of the ground shows."""
_NOISE: Final = 0.03
"""Least standard deviation of the index that is counted with: years and weeks differ as much."""
_SMOOTH_PX: Final = 1.5
_AROUND_PX: Final = 6.0
_MARGIN_PX: Final = 2.0


@dataclass(frozen=True, slots=True)
class ClearDates:
    """Where a series shows the ground."""

    clear: NDArray[np.bool_]
    """Shape (date, row, column): True = clear."""
    season: FloatArray
    """Shape (date, row, column): the index that a clear date would have."""
    spread: float
    """Robust standard deviation of clear values about the season."""

    @property
    def share(self) -> NDArray[np.float64]:
        """Share of each date that is clear, shape (date,)."""
        return np.asarray(self.clear.mean(axis=(1, 2)))


def clear_dates(index: FloatArray, days: Sequence[float] | NDArray[np.float64]) -> ClearDates:
    """Tell the clear pixels of a series of a vegetation index.

    Parameters
    ----------
    index : float32 ndarray of shape (date, row, column)
        Normalised difference vegetation index, -1 to 1; NaN where nothing was seen.
    days : sequence of float, shape (date,)
        When, in days of any origin.

    Returns
    -------
    ClearDates

    Raises
    ------
    KernelError
        Where shapes disagree.
    NotEnoughData
        Where fewer than 12 dates are given.

    Notes
    -----
    Cloud, its shadow's noise apart, only lowers the index. The season of each pixel is therefore an upper envelope: a
    constant and two harmonics of a year, fitted by least squares from which the dates below the curve are dropped in
    turn [1]_, with a slight ridge so that months without a clear date cannot swing. A pixel is covered where the index
    lies 4 robust standard deviations below its season and the pattern around it is not that of the season (correlation
    below 0.5), or where it lies 2 below and no pattern is left (below 0.25), with a margin of 2 pixels. Snow, harvest
    and drought lower the index but leave the pattern. Thin cloud through which the ground shows passes for clear.

    References
    ----------
    .. [1] Roerink, G. J., Menenti, M., Verhoef, W. (2000). Reconstructing cloudfree NDVI composites using Fourier
       analysis of time series. DOI 10.1080/014311600209814
    """
    when = np.asarray(days, np.float64)
    if index.ndim != 3 or len(index) != len(when):
        raise KernelError(f"the index has shape {index.shape}, and {len(when)} days are given")
    if len(when) < FEWEST:
        raise NotEnoughData(f"a season needs {FEWEST} dates, not {len(when)}")
    values = index.reshape(len(when), -1).astype(np.float64)
    known = np.isfinite(values)
    season, spread = _envelope(np.where(known, values, 0.0), known, _waves(when))
    expected = season.reshape(index.shape).astype(np.float32)
    shown = np.where(known.reshape(index.shape), index, np.float32(-1))
    low = ((shown - expected) / np.float32(spread)).astype(np.float32)
    clear = np.stack([_clear(a, _likeness(b, c)) for a, b, c in zip(low, shown, expected, strict=True)])
    return ClearDates(clear & known.reshape(index.shape), expected, float(spread))


def _waves(days: NDArray[np.float64]) -> NDArray[np.float64]:
    angle = 2 * np.pi * days / _YEAR
    waves = [f(k * angle) for k in range(1, _HARMONICS + 1) for f in (np.cos, np.sin)]
    return np.stack([np.ones_like(angle), *waves], axis=1)


def _envelope(
    values: NDArray[np.float64], known: NDArray[np.bool_], waves: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Fit the upper envelope of each pixel: values of shape (date, pixel); gives the season and the spread about it."""
    weight = known.astype(np.float64)
    season, spread = np.zeros_like(values), 1.0
    for _ in range(12):
        season = _fitted(values, weight, waves)
        off = values - season
        kept = off[weight > 0.5]
        spread = max(_NOISE, 1.4826 * float(np.median(np.abs(kept - np.median(kept)))) if kept.size else _NOISE)
        now = known & (off > -1.5 * spread)
        enough = now.sum(axis=0) >= waves.shape[1] + 2
        weight = np.where(enough, now, weight > 0.5).astype(np.float64)
    return season, spread


def _fitted(
    values: NDArray[np.float64], weight: NDArray[np.float64], waves: NDArray[np.float64]
) -> NDArray[np.float64]:
    terms = waves.shape[1]
    products = (waves[:, :, None] * waves[:, None, :]).reshape(len(waves), -1)
    left = (weight.T @ products).reshape(-1, terms, terms)
    ridge = np.diag([0.0, *[0.3] * (terms - 1)])
    right = (weight * values).T @ waves
    coefficients = np.linalg.solve(left + ridge + 1e-9 * np.eye(terms), right[..., None])[..., 0]
    season: NDArray[np.float64] = waves @ coefficients.T
    return season


def _clear(low: FloatArray, alike: FloatArray) -> NDArray[np.bool_]:
    """Give what is clear of one date, from how many spreads below its season each pixel lies and its likeness to it."""
    smooth = cv2.GaussianBlur(low, (0, 0), _SMOOTH_PX)
    covered = (smooth < -_LOW) & (alike < _ALIKE)
    lowered = (smooth < -_EDGE) & (alike < _UNLIKE)
    return np.asarray(~grow(covered | lowered, _MARGIN_PX))


def _likeness(values: FloatArray, season: FloatArray) -> FloatArray:
    """Give the correlation of one date with its season around each pixel; 0 where the season is flat."""
    mean_a, mean_b = (cv2.GaussianBlur(p, (0, 0), _AROUND_PX) for p in (values, season))
    a, b = values - mean_a, season - mean_b
    aa, bb, ab = (cv2.GaussianBlur(p, (0, 0), _AROUND_PX) for p in (a * a, b * b, a * b))
    found: FloatArray = ab / np.sqrt(np.maximum(aa * bb, np.float32(1e-8)))
    return found

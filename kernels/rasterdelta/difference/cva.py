"""Change vector analysis, robustly normalised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from rasterdelta.difference.pixels import gaussian_halo, pool, pool_scores, seen, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.threshold import MAD_TO_SIGMA, chi_threshold
from rasterdelta.types import FloatArray, Image, Mask, Plane


@dataclass(frozen=True, slots=True)
class Cva:
    """Fitted centre and spread of the differences where nothing changed."""

    centre: FloatArray
    """Median difference, shape (band, 1, 1)."""
    weight: FloatArray
    """One over the spread of the differences, 0 for a band that never differs; shape (band, 1, 1)."""
    sigma: float
    """Standard deviation in pixels of the Gaussian mean of the magnitude; 0 for none."""
    threshold: float
    """On the magnitude of the change vector in spreads."""
    false_alarm_rate: float
    """Chi-square probability above the threshold, for independent normal differences without change."""
    notes: str
    """What was fitted, on how much."""
    method: Literal["cva"] = "cva"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return gaussian_halo(self.sigma)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the magnitude of the normalised change vector, float32, NaN where not valid."""
        magnitude = _magnitude(self.centre, self.weight, before, after)
        return smooth(magnitude, valid & np.isfinite(magnitude), sigma=self.sigma)


def fit(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.01, sigma: float = 0.8) -> Cva:
    """Fit change vector analysis on blocks of a pair.

    Each band's difference is centred on its median and divided by its spread (median absolute deviation), which
    change on less than half of the area hardly moves.

    Parameters
    ----------
    samples
        Blocks of the pair; both dates have the same bands.
    gsd_m
        Ground sampling distance; not used, any will do.
    false_alarm_rate
        Upper bound: the threshold is the lower of Kittler-Illingworth's and Otsu's, or the chi-square quantile of
        this rate where that is higher.
    sigma
        Standard deviation, in pixels, of the Gaussian mean of the magnitude; 0 for none.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.

    References
    ----------
    Malila (1980), Change vector analysis: an approach for detecting forest changes with Landsat.
    """
    del gsd_m
    before, after = pool(samples)
    centre, spread = _centre_and_spread(after - before)
    weight = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    dof = max(1, int((weight > 0).sum()))
    scored = [smooth(_magnitude(centre, weight, s.before, s.after), seen(s), sigma=sigma) for s in samples]
    threshold = chi_threshold(pool_scores(scored), dof, false_alarm_rate)
    notes = f"Change vectors of {dof} bands, centre and spread from {before.shape[1]} pixels."
    return Cva(centre, weight, sigma, threshold, float(chdtrc(dof, threshold**2)), notes)


def _centre_and_spread(difference: FloatArray) -> tuple[FloatArray, FloatArray]:
    centre = np.median(difference, axis=1, keepdims=True)
    away = np.abs(difference - centre)
    spread = np.float32(MAD_TO_SIGMA) * np.median(away, axis=1, keepdims=True)
    # most pixels identical (quantised or saturated): the root mean square still tells the scale
    spread = np.where(spread > 0, spread, np.sqrt(np.mean(away**2, axis=1, keepdims=True)))
    return centre[..., None], spread[..., None]


def _magnitude(centre: FloatArray, weight: FloatArray, before: Image, after: Image) -> Plane:
    total = np.zeros(before.shape[1:], np.float32)
    for c, w, b, a in zip(centre, weight, before, after, strict=True):
        step = a - b
        step -= c
        step *= w
        step *= step
        total += step
    return np.sqrt(total, out=total)

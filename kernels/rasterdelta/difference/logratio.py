"""Log ratio of amplitudes, for radar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from rasterdelta.difference.pixels import box_mean, gaussian_halo, pool, pool_scores, seen, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold import MAD_TO_SIGMA, otsu
from rasterdelta.types import FloatArray, Image, Mask, Plane

FLOOR_SHARE = 0.05
"""Share of the median amplitude added to both dates: below it the ratio is noise over noise."""


@dataclass(frozen=True, slots=True)
class LogRatio:
    """Fitted gain between two amplitude images and the noise floor of their ratio."""

    floor: float
    """Added to the amplitude of both dates."""
    centre: float
    """Median of log(after / before): the gain between the dates."""
    window: int
    """Side in pixels of the square over which amplitudes are averaged against speckle."""
    sigma: float
    """Standard deviation in pixels of the Gaussian mean of the log ratio; 0 for none."""
    threshold: float
    """On the absolute log ratio."""
    false_alarm_rate: float
    """Probability above the threshold for a normal log ratio as wide as the bulk's."""
    notes: str
    """What was fitted, on how much."""
    method: Literal["sar"] = "sar"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return self.window // 2 + gaussian_halo(self.sigma)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the absolute log ratio, mean over the bands, float32, NaN where not valid."""
        valid = seen(PairSample(before, after, valid))
        ratio = _ratio(before, after, valid, self.floor, self.window) - np.float32(self.centre)
        return np.abs(smooth(ratio, valid, sigma=self.sigma))


def fit(
    samples: Sequence[PairSample],
    *,
    gsd_m: float,
    false_alarm_rate: float = 0.01,
    window: int = 3,
    sigma: float = 1.0,
) -> LogRatio:
    """Fit the log ratio on blocks of a pair of amplitude (or intensity) images.

    Parameters
    ----------
    samples
        Blocks of the pair, linear amplitudes, not decibels; negative values count as 0.
    gsd_m
        Ground sampling distance; not used, speckle goes by pixels.
    false_alarm_rate
        Upper bound: the threshold is Otsu's, or the value that the bulk exceeds at this rate where that is higher.
    window
        Side, in pixels, of the square over which amplitudes are averaged; odd.
    sigma
        Standard deviation, in pixels, of the Gaussian mean of the log ratio; 0 for none.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid, or nothing reflects.

    References
    ----------
    Rignot and van Zyl (1993), Change detection techniques for ERS-1 SAR data, doi 10.1109/36.239913.
    """
    del gsd_m
    before, after = pool(samples)
    floor = FLOOR_SHARE * float(np.median(np.maximum(np.concatenate([before, after], axis=1), 0)))
    floor = floor or FLOOR_SHARE * float(max(before.max(), after.max()))
    if not floor > 0:
        raise NotEnoughData("the amplitudes are zero on both dates")
    ratios = [smooth(_ratio(s.before, s.after, seen(s), floor, window), seen(s), sigma=sigma) for s in samples]
    values = pool_scores(ratios)
    centre = float(np.median(values))
    threshold, rate = _threshold(np.abs(values - np.float32(centre)), false_alarm_rate)
    notes = f"Log ratio of {window} x {window} mean amplitudes, gain {np.exp(centre):.3g} from {values.size} pixels."
    return LogRatio(floor, centre, window, sigma, threshold, rate, notes)


def _ratio(before: Image, after: Image, valid: Mask, floor: float, window: int) -> Plane:
    total = np.zeros(valid.shape, np.float32)
    for b, a in zip(before, after, strict=True):
        total += np.log(_level(a, valid, floor, window)) - np.log(_level(b, valid, floor, window))
    return total / np.float32(len(before))


def _level(band: Plane, valid: Mask, floor: float, window: int) -> Plane:
    return box_mean(np.maximum(band, 0), valid, side=window) + np.float32(floor)


def _threshold(scores: FloatArray, rate: float) -> tuple[float, float]:
    spread = MAD_TO_SIGMA * float(np.median(scores))
    floor = float(-ndtri(rate / 2)) * spread
    try:
        threshold = max(floor, otsu(scores))
    except NotEnoughData:
        return floor, rate  # the same ratio everywhere
    return threshold, float(2 * ndtr(-threshold / spread)) if spread > 0 else 0.0

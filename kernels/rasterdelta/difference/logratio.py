"""Plain log ratio of amplitudes, for radar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rasterdelta.difference.amplitude import Levels, fit_levels, ratio_threshold
from rasterdelta.difference.pixels import gaussian_halo, pool_scores, seen, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.types import Image, Mask, Plane

FLOOR_SHARE = 0.05
"""Of the median amplitude: the floor below which a ratio is noise over noise."""


@dataclass(frozen=True, slots=True)
class LogRatio:
    """Fitted gain between two amplitude images and the noise floor of their ratio."""

    levels: tuple[Levels, Levels]
    """How the amplitudes of each date become levels."""
    centre: float
    """Median of log(after / before): the gain between the dates."""
    sigma: float
    """Standard deviation in pixels of the Gaussian mean of the log ratio; 0 for none."""
    threshold: float
    """On the absolute log ratio."""
    false_alarm_rate: float
    """Probability above the threshold for a normal log ratio as wide as the bulk's."""
    notes: str
    """What was fitted, on how much."""
    method: Literal["logratio"] = "logratio"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return self.levels[0].halo + gaussian_halo(self.sigma)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the absolute log ratio, mean over the bands, float32, NaN where not valid."""
        ratio = _ratio(PairSample(before, after, valid), self.levels, self.sigma)
        score: Plane = np.abs(ratio - np.float32(self.centre))
        return score


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
        Upper bound where the ratios form one class: the threshold is Otsu's, or what the bulk exceeds at this rate
        where that is higher.
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
    levels = fit_levels(samples, share=FLOOR_SHARE, window=window)
    values = pool_scores([_ratio(s, levels, sigma) for s in samples])
    centre = float(np.median(values))
    threshold, rate = ratio_threshold(values - np.float32(centre), false_alarm_rate)
    notes = f"Log ratio of {window} x {window} mean amplitudes, gain {np.exp(centre):.3g} from {values.size} pixels."
    return LogRatio(levels, centre, sigma, threshold, rate, notes)


def _ratio(pair: PairSample, levels: tuple[Levels, Levels], sigma: float) -> Plane:
    valid = seen(pair)
    before, after = levels
    return smooth(after(pair.after, valid) - before(pair.before, valid), valid, sigma=sigma)

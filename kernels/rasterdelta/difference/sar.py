"""Log ratio of radar amplitudes with matched contrast, averaged over what looks alike on both dates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rasterdelta.difference.amplitude import Levels, contrast, fit_levels, noise, ratio_threshold
from rasterdelta.difference.nonlocal_mean import nonlocal_halo, nonlocal_mean
from rasterdelta.difference.pixels import gaussian_halo, pool_scores, seen, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.types import Image, Mask, Plane

REACH_PX = 7
"""Neighbours within a square of this half side are looked at."""

SIGMA_PX = 0.8
"""Of the Gaussian mean of the log ratio, against edges that do not quite meet."""


@dataclass(frozen=True, slots=True)
class Sar:
    """Fitted levels, contrast and noise of two radar images."""

    levels: tuple[Levels, Levels]
    """How the amplitudes of each date become levels."""
    stretch: float
    """Log of the contrast after over that before."""
    noise: tuple[float, float]
    """Standard deviation of each date's levels where the ground is even."""
    centre: float
    """Median of the averaged log ratio: the gain between the dates."""
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
        return self.levels[0].halo + gaussian_halo(SIGMA_PX) + nonlocal_halo(reach=REACH_PX, patch=3)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the absolute log ratio, float32, NaN where not valid."""
        return np.abs(self._ratio(before, after, valid))

    def _ratio(self, before: Image, after: Image, valid: Mask) -> Plane:
        valid = seen(PairSample(before, after, valid))
        first, second = (level(image, valid) for level, image in zip(self.levels, (before, after), strict=True))
        half = np.float32(np.exp(self.stretch / 2))
        ratio = smooth(second / half - first * half, valid, sigma=SIGMA_PX)
        guides = [p / np.float32(s) for p, s in zip((first, second), self.noise, strict=True)]
        return nonlocal_mean(ratio, guides, valid, reach=REACH_PX) - np.float32(self.centre)


def fit(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.001) -> Sar:
    """Fit the change between two radar images on blocks of them.

    1. Levels: log of the 3 x 3 mean amplitude, over a floor below which a ratio is noise over noise; the mean of the
       bands.
    2. Contrast: images stretched to 8 bits on their own, or with different noise floors, differ by more than a gain.
       The steps of the ground that both dates show tell by how much one date's levels spread wider; steps that
       only one date shows, change, have no say.
    3. Log ratio: the difference of the levels, averaged over the neighbours whose patches look alike on both dates.
       How alike is measured in each date's own noise, so dates of different looks go together.
    4. Threshold: Otsu's; where it parts no two classes, never below what the bulk exceeds at the false-alarm rate.

    Parameters
    ----------
    samples
        Blocks of the pair: amplitudes, or values that rise with them; negative values count as 0.
    gsd_m
        Ground sampling distance; not used, speckle goes by pixels.
    false_alarm_rate
        Upper bound where the ratios form one class, for a normal log ratio as wide as the bulk's.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid, or nothing reflects.

    References
    ----------
    Rignot and van Zyl (1993), Change detection techniques for ERS-1 SAR data, doi 10.1109/36.239913.
    Su, Deledalle, Tupin and Sun (2014), Two steps multi-temporal non-local means for SAR images,
    doi 10.1109/TGRS.2014.2315315.
    """
    del gsd_m
    before, after = fit_levels(samples)
    planes = [(before(s.before, seen(s)), after(s.after, seen(s))) for s in samples]
    spread = noise([p for p, _ in planes]), noise([p for _, p in planes])
    stretch = contrast(planes, spread)
    raw = Sar((before, after), stretch, spread, 0.0, 0.0, 0.0, "")
    values = pool_scores([raw._ratio(s.before, s.after, s.valid) for s in samples])  # noqa: SLF001 - signed, ours
    centre = float(np.median(values))
    threshold, rate = ratio_threshold(values - np.float32(centre), false_alarm_rate)
    notes = (
        f"Log ratio of amplitudes averaged over like neighbours, gain {np.exp(centre):.3g}, contrast "
        f"{np.exp(stretch):.3g}, from {values.size} pixels."
    )
    return replace(raw, centre=centre, threshold=threshold, false_alarm_rate=rate, notes=notes)

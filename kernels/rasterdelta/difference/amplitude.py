"""Levels of radar amplitude: logarithm, noise, and the contrast of one date beside another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from rasterdelta.difference.pixels import box_mean, pool
from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold import MAD_TO_SIGMA, otsu
from rasterdelta.types import FloatArray, Image, Mask, Plane

FLOOR_SHARE = 0.15
"""Share of a band's median amplitude that is added to it: below it a ratio is noise over noise."""

LEAST_RATIO = 0.01
"""A log ratio below it is rounding."""

TWO_CLASSES = 0.75
"""Share of the variance between the two classes from which on they are two: halves of a normal reach 0.64."""

_NOISE_LAG = 4
"""Pixels apart at which 3 x 3 means share no speckle, even where it is correlated from pixel to pixel."""

_STEP_LAG = 12
_STEP_MEAN = 7
_STEP_NOISE = 2.5
"""A step of the ground stands out of the noise by so much on both dates."""
_STEP_PRIOR = 0.003
"""Share of steps at which the contrast that they show and no difference at all weigh the same."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How the amplitudes of one date become levels: logarithms of local means."""

    floor: tuple[float, ...]
    """Added to the amplitude of each band."""
    window: int = 3
    """Side in pixels of the square over which amplitudes are averaged; odd."""

    @property
    def halo(self) -> int:
        """Pixels of context that a level needs on each side."""
        return self.window // 2

    def __call__(self, image: Image, valid: Mask) -> Plane:
        """Give the mean over the bands, NaN where not valid."""
        total = np.zeros(valid.shape, np.float32)
        for band, floor in zip(image, self.floor, strict=True):
            amplitude = box_mean(np.maximum(band, np.float32(0)), valid, side=self.window)
            total += np.log(amplitude + np.float32(floor))
        total /= np.float32(len(self.floor))
        return total


def fit_levels(samples: Sequence[PairSample], *, share: float = FLOOR_SHARE, window: int = 3) -> tuple[Levels, Levels]:
    """Give the levels of both dates.

    The floors of the dates are in proportion to the gain between them, so that a gain changes no ratio; the gain is a
    median ratio, which change on less than half of the area hardly moves.

    Parameters
    ----------
    samples
        Blocks of the pair; negative amplitudes count as 0.
    share
        Floor over a band's median amplitude, or over its largest where that is 0. A band of zeros has the floor 1.
    window
        Side in pixels of the square over which amplitudes are averaged; odd.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid, or nothing reflects on either date.
    """
    before, after = (np.maximum(amplitudes, 0) for amplitudes in pool(samples))
    if not max(before.max(), after.max()) > 0:
        raise NotEnoughData("the amplitudes are zero on both dates")
    gain = np.array([_gain(b, a) for b, a in zip(before, after, strict=True)])
    both = np.concatenate([before, after / gain[:, None]], axis=1)
    scale = np.median(both, axis=1)
    scale = np.where(scale > 0, scale, both.max(axis=1))
    floor = np.where(scale > 0, share * scale, 1.0)
    return Levels(tuple(map(float, floor)), window), Levels(tuple(map(float, floor * gain)), window)


def _gain(before: FloatArray, after: FloatArray) -> float:
    lit = (before > 0) & (after > 0)
    return float(np.median(after[lit] / before[lit])) if lit.any() else 1.0


def noise(levels: Sequence[Plane]) -> float:
    """Give the standard deviation of levels of even ground, 1 where they never differ.

    From differences between pixels a few apart, of which most lie on the same ground.
    """
    steps = np.concatenate([np.abs(s) for plane in levels for s in _steps(plane, _NOISE_LAG)])
    found = steps[np.isfinite(steps)]
    spread = MAD_TO_SIGMA * float(np.median(found)) / np.sqrt(2) if found.size else 0.0
    return float(spread) or 1.0


def contrast(pairs: Sequence[tuple[Plane, Plane]], spread: tuple[float, float]) -> float:
    """Give the logarithm of how much wider the levels of the second date spread over the same ground.

    Only steps that both dates show, in one direction, are compared: a change makes a step on one date alone. Where
    few do, the estimate is drawn to 0.

    Parameters
    ----------
    pairs
        Levels of both dates, block by block, NaN where not valid.
    spread
        Standard deviation of the noise of each date's levels.
    """
    least = np.float32(_STEP_NOISE * max(spread))
    ratios, count = [], 0
    for pair in pairs:
        first, second = ([*_steps(_broad(plane), _STEP_LAG)] for plane in pair)
        for a, b in zip(first, second, strict=True):
            shown = (np.abs(a) > least) & (np.abs(b) > least) & (a * b > 0)
            ratios.append(np.log(b[shown] / a[shown]))
            count += int(np.isfinite(a).sum())
    found = np.concatenate(ratios) if ratios else np.zeros(0, np.float32)
    if not found.size:
        return 0.0
    return float(np.median(found)) * found.size / (found.size + _STEP_PRIOR * count)


def ratio_threshold(ratios: FloatArray, rate: float) -> tuple[float, float]:
    """Split absolute log ratios in change and none.

    Parameters
    ----------
    ratios
        Signed, centred on 0.
    rate
        Upper bound on the share of the unchanged bulk, taken as normal, above the threshold.

    Returns
    -------
    threshold, rate
        Otsu's threshold where it parts two classes, else the one of the rate if higher; and the bulk's share above it.

    Notes
    -----
    The spread of the bulk is a median absolute deviation, which change on a third of the area makes half as large
    again: where there evidently are two classes, the bound from it must not hide one of them.
    """
    scores = np.abs(ratios)
    spread = MAD_TO_SIGMA * float(np.median(scores))
    bound = max(float(-ndtri(rate / 2)) * spread, LEAST_RATIO)
    try:
        split = max(otsu(scores), LEAST_RATIO)
    except NotEnoughData:
        return bound, rate  # the same ratio everywhere
    threshold = split if _separability(scores, split) > TWO_CLASSES else max(bound, split)
    return threshold, float(2 * ndtr(-threshold / spread)) if spread > 0 else 0.0


def _separability(scores: FloatArray, split: float) -> float:
    """Give the share of the variance that lies between the classes below and above a split (Otsu's eta)."""
    above = scores > split
    share = float(above.mean())
    if share in {0.0, 1.0}:
        return 0.0
    step = float(scores[above].mean(dtype=np.float64) - scores[~above].mean(dtype=np.float64))
    return share * (1 - share) * step**2 / float(scores.var(dtype=np.float64))


def _broad(plane: Plane) -> Plane:
    return box_mean(plane, np.isfinite(plane), side=_STEP_MEAN)


def _steps(plane: Plane, lag: int) -> tuple[FloatArray, FloatArray]:
    """Give differences between pixels `lag` apart, down and across, as vectors."""
    return (plane[lag:] - plane[:-lag]).ravel(), (plane[:, lag:] - plane[:, :-lag]).ravel()

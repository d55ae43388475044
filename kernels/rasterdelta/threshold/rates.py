"""Thresholds that unchanged pixels exceed at a stated rate."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, erfc

from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold.automatic import Threshold, automatic
from rasterdelta.threshold.families import Family
from rasterdelta.threshold.values import finite

MAD_TO_SIGMA = 1.4826
"""A normal variable's standard deviation over its median absolute deviation."""

_Float: TypeAlias = NDArray[np.float64]

_CERTAIN = 700.0
"""Half of a chi-square value that is exceeded with a probability of about 1e-300: powers of more would overflow."""

BULK = 0.85
"""Share of the pixels whose differences are taken as those of unchanged ground."""

TWO_CLASSES = 5
"""So much higher a rate of false alarms is borne where the statistic itself shows a class of change."""


def chi2_threshold(dof: int, rate: float) -> float:
    """Give the value that a chi-square variable of `dof` degrees of freedom exceeds with probability `rate`."""
    return float(chdtri(dof, rate))


def chi2_survival(dof: int, values: _Float) -> _Float:
    """Give the probability that a chi-square variable exceeds each value, by the finite sum for whole `dof`.

    Abramowitz and Stegun (1964), 26.4.4 and 26.4.5. As `scipy.special.chdtrc`, but many times as fast on arrays.
    """
    half: _Float = np.minimum(values / 2, _CERTAIN)
    term: _Float
    total: _Float
    if dof % 2:
        term, total = np.sqrt(half) * (2 / math.sqrt(math.pi)), erfc(np.sqrt(half))
    else:
        term, total = np.ones_like(half), np.zeros_like(half)
    decay = np.exp(-half)
    for k in range(dof // 2):
        total = total + decay * term
        term = term * half / (k + (1.5 if dof % 2 else 1.0))
    return total


def chi_threshold(values: ArrayLike, dof: int, rate: float, *, families: Sequence[Family] = ("nakagami",)) -> Threshold:
    """Give the automatic threshold on the root of a chi-square statistic, averaged over neighbours or not.

    Parameters
    ----------
    values
        Any shape; what is not finite is left out.
    dof
        Degrees of freedom of the statistic where nothing changed.
    rate
        Where the values form one class, the threshold is what unchanged pixels exceed with this probability, without
        averaging; with averaging they hardly ever do. Where they form two classes it may be what unchanged pixels
        exceed with `TWO_CLASSES` times this probability, but no less.
    families
        See `automatic`. The Nakagami family holds the chi distribution; of statistics that only resemble it, normal
        classes are the safer choice.
    """
    bound, least = (float(np.sqrt(chi2_threshold(dof, r))) for r in (rate, min(TWO_CLASSES * rate, 0.5)))
    return automatic(values, bound=bound, least=least, families=families)


def bulk_threshold(values: ArrayLike, rate: float) -> float:
    """Give the value that the unchanged bulk exceeds with probability `rate`.

    For a difference that is not negative. The bulk is taken as exponential through the `BULK` quantile of the
    values, which changed pixels, being fewer than the rest and above it, hardly move.

    Raises
    ------
    NotEnoughData
        Where there are fewer than 16 finite values.
    """
    found = finite(values)
    if found.size < 16:
        raise NotEnoughData(f"{found.size} values are too few to tell the unchanged bulk (16 needed)")
    return float(np.quantile(found, BULK) * np.log(rate) / np.log(1 - BULK))

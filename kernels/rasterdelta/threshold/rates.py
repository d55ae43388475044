"""Thresholds that unchanged pixels exceed at a stated rate."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold.minimum_error import kittler_illingworth
from rasterdelta.threshold.values import finite
from rasterdelta.threshold.variance import otsu

MAD_TO_SIGMA = 1.4826
"""A normal variable's standard deviation over its median absolute deviation."""

BULK = 0.85
"""Share of the pixels whose differences are taken as those of unchanged ground."""


def chi2_threshold(dof: int, rate: float) -> float:
    """Give the value that a chi-square variable of `dof` degrees of freedom exceeds with probability `rate`."""
    return float(chdtri(dof, rate))


def chi_threshold(values: ArrayLike, dof: int, rate: float) -> float:
    """Give the automatic threshold on the root of a chi-square statistic.

    The lower of Kittler-Illingworth's and Otsu's, but never below the value that unchanged pixels exceed with
    probability `rate`: where nothing changed there is only one class, which those two would split.
    """
    floor = float(np.sqrt(chi2_threshold(dof, rate)))
    try:
        return max(floor, min(kittler_illingworth(values), otsu(values)))
    except NotEnoughData:
        return floor  # the same value everywhere


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

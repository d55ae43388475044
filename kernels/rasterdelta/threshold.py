"""Automatic thresholds on a change statistic."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from rasterdelta.errors import NotEnoughData

MAD_TO_SIGMA = 1.4826
"""A normal variable's standard deviation over its median absolute deviation."""

BULK = 0.85
"""Share of the pixels whose differences are taken as those of unchanged ground."""

_Float = NDArray[np.float64]


def otsu(values: ArrayLike, *, bins: int = 256) -> float:
    """Split values in two classes of largest variance between them.

    Parameters
    ----------
    values
        Any shape; what is not finite is left out.
    bins
        Bins of the histogram between the smallest and the largest value.

    Returns
    -------
    float
        Centre of the last bin of the lower class.

    Raises
    ------
    NotEnoughData
        Where no two values differ.

    References
    ----------
    Otsu (1979), A threshold selection method from gray-level histograms, doi 10.1109/TSMC.1979.4310076.
    """
    count, centre = _histogram(values, bins)
    low, high = np.cumsum(count), np.cumsum(count[::-1])[::-1]
    low_mean = np.cumsum(count * centre) / low
    high_mean = np.cumsum((count * centre)[::-1])[::-1] / high
    between = low[:-1] * high[1:] * (low_mean[:-1] - high_mean[1:]) ** 2
    return float(centre[np.argmax(between)])


def kittler_illingworth(values: ArrayLike, *, bins: int = 256) -> float:
    """Split values in two normal classes with the smallest error of classification.

    Parameters, result and errors are those of `otsu`. Where no split separates two classes of some width the
    result is Otsu's.

    References
    ----------
    Kittler and Illingworth (1986), Minimum error thresholding, doi 10.1016/0031-3203(86)90030-0.
    """
    count, centre = _histogram(values, bins)
    share = count / count.sum()
    low = _running_moments(share, centre)
    high = _running_moments(share[::-1], centre[::-1])[:, ::-1]
    (p1, v1), (p2, v2) = low[:, :-1], high[:, 1:]
    # classes thinner than a bin have no variance that the histogram could tell
    floor = (centre[1] - centre[0]) ** 2 / 12
    usable = (p1 > 0) & (p2 > 0) & (v1 > floor) & (v2 > floor)
    if not usable.any():
        return otsu(values, bins=bins)
    v1, v2, p1, p2 = (np.where(usable, a, 1.0) for a in (v1, v2, p1, p2))
    cost = 1 + p1 * np.log(v1) + p2 * np.log(v2) - 2 * (p1 * np.log(p1) + p2 * np.log(p2))
    return float(centre[np.argmin(np.where(usable, cost, np.inf))])


def chi2_threshold(dof: int, rate: float) -> float:
    """Give the value that a chi-square variable of `dof` degrees of freedom exceeds with probability `rate`."""
    return float(chi2.isf(rate, dof))


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
    finite = _finite(values)
    if finite.size < 16:
        raise NotEnoughData(f"{finite.size} values are too few to tell the unchanged bulk (16 needed)")
    return float(np.quantile(finite, BULK) * np.log(rate) / np.log(1 - BULK))


def _finite(values: ArrayLike) -> _Float:
    flat = np.asarray(values, np.float64).ravel()
    return flat[np.isfinite(flat)]


def _histogram(values: ArrayLike, bins: int) -> tuple[_Float, _Float]:
    finite = _finite(values)
    if finite.size < 2 or finite.min() == finite.max():
        raise NotEnoughData("no two values differ: there is nothing to split")
    count, edge = np.histogram(finite, bins)
    return count.astype(np.float64), (edge[:-1] + edge[1:]) / 2


def _running_moments(share: _Float, centre: _Float) -> _Float:
    """Weight and variance of all bins up to each, shape (2, bins)."""
    weight = np.cumsum(share)
    safe = np.where(weight > 0, weight, 1.0)
    mean = np.cumsum(share * centre) / safe
    return np.stack([weight, np.cumsum(share * centre**2) / safe - mean**2])

"""Two parametric classes with the smallest error of classification."""

import numpy as np
from numpy.typing import ArrayLike

from rasterdelta.threshold.values import Values, histogram
from rasterdelta.threshold.variance import otsu


def kittler_illingworth(values: ArrayLike, *, bins: int = 256) -> float:
    """Split values in two normal classes with the smallest error of classification.

    Parameters, result and errors are those of `otsu`. Where no split separates two classes of some width the
    result is Otsu's.

    References
    ----------
    Kittler and Illingworth (1986), Minimum error thresholding, doi 10.1016/0031-3203(86)90030-0.
    """
    count, centre = histogram(values, bins)
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


def _running_moments(share: Values, centre: Values) -> Values:
    """Weight and variance of all bins up to each, shape (2, bins)."""
    weight = np.cumsum(share)
    safe = np.where(weight > 0, weight, 1.0)
    mean = np.cumsum(share * centre) / safe
    return np.stack([weight, np.cumsum(share * centre**2) / safe - mean**2])

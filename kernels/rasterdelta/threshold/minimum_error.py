"""Two parametric classes with the smallest error of classification."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rasterdelta.threshold.families import DENSITIES, POSITIVE, Family
from rasterdelta.threshold.values import Values, histogram
from rasterdelta.threshold.variance import otsu


@dataclass(frozen=True, slots=True)
class Split:
    """The best split of values in two classes of one family."""

    family: Family
    value: float
    """Threshold: what is above it belongs to the upper class. Infinite where no split separates two classes."""
    cost: float
    """Mean of minus the logarithm of what each value's class, weighted by its share, gives to it."""
    whole: float
    """The same cost for a single class. Where it is the smaller one, there are no two classes."""


def kittler_illingworth(values: ArrayLike, *, bins: int = 256) -> float:
    """Split values in two normal classes with the smallest error of classification.

    Parameters, result and errors are those of `otsu`. Where no split separates two classes of some width the
    result is Otsu's.

    References
    ----------
    Kittler and Illingworth (1986), Minimum error thresholding, doi 10.1016/0031-3203(86)90030-0.
    """
    return _or_otsu(generalised_splits(values, families=("normal",), bins=bins), values, bins)


def generalised_kittler_illingworth(
    values: ArrayLike, *, families: Sequence[Family] = ("generalised normal",), bins: int = 256
) -> float:
    """Split values in two classes of a family of densities with the smallest error of classification.

    Parameters
    ----------
    values
        Any shape; what is not finite is left out.
    families
        Of densities. Of several, the one that describes the values best decides. Generalised normal classes suit
        signed differences and log ratios; lognormal, Weibull and Nakagami classes suit positive magnitudes (and
        are passed over where a value is negative; zeros are taken as half a bin).
    bins
        Bins of the histogram between the smallest and the largest value.

    Returns
    -------
    float
        Centre of the last bin of the lower class; Otsu's split where no other separates two classes of some width.

    Raises
    ------
    NotEnoughData
        Where no two values differ.

    References
    ----------
    Bazi, Bruzzone and Melgani (2005), An unsupervised approach based on the generalized Gaussian model to automatic
    change detection in multitemporal SAR images, doi 10.1109/TGRS.2004.842441.
    Moser and Serpico (2006), Generalized minimum-error thresholding for unsupervised change detection from SAR
    amplitude imagery, doi 10.1109/TGRS.2006.876288.
    """
    return _or_otsu(generalised_splits(values, families=families, bins=bins), values, bins)


def generalised_splits(values: ArrayLike, *, families: Sequence[Family], bins: int = 256) -> tuple[Split, ...]:
    """Give the best split of values for each family that can describe them; see `generalised_kittler_illingworth`."""
    count, centre = histogram(values, bins)
    able = [f for f in families if f not in POSITIVE or centre[0] > 0]
    return tuple(_split(count / count.sum(), centre, f) for f in able)


def _or_otsu(splits: Sequence[Split], values: ArrayLike, bins: int) -> float:
    found = [s for s in splits if np.isfinite(s.cost)]
    return min(found, key=lambda s: s.cost).value if found else otsu(values, bins=bins)


def _split(share: Values, centre: Values, family: Family) -> Split:
    filled = share > 0
    weight, x = share[filled], centre[filled]
    density, width = DENSITIES[family], centre[1] - centre[0]
    whole = -float(density(x, weight[None])[0] @ weight)
    below = np.tri(len(x) - 1, len(x)) * weight
    above = weight - below
    # classes thinner than a bin have no width that the histogram could tell
    wide = (_variance(x, below) > width**2 / 12) & (_variance(x, above) > width**2 / 12)
    if not wide.any():
        return Split(family, np.inf, np.inf, whole)
    cost = np.full(len(x) - 1, np.inf)
    cost[wide] = sum(_class_cost(part[wide], x, family) for part in (below, above))
    best = int(np.argmin(cost))
    return Split(family, float(x[best]), float(cost[best]), whole)


def _class_cost(part: Values, x: Values, family: Family) -> Values:
    total = part.sum(axis=1)
    inside = DENSITIES[family](x, part / total[:, None])
    # beyond its class a density may be 0, whose logarithm counts for nothing there
    cost: Values = -np.where(part > 0, part * inside, 0).sum(axis=1) - total * np.log(total)
    return cost


def _variance(x: Values, part: Values) -> Values:
    total = part.sum(axis=1)
    mean = (part @ x) / total
    variance: Values = (part * (x - mean[:, None]) ** 2).sum(axis=1) / total
    return variance

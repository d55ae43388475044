"""Families of one-humped densities, fitted by moments to many weightings of one histogram at once."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import gammaln, polygamma, psi

from rasterdelta.threshold.values import Values

Family: TypeAlias = Literal["normal", "generalised normal", "lognormal", "weibull", "nakagami"]
"""Of densities. The last three are of positive variables."""

POSITIVE: frozenset[Family] = frozenset({"lognormal", "weibull", "nakagami"})
"""Families of positive variables."""

Density: TypeAlias = Callable[[Values, Values], Values]
"""Takes points, shape (point,), and weights, shape (class, point) with rows that sum to 1; gives the logarithm of the
density fitted to each row, shape (class, point)."""

_SHAPES = np.geomspace(0.3, 8, 400)
"""Exponents of generalised normal densities: 1 is Laplace's, 2 normal."""


def normal(x: Values, weights: Values) -> Values:
    """Fit a normal density by mean and variance."""
    mean, variance = _mean_variance(x, weights)
    return -((x - mean) ** 2) / (2 * variance) - np.log(2 * np.pi * variance) / 2


def generalised_normal(x: Values, weights: Values) -> Values:
    """Fit exp(-(|x - mean| / scale)^shape), the shape by the ratio of variance and squared mean deviation."""
    mean, variance = _mean_variance(x, weights)
    deviation = (weights * np.abs(x - mean)).sum(axis=1, keepdims=True)
    ratio = np.exp(gammaln(1 / _SHAPES) + gammaln(3 / _SHAPES) - 2 * gammaln(2 / _SHAPES))  # falls with the shape
    shape = np.interp(variance / np.maximum(deviation**2, _TINY), ratio[::-1], _SHAPES[::-1])
    scale = np.sqrt(variance * np.exp(gammaln(1 / shape) - gammaln(3 / shape)))
    logarithm: Values = np.log(shape / (2 * scale)) - gammaln(1 / shape) - (np.abs(x - mean) / scale) ** shape
    return logarithm


def lognormal(x: Values, weights: Values) -> Values:
    """Fit a lognormal density by mean and variance of the logarithm."""
    return normal(np.log(x), weights) - np.log(x)


def weibull(x: Values, weights: Values) -> Values:
    """Fit a Weibull density by mean and variance of the logarithm."""
    mean, variance = _mean_variance(np.log(x), weights)
    shape = np.clip(np.pi / np.sqrt(6 * variance), 0.05, 100)
    reach = shape * (np.log(x) - mean) - np.euler_gamma  # logarithm of (x / scale)^shape
    return np.log(shape / x) + reach - np.exp(np.minimum(reach, 700))


def nakagami(x: Values, weights: Values) -> Values:
    """Fit a Nakagami density (root of a gamma variable, as the chi) by mean and variance of the logarithm."""
    mean, variance = _mean_variance(np.log(x), weights)
    shapes = np.geomspace(0.05, 1e4, 2000)
    # 4 var ln x = trigamma(shape), which falls
    shape = np.interp(4 * variance, polygamma(1, shapes)[::-1], shapes[::-1])
    power = 2 * mean - psi(shape) + np.log(shape)  # logarithm of the mean square
    square = 2 * np.log(x) - power
    spread = shape * square - shape * np.exp(np.minimum(square, 700))
    logarithm: Values = np.log(2 / x) + shape * np.log(shape) - gammaln(shape) + spread
    return logarithm


DENSITIES: MappingProxyType[Family, Density] = MappingProxyType(
    {
        "normal": normal,
        "generalised normal": generalised_normal,
        "lognormal": lognormal,
        "weibull": weibull,
        "nakagami": nakagami,
    }
)
"""How each family is fitted."""

_TINY = np.finfo(np.float64).tiny


def _mean_variance(x: Values, weights: Values) -> tuple[Values, Values]:
    mean = (weights @ x)[:, None]
    return mean, np.maximum((weights * (x - mean) ** 2).sum(axis=1, keepdims=True), _TINY)

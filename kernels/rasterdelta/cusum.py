"""Whether counts have left their usual level: a cumulative sum for over-dispersed counts, and its run lengths."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlog1py, xlogy

from rasterdelta.errors import KernelError

Floats = NDArray[np.float64]
STATES: Final = 120
"""Grid of the sum on which run lengths are worked out."""
_LEFT_OUT = 1e-9
"""Probability of larger counts that are left out."""
_SMALLEST = 1e-9
"""Dispersion below which counts are Poisson."""


@dataclass(frozen=True, slots=True)
class InControl:
    """How many are counted when nothing has changed: negative binomial, variance mean + dispersion mean^2."""

    mean: float
    """At a look that shows the whole zone; above 0."""
    dispersion: float
    """0: Poisson."""
    looks: int
    """Looks that it was estimated from."""

    def __post_init__(self) -> None:
        if not (self.mean > 0 and self.dispersion >= 0):
            raise KernelError(f"want a mean above 0 and a dispersion of 0 or more, not {self.mean}, {self.dispersion}")


def fit_counts(counts: ArrayLike, exposure: ArrayLike) -> InControl:
    """Estimate the level of counts and their dispersion.

    The mean is that of the pooled counts over the pooled exposure; the dispersion makes Pearson's chi-square equal to
    its degrees of freedom [1]_.

    Parameters
    ----------
    counts : array_like of shape (n,)
        Numbers counted; NaN where nothing was observable.
    exposure : array_like of shape (n,)
        Share of the zone that was seen, 0 to 1.

    Notes
    -----
    Where nothing was ever counted, the mean is that of half an object in all looks together: a rate is never 0.

    References
    ----------
    .. [1] N. E. Breslow, "Extra-Poisson variation in log-linear models", Applied Statistics 33 (1984),
       doi:10.2307/2347661.
    """
    y, e = _pair(counts, exposure)
    seen = np.isfinite(y) & (e > 0)
    y, e = y[seen], e[seen]
    if not len(y):
        raise KernelError("want one observable count at least")
    mean = max(float(y.sum()), 0.5) / float(e.sum())
    return InControl(mean, _dispersion(y, e * mean), len(y))


def _dispersion(y: Floats, expected: Floats) -> float:
    def excess(alpha: float) -> float:
        return float(((y - expected) ** 2 / (expected + alpha * expected**2)).sum()) - (len(y) - 1)

    if len(y) < 2 or excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, 1.0
    while excess(high) > 0 and high < 1e6:
        low, high = high, 4 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


def log_ratio(counts: ArrayLike, mean: ArrayLike, dispersion: float, factor: float) -> Floats:
    """Give the log likelihood ratio of counts for `factor` times the mean against the mean itself.

    NaN where a count is.
    """
    y, m = np.asarray(counts, float), np.asarray(mean, float)
    if dispersion < _SMALLEST:
        return np.asarray(y * np.log(factor) - m * (factor - 1))
    a, b = np.log1p(dispersion * m), np.log1p(dispersion * factor * m)
    return np.asarray(y * (np.log(factor) + a - b) + (a - b) / dispersion)


def cusum(
    counts: ArrayLike, exposure: ArrayLike, *, control: InControl, factor: float, threshold: float = np.inf
) -> Floats:
    """Sum up the evidence that counts went to `factor` times their level.

    The sum starts at 0, never falls below it, and is held at the threshold once it is there, so that counts that come
    back bring it back. A look that shows nothing leaves it as it is; one that shows a part of the zone counts for it.

    Parameters
    ----------
    counts : array_like of shape (..., n)
        Numbers counted in order of time; NaN where nothing was observable.
    exposure : array_like of shape (..., n)
        Share of the zone that was seen, 0 to 1.
    control : InControl
        The usual level.
    factor : float
        The change to find: above 1 for a rise, below 1 for a fall.
    threshold : float
        Of the alarm; see `threshold_for`.

    Returns
    -------
    ndarray of shape (..., n)
        The sum after each look; an alarm stands where it reaches the threshold.

    References
    ----------
    M. Hoehle, M. Paul, "Count data regression charts for the monitoring of surveillance time series", Computational
    Statistics & Data Analysis 52 (2008), doi:10.1016/j.csda.2008.02.015.
    """
    _check_factor(factor)
    y, e = np.broadcast_arrays(np.asarray(counts, float), np.asarray(exposure, float))
    step = np.nan_to_num(log_ratio(y, e * control.mean, control.dispersion, factor), nan=0.0)
    step[(e <= 0) | np.isnan(y)] = 0.0
    found, at = np.empty(y.shape), np.zeros(y.shape[:-1])
    for k in range(y.shape[-1]):
        at = np.clip(at + step[..., k], 0.0, threshold)
        found[..., k] = at
    return found


def run_length(control: InControl, *, factor: float, threshold: float, true_factor: float = 1.0) -> float:
    """Give the mean number of looks from a sum of 0 to an alarm, every look showing the whole zone.

    Parameters
    ----------
    true_factor : float
        What the counts really do: 1 gives the looks between false alarms, `factor` the delay of a true one.

    Notes
    -----
    The sum is a Markov chain on a grid [1]_; what falls between two points of the grid is shared between them so that
    the mean stays the same.

    References
    ----------
    .. [1] D. Brook, D. A. Evans, "An approach to the probability distribution of cusum run length", Biometrika 59
       (1972), doi:10.1093/biomet/59.3.539.
    """
    _check_factor(factor)
    chance = _chances(control.mean * true_factor, control.dispersion)
    step = log_ratio(np.arange(len(chance)), control.mean, control.dispersion, factor)
    grid = np.linspace(0.0, threshold, STATES, endpoint=False)
    reached = np.maximum(grid[:, None] + step, 0.0)
    stay = np.where(reached < threshold - 1e-12, chance, 0.0)
    place = reached / (threshold / STATES)
    lower = np.minimum(place.astype(int), STATES - 1)
    part = np.where(lower + 1 < STATES, place - lower, 0.0)
    moves = np.zeros((STATES, STATES))
    rows = np.broadcast_to(np.arange(STATES)[:, None], lower.shape)
    np.add.at(moves, (rows, lower), stay * (1 - part))
    np.add.at(moves, (rows, np.minimum(lower + 1, STATES - 1)), stay * part)
    return float(np.linalg.solve(np.eye(STATES) - moves, np.ones(STATES))[0])


@lru_cache(maxsize=1024)
def threshold_for(control: InControl, *, factor: float, looks: float) -> float:
    """Give the threshold with which `looks` looks pass between two false alarms on average.

    Parameters
    ----------
    looks : float
        Above 1.
    """
    if not looks > 1:
        raise KernelError(f"looks between false alarms must be more than 1, not {looks}")
    low, high = 1e-3, 1.0
    while run_length(control, factor=factor, threshold=high) < looks and high < 64:
        low, high = high, 2 * high
    for _ in range(24):
        middle = (low + high) / 2
        short = run_length(control, factor=factor, threshold=middle) < looks
        low, high = (middle, high) if short else (low, middle)
    return high


def _chances(mean: float, dispersion: float) -> Floats:
    """Give the probabilities of 0, 1, 2 ... of a negative binomial distribution; they sum to 1."""
    spread = np.sqrt(mean + dispersion * mean**2)
    k = np.arange(int(mean + 12 * spread + 30 + 25 * dispersion * mean) + 1)
    if dispersion < _SMALLEST:
        log = xlogy(k, mean) - mean - gammaln(k + 1)
    else:
        r, p = 1 / dispersion, dispersion * mean / (1 + dispersion * mean)
        log = gammaln(k + r) - gammaln(r) - gammaln(k + 1) + xlogy(k, p) + xlog1py(r, -p)
    chance = np.exp(log)
    total = np.cumsum(chance)
    last = int(np.searchsorted(total, (1 - _LEFT_OUT) * total[-1])) + 1
    return np.asarray(chance[:last] / chance[:last].sum())


def _pair(counts: ArrayLike, exposure: ArrayLike) -> tuple[Floats, Floats]:
    y, e = np.asarray(counts, float).ravel(), np.asarray(exposure, float).ravel()
    if len(y) != len(e):
        raise KernelError(f"want one exposure a count, not {len(e)} for {len(y)}")
    return y, e


def _check_factor(factor: float) -> None:
    if not (factor > 0 and factor != 1):
        raise KernelError(f"a change is found by a factor above 0 other than 1, not {factor}")

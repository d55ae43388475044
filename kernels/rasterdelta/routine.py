"""What counts do at a site where nothing out of the ordinary happens, told from its history, and more of the same."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr, xlog1py, xlogy

from rasterdelta.cusum import fit_counts
from rasterdelta.errors import KernelError

Floats = NDArray[np.float64]
_MOST_ALIKE = 0.97
"""Greatest correlation between looks that a history is believed to show."""
_POISSON = 0.02
"""Variances that differ less than this share from the mean are Poisson."""
FEWEST: Final = 3
"""Looks from which a routine can be told."""


@dataclass(frozen=True, slots=True)
class Routine:
    """Counts of one class in one zone as they usually are."""

    mean: float
    """At a look that shows the whole zone."""
    variance: float
    days_alike: float
    """Time in days over which the correlation of counts falls to 37 %; 0 where none is seen."""
    looks: int
    independent: float
    """Independent looks that they are worth."""


def fit_routine(counts: ArrayLike, exposure: ArrayLike, days: ArrayLike) -> Routine:
    """Estimate level, spread and persistence of counts.

    Parameters
    ----------
    counts : array_like of shape (n,)
        Numbers counted; NaN where nothing was observable.
    exposure : array_like of shape (n,)
        Share of the zone that was seen, 0 to 1.
    days : array_like of shape (n,)
        Time of each look in days, rising.

    Raises
    ------
    KernelError
        Fewer than three observable looks.

    Notes
    -----
    The correlation of neighbouring looks is freed of the bias of short series [1]_, the variance of what the
    correlation hides.

    References
    ----------
    .. [1] F. H. C. Marriott, J. A. Pope, "Bias in the estimation of autocorrelations", Biometrika 41 (1954),
       doi:10.1093/biomet/41.3-4.390.
    """
    y, e, t = (np.asarray(v, float).ravel() for v in (counts, exposure, days))
    seen = np.isfinite(y) & (e > 0)
    y, e, t = y[seen], e[seen], t[seen]
    n = len(y)
    if n < FEWEST:
        raise KernelError(f"want {FEWEST} observable looks at least, not {n}")
    level = fit_counts(y, e)
    standard = (y - e * level.mean) / np.sqrt(e * level.mean)
    alike, gap = _correlation(standard), float(np.median(np.diff(t)))
    worth = float(np.clip(n * (1 - alike) / (1 + alike), 2.0, n))
    ratio = float(standard @ standard) / (n * (1 - 1 / worth))
    variance = level.mean * ratio if ratio < 1 else level.mean + max(level.dispersion, 0.0) * level.mean**2
    variance = max(variance, level.mean * ratio)
    return Routine(level.mean, variance, -gap / np.log(alike) if alike > 0 and gap > 0 else 0.0, n, worth)


def _correlation(standard: Floats) -> float:
    """Give the correlation of neighbouring looks; 0 where it is not told from none."""
    n, whole = len(standard), float(standard @ standard)
    if n < 6 or whole <= 0:
        return 0.0
    found = float(standard[1:] @ standard[:-1]) / whole * n / (n - 1)
    free = found + (1 + 4 * found) / n
    return float(np.clip(free, 0.0, _MOST_ALIKE)) if free > 1 / np.sqrt(n) else 0.0


def simulate(routine: Routine, exposure: ArrayLike, days: ArrayLike, *, series: int, seed: int) -> Floats:
    """Give counts as the routine would make them, each series with a level and a spread that the history leaves open.

    Parameters
    ----------
    exposure, days : array_like of shape (n,)
        Share of the zone seen, and time in days, of each look.
    series : int
        How many.
    seed : int
        The same seed gives the same counts.

    Returns
    -------
    ndarray of shape (series, n)
    """
    e, t = np.asarray(exposure, float).ravel(), np.asarray(days, float).ravel()
    rng = np.random.default_rng(seed)
    mean, variance = _possible(routine, series, rng)
    chance = np.clip(ndtr(_persistent(t, routine.days_alike, series, rng)), 1e-9, 1 - 1e-9)
    whole = np.empty((series, len(t)))
    for k in range(series):
        whole[k] = _quantile(chance[k], float(mean[k]), float(variance[k]))
    return np.where(e >= 1, whole, rng.binomial(whole.astype(np.int64), np.clip(e, 0, 1))).astype(float)


def _possible(routine: Routine, series: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw levels and variances from what the history leaves open: gamma and lognormal.

    The logarithm of a variance of so many degrees of freedom has a variance of about 2 over them. The inverse
    chi-square has the same middle, and a tail that makes rates several times too high where the history is short.
    """
    error = max(routine.variance, 1e-6) / routine.independent
    shape = routine.mean**2 / error
    mean = rng.gamma(shape, routine.mean / shape, series)
    freedom = max(routine.independent - 1, 1.0)
    wider = np.exp(rng.normal(0.0, np.sqrt(2 / freedom), series))
    ratio = routine.variance / routine.mean
    return np.maximum(mean, 1e-6), np.maximum(mean, 1e-6) * ratio * np.clip(wider, 0.2, 10.0)


def _persistent(days: Floats, alike: float, series: int, rng: np.random.Generator) -> Floats:
    """Give standard normal series whose correlation falls with time."""
    fresh = rng.standard_normal((series, len(days)))
    if alike <= 0:
        return fresh
    found = fresh.copy()
    keep = np.exp(-np.diff(days) / alike)
    for k, r in enumerate(keep, 1):
        found[:, k] = r * found[:, k - 1] + np.sqrt(1 - r**2) * fresh[:, k]
    return found


def _quantile(chance: Floats, mean: float, variance: float) -> Floats:
    """Give the quantiles of counts: negative binomial, Poisson or binomial, by the ratio of variance and mean."""
    k = np.arange(int(mean + 12 * np.sqrt(variance) + 30 + 12 * variance / mean))
    reached = np.cumsum(np.exp(_log_chance(k, mean, variance / mean)))
    return np.searchsorted(reached / reached[-1], chance).astype(np.float64)


def _log_chance(k: NDArray[np.int64], mean: float, ratio: float) -> Floats:
    if ratio > 1 + _POISSON:
        size = mean / (ratio - 1)
        log = gammaln(k + size) - gammaln(size) - gammaln(k + 1) + xlogy(k, 1 - 1 / ratio) - size * np.log(ratio)
    elif ratio > 1 - _POISSON:
        log = xlogy(k, mean) - mean - gammaln(k + 1)
    else:
        trials = max(round(mean / (1 - ratio)), int(np.ceil(mean)), 1)
        chance, left = min(mean / trials, 1 - 1e-9), np.maximum(trials - k, 0)
        ways = gammaln(trials + 1) - gammaln(k + 1) - gammaln(left + 1)
        log = np.where(k <= trials, ways + xlogy(k, chance) + xlog1py(left, -chance), -np.inf)
    return np.asarray(log, np.float64)

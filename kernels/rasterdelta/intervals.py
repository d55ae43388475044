"""How many objects there are, given how many were found and how well finding is known to work."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, betaln, gammaln, xlog1py, xlogy

from rasterdelta.errors import KernelError

Floats = NDArray[np.float64]
NEGLIGIBLE = 1e-7
"""Numbers less probable than this share of the most probable one are left out."""
MOST = 400
"""Numbers of real detections summed over; of more, every second, third ... is taken."""
PARTS = 64
"""Parts of equal probability into which the distribution of an uncertain recall is cut."""


@dataclass(frozen=True, slots=True)
class CountInterval:
    """A credible interval of a true number of objects."""

    low: int
    estimate: float
    """Found times precision over recall, kept inside the interval."""
    high: int


@dataclass(frozen=True, slots=True)
class _Rate:
    """A rate: known exactly, or with the beta distribution that its labelled objects leave."""

    rate: float
    trials: float | None

    @property
    def beta(self) -> tuple[float, float] | None:
        """Jeffreys posterior, or None where the rate is taken as exact."""
        if self.trials is None:
            return None
        return self.rate * self.trials + 0.5, (1 - self.rate) * self.trials + 0.5


def count_interval(
    found: int, *, precision: float, recall: float, level: float = 0.9, objects: int | None = None
) -> CountInterval:
    """Give an interval for the true number of objects.

    Of `found` detections a binomial number is real; of the real ones a negative binomial number was missed (every true
    number being as likely as any other beforehand). The two are convolved without simulation. The interval is
    equal-tailed; after no detection its low end is 0 and its high end says how many could have been missed.

    Parameters
    ----------
    found : int
        Detections, 0 or more.
    precision, recall : float
        Measured rates: precision 0 to 1, recall above 0 and up to 1.
    level : float
        Probability that the interval is to hold the true number, between 0 and 1.
    objects : int, optional
        Labelled objects behind the rates. The rates then are beta distributed (Jeffreys prior) and the interval widens
        as the labels get fewer; None takes the rates as exact.

    Raises
    ------
    KernelError
        A number outside these ranges.

    References
    ----------
    L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001),
    doi:10.1214/ss/1009213286.
    """
    _check(found, precision, recall, level, objects)
    detections = None if objects is None else objects * recall / max(precision, 0.05)
    real, chance = _real(found, _Rate(precision, detections))
    rates = _nodes(_Rate(recall, objects))
    tail = (1 - level) / 2
    low = _quantile(real, chance, rates, tail) if found else 0
    high = max(low, _quantile(real, chance, rates, 1 - tail))
    return CountInterval(low, float(np.clip(found * precision / recall, low, high)), high)


def _check(found: int, precision: float, recall: float, level: float, objects: int | None) -> None:
    if found < 0:
        raise KernelError(f"found must be 0 or more, not {found}")
    if not (0 <= precision <= 1 and 0 < recall <= 1 and 0 < level < 1):
        raise KernelError(
            f"want rates from 0 to 1 and recall above 0, not precision {precision}, recall {recall}, level {level}"
        )
    if objects is not None and objects < 0:
        raise KernelError(f"objects must be 0 or more, not {objects}")


def _real(found: int, precision: _Rate) -> tuple[NDArray[np.int64], Floats]:
    """Give the numbers of real detections that matter, and their probabilities."""
    k = np.arange(found + 1)
    ways = gammaln(found + 1) - gammaln(k + 1) - gammaln(found - k + 1)
    if precision.beta is None:
        log = ways + xlogy(k, precision.rate) + xlog1py(found - k, -precision.rate)
    else:
        a, b = precision.beta
        log = ways + betaln(k + a, found - k + b) - betaln(a, b)
    chance = np.exp(log)
    matters = np.flatnonzero(chance > NEGLIGIBLE * chance.max())
    matters = matters[:: -(-len(matters) // MOST)]
    return k[matters], chance[matters] / chance[matters].sum()


def _nodes(recall: _Rate) -> Floats:
    """Give recalls of equal probability: the midpoints of the parts of its distribution."""
    if recall.beta is None:
        return np.array([recall.rate])
    return np.asarray(betaincinv(*recall.beta, (np.arange(PARTS) + 0.5) / PARTS)).clip(1e-4, 1)


def _quantile(real: NDArray[np.int64], chance: Floats, rates: Floats, share: float) -> int:
    """Give the smallest true number that is not exceeded with at least this probability."""

    def at_most(n: int) -> float:
        missed = (n - real)[:, None]
        each = np.where(missed >= 0, betainc(real[:, None] + 1.0, np.maximum(missed, 0) + 1.0, rates), 0.0)
        return float(chance @ each.mean(axis=1))

    low, high = int(real[0]) - 1, int(real[-1]) + 1
    while at_most(high) < share:
        low, high = high, 2 * high + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at_most(middle) >= share else (middle, high)
    return high

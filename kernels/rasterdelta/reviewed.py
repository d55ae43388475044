"""How many objects there are where people have looked at some of what was found."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, expit, gammaln, logit, xlog1py, xlogy

from rasterdelta.errors import KernelError

Floats = NDArray[np.float64]
_SHIFTS = np.linspace(-9.0, 9.0, 181)
"""Log-odds by which a site's findings may be better or worse than their scores say."""
_NEGLIGIBLE = 1e-6
_PARTS = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """What people found out about a class at a site, and what was known of the detector before."""

    scores: Floats
    """Probability, 0 to 1, that each finding is real, as the detector has it; shape (n,)."""
    looked: NDArray[np.int8]
    """What people said of each: 1 real, 0 not, -1 not looked at; shape (n,)."""
    worth: Floats
    """How much each look tells, 0 to 1: images differ, and looks at another image tell less; shape (n,)."""
    precision: float
    recall: float
    """Measured beforehand, 0 to 1."""
    objects: float
    """Labelled objects that the two rates are worth."""
    found: float
    """Real objects that the detector found where people looked for all there are."""
    missed: float
    """Real objects that it missed there."""

    def __post_init__(self) -> None:
        if not len(self.scores) == len(self.looked) == len(self.worth):
            raise KernelError(f"want one look a score, not {len(self.looked)} for {len(self.scores)}")
        if not (0 <= self.precision <= 1 and 0 < self.recall <= 1):
            raise KernelError(f"want rates from 0 to 1, not precision {self.precision}, recall {self.recall}")
        if min(self.objects, self.found, self.missed) < 0:
            raise KernelError("numbers of objects must be 0 or more")


@dataclass(frozen=True, slots=True)
class SiteAccuracy:
    """How good the detector is at one site: what was known, narrowed by what people looked at."""

    shifts: Floats
    """Log-odds by which findings differ from their scores; shape (k,)."""
    weights: Floats
    """Their probabilities; shape (k,), sum 1."""
    recalls: Floats
    """Recalls of equal probability; shape (64,)."""
    precision: tuple[float, float, float]
    """Of all findings of the class at the site: 5 %, mean and 95 %."""
    recall: tuple[float, float, float]

    def real(self, scores: ArrayLike) -> Floats:
        """Give for each shift the mean probability that findings with these scores are real; shape (k,)."""
        return _means(np.asarray(scores, float), self.shifts)


def site_accuracy(sample: Sample) -> SiteAccuracy:
    """Narrow what was measured of a detector by what people looked at in one site.

    The site's precision has the beta distribution of the measured one beforehand (Jeffreys prior, worth `objects`
    labels). It is spread over the findings by one common shift of the log-odds of their scores, so that findings may be
    chosen for looking at by their score, for instance the doubtful ones first, without bias. Where all scores are
    equal this is the beta-binomial model. The recall is beta distributed; only ground that was searched for all there
    is tells of it.

    References
    ----------
    A. Gelman et al., "Bayesian Data Analysis", 3rd ed., sections 2.4 and 8.2 (ignorable designs), 2013.
    """
    scores = np.asarray(sample.scores, float)
    detections = sample.objects * sample.recall / max(sample.precision, 0.05)
    if len(scores):
        shifts, weights = _shifts(scores, sample, detections)
    else:
        shifts, weights = np.zeros(1), np.ones(1)
    a = sample.recall * sample.objects + 0.5 + sample.found
    b = (1 - sample.recall) * sample.objects + 0.5 + sample.missed
    recalls = np.asarray(betaincinv(a, b, (np.arange(_PARTS) + 0.5) / _PARTS)).clip(1e-4, 1)
    rates = _means(scores, shifts) if len(scores) else np.full(1, sample.precision)
    ends = tuple(float(v) for v in betaincinv(a, b, [0.05, 0.95]))
    return SiteAccuracy(shifts, weights, recalls, _summary(rates, weights), (ends[0], a / (a + b), ends[1]))


def _shifts(scores: Floats, sample: Sample, detections: float) -> tuple[Floats, Floats]:
    means = _means(scores, _SHIFTS)
    slope = np.gradient(means, _SHIFTS)
    a, b = sample.precision * detections + 0.5, (1 - sample.precision) * detections + 0.5
    log = xlogy(a - 1, means) + xlog1py(b - 1, -means) + np.log(np.maximum(slope, 1e-300))
    odds = _odds(scores)
    for value, sign in ((1, 1.0), (0, -1.0)):
        here = np.asarray(sample.looked) == value
        mine, worth = odds[here], np.asarray(sample.worth, float)[here]
        log = log - np.logaddexp(0, -sign * (mine[None] + _SHIFTS[:, None])) @ worth
    weights = np.exp(log - log.max())
    keep = weights > _NEGLIGIBLE
    return _SHIFTS[keep], weights[keep] / weights[keep].sum()


def _odds(scores: Floats) -> Floats:
    return np.asarray(logit(np.clip(scores, 1e-3, 1 - 1e-3)), np.float64)


def _means(scores: Floats, shifts: Floats) -> Floats:
    return np.asarray(expit(_odds(scores)[None] + shifts[:, None]).mean(1), np.float64)


def _summary(rates: Floats, weights: Floats) -> tuple[float, float, float]:
    """Give 5 %, mean and 95 % of rates that rise."""
    reached = np.cumsum(weights)
    low, high = (float(rates[min(int(np.searchsorted(reached, q)), len(rates) - 1)]) for q in (0.05, 0.95))
    return low, float(rates @ weights), high


def reviewed_interval(
    accuracy: SiteAccuracy,
    *,
    confirmed: int,
    open_scores: ArrayLike,
    missed: int,
    searched: bool,
    level: float = 0.9,
) -> tuple[int, int]:
    """Give an interval for the true number of objects where some findings were looked at.

    Parameters
    ----------
    accuracy : SiteAccuracy
        Of the class at the site.
    confirmed : int
        Findings that people say are real.
    open_scores : array_like of shape (u,)
        Scores of the findings that nobody looked at, or on which people disagree.
    missed : int
        Objects that people know of and the detector has not found.
    searched : bool
        True where people looked for all there are: nothing more was missed.
    level : float
        Probability that the interval is to hold the true number, between 0 and 1.

    Returns
    -------
    low, high : int
        Equal-tailed; both are the number itself where nothing is open.
    """
    if min(confirmed, missed) < 0 or not 0 < level < 1:
        raise KernelError(f"want numbers of 0 or more and a level between 0 and 1, not {confirmed}, {missed}, {level}")
    scores = np.asarray(open_scores, float).ravel()
    chance = _binomials(len(scores), accuracy.real(scores), accuracy.weights) if len(scores) else np.ones(1)
    real = confirmed + np.arange(len(chance))
    tail = (1 - level) / 2
    if searched:
        reached = np.cumsum(chance)
        low, high = (int(np.searchsorted(reached, q * reached[-1])) for q in (tail, 1 - tail))
        return int(real[low]) + missed, int(real[high]) + missed
    known = confirmed + missed
    low = _quantile(real, chance, accuracy.recalls, missed, tail) if known + len(scores) else 0
    return max(low, known), max(low, known, _quantile(real, chance, accuracy.recalls, missed, 1 - tail))


def _binomials(n: int, rates: Floats, weights: Floats) -> Floats:
    """Give the probabilities of 0 to n of n, the rate being one of several."""
    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    each = np.exp(ways[None] + xlogy(k[None], rates[:, None]) + xlog1py(n - k[None], -rates[:, None]))
    total = weights @ each
    return np.asarray(total / total.sum(), np.float64)


def _quantile(real: NDArray[np.int64], chance: Floats, recalls: Floats, missed: int, share: float) -> int:
    """Give the smallest true number that is not exceeded with at least this probability.

    The number missed is negative binomial, and at least what is known to be missed.
    """
    matter = np.flatnonzero(chance > 1e-7 * chance.max())
    matter = matter[:: -(-len(matter) // 400)]
    real, chance = real[matter], chance[matter] / chance[matter].sum()
    before = betainc(real[:, None] + 1.0, float(missed), recalls) if missed else np.zeros((len(real), 1))
    left = np.maximum(1 - before, 1e-12)

    def at_most(n: int) -> float:
        more = (n - real)[:, None]
        each = betainc(real[:, None] + 1.0, np.maximum(more, 0) + 1.0, recalls)
        share_below = np.where(more >= missed, np.clip((each - before) / left, 0, 1), 0.0)
        return float(chance @ share_below.mean(axis=1))

    low, high = int(real[0]) + missed - 1, int(real[-1]) + missed + 1
    while at_most(high) < share:
        if high > 10**9:
            return high
        low, high = high, 2 * high + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at_most(middle) >= share else (middle, high)
    return high

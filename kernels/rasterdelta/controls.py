"""False alarms: how much ground is called changed where nothing happened, told from negative controls."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc, gammainccinv, stdtrit

from rasterdelta.regions import find_regions, min_pixels, tidy, tidy_halo
from rasterdelta.threshold import BULK
from rasterdelta.types import Plane

Source: TypeAlias = Literal["controls", "bulk", "none"]
Counts: TypeAlias = NDArray[np.int64]

GROUPS: Final = 16
"""Groups of blocks that stand for independent samples of the ground."""
BLOCK: Final = 32
"""Side of a block in pixels: wider than what the statistic of one pixel depends on."""
LEVEL: Final = 0.9
"""Probability that an interval is to hold the share of a further unchanged pair."""
FEWEST_PAIRS: Final = 2
"""Control pairs from which a spread can be told."""
_OCTAVES, _SHIFT = 12, 18
_FIRST = ((127 - _OCTAVES) << 23 >> _SHIFT) - 1
BINS: Final = (_OCTAVES << (23 - _SHIFT)) + 2
"""Of the histogram: 32 to an octave from 2^-12 to 1, one below and one above."""
_FEWEST_GROUPS = 8
_FEWEST_PIXELS = 500
_MOST_CHANGED = 0.5
_VAGUE = 3.0
"""An interval that reaches into the bulk and so many times beyond the rate tells nothing."""
_NONE_EXPECTED: Final = -math.log((1 - LEVEL) / 2)
"""Poisson mean that leaves none with the probability beyond the interval."""
_AGREED = 1e-8
_LEVELS = np.linspace(0.8, 1 - BULK, 27)
"""Shares of the unchanged ground beyond the places where its tail is fitted."""
_SHAPES = np.geomspace(0.25, 1024, 73)
_GAMMA = np.log(gammainccinv(_SHAPES[:, None], _LEVELS))
_MEANS = _GAMMA.mean(axis=1)
_CENTRED = _GAMMA - _MEANS[:, None]
"""Logarithms of gamma quantiles by shape and level."""
_EDGES = np.log((np.arange(1, BINS, dtype=np.int32) + _FIRST << _SHIFT).view(np.float32).astype(np.float64))
"""Logarithm of each bin's upper edge, without the last."""
_NARROW = 0.1
"""Logarithms of the bulk's ends that are nearer to each other show no spread, but the width of bins."""
_TRIED = 0.05
"""Share of the unchanged ground above the level at which cleaning is tried."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """The share of unchanged ground that is called changed. A rate of 0 and one that cannot be told are different."""

    rate: float | None
    """0 to 1; None where it cannot be told."""
    low: float | None
    high: float | None
    """Interval of the share in a pair in which nothing happened."""
    source: Source
    """`controls`: pairs in which nothing happened; `bulk`: the unchanged bulk of the pair itself."""
    pairs: int
    """Control pairs behind it."""
    reason: str | None
    """Why it cannot be told."""
    regions_per_km2: float | None = None
    """False regions; None where the source does not tell them."""


@dataclass(frozen=True, slots=True)
class Control:
    """What one pair in which nothing happened shows of a zone."""

    seen_m2: float
    flagged_m2: float
    regions: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The share of noise above a threshold that cleaning leaves."""

    share: float
    low: float
    high: float


EVERYTHING: Final = Kept(1.0, 1.0, 1.0)
"""Without cleaning."""


def untold(reason: str, *, pairs: int = 0) -> FalseAlarms:
    """Say that a rate cannot be told, and why."""
    return FalseAlarms(None, None, None, "none", pairs, reason)


def score_bins(score: Plane) -> NDArray[np.int32]:
    """Give the bin of each score in units of its threshold; only those above 1 fall into the last, `BINS` - 1.

    NaN has no bin: leave it out beforehand. Bins are cut from the bits of the number, so that no rounding decides.
    """
    bits = np.maximum(np.ascontiguousarray(score, np.float32).view(np.int32), 0) - 1
    found: NDArray[np.int32] = np.clip((bits >> _SHIFT) - _FIRST, 0, BINS - 1)
    return found


def block_groups(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the group, 0 to `GROUPS` - 1, of each pixel of rows times columns; neighbouring blocks are of others."""
    found: NDArray[np.int64] = (rows[:, None] // BLOCK * 5 + cols[None] // BLOCK) % GROUPS
    return found


def bulk_rate(counts: Counts, *, kept: Kept = EVERYTHING) -> FalseAlarms:
    """Estimate the share of unchanged ground above the threshold from the bulk of the scores, most of it unchanged.

    Parameters
    ----------
    counts
        Number of pixels by group of blocks and bin of `score_bins`, shape (`GROUPS`, `BINS`). Counts add up over
        tiles.
    kept
        What cleaning leaves of noise.

    Returns
    -------
    FalseAlarms
        Not told where fewer than half of the groups have pixels, where more than half of the ground is changed, or
        where the interval would leave it open. With cleaning, rate and interval are bounds: `low` is 0.

    Notes
    -----
    A generalised gamma distribution, which holds the chi, Weibull and lognormal ones, is fitted to the quantiles of the
    bulk from the 20th to the 85th percentile, and its tail is read at the threshold. What lies above the threshold
    beyond that is change; it is taken off the sample and the tail fitted anew until both agree, so that real change
    hardly moves the rate. The interval joins the spread between groups of blocks (delete-a-group jackknife, which takes
    account of pixels that are alike because they are near) and the chance by which the share of one pair lies apart
    from what is expected of it. It assumes that the tail of the unchanged ground goes on as its bulk begins: shadows,
    tides and parallax that fill a small part of the zone only are not in it; only control pairs tell those.

    References
    ----------
    Stacy (1962), A generalization of the gamma distribution, doi:10.1214/aoms/1177704481.
    Kott (2001), The delete-a-group jackknife, Journal of Official Statistics 17.
    """
    groups = counts[counts.sum(axis=1) > 0]
    if len(groups) < _FEWEST_GROUPS or counts.sum() < _FEWEST_PIXELS:
        return untold("too little of the zone was seen")
    fits = [_fit(c) for c in (groups.sum(axis=0), *(groups.sum(axis=0) - g for g in groups))]
    told = [f for f in fits if f is not None]
    if len(told) < len(fits):
        return untold("the change statistic has no bulk of unchanged ground")
    whole, n = told[0], len(groups)
    spread = (n - 1) * float(np.var([f.exponent for f in told[1:]]))
    rate, pixels = _survival(whole.exponent), _independent(groups, whole)
    scarce = rate * pixels < 1
    chance = 0.0 if scarce else (1 - rate) / (pixels * rate * math.log(rate) ** 2)
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * math.sqrt(spread + chance)
    low, high = _survival(whole.exponent + reach), _survival(whole.exponent - reach)
    if scarce:  # not one is expected: none are seen, or a few
        low, high = 0.0, high + _NONE_EXPECTED / pixels
    if high > max(1 - BULK, _VAGUE * rate):
        return untold("the zone shows too little unchanged ground to tell")
    return FalseAlarms(rate * kept.share, low * kept.low, min(1.0, high * kept.high), "bulk", 0, None)


def _independent(groups: Counts, whole: "_Fit") -> float:
    """Give how many pixels that do not hang together say as much as these."""
    n = len(groups)
    size = groups.sum(axis=1)
    beyond = groups[:, whole.bin + 1 :].sum(axis=1)
    share = beyond.sum() / size.sum()
    apart = float(((beyond - share * size) ** 2).sum()) * n / (n - 1)
    alike = max(1.0, apart / max(float(size.sum() * share * (1 - share)), 1e-9))
    return float(size.sum()) / alike


@dataclass(frozen=True, slots=True)
class _Fit:
    exponent: float
    """Logarithm of -log of the share of unchanged ground above the threshold."""
    bin: int
    """The last below a level that few unchanged pixels exceed."""


def _fit(counts: Counts) -> _Fit | None:
    """Fit the tail of the unchanged ground, and how much is changed, in turn until both agree."""
    above = 1 - np.cumsum(counts)[:-1] / counts.sum()
    changed, before = 0.0, -1.0
    while True:
        unchanged = (above - changed) / (1 - changed)
        found = _tail(unchanged)
        if found is None or changed > _MOST_CHANGED:
            return None
        if changed - before < _AGREED:
            return _Fit(found, min(int(np.searchsorted(-unchanged, -_TRIED)), BINS - 2))
        rate = _survival(found)
        before, changed = changed, max(0.0, (float(above[-1]) - rate) / (1 - rate))


def _tail(above: NDArray[np.float64]) -> float | None:
    """Fit a generalised gamma distribution to quantiles; give log(-log(share above the threshold))."""
    if above[0] < _LEVELS[0]:
        return None  # most scores are too small to tell apart
    x = np.interp(-_LEVELS, -above, _EDGES)
    if x[-1] - x[0] < _NARROW:
        return None
    offset = x - x.mean()
    slope = (_CENTRED @ offset) / (_CENTRED**2).sum(axis=1)
    best = int(np.argmin(((offset - slope[:, None] * _CENTRED) ** 2).sum(axis=1)))
    if slope[best] <= 0:
        return None
    at = _MEANS[best] - x.mean() / slope[best]
    share = float(gammaincc(_SHAPES[best], math.exp(min(at, 600.0))))
    return math.log(-math.log(min(max(share, 1e-300), 1 - 1e-12)))


def _survival(exponent: float) -> float:
    return math.exp(-math.exp(min(exponent, 700.0)))


def kept_share(windows: Sequence[Plane], *, gsd_m: float, min_area_m2: float) -> Kept:
    """Estimate how much of the noise above a threshold is left by cleaning and by the least area of a region.

    Parameters
    ----------
    windows
        Parts of the score in units of its threshold, float32, NaN where not observable.
    gsd_m
        Side of a pixel in metres.
    min_area_m2
        Area of the smallest region that is reported.

    Notes
    -----
    Cleaning is tried at a lower level, which 5 % of the unchanged pixels exceed, without the regions that hold a
    finding. There noise hangs together more than at the threshold, so that the share is one that is not exceeded: its
    low end is 0.
    """
    area = {"gsd_m": gsd_m, "min_area_m2": min_area_m2}
    unchanged = np.concatenate([w[w <= 1] for w in windows]) if windows else np.zeros(0, np.float32)
    if unchanged.size < _FEWEST_PIXELS or (min_pixels(**area) == 1 and not tidy_halo(**area)):
        return EVERYTHING
    place = round((1 - _TRIED) * (unchanged.size - 1))
    level = float(np.partition(unchanged, place)[place])
    above, left = np.array([_tried(w, level, **area) for w in windows], np.float64).T
    if not above.sum():
        return EVERYTHING
    share = float(left.sum() / above.sum())
    spread = math.sqrt(float(((left - share * above) ** 2).sum())) / float(above.sum())
    least = 2 * min_pixels(**area) / float(above.sum())
    return Kept(share, 0.0, min(1.0, share + max(2 * spread, least)))


def _tried(score: Plane, level: float, *, gsd_m: float, min_area_m2: float) -> tuple[int, int]:
    """Give the pixels above a level, and those of them that cleaning leaves, without what holds a finding."""
    valid, least = np.isfinite(score), min_pixels(gsd_m=gsd_m, min_area_m2=min_area_m2)
    cleaned = [tidy(score > t, valid, gsd_m=gsd_m, min_area_m2=min_area_m2) for t in (level, 1.0)]
    low, found = (find_regions(c, min_px=least).labels(score.shape) for c in cleaned)
    real = np.isin(low, np.unique(low[found > 0])) & (low > 0)
    return int(((score > level) & ~real).sum()), int(((low > 0) & ~real).sum())


def null_rate(controls: Sequence[Control], *, min_area_m2: float) -> FalseAlarms:
    """Estimate the share of unchanged ground that is flagged from pairs in which nothing happened.

    Parameters
    ----------
    controls
        What each pair shows of one zone; those that show nothing of it are left out.
    min_area_m2
        Area of the smallest region that is reported.

    Returns
    -------
    FalseAlarms
        The interval is one of prediction, for the share of a further unchanged pair: Student's t on shares whose
        variance was made stable by the arcsine, at least as wide as what one more region of the usual size, or so
        many as a Poisson number allows, would add. Not told for fewer than `FEWEST_PAIRS` pairs.

    References
    ----------
    Freeman, Tukey (1950), Transformations related to the angular and the square root, doi:10.1214/aoms/1177729756.
    Brown, Cai, DasGupta (2003), Interval estimation in exponential families, Statistica Sinica 13 (Jeffreys' prior).
    """
    used = [c for c in controls if c.seen_m2 > 0]
    n = len(used)
    if n < FEWEST_PAIRS:
        return untold(f"{n} control pair{'' if n == 1 else 's'}, {FEWEST_PAIRS} are needed", pairs=n)
    seen, flagged, regions = (sum(getattr(c, name) for c in used) for name in ("seen_m2", "flagged_m2", "regions"))
    angles = np.arcsin(np.sqrt([min(1.0, c.flagged_m2 / c.seen_m2) for c in used]))
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2) * angles.std(ddof=1) * math.sqrt(1 + 1 / n))
    low, high = (math.sin(min(max(angles.mean() + step, 0.0), math.pi / 2)) ** 2 for step in (-reach, reach))
    region = max(min_area_m2, flagged / regions if regions else 0.0) / (seen / n)
    few, many = (_further(regions, n, q) * region for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    rate = flagged / seen
    return FalseAlarms(
        rate, min(low, few, rate), min(1.0, max(high, many, rate)), "controls", n, None, regions / seen * 1e6
    )


def _further(found: int, pairs: int, share: float) -> int:
    """Give the quantile of the number of regions in a further pair, from those found in some pairs."""
    return next(k for k in range(10 * found + 100) if betainc(found + 0.5, k + 1.0, pairs / (pairs + 1)) >= share)

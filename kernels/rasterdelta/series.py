"""What a series of counts says: increase, decrease, no change, or that it cannot be told."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from rasterdelta.errors import KernelError

Answer = Literal["increase", "decrease", "no_change", "cannot_tell"]
SMALL_SHARE = 1 / 3
"""A possible change of up to this share of the mean of first and last is small."""
SMALL_NUMBER = 2
"""So is one of up to this many objects."""
ENOUGH = 5
"""Observable dates from which a trend over all of them is tested."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trend:
    """A statement about a series of counts."""

    answer: Answer
    first: float | None
    """Count on the first observable date; None where there is none."""
    last: float | None
    ratio: float | None
    """Last over first; None where the first is 0 or there are not two observable dates."""
    ground: str
    """Why, in one sentence."""


def trend(counts: ArrayLike, lows: ArrayLike, highs: ArrayLike, days: ArrayLike, *, level: float = 0.9) -> Trend:
    """Say what a series of counts with intervals shows.

    1. Fewer than two observable dates: cannot tell.
    2. First and last interval do not overlap: increase or decrease.
    3. Five or more observable dates whose counts rise or fall with time beyond their scatter (two-sided score test of a
       Poisson regression on the day [1]_, scaled by the overdispersion about the line, against Student's t): increase
       or decrease.
    4. The greatest change in the interval of the difference is small (two objects, or a third of the mean of first and
       last): no change. That interval is recovered from those of first and last, taken to be independent [2]_.
    5. Otherwise: cannot tell.

    An increase or decrease between two dates is asked more than an interval of the difference apart from 0: about one
    unchanged pair in fifty is called changed at a level of 0.9, not one in ten.

    Parameters
    ----------
    counts, lows, highs : array_like of shape (n,)
        Estimated numbers and the ends of their intervals; NaN (or None) where not observable.
    days : array_like of shape (n,)
        Time of each date in days; any order.
    level : float
        Level of the intervals; the trend test uses the significance 1 - level.

    Raises
    ------
    KernelError
        Arrays of unequal length, or a level outside 0 to 1.

    References
    ----------
    .. [1] McCullagh, P., Nelder, J. A. (1989). Generalized Linear Models, 2nd edition, chapters 6 and 9.
    .. [2] Zou, G. Y., Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
       DOI 10.1002/sim.3095
    """
    values = [np.asarray(v, dtype=float).ravel() for v in (counts, lows, highs, days)]
    if len({len(v) for v in values}) > 1 or not 0 < level < 1:
        raise KernelError(
            f"want one count, low, high and day a date, not {[len(v) for v in values]}, and a level in 0 to 1"
        )
    seen = np.flatnonzero(np.isfinite(np.stack(values)).all(axis=0))
    seen = seen[np.argsort(values[3][seen], kind="stable")]
    c, low, high, day = (v[seen] for v in values)
    if len(c) < 2:
        known = float(c[0]) if len(c) else None
        return Trend(
            "cannot_tell", known, known, None, f"{len(c)} observable date{'' if len(c) == 1 else 's'}: two are needed"
        )
    answer, ground = _answer(c, low, high, day, level)
    return Trend(answer, float(c[0]), float(c[-1]), float(c[-1] / c[0]) if c[0] > 0 else None, ground)


def _answer(c: Floats, low: Floats, high: Floats, day: Floats, level: float) -> tuple[Answer, str]:
    ends = f"first {c[0]:,.0f} ({low[0]:,.0f}-{high[0]:,.0f}), last {c[-1]:,.0f} ({low[-1]:,.0f}-{high[-1]:,.0f})"
    if low[-1] > high[0]:
        return "increase", f"{ends}: the intervals do not overlap"
    if high[-1] < low[0]:
        return "decrease", f"{ends}: the intervals do not overlap"
    z = _slope_z(c, day) if len(c) >= ENOUGH else 0.0
    p = float(2 * student.sf(abs(z), len(c) - 2)) if len(c) >= ENOUGH else 1.0
    if p < 1 - level:
        return ("increase" if z > 0 else "decrease"), f"{ends}: a trend over {len(c)} dates, p = {p:.2g}"
    least, most = _difference(c, low, high)
    fewer, more = max(0, int(np.ceil(-least))), max(0, int(np.ceil(most)))
    possible = max(fewer, more)
    small = max(SMALL_NUMBER, SMALL_SHARE * (c[0] + c[-1]) / 2)
    if possible <= small:
        return "no_change", f"{ends}: a change of more than {possible:,} is excluded"
    fits = [f"{n:,} {word}" for n, word in ((fewer, "fewer"), (more, "more")) if n > 0]
    return "cannot_tell", f"{ends}: anything from {fits[0]} to {fits[1] if len(fits) > 1 else 'none'} would fit"


def _difference(c: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Give the ends of the interval of last less first."""
    change = float(c[-1] - c[0])
    down = float(np.hypot(c[-1] - low[-1], high[0] - c[0]))
    up = float(np.hypot(high[-1] - c[-1], c[0] - low[0]))
    return change - down, change + up


def _slope_z(c: Floats, day: Floats) -> float:
    """Give the score statistic of a log-linear Poisson trend, scaled by the scatter about a straight line."""
    centred, mean = day - day.mean(), float(c.mean())
    spread = float(centred @ centred)
    if mean <= 0 or spread <= 0:
        return 0.0
    slope = float(centred @ c) / spread
    residual = c - mean - slope * centred
    dispersion = max(1.0, float(residual @ residual) / mean / (len(c) - 2))
    return float(centred @ c / np.sqrt(mean * spread * dispersion))

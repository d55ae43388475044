"""Teach the last layer of a network on a few labelled images, held near what it was.

The log-odds of a centre are a linear function of what the last layer is given. What changes is that function alone:
logistic regression on the peaks of the user's images, beginning at the former log-odds and their calibration, under a
Gaussian prior about no change. The prior is the curvature of the former network's own answers on rendered places
(J. Kirkpatrick et al. 2017, Overcoming catastrophic forgetting, doi:10.1073/pnas.1611835114), so what would change
there costs most, with a ridge. The problem is convex: the result depends on neither chance nor time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RIDGE: Final = 1000.0
"""Weight of the change of each value's part, by its spread."""
STEADY: Final = 300.0
"""Weight of the mean change of log-odds on the user's images: that would be another threshold."""
REPLAY: Final = 80.0
"""Places in doubt, of rendered ones, that the former answers are worth."""
ROUNDS: Final = 40
STEP: Final = 1e-6
"""Improvement below which all is said."""
SURE: Final = 30.0
"""Log-odds beyond which nothing changes."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Peaks of one image or several; the first axis of each array counts them."""

    logit: Floats
    """Log-odds of the former network."""
    values: Floats
    """What its last layer is given; the last one is 1, or the share that a look has in the log-odds."""
    real: NDArray[np.bool_]
    slope: Floats
    """Calibration: the probability of being real is logistic(slope * log-odds + offset)."""
    offset: Floats

    @staticmethod
    def join(parts: "Sequence[Lesson]") -> "Lesson":
        """Give all peaks of several."""
        return Lesson(*(np.concatenate([getattr(p, name) for p in parts]) for name in Lesson.__slots__))

    @property
    def odds(self) -> Floats:
        """Calibrated log-odds."""
        return np.clip(self.slope * self.logit + self.offset, -SURE, SURE)

    @property
    def doubt(self) -> Floats:
        """Variance of the answer: greatest where it is open."""
        p = _logistic(self.odds)
        return p * (1 - p)


def taught(own: Lesson, replayed: Lesson) -> Floats:
    """Give the change of the last layer that a user's labelled peaks ask for.

    Parameters
    ----------
    own : Lesson
        The user's.
    replayed : Lesson
        Of rendered places: where the former answers are to stay.

    Returns
    -------
    ndarray of shape (channels + 1,)
        Added to the weights and the constant.
    """
    prior, scaled = _prior(own, replayed), own.slope[:, None] * own.values
    change, worth = np.zeros(own.values.shape[1]), np.inf
    for _ in range(ROUNDS):
        p = _logistic(own.odds + scaled @ change)
        uphill = scaled.T @ (p - own.real) + prior @ change
        bend = (scaled.T * (p * (1 - p))) @ scaled + prior
        newton = np.asarray(np.linalg.solve(bend, uphill), np.float64)
        step, now = _downhill(own, scaled, prior, change, newton)
        change = change - step
        if worth - now < STEP:
            break
        worth = now
    return change


def _downhill(own: Lesson, scaled: Floats, prior: Floats, change: Floats, step: Floats) -> tuple[Floats, float]:
    """Shorten a step until it leads no higher; give it and the height there."""
    here = _height(own, scaled, prior, change)
    for _ in range(ROUNDS):
        there = _height(own, scaled, prior, change - step)
        if there <= here:
            return step, there
        step = step / 2
    return np.zeros_like(step), here


def _height(own: Lesson, scaled: Floats, prior: Floats, change: Floats) -> float:
    odds = own.odds + scaled @ change
    return float((np.logaddexp(0, odds) - own.real * odds).sum() + change @ prior @ change / 2)


def _prior(own: Lesson, replayed: Lesson) -> Floats:
    spread = replayed.values.std(axis=0) + 1e-3
    spread[-1] = 1.0
    mean = own.doubt @ own.values / max(own.doubt.sum(), 1e-9)
    scaled = replayed.slope[:, None] * replayed.values
    curvature = (scaled.T * replayed.doubt) @ scaled / max(replayed.doubt.sum(), 1e-9)
    prior: Floats = RIDGE * np.diag(spread**2) + STEADY * np.outer(mean, mean) + REPLAY * curvature
    return prior


def _logistic(odds: Floats) -> Floats:
    p: Floats = 1 / (1 + np.exp(-np.clip(odds, -SURE, SURE)))
    return p

"""Which of the peaks that a detector finds are objects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in an image, in its pixels; arrays of shape (n,)."""

    row: Floats
    col: Floats
    size: Floats
    counted: NDArray[np.bool_]
    """False = neither an object nor background."""

    def away(self, row: Floats, col: Floats) -> Floats:
        """Give distances to places of shape (m,), in sizes of the objects; shape (n, m)."""
        away: Floats = np.hypot(self.row[:, None] - row, self.col[:, None] - col) / self.size[:, None]
        return away


@dataclass(frozen=True, slots=True)
class Rule:
    """How near is near, in sizes of an object."""

    near: float
    """A peak this near an object may be of it."""
    own: float
    """A peak this near an object that has no peak may be it."""
    unclear: float
    """The same of what may be an object."""
    twins: bool
    """Where an object has its peak, others near it are none; else nothing is said of them."""


def judged(row: Floats, col: Floats, marks: Marks, rule: Rule) -> NDArray[np.int8]:
    """Tell of peaks whether they are objects: 1 yes, 0 no, -1 what cannot be said.

    Each object has one peak, the nearest. Others near it are none: in a row, what lies between two lorries looks like
    one to a network, and a head that was not taught so believes it.
    """
    said = np.zeros(len(row), np.int8)
    if not len(marks.row) or not len(row):
        return said
    away = marks.away(row, col)
    taken = _taken(away, marks, rule, said)
    near = away < np.where(marks.counted, rule.own, rule.unclear)[:, None]
    said[(said == 0) & (near & ~(taken & rule.twins)[:, None]).any(0)] = -1
    return said


def _taken(away: Floats, marks: Marks, rule: Rule, said: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Give each object its peak, nearest first, and tell which objects have one."""
    pairs = np.argwhere(marks.counted[:, None] & (away < rule.near))
    taken = np.zeros(len(marks.row), bool)
    for mark, peak in pairs[np.argsort(away[tuple(pairs.T)], kind="stable")]:
        if not taken[mark] and said[peak] != 1:
            taken[mark], said[peak] = True, 1
    return taken

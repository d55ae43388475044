"""How images of a ground sampling distance are looked at, and how two looks are made one."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from rasterdelta.detect.decode import LOWEST, Floats, Peaks
from rasterdelta.detect.lattice import Lattice

NEAR: Final = 0.25
"""Peaks of two looks this near each other, in lengths, are of one object."""
LEAST_PX: Final = 2.5
"""The same at least, in working pixels of the first look."""
RIVALS: Final = 8
"""Nearest peaks of the other look that are asked."""


@dataclass(frozen=True, slots=True)
class Look:
    """One run of the network over an image."""

    lattice: Lattice
    length_m: float
    """Shorter objects are left to other looks."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How images of pixels up to a ground sampling distance are looked at.

    What is seen at the working resolution and at half of it are two opinions of one object: large ones are seen whole
    only in the second, small ones only in the first.
    """

    gsd_max_m: float
    """Images of coarser pixels are looked at otherwise."""
    working_m: float
    """They are resampled to about this ground sampling distance, metres."""
    half_from_m: float | None = None
    """Objects of this length and more are looked for at half the resolution too; None: there is no second look."""
    agree: float = 0.0
    """Share of the mean of both looks' log-odds, beside the surer look's."""
    turned: bool = False
    """True: each look is taken twice, the second time turned by half a turn, and both maps are averaged: what a
    network sees differs a little by which way up it is, which is chance."""
    closer: bool = False
    """True: what was found is looked at again, one by one."""

    def looks(self, gsd_m: float) -> tuple[Look, ...]:
        """Give the looks at an image of a ground sampling distance, the finest first."""
        first = Lattice.near(gsd_m, self.working_m)
        if self.half_from_m is None:
            return (Look(first, 0.0),)
        return Look(first, 0.0), Look(first.halved(), self.half_from_m)

    def joined(self, seen: list[Peaks], gsd_m: float) -> Peaks:
        """Give the peaks of all looks, each with what the looks say of it together; rivals are not yet suppressed.

        Places are in pixels of the image, lengths in metres. A look that has no peak near one says `LOWEST` of it.
        """
        if len(seen) == 1 or self.agree == 0:
            return Peaks.join(seen)
        least_px = LEAST_PX * self.working_m / gsd_m
        first, second = seen
        return Peaks.join([self._agreed(a, b, gsd_m, least_px) for a, b in ((first, second), (second, first))])

    def _agreed(self, mine: Peaks, other: Peaks, gsd_m: float, least_px: float) -> Peaks:
        said = _said_near(mine, other, np.maximum(NEAR * mine.length / gsd_m, least_px))
        surer, mean = np.maximum(mine.logit, said), (mine.logit + said) / 2
        return replace(mine, logit=(1 - self.agree) * surer + self.agree * mean)


def _said_near(mine: Peaks, other: Peaks, reach_px: Floats) -> Floats:
    """Give the greatest log-odds of the other look's peaks within reach of each peak."""
    said = np.full(len(mine.row), LOWEST)
    if not len(other.row) or not len(mine.row):
        return said
    tree = cKDTree(np.column_stack([other.row, other.col]))
    ranks = list(range(1, min(RIVALS, len(other.row)) + 1))
    away, which = tree.query(np.column_stack([mine.row, mine.col]), k=ranks, distance_upper_bound=reach_px.max())
    within = away <= reach_px[:, None]
    logits = np.append(other.logit, LOWEST)[which]
    best: Floats = np.where(within, logits, LOWEST).max(axis=1)
    return best

"""How each class is looked for."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Search:
    """Sizes and distances that a search for one class works with."""

    label: str
    lengths_m: tuple[float, ...]
    """Lengths looked for."""
    coarsest_px: float
    """An object looked for spans at least this many pixels of its pyramid level, and less than twice as many."""
    smallest_px: float
    """Lengths of fewer pixels of the image itself are not looked for."""
    stride: int
    """Every so many pixels of the level are tried."""
    first: int
    """Of these every so many along rows and columns are tried first; the others only beside promising ones."""
    apart: float
    """Two objects lie at least this share of their mean length apart across their heading."""
    apart_along: float
    """The same along their heading."""
    aspect: float
    """Width over length."""
    length_factor: float
    """True length over the longer side of a box along rows and columns, on average over headings."""

    def octave(self, length_m: float, gsd_m: float) -> int | None:
        """Give the pyramid level for a length (pixels of gsd * 2**level), or None where it spans too few pixels."""
        if length_m / gsd_m < self.smallest_px:
            return None
        return max(0, int(np.floor(np.log2(length_m / (self.coarsest_px * gsd_m)) + 1e-9)))


AIRCRAFT = Search(
    label="aircraft",
    lengths_m=tuple(10.0 * 2 ** (i / 2) for i in range(6)),
    coarsest_px=9.0,
    smallest_px=8.0,
    stride=2,
    first=1,
    apart=0.6,
    apart_along=0.6,
    aspect=0.9,
    length_factor=1.05,
)
VEHICLE = Search(
    label="vehicle",
    lengths_m=(4.6, 8.0),
    coarsest_px=9.0,
    smallest_px=7.0,
    stride=1,
    first=2,
    apart=0.4,
    apart_along=0.75,
    aspect=0.42,
    length_factor=1.0,
)
SEARCHES = {s.label: s for s in (AIRCRAFT, VEHICLE)}

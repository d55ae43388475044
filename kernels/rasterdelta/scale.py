"""Whether measured sizes fit the ground sampling distance that an image is said to have.

Sizes are pixels times that distance: where it is wrong, every one is wrong by the same factor, and the detector looks
at the wrong scale. Only what cannot be is told: a factor that turns airliners into fighters is not seen.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from rasterdelta.dimensions import kinds
from rasterdelta.errors import KernelError
from rasterdelta.types import FloatArray

FEWEST: Final = {"aircraft": 5, "vehicle": 10}
"""From so many objects of a class on, something is said."""
_OVERSHOOT = 1.12
"""Measured lengths exceed true ones by so much now and then: a standard deviation of aircraft."""
_LONG_M, _WIDE_M = 8.5, 3.1
"""Armour (to 7.3 m) is shorter, lorries (to 2.7 m, measured as up to 3.0 m) are narrower; few vehicles are neither."""
_STOUT, _SHADED_M = 2.9, 3.5
"""On snow shadows are taken for part of lorries (10.3 by 3.2 m): what is this narrow is doubted only where it is no
longer than so many widths, as cars are."""
_CARS_M, _LORRIES_M = 4.4, 7.5
"""Middle lengths of places full of cars, and full of military lorries."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Sizes of one class that cannot be at the ground sampling distance that was said."""

    label: str
    count: int
    too_coarse: bool
    """The distance is said to be coarser than it is, so that objects measure too large; else it is said too fine."""
    length_m: float
    """A quarter of the lengths lie above it; where `width_m` is given, a half."""
    width_m: float | None
    """The middle width, where it bears the finding; else None."""
    limit_m: float
    """The published length that is broken."""
    factor: float
    """So many times the distance that was said sizes are usual: at most where it is too coarse, else at least."""


@cache
def _published(label: str) -> tuple[float, float]:
    """Give the shortest and the longest published length of a class."""
    lengths = [k.length for k in kinds() if k.label == label]
    return min(r.low for r in lengths), max(r.high for r in lengths)


def misfit(label: str, length_m: FloatArray, width_m: FloatArray) -> Misfit | None:
    """Say whether the objects of a class that one image shows can have the sizes that were measured.

    Parameters
    ----------
    label : str
        Class; of others than `aircraft` and `vehicle` nothing is said.
    length_m, width_m : ndarray of shape (n,)
        Measured sizes of confidently found objects, metres.

    Returns
    -------
    Misfit or None
        None where they can, or where there are fewer than `FEWEST`.

    Raises
    ------
    KernelError
        Lengths and widths differ in number.

    Notes
    -----
    Aircraft: a quarter is longer than the longest that is published, and an error of measurement; or three quarters
    are shorter than the shortest. Vehicles: the middle one is longer than armour and wider than lorries (with their
    shadows, where it is slender); or three quarters are shorter than the shortest car.
    """
    if np.shape(length_m) != np.shape(width_m):
        raise KernelError(f"want as many widths as lengths, not {np.shape(width_m)} and {np.shape(length_m)}")
    n = len(length_m)
    if n < FEWEST.get(label, n + 1):
        return None
    middle, most, width = float(np.median(length_m)), float(np.quantile(length_m, 0.75)), float(np.median(width_m))
    shortest, longest = _published(label)
    cars = label == "vehicle"
    if most < shortest:
        return Misfit(label, n, False, most, None, shortest, _CARS_M / middle if cars else shortest / most)
    if cars and middle > _LONG_M and width > (_WIDE_M if middle < _STOUT * width else _SHADED_M):
        return Misfit(label, n, True, middle, width, _LONG_M, _LORRIES_M / middle)
    if not cars and most > _OVERSHOOT * longest:
        return Misfit(label, n, True, most, None, longest, longest / most)
    return None

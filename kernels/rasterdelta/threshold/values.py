"""Finite values and their histogram."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rasterdelta.errors import NotEnoughData

Values: TypeAlias = NDArray[np.float64]


def finite(values: ArrayLike) -> Values:
    """Give the finite values, flat, as float64."""
    flat = np.asarray(values, np.float64).ravel()
    return flat[np.isfinite(flat)]


def differing(values: ArrayLike) -> Values:
    """Give the finite values; raises `NotEnoughData` where no two of them differ."""
    found = finite(values)
    if found.size < 2 or found.min() == found.max():
        raise NotEnoughData("no two values differ: there is nothing to split")
    return found


def histogram(values: ArrayLike, bins: int) -> tuple[Values, Values]:
    """Give counts and centres of equal bins from the smallest to the largest finite value.

    Raises
    ------
    NotEnoughData
        Where no two values differ.
    """
    count, edge = np.histogram(differing(values), bins)
    return count.astype(np.float64), (edge[:-1] + edge[1:]) / 2

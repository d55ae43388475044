"""What a pixel shows: the values of a mask of kinds."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Mask


class Kind(IntEnum):
    """What a pixel shows."""

    CLEAR = 0
    CLOUD = 1
    SHADOW = 2
    """Of a cloud."""
    HAZE = 3
    """The ground is seen through it, with less contrast."""
    SNOW = 4
    WATER = 5
    SATURATED = 6
    DARK = 7
    """So dark that nothing can be told there: the shadow of a building or a hill."""
    NOTHING = 8
    """No detail anywhere in the image: cloud or fog over all of it, calm water, or a blank image."""


Kinds: TypeAlias = NDArray[np.uint8]
"""uint8, shape (row, column): the value of a `Kind`."""

HIDING: Final = (Kind.CLOUD, Kind.SHADOW, Kind.NOTHING)
"""Kinds that hide the ground or what changed on it."""


def any_of(kinds: Kinds, which: Iterable[Kind]) -> Mask:
    """Tell the pixels that are of one of some kinds; bool, True = is."""
    return np.isin(kinds, [int(k) for k in which])

"""What stands for a part that was given up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Mask, Plane
from sitedelta.comparison.strips import UNSEEN
from sitedelta.running.tiles import Tile


def _shape(tile: Tile) -> tuple[int, int]:
    return tile.row1 - tile.row0, tile.col1 - tile.col0


@dataclass(frozen=True, slots=True)
class LostView:
    """A tile of a display image: nothing to see."""

    tile: Tile
    bands: int

    def load(self) -> tuple[NDArray[np.uint8], Mask]:
        """Give an image without valid pixels."""
        shape = _shape(self.tile)
        return np.zeros((self.bands, *shape), np.uint8), np.zeros(shape, np.bool_)


@dataclass(frozen=True, slots=True)
class LostChange:
    """A tile of a change map: nothing was observable."""

    tile: Tile

    def load(self) -> tuple[NDArray[np.uint8], Plane]:
        """Give a change map and a score that say nothing."""
        shape = _shape(self.tile)
        return np.full(shape, UNSEEN, np.uint8), np.full(shape, np.nan, np.float32)

"""Heights of the ground, from a digital elevation model."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from rasterdelta.types import Mask
from sitedelta.errors import InputError
from sitedelta.grid.sitegrid import Array, affine_points
from sitedelta.raster import Reader
from sitedelta.raster.groundsize import WGS84, transformer
from sitedelta.scene import Terrain

_MOST = 8192
"""Cells on the longer side that are read."""


@dataclass(frozen=True, slots=True)
class Elevations:
    """A digital elevation model in memory."""

    heights: NDArray[np.float32]
    valid: Mask
    transform: Affine
    crs: str

    def at(self, lon: Array, lat: Array, *, otherwise: float) -> Array:
        """Give heights of places by bilinear interpolation; `otherwise` beyond the model and where it has none."""
        x, y = transformer(WGS84, self.crs).transform(lon, lat)
        cols, rows = affine_points(~self.transform, np.asarray(x, np.float64), np.asarray(y, np.float64))
        height, width = self.heights.shape
        with np.errstate(invalid="ignore"):
            inside = (rows >= 0) & (rows <= height) & (cols >= 0) & (cols <= width)
        r = np.clip(np.where(inside, rows, 0) - 0.5, 0, height - 1)
        c = np.clip(np.where(inside, cols, 0) - 0.5, 0, width - 1)
        i, j = np.minimum(r.astype(int), max(height - 2, 0)), np.minimum(c.astype(int), max(width - 2, 0))
        down, right = np.minimum(i + 1, height - 1), np.minimum(j + 1, width - 1)
        corners = ((i, j, (1 - (r - i)) * (1 - (c - j))), (i, right, (1 - (r - i)) * (c - j)),
                   (down, j, (r - i) * (1 - (c - j))), (down, right, (r - i) * (c - j)))  # fmt: skip
        found = sum(self.heights[a, b] * w for a, b, w in corners)
        known = inside & np.logical_and.reduce([self.valid[a, b] for a, b, _ in corners])
        return np.where(known, found, otherwise)


@lru_cache(maxsize=2)
def elevations(terrain: Terrain) -> Elevations:
    """Read a digital elevation model; raises `InputError` where it is not georeferenced or too large."""
    with Reader(terrain.uri) as reader:
        info = reader.info
        if info.crs is None:
            raise InputError(f"{terrain.uri}: is not georeferenced; give a digital elevation model that is")
        if max(info.height, info.width) > _MOST:
            raise InputError(
                f"{terrain.uri}: has {info.height} x {info.width} cells; cut out the site (at most {_MOST} a side)"
            )
        heights, valid = reader.read((0, info.height, 0, info.width), bands=(0,))
    return Elevations(heights[0], valid, info.transform, info.crs)

"""The pixel grid of a site, on which all its scenes are brought together."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from sitedelta.errors import InputError
from sitedelta.raster.groundsize import WGS84, transformer
from sitedelta.scene import Scene

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

Array = NDArray[np.float64]

MAX_SIDE = 200_000
"""Pixels on a side of a grid; more is a mistake in the area of interest or the ground sampling distance."""


@dataclass(frozen=True, slots=True)
class SiteGrid:
    """Pixels of one site. Rows and columns are floats whose integers are pixel centres."""

    shape: tuple[int, int]
    """Rows and columns."""
    transform: Affine
    """Takes (column, row) of pixel corners to coordinates of the CRS; the identity without georeference."""
    crs_wkt: str | None
    """Coordinate reference system as WKT; None without georeference."""
    gsd_m: float
    """Side of a pixel on the ground, metres."""

    def __post_init__(self) -> None:
        rows, cols = self.shape
        if not (0 < rows <= MAX_SIDE and 0 < cols <= MAX_SIDE):
            raise InputError(
                f"the site grid would have {rows} x {cols} pixels of {self.gsd_m:g} m; give a smaller `aoi:`"
            )

    @property
    def georeferenced(self) -> bool:
        """Tell whether the pixels have a place on the Earth."""
        return self.crs_wkt is not None

    @property
    def geobox(self) -> "GeoBox":
        """The grid as odc-geo has it, to reproject with it."""
        from odc.geo.geobox import GeoBox

        return GeoBox(self.shape, self.transform, self.crs_wkt)

    def xy(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Give coordinates (x, y) in the grid's CRS of rows and columns (any one shape)."""
        return affine_points(self.transform, np.asarray(cols, np.float64) + 0.5, np.asarray(rows, np.float64) + 0.5)

    def rowcol(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Give rows and columns of coordinates in the grid's CRS."""
        cols, rows = affine_points(~self.transform, np.asarray(x, np.float64), np.asarray(y, np.float64))
        return rows - 0.5, cols - 0.5

    def lonlat(self, rows: Array, cols: Array) -> tuple[Array, Array] | None:
        """Give longitudes and latitudes (WGS 84, degrees) of rows and columns; None without georeference."""
        wkt = self.crs_wkt
        if wkt is None:
            return None
        lon, lat = transformer(wkt, WGS84).transform(*self.xy(rows, cols))
        return np.asarray(lon), np.asarray(lat)

    def to_json(self) -> str:
        """Write as JSON text, exactly."""
        value = {"shape": self.shape, "affine": tuple(self.transform)[:6], "crs": self.crs_wkt, "gsd_m": self.gsd_m}
        return json.dumps(value)


def affine_points(affine: Affine, x: Array, y: Array) -> tuple[Array, Array]:
    """Apply an affine to arrays of points."""
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def pixel_grid(shape: tuple[int, int], gsd_m: float) -> SiteGrid:
    """Give a grid without georeference: the pixels of an image."""
    return SiteGrid(shape, Affine.identity(), None, gsd_m)


def earth_grid(shape: tuple[int, int], transform: Affine, crs: str, gsd_m: float) -> SiteGrid:
    """Give a grid with a place on the Earth; `crs` is WKT or an authority's code."""
    return SiteGrid(shape, transform, CRS.from_user_input(crs).to_wkt(), gsd_m)


def scene_grid(scene: Scene) -> SiteGrid:
    """Give the grid of a scene's pixels, as they are stored; where it was not rectified, a grid over its ground."""
    from sitedelta.raster import Reader

    if scene.ground is not None:
        from sitedelta.grid.ortho import ortho_grid

        return ortho_grid(scene, scene.ground)
    with Reader(scene.uri) as reader:
        info = reader.info
    if info.crs is None or info.gsd_m is None:
        return pixel_grid((scene.height, scene.width), scene.gsd_m)
    return earth_grid((scene.height, scene.width), info.transform, info.crs, info.gsd_m)

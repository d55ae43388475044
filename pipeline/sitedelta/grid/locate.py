"""Where the pixels of a site grid lie in a scene, by georeference alone."""

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from sitedelta.grid.ground import GroundMap, ground_of
from sitedelta.grid.sitegrid import Array, SiteGrid, affine_points, scene_grid
from sitedelta.raster.groundsize import same_crs, transformer
from sitedelta.scene import Scene


@dataclass(frozen=True, slots=True)
class Georeference:
    """How the corners of pixels map to coordinates."""

    transform: Affine
    crs: str | None = None
    """WKT; None where the coordinates are pixels."""


@dataclass(frozen=True, slots=True)
class PixelMap:
    """Takes places between a site grid and a scene's own pixels; integers are pixel centres in both."""

    grid: Georeference
    scene: Georeference

    def to_scene(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Give rows and columns in the scene of rows and columns on the grid (any one shape), exactly."""
        return _convert(rows, cols, self.grid, self.scene)

    def to_grid(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Give rows and columns on the grid of rows and columns in the scene, exactly."""
        return _convert(rows, cols, self.scene, self.grid)


def locate(scene: Scene, grid: SiteGrid) -> PixelMap | GroundMap | None:
    """Say where the pixels of a grid lie in a scene, by georeference alone.

    Returns
    -------
    PixelMap, GroundMap or None
        A ground model where the scene was not rectified.
        Without georeference on both sides: upper left corners laid on each other, scaled by ground sampling distance.
        None where only one of the two is georeferenced: matching has to find the place.
    """
    if scene.georeferenced != grid.georeferenced:
        return None
    if not scene.georeferenced:
        ratio = scene.gsd_m / grid.gsd_m
        return PixelMap(Georeference(Affine.identity()), Georeference(Affine.scale(ratio)))
    if scene.ground is not None:
        return GroundMap(grid, ground_of(scene.ground))
    own = scene_grid(scene)
    return PixelMap(Georeference(grid.transform, _same(grid, own)), Georeference(own.transform, own.crs_wkt))


def scene_lonlat(scene: Scene, rows: Array, cols: Array) -> tuple[Array, Array] | None:
    """Give longitudes and latitudes of a scene's own pixels; None without georeference."""
    if scene.ground is not None:
        return ground_of(scene.ground).lonlat(np.asarray(rows, np.float64), np.asarray(cols, np.float64))
    return scene_grid(scene).lonlat(rows, cols)


def _same(grid: SiteGrid, own: SiteGrid) -> str | None:
    """Give the grid's CRS, in the scene's words where both mean the same."""
    if own.crs_wkt is None or grid.crs_wkt is None:
        return grid.crs_wkt
    return own.crs_wkt if same_crs(grid.crs_wkt, own.crs_wkt) else grid.crs_wkt


def _convert(
    rows: NDArray[np.floating],
    cols: NDArray[np.floating],
    source: Georeference,
    target: Georeference,
) -> tuple[Array, Array]:
    x, y = np.asarray(cols, np.float64) + 0.5, np.asarray(rows, np.float64) + 0.5
    if source.crs is None or target.crs is None or source.crs == target.crs:
        x, y = affine_points(~target.transform @ source.transform, x, y)
    else:
        x, y = affine_points(source.transform, x, y)
        x, y = affine_points(~target.transform, *transformer(source.crs, target.crs).transform(x, y))
    return y - 0.5, x - 0.5

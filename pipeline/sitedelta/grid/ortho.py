"""A grid over the ground of a scene that was not rectified."""

import math
from dataclasses import replace

import numpy as np
from affine import Affine

from sitedelta.errors import RasterError
from sitedelta.grid.ground import Ground, ground_of
from sitedelta.grid.sitegrid import SiteGrid, earth_grid
from sitedelta.grid.utm import utm_crs
from sitedelta.raster.groundsize import GEOD, WGS84, transformer
from sitedelta.scene import Control, Scene, Sensor

_EDGE_NODES = 21


def ortho_grid(scene: Scene, sensor: Sensor | Control) -> SiteGrid:
    """Give the UTM grid, north up, that covers what a scene shows at its ground sampling distance.

    Raises `RasterError` where the sensor model does not lead to the Earth.
    """
    ground = ground_of(sensor)
    step = np.linspace(0, 1, _EDGE_NODES)
    rows = np.concatenate([0 * step, step, 0 * step + 1, step]) * scene.height - 0.5
    cols = np.concatenate([step, 0 * step + 1, step, 0 * step]) * scene.width - 0.5
    lon, lat = _on_earth(ground, rows, cols, str(scene.originals[0]))
    crs = utm_crs(float(lon.mean()), float(lat.mean()))
    x, y = (np.asarray(v) for v in transformer(WGS84, crs).transform(lon, lat))
    gsd = scene.gsd_m
    left, top = math.floor(x.min() / gsd) * gsd, math.ceil(y.max() / gsd) * gsd
    shape = max(1, math.ceil((top - y.min()) / gsd)), max(1, math.ceil((x.max() - left) / gsd))
    return earth_grid(shape, Affine(gsd, 0, left, 0, -gsd, top), crs, gsd)


def ground_size_m(sensor: Sensor | Control, *, width: int, height: int, name: str) -> float:
    """Give the side in metres of a square as large as what the middle pixel shows of level ground, to three digits."""
    level = replace(sensor, terrain=None) if isinstance(sensor, Sensor) else sensor
    row, col = (height - 1) / 2, (width - 1) / 2
    rows, cols = np.array([row - 0.5, row + 0.5, row, row]), np.array([col, col, col - 0.5, col + 0.5])
    lon, lat = _on_earth(ground_of(level), rows, cols, name)
    sides = [abs(float(GEOD.inv(lon[i], lat[i], lon[i + 1], lat[i + 1])[2])) for i in (0, 2)]
    return float(f"{math.sqrt(sides[0] * sides[1]):.3g}")


def _on_earth(ground: Ground, rows: np.ndarray, cols: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = ground.lonlat(rows, cols)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all() and (np.abs(lat) <= 90).all()):
        raise RasterError(f"{name}: its sensor model (RPC or control points) leads beyond the Earth; remove it")
    return lon, lat

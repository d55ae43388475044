"""Where a scene that was not rectified shows the ground: by its RPC, or by ground control points."""

from dataclasses import dataclass

import numpy as np

from rasterdelta.rpc import Rpc
from sitedelta.grid.sitegrid import Array, SiteGrid
from sitedelta.grid.terrain import elevations
from sitedelta.raster.groundsize import WGS84, transformer
from sitedelta.scene import Control, Sensor, Terrain


@dataclass(frozen=True, slots=True)
class RpcGround:
    """A sensor model over terrain, or over ground of one height."""

    rpc: Rpc
    height_m: float
    terrain: Terrain | None

    def lonlat(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Give longitudes and latitudes of pixels; centres are integers, any one shape."""
        return self.rpc.to_ground(rows, cols, self._heights)

    def pixels(self, lon: Array, lat: Array) -> tuple[Array, Array]:
        """Give rows and columns that show places."""
        return self.rpc.to_image(lon, lat, self._heights(lon, lat))

    def _heights(self, lon: Array, lat: Array) -> Array:
        if self.terrain is None:
            return np.full(np.shape(lon), self.height_m)
        return elevations(self.terrain).at(lon, lat, otherwise=self.height_m)


@dataclass(frozen=True, slots=True)
class ControlGround:
    """Polynomials through ground control points, of first order below six points and of second from there on."""

    control: Control

    def lonlat(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Give longitudes and latitudes of pixels; centres are integers, any one shape."""
        p = np.array(self.control.points)
        x, y = _through(p[:, 0], p[:, 1], p[:, 2:], rows, cols)
        lon, lat = transformer(self.control.crs, WGS84).transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    def pixels(self, lon: Array, lat: Array) -> tuple[Array, Array]:
        """Give rows and columns that show places."""
        p = np.array(self.control.points)
        x, y = transformer(WGS84, self.control.crs).transform(lon, lat)
        return _through(p[:, 2], p[:, 3], p[:, :2], np.asarray(x), np.asarray(y))


Ground = RpcGround | ControlGround


def ground_of(sensor: Sensor | Control) -> Ground:
    """Give the ground model of what a scene says of itself."""
    if isinstance(sensor, Control):
        return ControlGround(sensor)
    return RpcGround(sensor.rpc, sensor.height_m, sensor.terrain)


@dataclass(frozen=True, slots=True)
class GroundMap:
    """Takes places between a site grid and the pixels of a scene that was not rectified."""

    grid: SiteGrid
    ground: Ground

    def to_scene(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Give rows and columns in the scene of rows and columns on the grid (any one shape)."""
        ends = self.grid.lonlat(rows, cols)
        assert ends is not None
        return self.ground.pixels(*ends)

    def to_grid(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Give rows and columns on the grid of rows and columns in the scene."""
        lon, lat = self.ground.lonlat(np.asarray(rows, np.float64), np.asarray(cols, np.float64))
        wkt = self.grid.crs_wkt
        assert wkt is not None
        x, y = transformer(WGS84, wkt).transform(lon, lat)
        return self.grid.rowcol(np.asarray(x), np.asarray(y))


def _through(u: Array, v: Array, values: Array, at_u: Array, at_v: Array) -> tuple[Array, Array]:
    """Fit two values as polynomials of (u, v) by least squares, and evaluate them."""
    mid, size = (float(u.mean()), float(v.mean())), (float(np.ptp(u)) or 1.0, float(np.ptp(v)) or 1.0)
    order = 1 if len(u) < 6 else 2
    terms = _monomials((u - mid[0]) / size[0], (v - mid[1]) / size[1], order)
    coefficients, *_ = np.linalg.lstsq(np.stack(terms, axis=-1), values, rcond=None)
    asked = _monomials((np.asarray(at_u) - mid[0]) / size[0], (np.asarray(at_v) - mid[1]) / size[1], order)
    first, second = (sum(c * t for c, t in zip(k, asked, strict=True)) for k in coefficients.T)
    return np.asarray(first), np.asarray(second)


def _monomials(a: Array, b: Array, order: int) -> list[Array]:
    linear = [np.ones(np.broadcast(a, b).shape), a + 0 * b, b + 0 * a]
    return linear if order == 1 else [*linear, a * b, a * a + 0 * b, b * b + 0 * a]

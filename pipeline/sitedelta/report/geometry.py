"""The site grid on paper: places, north and a scale bar."""

from functools import lru_cache
from math import atan2, ceil, degrees, floor, log10
from typing import TYPE_CHECKING

import numpy as np

from sitedelta.running.manifest import GridRecord

if TYPE_CHECKING:
    from mgrs import MGRS
    from pyproj import Transformer


@lru_cache(maxsize=8)
def _to_wgs84(crs_wkt: str) -> "Transformer":
    from pyproj import Transformer

    return Transformer.from_crs(crs_wkt, "EPSG:4326", always_xy=True)


def lonlat(grid: GridRecord, cols: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Give longitude and latitude of pixel places of a georeferenced grid.

    Parameters
    ----------
    cols, rows : ndarray of shape (N,)
        In pixels; integers are pixel centres.

    Returns
    -------
    ndarray of shape (N, 2), float64
    """
    a, b, c, d, e, f = grid.affine
    x, y = cols + 0.5, rows + 0.5
    lon, lat = _to_wgs84(_wkt(grid)).transform(a * x + b * y + c, d * x + e * y + f)
    return np.stack([lon, lat], axis=-1)


def pixels(grid: GridRecord, places: np.ndarray) -> np.ndarray:
    """Give (column, row) of WGS 84 places on a georeferenced grid; shape (N, 2) in and out."""
    x, y = _to_wgs84(_wkt(grid)).transform(places[:, 0], places[:, 1], direction="INVERSE")
    a, b, c, d, e, f = grid.affine
    return np.linalg.solve(np.array([[a, b], [d, e]]), np.stack([x - c, y - f])).T - 0.5


def _wkt(grid: GridRecord) -> str:
    if grid.crs_wkt is None:
        raise ValueError("a pixel grid has no places on the earth")
    return grid.crs_wkt


def centre(grid: GridRecord) -> tuple[float, float] | None:
    """Give longitude and latitude of the middle of a grid; None for a pixel grid."""
    if grid.crs_wkt is None:
        return None
    lon, lat = lonlat(grid, np.array([(grid.width - 1) / 2]), np.array([(grid.height - 1) / 2]))[0]
    return float(lon), float(lat)


def corners(grid: GridRecord) -> np.ndarray:
    """Give longitude and latitude of the lower left, lower right, upper right and upper left corner; shape (4, 2)."""
    right, bottom = grid.width - 0.5, grid.height - 0.5
    return lonlat(grid, np.array([-0.5, right, right, -0.5]), np.array([bottom, bottom, -0.5, -0.5]))


def north_deg(grid: GridRecord) -> float | None:
    """Give the direction of true north in the middle of the grid, clockwise from up; None for a pixel grid."""
    if grid.crs_wkt is None:
        return None
    middle = lonlat(grid, np.array([grid.width / 2]), np.array([grid.height / 2]))
    here, north = pixels(grid, middle + np.array([[0.0, 0.0], [0.0, 1e-4]]))
    return degrees(atan2(north[0] - here[0], here[1] - north[1]))


def scale_bar_m(width_m: float, share: float = 0.25) -> float:
    """Give the longest of 1, 2, 5, 10, ... metres within a share of a picture's width.

    Examples
    --------
    >>> scale_bar_m(1280.0), scale_bar_m(48.0)
    (200.0, 10.0)
    """
    most = max(width_m * share, 1e-3)
    decade = 10.0 ** floor(log10(most))
    return next(step * decade for step in (5.0, 2.0, 1.0) if step * decade <= most * (1 + 1e-9))


def coordinates(grid: GridRecord, *, row: float, col: float, lon: float | None, lat: float | None) -> str:
    """Give a place in a reader's words: latitude and longitude with the grid reference, or row and column."""
    if lon is None or lat is None or grid.crs_wkt is None:
        return f"row {row:.0f}, column {col:.0f}"
    place = f"{abs(lat):.5f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.5f}° {'E' if lon >= 0 else 'W'}"
    return f"{place}, MGRS {mgrs(lon, lat)}"


def mgrs(lon: float, lat: float) -> str:
    """Give the square metre of a place in the Military Grid Reference System.

    Examples
    --------
    >>> mgrs(35.95, 35.4)
    '36S YE 67915 21400'
    """
    text: str = _mgrs().toMGRS(lat, lon)
    zone, easting, northing = text[:-10], text[-10:-5], text[-5:]
    return f"{zone[:-2]} {zone[-2:]} {easting} {northing}"


@lru_cache(maxsize=1)
def _mgrs() -> "MGRS":
    from mgrs import MGRS

    return MGRS()


def nice_step(top: float, most: int) -> int:
    """Give the smallest of 1, 2, 5, 10, ... that divides `top` into at most `most` steps."""
    decade = 1
    while True:
        for step in (1, 2, 5):
            if ceil(top / (step * decade)) <= most:
                return step * decade
        decade *= 10

"""The size of a pixel on the ground."""

import math
from functools import cache

from affine import Affine
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError

WGS84 = "EPSG:4326"
GEOD = Geod(ellps="WGS84")
_TRUE_SCALE = 0.002
"""A projection that keeps lengths this well (UTM does) is taken at its word: 0.5 m stays 0.5 m."""


@cache
def transformer(source: str, target: str) -> Transformer:
    """Give the transformation between two coordinate reference systems, x (east) first."""
    return Transformer.from_crs(source, target, always_xy=True)


@cache
def same_crs(one: str, other: str) -> bool:
    """Tell whether two texts mean one coordinate reference system."""
    return one == other or bool(CRS.from_user_input(one) == CRS.from_user_input(other))


def pixel_size_m(wkt: str, transform: Affine, *, width: int, height: int) -> float | None:
    """Give the side in metres of a square as large as the pixel at the image's centre.

    Returns
    -------
    float or None
        None where the coordinate reference system does not lead to a place on the Earth there.
    """
    col, row = width / 2, height / 2
    ends = [transform @ p for p in ((col - 0.5, row), (col + 0.5, row), (col, row - 0.5), (col, row + 0.5))]
    x, y = ([p[i] for p in ends] for i in (0, 1))
    try:
        lon, lat = transformer(wkt, WGS84).transform(x, y)
    except ProjError:
        return None
    if not all(math.isfinite(v) for v in (*lon, *lat)):
        return None
    size = math.sqrt(_distance(lon, lat, 0) * _distance(lon, lat, 2))
    nominal = _nominal(wkt, transform)
    if nominal is not None and size > 0 and abs(nominal / size - 1) < _TRUE_SCALE:
        return nominal
    return size if size > 0 else None


def _distance(lon: list[float], lat: list[float], i: int) -> float:
    return float(GEOD.inv(lon[i], lat[i], lon[i + 1], lat[i + 1])[2])


def _nominal(wkt: str, transform: Affine) -> float | None:
    crs = CRS.from_user_input(wkt)
    if not crs.is_projected:
        return None
    size = math.sqrt(abs(transform.determinant)) * float(crs.axis_info[0].unit_conversion_factor)
    return float(f"{size:.9g}")

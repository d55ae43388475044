"""Choosing the grid of a site: UTM, the finest useful ground sampling distance, the area of interest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from affine import Affine
from pyproj import CRS

from sitedelta.errors import InputError
from sitedelta.grid.locate import scene_lonlat
from sitedelta.grid.sitegrid import SiteGrid, earth_grid, pixel_grid, scene_grid
from sitedelta.grid.utm import utm_crs
from sitedelta.raster.groundsize import WGS84, transformer
from sitedelta.scene import Scene

if TYPE_CHECKING:
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees, or left, bottom, right, top in metres."""

_EDGE_NODES = 21

_SLACK = 0.01
"""Share of a pixel by which an edge may miss a whole one: transformations round."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """The ground that a scene shows."""

    scene: Scene
    polygon: "Polygon"
    """In longitude and latitude, WGS 84."""


def choose_grid(scenes: Sequence[Scene], aoi: Bounds | Path | None) -> SiteGrid:
    """Choose the grid on which a site's scenes are brought together.

    Parameters
    ----------
    scenes
        All scenes of the site, the reference first.
    aoi
        West, south, east, north in degrees, or a vector file whose bounds are taken; the images' common footprint
        where it is None.

    Returns
    -------
    SiteGrid
        In the UTM zone of the area's centre with the finest ground sampling distance among the scenes, limited to the
        ground that they show. The pixels of the first scene where nothing is georeferenced.

    Raises
    ------
    InputError
        No scenes, images without overlap, or an area that they do not show.
    """
    if not scenes:
        raise InputError("no images: give at least one under `imagery:`")
    placed = [scene for scene in scenes if scene.georeferenced]
    if not placed:
        return pixel_grid((scenes[0].height, scenes[0].width), scenes[0].gsd_m)
    prints = [footprint(scene) for scene in placed]
    area = None if aoi is None else area_bounds(aoi)
    shown = _overlapping(prints, area)
    return _utm_grid(shown, area, finest=min(s.gsd_m for s in scenes))


def footprint(scene: Scene) -> Footprint:
    """Give the outline of a georeferenced scene's image.

    Raises
    ------
    InputError
        Its coordinate reference system has no longitude and latitude there.
    """
    from shapely import Polygon

    rows, cols = _outline(scene.height, scene.width)
    ends = scene_lonlat(scene, rows, cols)
    if ends is None or not np.isfinite(ends).all():
        raise InputError(f"{scene.originals[0]}: its georeference leads beyond the Earth; correct or remove it")
    return Footprint(scene, Polygon(np.column_stack(ends)).buffer(0))


def outline(scene: Scene) -> tuple[tuple[float, float], ...] | None:
    """Give the outline of a georeferenced image in longitude and latitude, closed, to a centimetre."""
    if not scene.georeferenced:
        return None
    ring = footprint(scene).polygon.convex_hull.simplify(1e-7).exterior.coords
    return tuple((round(float(lon), 7), round(float(lat), 7)) for lon, lat in ring)


def nice_gsd(gsd_m: float) -> float:
    """Round a ground sampling distance: to two digits where that changes it by 1 % at most, else to three.

    Examples
    --------
    >>> nice_gsd(0.4987), nice_gsd(0.31234)
    (0.5, 0.31)
    """
    short = float(f"{gsd_m:.2g}")
    return short if abs(short / gsd_m - 1) <= 0.01 else float(f"{gsd_m:.3g}")


def _outline(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Give rows and columns along the outer edge of an image, clockwise."""
    step = np.linspace(0, 1, _EDGE_NODES)[:-1]
    zero, one = np.zeros_like(step), np.ones_like(step)
    rows = np.concatenate([zero, step, one, 1 - step]) * height - 0.5
    cols = np.concatenate([step, one, 1 - step, zero]) * width - 0.5
    return rows, cols


def area_bounds(aoi: Bounds | Path) -> Bounds:
    """Give the bounds of an area of interest in degrees; raises `InputError` where its file cannot be used."""
    if not isinstance(aoi, Path):
        return aoi
    from sitedelta.areas.vectors import read_vector

    frame = read_vector(aoi)
    if frame.crs is None:
        raise InputError(f"{aoi}: has no coordinate reference system; write it in longitude and latitude (GeoJSON)")
    west, south, east, north = (float(v) for v in frame.to_crs(WGS84).total_bounds)
    return west, south, east, north


def _overlapping(prints: Sequence[Footprint], area: Bounds | None) -> list[Footprint]:
    """Give the footprints that meet the area; without an area all of them, and each must meet another."""
    from shapely import box

    if area is not None:
        shown = [p for p in prints if p.polygon.intersects(box(*area))]
        if not shown:
            raise InputError(
                f"images without overlap: none shows the area of interest {_degrees(area)}; "
                f"{_name(prints[0])} lies at {_degrees(prints[0].polygon.bounds)}; correct `aoi:` or the imagery"
            )
        return shown
    for p in prints:
        others = [q for q in prints if q is not p]
        if others and not any(p.polygon.intersects(q.polygon) for q in others):
            raise InputError(
                f"images without overlap: {_name(p)} lies at {_degrees(p.polygon.bounds)}, "
                f"{_name(others[0])} at {_degrees(others[0].polygon.bounds)}; give images of one place"
            )
    return list(prints)


def _utm_grid(prints: Sequence[Footprint], area: Bounds | None, *, finest: float) -> SiteGrid:
    from shapely import box, union_all

    shown = union_all([p.polygon for p in prints])
    if area is not None:
        shown = shown.intersection(box(*area))
    west, south, east, north = shown.bounds
    anchor = _anchor(prints, finest)
    crs = (anchor and anchor.crs_wkt) or utm_crs((west + east) / 2, (south + north) / 2)
    bounds = _projected_bounds(shown, crs)
    if not all(math.isfinite(v) for v in bounds):
        raise InputError(
            f"the images span {_degrees((west, south, east, north))}, more than one UTM grid; give an `aoi:`"
        )
    if anchor is None:
        return _snapped(bounds, crs, nice_gsd(finest), origin=(0, 0))
    return _snapped(bounds, crs, anchor.gsd_m, origin=(anchor.transform.c, anchor.transform.f))


def _projected_bounds(shape: "BaseGeometry", crs: str) -> Bounds:
    import shapely

    west, south, east, north = shape.bounds
    fine = shapely.segmentize(shape, max(east - west, north - south) / _EDGE_NODES)
    to_crs = transformer(WGS84, crs)
    ends = shapely.transform(fine, lambda p: np.column_stack(to_crs.transform(p[:, 0], p[:, 1])))
    left, bottom, right, top = (float(v) for v in ends.bounds)
    return left, bottom, right, top


def _anchor(prints: Sequence[Footprint], finest: float) -> SiteGrid | None:
    """Give the pixels that the site grid should coincide with, so that they need no resampling.

    Those of the first scene of the finest ground sampling distance, when all scenes are in one UTM zone, north up.
    """
    grids = [scene_grid(p.scene) for p in prints]
    fine = next((g for g in grids if math.isclose(g.gsd_m, finest, rel_tol=1e-6)), None)
    zones = {_utm_zone(g) for g in grids}
    one_zone = len(zones) == 1 and None not in zones
    return fine if one_zone else None


def _utm_zone(grid: SiteGrid) -> int | None:
    """Give the EPSG code of the UTM zone whose pixels lie north up and square; None for other pixels."""
    epsg = None if grid.crs_wkt is None else CRS.from_user_input(grid.crs_wkt).to_epsg()
    t = grid.transform
    north_up = t.b == t.d == 0 and t.a == -t.e > 0
    return epsg if epsg is not None and epsg // 100 in (326, 327) and north_up else None


def _snapped(bounds: Bounds, crs: str, gsd_m: float, *, origin: tuple[float, float]) -> SiteGrid:
    """Give the grid that covers bounds with its corners on multiples of the pixel from an origin."""
    x0, y0 = origin
    left, right = (f((v - x0) / gsd_m) for f, v in ((_floor, bounds[0]), (_ceil, bounds[2])))
    top, bottom = (f((y0 - v) / gsd_m) for f, v in ((_floor, bounds[3]), (_ceil, bounds[1])))
    corner = Affine(gsd_m, 0, x0 + left * gsd_m, 0, -gsd_m, y0 - top * gsd_m)
    return earth_grid((max(bottom - top, 1), max(right - left, 1)), corner, crs, gsd_m)


def _floor(value: float) -> int:
    return math.floor(value + _SLACK)


def _ceil(value: float) -> int:
    return math.ceil(value - _SLACK)


def _name(footprint_: Footprint) -> str:
    return footprint_.scene.originals[0].name


def _degrees(bounds: Bounds) -> str:
    return "[" + ", ".join(f"{v:.4f}" for v in bounds) + "]"

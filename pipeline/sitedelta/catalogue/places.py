"""Where things lie: footprints in WGS 84, and the site grid in the words of the projection extension."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sitedelta.files.rasterfile import open_raster
from sitedelta.running.manifest import GridRecord

_CELLS = 256
"""Cells on the longer side of a raster in which its footprint is looked for."""
_DIGITS = 7
"""Of degrees: a centimetre."""


def site_footprint(grid: GridRecord) -> Mapping[str, Any] | None:
    """Give the outline of a site as a GeoJSON geometry; None for a pixel grid."""
    if grid.crs_wkt is None:
        return None
    from sitedelta.report.geometry import corners

    ring = [[round(float(v), _DIGITS) for v in place] for place in corners(grid)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def shown_footprint(path: Path, grid: GridRecord) -> Mapping[str, Any] | None:
    """Give the outline of what a raster on the site grid shows, as a GeoJSON geometry.

    Its mask is looked at in at most 256 cells on a side. The site's outline where it shows nothing; None for a pixel
    grid.
    """
    if grid.crs_wkt is None:
        return None
    from affine import Affine
    from rasterio.enums import Resampling
    from rasterio.features import shapes
    from shapely import union_all
    from shapely.geometry import shape

    with open_raster(path) as raster:
        step = max(1, -(-max(raster.shape) // _CELLS))
        size = tuple(-(-side // step) for side in raster.shape)
        mask = raster.dataset_mask(out_shape=size, resampling=Resampling.nearest)
        scale = Affine.scale(raster.width / size[1], raster.height / size[0])
    seen = (mask > 0).astype(np.uint8)
    if seen.all() or not seen.any():
        return site_footprint(grid)
    parts = [shape(s) for s, value in shapes(seen, seen > 0, transform=scale) if value]
    return _on_earth(union_all(parts).simplify(step), grid)


def _on_earth(outline: Any, grid: GridRecord) -> Mapping[str, Any]:
    """Bring an outline in pixel corners of the grid to longitude and latitude."""
    import shapely
    from shapely.geometry import mapping

    from sitedelta.report.geometry import lonlat

    found = shapely.transform(outline, lambda p: np.round(lonlat(grid, p[:, 0] - 0.5, p[:, 1] - 0.5), _DIGITS))
    return plain(mapping(shapely.normalize(found)))


def plain(geometry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a geometry with lists instead of tuples, as JSON has it."""

    def lists(value: Any) -> Any:
        return [lists(v) for v in value] if isinstance(value, tuple | list) else value

    return {k: lists(v) for k, v in geometry.items()}


def bounds(geometry: Mapping[str, Any] | None) -> list[float] | None:
    """Give west, south, east, north of a geometry."""
    from shapely.geometry import shape

    return None if geometry is None else [float(v) for v in shape(geometry).bounds]


def projection(grid: GridRecord) -> dict[str, Any]:
    """Describe the site grid; one that is not on the Earth has neither code nor text."""
    from pyproj import CRS

    shape = {"proj:shape": [grid.height, grid.width], "proj:transform": list(grid.affine)}
    if grid.crs_wkt is None:
        return {"proj:code": None, **shape}
    crs = CRS.from_wkt(grid.crs_wkt)
    code = crs.to_epsg()
    named = {"proj:code": f"EPSG:{code}"} if code else {"proj:code": None, "proj:wkt2": crs.to_wkt()}
    return {**named, **shape}

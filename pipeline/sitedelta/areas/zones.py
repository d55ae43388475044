"""Zones of a site: named polygons for which counts and change are given."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sitedelta.areas.vectors import read_vector, refuse_file
from sitedelta.errors import InputError
from sitedelta.grid import SiteGrid
from sitedelta.settings.names import SAFE_ID, slug

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

WHOLE_SITE = "site"
"""Stands for the whole area of interest where a zone's id is asked for."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of a site."""

    id: str
    """[a-z0-9-], unique within the site."""
    name: str
    polygon: "BaseGeometry"
    """Polygon or multipolygon in grid pixels: x is the column, y the row, integers are pixel centres."""
    area_m2: float


@dataclass(frozen=True, slots=True)
class _Feature:
    name: str | None
    id: str | None
    geometry: "BaseGeometry"
    """In pixels of the grid."""


def load_zones(path: Path | None, grid: SiteGrid) -> tuple[Zone, ...]:
    """Read the zones of a site.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, KML or another vector file in any CRS; features may carry `id` and `name`. A GeoJSON whose
        top level, or whose features' properties, say `crs: "pixel"` is in pixels (column, row) of the grid's own image.
    grid
        The site's grid.

    Raises
    ------
    InputError
        One line naming the feature: not a polygon, not valid, outside the grid, an id that is not usable or not unique.
    """
    if path is None:
        return ()
    refuse_file(path)
    features = list(_pixel_features(path) or _mapped_features(path, grid))
    zones = tuple(_zone(path, number, feature, grid) for number, feature in enumerate(features, 1))
    _refuse_twins(path, zones)
    return zones


def zones_at(zones: Sequence[Zone], rows: NDArray[np.float64], cols: NDArray[np.float64]) -> list[str]:
    """Give for each place the ids of the zones that hold it, joined by `;`; an edge belongs to its zone."""
    import shapely

    found: list[list[str]] = [[] for _ in range(len(rows))]
    for zone in zones:
        for i in np.flatnonzero(shapely.intersects_xy(zone.polygon, cols, rows)):
            found[i].append(zone.id)
    return [";".join(ids) for ids in found]


def _pixel_features(path: Path) -> list[_Feature]:
    """Give the features of a GeoJSON in pixels; none where it is not in pixels."""
    import shapely
    from shapely.geometry import shape

    if path.suffix.lower() not in {".geojson", ".json"}:
        return []
    document = _json(path)
    found = document.get("features", [])
    features = [f for f in found if isinstance(f, dict)] if isinstance(found, list) else []
    in_pixels = [document.get("crs") == "pixel" or _properties(f).get("crs") == "pixel" for f in features]
    if not any(in_pixels):
        return []
    if not all(in_pixels):
        raise InputError(
            f"{path}: some features are in pixels and some are not; use two coordinate systems in two files"
        )
    try:
        return [_feature(_properties(f) | _own_id(f), shape(f["geometry"])) for f in features]
    except (shapely.errors.ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: holds a shape that cannot be read ({error})") from error


def _mapped_features(path: Path, grid: SiteGrid) -> Iterator[_Feature]:
    import shapely

    frame = read_vector(path)
    if not grid.georeferenced:
        raise InputError(
            f'{path}: the images have no georeference, so zones must be GeoJSON in pixels, marked `"crs": "pixel"`'
        )
    if frame.crs is None:
        raise InputError(f"{path}: has no coordinate reference system; write it in longitude and latitude (GeoJSON)")
    frame = frame.to_crs(grid.crs_wkt)
    for properties, geometry in zip(
        frame.drop(columns=frame.geometry.name).to_dict("records"), frame.geometry, strict=True
    ):
        if geometry is None:
            raise InputError(f"{path}: a feature has no shape; remove it")
        yield _feature(properties, shapely.transform(shapely.force_2d(geometry), lambda p: _to_pixels(p, grid)))


def _to_pixels(points: NDArray[np.float64], grid: SiteGrid) -> NDArray[np.float64]:
    rows, cols = grid.rowcol(points[:, 0], points[:, 1])
    return np.column_stack([cols, rows])


def _feature(properties: dict[str, Any], geometry: "BaseGeometry") -> _Feature:
    return _Feature(_text(properties, "name", "title"), _text(properties, "id", "zone"), geometry)


def _text(properties: dict[str, Any], *keys: str) -> str | None:
    found = [v for k in keys for name, v in properties.items() if str(name).lower() == k and v is not None]
    texts = (" ".join(str(v).split()) for v in found)
    return next((t for t in texts if t and t != "nan"), None)


def _zone(path: Path, number: int, feature: _Feature, grid: SiteGrid) -> Zone:
    from shapely import box
    from shapely.validation import explain_validity

    name = feature.name or feature.id or f"zone {number}"
    where = f"{path}: zone {name!r}"
    shape = feature.geometry
    if shape.geom_type not in {"Polygon", "MultiPolygon"} or shape.is_empty:
        raise InputError(f"{where} is a {shape.geom_type}; draw a polygon")
    if not shape.is_valid or shape.area == 0:
        raise InputError(f"{where} is not a valid polygon ({explain_validity(shape)}); draw it anew")
    rows, cols = grid.shape
    if not shape.intersects(box(-0.5, -0.5, cols - 0.5, rows - 0.5)):
        raise InputError(f"{where} lies outside the site's area; correct it, or `aoi:`")
    return Zone(_id(where, feature, name), name[:200], shape, shape.area * grid.gsd_m**2)


def _id(where: str, feature: _Feature, name: str) -> str:
    chosen = feature.id if feature.id is not None and feature.name is not None else slug(name)
    if not SAFE_ID.fullmatch(chosen) or len(chosen) > 60 or chosen == WHOLE_SITE:
        raise InputError(f"{where}: its id {chosen!r} must be made of a-z, 0-9 and single hyphens, and not be 'site'")
    return chosen


def _refuse_twins(path: Path, zones: Sequence[Zone]) -> None:
    seen: set[str] = set()
    for zone in zones:
        if zone.id in seen:
            raise InputError(f"{path}: two zones have the id {zone.id!r}; give each its own `id` or name")
        seen.add(zone.id)


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}


def _own_id(feature: dict[str, Any]) -> dict[str, Any]:
    return {"id": feature["id"]} if "id" in feature and "id" not in _properties(feature) else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(document, dict):
        raise InputError(f"{path}: not GeoJSON: its top level must be an object")
    return document

"""Records as GeoJSON (RFC 7946); without georeference in pixels, and saying so."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import shapely

from sitedelta.records import ChangeRegion, Event, SiteObject

_GEOMETRY = {"polygon_wkt"}


def change_features(regions: Sequence[ChangeRegion], *, georeferenced: bool) -> dict[str, Any]:
    """Give changed regions as a FeatureCollection of polygons, with `area_m2`, `score` and their centre."""
    return _collection(
        (shapely.geometry.mapping(shapely.from_wkt(r.polygon_wkt)), _properties(r, georeferenced)) for r in regions
    )


def point_features(items: Sequence[SiteObject] | Sequence[Event], *, georeferenced: bool) -> dict[str, Any]:
    """Give objects or events as a FeatureCollection of points."""
    return _collection((_point(i, georeferenced=georeferenced), _properties(i, georeferenced)) for i in items)


def _point(item: SiteObject | Event, *, georeferenced: bool) -> dict[str, Any]:
    place = (item.lon, item.lat) if georeferenced else (item.site_col, item.site_row)
    return {"type": "Point", "coordinates": place}


def _properties(item: SiteObject | Event | ChangeRegion, georeferenced: bool) -> dict[str, Any]:
    found = {f.name: _plain(getattr(item, f.name)) for f in fields(item) if f.name not in _GEOMETRY}
    return found if georeferenced else found | {"crs": "pixel"}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 7) if math.isfinite(value) else None
    return value


def _collection(features: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    rows = [{"type": "Feature", "geometry": g, "properties": p} for g, p in features]
    return {"type": "FeatureCollection", "features": rows}

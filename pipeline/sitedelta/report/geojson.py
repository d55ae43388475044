"""GeoJSON (RFC 7946): WGS 84, or pixels of the site grid with a property that says so."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sitedelta.records import ChangeRegion, Event, SiteObject
from sitedelta.report.plain import iso

_GEOMETRY = "polygon_wkt"
_DIGITS = 7
"""Decimals of a degree: about a centimetre."""


def collection(rows: Sequence[SiteObject | Event | ChangeRegion], *, georeferenced: bool) -> str:
    """Give rows as the text of a FeatureCollection, one feature a line; in pixels, x is the column and y the row."""
    features = (_feature(r, georeferenced=georeferenced) for r in rows)
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, allow_nan=False) for f in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def _feature(row: SiteObject | Event | ChangeRegion, *, georeferenced: bool) -> dict[str, Any]:
    properties = {f.name: plain(getattr(row, f.name)) for f in fields(row) if f.name != _GEOMETRY}
    if not georeferenced:
        properties["crs"] = "pixel"
    return {"type": "Feature", "properties": properties, "geometry": geometry(row, georeferenced=georeferenced)}


def geometry(row: SiteObject | Event | ChangeRegion, *, georeferenced: bool) -> Mapping[str, Any] | None:
    """Give the point of an object or event, or the polygon of a region, its outer ring counter-clockwise."""
    if isinstance(row, ChangeRegion):
        return _polygon(row.polygon_wkt)
    place = (row.lon, row.lat) if georeferenced else (row.site_col, row.site_row)
    if None in place:
        return None
    return {"type": "Point", "coordinates": [round(v, _DIGITS) for v in place if v is not None]}


def _polygon(wkt: str) -> Mapping[str, Any]:
    from shapely import from_wkt, set_precision
    from shapely.geometry import MultiPolygon, mapping
    from shapely.geometry.polygon import orient

    shape = set_precision(from_wkt(wkt), 10.0**-_DIGITS)
    parts = [orient(p) for p in getattr(shape, "geoms", [shape])]
    found: Mapping[str, Any] = mapping(parts[0] if len(parts) == 1 else MultiPolygon(parts))
    return found


def plain(value: object) -> object:
    """Give a value as JSON holds it."""
    if isinstance(value, datetime):
        return iso(value)
    return value

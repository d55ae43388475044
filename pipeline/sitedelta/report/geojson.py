"""GeoJSON (RFC 7946): WGS 84, or pixels of the site grid with a property that says so."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sitedelta.records import ChangeRegion, Event, SiteObject
from sitedelta.report.plain import iso

_GEOMETRY = "polygon"
_DIGITS = 7
"""Decimals of a degree: about a centimetre."""


def collection(rows: Sequence[SiteObject | Event | ChangeRegion], *, georeferenced: bool) -> str:
    """Give rows as the text of a FeatureCollection, one feature a line; in pixels, x is the column and y the row."""
    lines = ",\n".join(_features(rows, georeferenced=georeferenced))
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def _features(rows: Sequence[SiteObject | Event | ChangeRegion], *, georeferenced: bool) -> Iterator[str]:
    for row, geometry in zip(rows, geometries(rows, georeferenced=georeferenced), strict=True):
        properties = {f.name: plain(getattr(row, f.name)) for f in fields(row) if f.name != _GEOMETRY}
        if not georeferenced:
            properties["crs"] = "pixel"
        said = json.dumps(properties, ensure_ascii=False, allow_nan=False)
        yield f'{{"type": "Feature", "properties": {said}, "geometry": {geometry}}}'


def geometries(rows: Sequence[SiteObject | Event | ChangeRegion], *, georeferenced: bool) -> list[str]:
    """Give as JSON text the point of each object or event, or each region's polygon, outer ring counter-clockwise."""
    import numpy as np
    import shapely

    regions = [r.polygon for r in rows if isinstance(r, ChangeRegion)]
    rounded = shapely.transform(shapely.orient_polygons(regions), lambda places: np.round(places, _DIGITS))
    polygons = iter(shapely.to_geojson(rounded))
    return [
        next(polygons) if isinstance(row, ChangeRegion) else json.dumps(_point(row, georeferenced=georeferenced))
        for row in rows
    ]


def _point(row: SiteObject | Event, *, georeferenced: bool) -> dict[str, Any] | None:
    place = (row.lon, row.lat) if georeferenced else (row.site_col, row.site_row)
    if None in place:
        return None
    return {"type": "Point", "coordinates": [round(v, _DIGITS) for v in place if v is not None]}


def plain(value: object) -> object:
    """Give a value as JSON holds it."""
    if isinstance(value, datetime):
        return iso(value)
    return value

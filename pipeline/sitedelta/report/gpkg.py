"""The findings as one GeoPackage, with a style for each layer."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sitedelta.files.tables import to_geoframe
from sitedelta.records import ChangeRegion, Event, EventKind, SiteObject
from sitedelta.report import geometry
from sitedelta.report.findings import Findings
from sitedelta.report.layerstyles import WHEN, add_styles
from sitedelta.report.plain import line
from sitedelta.report.qgis import Marker, Outline, categories, single

if TYPE_CHECKING:
    import geopandas

_VERSION = "1.3"
"""Of the format: what clients of some years ago read without a warning."""
_REJECTED = "150,150,150,255"


def _decided(otherwise: str) -> str:
    """Give the expression of QGIS that sets apart what people rejected."""
    return f"""CASE WHEN "review" = 'reject' THEN 'rejected' ELSE {otherwise} END"""


_STYLES = {
    "zones": single(Outline("255,255,255,255", dashed=True)),
    "changes": categories(
        _decided("'changed'"),
        {"changed": Outline("255,240,77,255"), "rejected": Outline(_REJECTED, dashed=True)},
    ),
    "objects": categories(
        _decided('"label"'),
        {
            "aircraft": Marker("diamond", "255,255,255,255"),
            "vehicle": Marker("circle", "255,255,255,255"),
            "rejected": Marker("circle", _REJECTED),
        },
    ),
    "events": categories(
        _decided('"kind"'),
        {
            EventKind.ARRIVED.value: Marker("circle", "94,200,255,255"),
            EventKind.DEPARTED.value: Marker("square", "255,176,0,255"),
            EventKind.STAYED.value: Marker("diamond", "255,255,255,255"),
            EventKind.NOT_OBSERVABLE.value: Marker("triangle", "230,168,255,255"),
            "rejected": Marker("circle", _REJECTED),
        },
    ),
}


def geopackage(findings: Findings) -> bytes:
    """Give the layers zones, changes, objects and events in WGS 84, or in pixels (column, row) without georeference."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.gpkg"
        for name, layer in _layers(findings):
            _write(path, name, layer)
        add_styles(path, _STYLES)
        return path.read_bytes()


def _layers(findings: Findings) -> "Iterator[tuple[str, geopandas.GeoDataFrame]]":
    placed = findings.georeferenced
    yield "zones", _zones(findings)
    yield "changes", to_geoframe(findings.changes, ChangeRegion, georeferenced=placed)
    yield "objects", to_geoframe(findings.objects, SiteObject, georeferenced=placed)
    yield "events", to_geoframe(findings.events, Event, georeferenced=placed)


def _zones(findings: Findings) -> "geopandas.GeoDataFrame":
    import geopandas
    import shapely

    m = findings.manifest
    shapes = shapely.from_wkt([z.polygon_wkt for z in m.zones])
    if findings.georeferenced:
        shapes = shapely.transform(shapes, lambda at: geometry.lonlat(m.grid, at[:, 0], at[:, 1]))
    columns = {
        "zone": [z.id for z in m.zones],
        "name": [line(z.name) for z in m.zones],
        "area_m2": [z.area_m2 for z in m.zones],
    }
    return geopandas.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326" if findings.georeferenced else None)


def _write(path: Path, name: str, layer: "geopandas.GeoDataFrame") -> None:
    import pyogrio

    kind = "Polygon" if name in ("zones", "changes") else "Point"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WHEN})
        try:
            pyogrio.write_dataframe(
                layer,
                path,
                layer=name,
                driver="GPKG",
                geometry_type=kind,
                append=path.exists(),
                dataset_options={"VERSION": _VERSION},
            )
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})

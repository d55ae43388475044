"""Review sheets as files: GeoPackage for QGIS, GeoJSON, CSV."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.errors import RunFailed
from sitedelta.files.store import write_text, written_aside
from sitedelta.report.layerstyles import add_styles
from sitedelta.report.plain import cell
from sitedelta.review.apply import State
from sitedelta.review.decision import Kind
from sitedelta.review.forms import style
from sitedelta.review.sheet import COLUMNS, Row

if TYPE_CHECKING:
    import geopandas

SUFFIXES = (".gpkg", ".geojson", ".csv")
LAYERS = {Kind.OBJECT: "objects", Kind.CHANGE: "changes", Kind.EVENT: "events", Kind.SEARCH: "searches"}
_NUMBERS = (
    *("score", "length_m", "width_m", "heading_deg", "area_m2", "lon", "lat", "site_row", "site_col", "row", "col"),
    *("new_lon", "new_lat", "new_row", "new_col"),
)


def write_sheet(rows: Sequence[Row], s: State, path: Path) -> None:
    """Write rows by the file's ending; a GeoPackage has a layer for each kind."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_text(path, _csv(rows))
    elif suffix == ".geojson":
        write_text(path, _geojson(rows, s))
    else:
        _geopackage(rows, s, path)


def _csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(r[c]) for c in COLUMNS] for r in rows)
    return out.getvalue()


def _geojson(rows: Sequence[Row], s: State) -> str:
    import shapely

    crs = {} if s.findings.georeferenced else {"crs": "pixel"}
    features = [
        {"type": "Feature", "properties": r | crs, "geometry": json.loads(shapely.to_geojson(g))}
        for r, g in zip(rows, shapes(rows, s), strict=True)
    ]
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, allow_nan=False) for f in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def shapes(rows: Sequence[Row], s: State) -> list[Any]:
    """Give the shape of each row: WGS 84, or pixels (column, row) of the site grid."""
    import shapely

    regions = {c.id: c.polygon for c in s.findings.changes}
    found = []
    for r in rows:
        if r["kind"] == Kind.CHANGE and r["id"] in regions:
            found.append(regions[r["id"]])
        elif r["kind"] == Kind.SEARCH:
            found.append(shapely.from_wkt(s.ground.to_wkt(s.ground.outline(r["zone"]))))
        elif r["lon"] is not None:
            found.append(shapely.Point(r["lon"], r["lat"]))
        else:
            found.append(shapely.Point(r["site_col"], r["site_row"]))
    return found


def _geopackage(rows: Sequence[Row], s: State, path: Path) -> None:
    from pyogrio.errors import DataSourceError

    everything = list(zip(rows, shapes(rows, s), strict=True))
    with written_aside(path) as aside:
        aside.unlink()
        try:
            for kind, layer in LAYERS.items():
                mine = [(r, g) for r, g in everything if r["kind"] == kind]
                shape = "Point" if kind in (Kind.OBJECT, Kind.EVENT) else "Unknown"
                table = _table([r for r, _ in mine], [g for _, g in mine], georeferenced=s.findings.georeferenced)
                options = {"geometry_type": shape, "dataset_options": {"VERSION": "1.3"}}
                table.to_file(aside, layer=layer, driver="GPKG", engine="pyogrio", **options)
            scenes = [r.scene.id for r in s.findings.manifest.scenes]
            add_styles(aside, {layer: style(kind, scenes) for kind, layer in LAYERS.items()})
        except DataSourceError as error:
            raise RunFailed(f"cannot write {path}: {error}") from error


def _table(rows: Sequence[Row], geometry: Sequence[Any], *, georeferenced: bool) -> "geopandas.GeoDataFrame":
    import geopandas
    import pandas as pd

    columns = {c: pd.Series([r[c] for r in rows], dtype="float64" if c in _NUMBERS else "str") for c in COLUMNS}
    shapes = geopandas.GeoSeries(list(geometry), crs="EPSG:4326" if georeferenced else None)
    return geopandas.GeoDataFrame(columns, geometry=shapes)

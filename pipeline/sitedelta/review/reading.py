"""Decisions out of files: GeoPackage, GeoJSON, CSV, the JSON of a report's page, and another ledger."""

import csv
import io
import json
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sitedelta.errors import InputError
from sitedelta.review.decision import Decision, Kind
from sitedelta.review.ledger import parse
from sitedelta.review.writing import LAYERS

FORMAT = "sitedelta-review-1"
"""Of the JSON that a report's page exports."""
SUFFIXES = (".gpkg", ".geojson", ".json", ".csv", ".jsonl")
MAX_BYTES = 200_000_000
_PIXELS, _DEGREES = 0.05, 1e-6
"""A point that lies farther than this from where it was has been moved."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as a file has it."""

    where: str
    cells: Mapping[str, Any]
    point: tuple[float, float] | None = None
    """Its shape where that is a point: longitude and latitude, or column and row."""
    in_pixels: bool = False


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """What a file holds: rows, or the decisions of another ledger."""

    rows: tuple[RawRow, ...]
    decisions: tuple[Decision, ...] = ()
    site: str | None = None
    """Site that the file is about, where it says so."""


def read_review(path: Path) -> ReviewFile:
    """Read a file by its ending.

    Raises
    ------
    InputError
        One line: missing, too large, of another kind, or damaged.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: decisions are read from {', '.join(SUFFIXES)}")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; give only the rows that were filled in")
    if suffix == ".jsonl":
        return ReviewFile((), parse(path.read_bytes(), str(path)))
    if suffix == ".gpkg":
        return _of(tuple(_geopackage(path)), path)
    return _of(tuple(_csv(path)), path) if suffix == ".csv" else _json(path)


def located(row: RawRow, *, georeferenced: bool) -> dict[str, Any]:
    """Give a row's cells with the place of its point: where a new thing is, or where an old one was moved to."""
    cells = {str(k).strip().lower(): v for k, v in row.cells.items()}
    if row.point is None:
        return cells
    if row.in_pixels or not georeferenced:
        return _settled(cells, ("site_col", "site_row"), ("new_col", "new_row"), row.point, _PIXELS)
    return _settled(cells, ("lon", "lat"), ("new_lon", "new_lat"), row.point, _DEGREES)


def _settled(
    cells: dict[str, Any], old: tuple[str, str], new: tuple[str, str], point: tuple[float, float], apart: float
) -> dict[str, Any]:
    review = str(cells.get("review") or "").strip().lower()
    if not _filled(cells, "id"):
        place = {} if all(_filled(cells, k) for k in old) else dict(zip(old, point, strict=True))
        return cells | place | {"review": review or "add"}
    if not all(_filled(cells, k) for k in old):
        return cells | dict(zip(old, point, strict=True))
    stood = [float(str(cells[k]).replace(",", ".")) for k in old]
    if review in ("", "accept", "move") and math.dist(stood, point) > apart and not _filled(cells, new[0]):
        return cells | dict(zip(new, point, strict=True)) | {"review": "move"}
    return cells


def _filled(cells: Mapping[str, Any], name: str) -> bool:
    value = cells.get(name)
    return value is not None and value == value and bool(str(value).strip())  # noqa: PLR0124 - NaN is not itself


def _of(rows: tuple[RawRow, ...], path: Path) -> ReviewFile:
    sites = sorted({str(r.cells["site"]) for r in rows if _filled(r.cells, "site")})
    if len(sites) > 1:
        raise InputError(f"{path}: speaks of several sites ({', '.join(sites)[:200]}); import each from its own file")
    return ReviewFile(rows, site=sites[0] if sites else None)


def _csv(path: Path) -> Iterator[RawRow]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            text = file.read()
        first = text.partition("\n")[0]
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
        if "review" not in [str(n).strip().lower() for n in table.fieldnames or ()]:
            raise InputError(f"{path}: has no column `review`; start from what `sitedelta review export` writes")
        for n, r in enumerate(table, 2):
            yield RawRow(f"{path}, row {n}", {k: v for k, v in r.items() if isinstance(k, str)})
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError(f"{path}: cannot be read as a table of UTF-8 text ({error})") from error


def _json(path: Path) -> ReviewFile:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"{path}: not valid JSON ({str(error)[:200]})") from error
    if isinstance(document, dict) and isinstance(document.get("features"), list):
        return _of(tuple(_features(document["features"], path)), path)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f'{path}: neither GeoJSON nor a review (`"format": "{FORMAT}"`)')
    site, rows = document.get("site"), document.get("decisions")
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise InputError(f"{path}: `decisions` must be a list of objects")
    found = _of(tuple(RawRow(f"{path}, decision {n}", _flat(r)) for n, r in enumerate(rows, 1)), path)
    return ReviewFile(found.rows, site=str(site) if site else found.site)


def _features(features: list[Any], path: Path) -> Iterator[RawRow]:
    for n, f in enumerate(features, 1):
        where = f"{path}, feature {n}"
        if not isinstance(f, dict) or not isinstance(f.get("properties") or {}, dict):
            raise InputError(f"{where}: is no feature")
        cells = _flat(f.get("properties") or {})
        yield RawRow(where, cells, _json_point(f.get("geometry"), where), cells.get("crs") == "pixel")


def _flat(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is no single value."""
    return {k: v for k, v in cells.items() if isinstance(v, (str, int, float)) and not isinstance(v, bool)}


def _json_point(shape: Any, where: str) -> tuple[float, float] | None:
    if not isinstance(shape, dict) or shape.get("type") != "Point":
        return None
    try:
        x, y = (float(v) for v in shape["coordinates"][:2])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{where}: its point cannot be read") from None
    return x, y


def _geopackage(path: Path) -> Iterator[RawRow]:
    from pyogrio import list_layers
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
    from shapely.errors import ShapelyError

    try:
        layers = [str(name) for name, _ in list_layers(path)]
        for layer in [x for x in layers if x != "layer_styles"]:
            yield from _layer(path, layer)
    except (DataLayerError, DataSourceError, FeatureError, GeometryError, ShapelyError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not readable as a GeoPackage ({' '.join(str(error).split())[:200]})") from error


def _layer(path: Path, layer: str) -> Iterator[RawRow]:
    import geopandas
    from pyogrio import read_dataframe

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = read_dataframe(path, layer=layer, fid_as_index=True)
    if "review" not in table.columns:
        return
    kind = next((k for k, name in LAYERS.items() if name == layer), Kind.OBJECT)
    shapes: list[Any] = [None] * len(table)
    if isinstance(table, geopandas.GeoDataFrame):
        if table.crs is not None:
            table = table.to_crs("EPSG:4326")
        shapes = list(table.geometry)
        table = table.drop(columns=table.geometry.name)
    for (fid, cells), shape in zip(table.iterrows(), shapes, strict=True):
        point = (shape.x, shape.y) if shape is not None and shape.geom_type == "Point" and not shape.is_empty else None
        known = {k: v for k, v in cells.items() if _filled({"": v}, "")}
        yield RawRow(f"{path}, layer {layer}, feature {fid}", {"kind": str(kind)} | known, point)

"""Reading items out of a stac-geoparquet file (version 1)."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sitedelta.errors import InputError
from sitedelta.remote.address import is_address, plain
from sitedelta.stac.item import Item, read_item
from sitedelta.stac.query import Query

_ROWS = 500
"""Rows that are held at a time."""
_TOP = frozenset({"type", "stac_version", "stac_extensions", "id", "geometry", "bbox", "links", "assets", "collection"})
"""Columns that are members of an item; the others are its properties."""


def read_items(query: Query) -> Iterator[Item]:
    """Read the items of a file that meet an area, row group by row group.

    Raises
    ------
    InputError
        It is not there, or is not stac-geoparquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = plain(query.place)
    try:
        with _opened(query.place) as file:
            table = pq.ParquetFile(file)
            missing = {"id", "assets", "geometry"} - set(table.schema_arrow.names)
            if missing:
                raise InputError(f"{where}: is not stac-geoparquet, it has no column {min(missing)}")
            for batch in table.iter_batches(_ROWS):
                for row in batch.filter(_near(batch, query)).to_pylist():
                    yield read_item(_document(row), query.place)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: cannot be read as stac-geoparquet ({type(error).__name__})") from error


@contextmanager
def _opened(place: str) -> Iterator[Any]:
    from sitedelta.remote.stores import opened

    with opened(place) if is_address(place) else open(place, "rb") as file:  # noqa: PTH123 - one of two
        yield file


def _near(batch: Any, query: Query) -> Any:
    """Give which rows meet the area by their box; all where they have none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = batch.schema.field("bbox").type if "bbox" in batch.schema.names else None
    if kind is None or not pa.types.is_struct(kind) or not {"xmin", "ymin", "xmax", "ymax"} <= {f.name for f in kind}:
        return pa.array([True] * len(batch))
    box = {n: pc.struct_field(batch["bbox"], n) for n in ("xmin", "ymin", "xmax", "ymax")}
    west, south, east, north = query.area
    sides = (
        pc.less_equal(box["xmin"], east),
        pc.greater_equal(box["xmax"], west),
        pc.less_equal(box["ymin"], north),
        pc.greater_equal(box["ymax"], south),
    )
    found = sides[0]
    for side in sides[1:]:
        found = pc.and_(found, side)
    return pc.fill_null(found, True)


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    """Make an item again from a row."""
    from shapely import from_wkb
    from shapely.geometry import mapping

    box, assets = row.get("bbox"), row.get("assets")
    shape = from_wkb(row["geometry"]) if isinstance(row["geometry"], bytes) else None
    return {
        "id": row["id"],
        "collection": row.get("collection"),
        "geometry": None if shape is None else json.loads(json.dumps(mapping(shape))),
        "bbox": [box[n] for n in ("xmin", "ymin", "xmax", "ymax")] if isinstance(box, dict) else box,
        "links": row.get("links"),
        "assets": {k: _filled(v) for k, v in assets.items() if v} if isinstance(assets, dict) else {},
        "properties": {k: _plain(v) for k, v in row.items() if k not in _TOP and v is not None},
    }


def _filled(value: Any) -> Any:
    """Leave out what is only there because another row has it."""
    if isinstance(value, dict):
        return {k: _filled(v) for k, v in value.items() if v is not None}
    return [_filled(v) for v in value] if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, date) else value

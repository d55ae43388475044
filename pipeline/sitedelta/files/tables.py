"""Records to tables and back to files: a table's columns are the fields of its record."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from shapely import Polygon

from sitedelta.errors import InputError
from sitedelta.files.store import written_aside
from sitedelta.records import ChangeRegion, Event, Observation, SiteObject, Track, ZoneChange

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

Record = TypeVar("Record", Observation, SiteObject, Event, Track, ChangeRegion, ZoneChange)

_DTYPES: dict[Any, str] = {Polygon: "object", int: "Int64", float: "float64", datetime: "datetime64[us, UTC]"}


def _dtype(hint: Any) -> str:
    plain = next((t for t in get_args(hint) if t is not NoneType), hint)
    return _DTYPES.get(plain, "str")


def to_frame(records: Iterable[Record], kind: type[Record]) -> "pd.DataFrame":
    """Give one row a record; missing values are NA, dates are UTC, an empty table has its columns and types."""
    import pandas as pd

    rows = list(records)
    hints = get_type_hints(kind)
    columns = {f.name: [getattr(r, f.name) for r in rows] for f in fields(kind)}
    return pd.DataFrame({n: pd.Series(v, dtype=_dtype(hints[n])) for n, v in columns.items()})


def to_geoframe(
    records: Iterable[SiteObject] | Iterable[Event] | Iterable[Track] | Iterable[ChangeRegion],
    kind: type[SiteObject] | type[Event] | type[Track] | type[ChangeRegion],
    *,
    georeferenced: bool,
) -> "geopandas.GeoDataFrame":
    """Give records with their geometry: WGS 84, or pixels (column, row) of the site grid without a CRS."""
    import geopandas

    table = to_frame(records, kind)  # type: ignore[type-var]  # the union is spelled out in the signature
    if kind is ChangeRegion:
        shapes = geopandas.GeoSeries(table.pop("polygon"))
    elif georeferenced:
        shapes = geopandas.points_from_xy(table["lon"], table["lat"])
    else:
        shapes = geopandas.points_from_xy(table["site_col"], table["site_row"])
    return geopandas.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326" if georeferenced else None)


def read_table(path: Path, kind: type[Record]) -> Any:
    """Read what `write_table` wrote of `to_frame` or `to_geoframe`.

    Raises
    ------
    InputError
        The file is missing or damaged.
    """
    import geopandas
    import pandas as pd

    plain = kind in (Observation, ZoneChange)
    with whole(path):
        found = pd.read_parquet(path) if plain else geopandas.read_parquet(path)
        found[[f.name for f in fields(kind) if f.name != "polygon"]]  # each is there
    return found


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Raise `InputError`, in one line, for whatever reading a missing or damaged table leads to."""
    import pyarrow as pa
    from shapely.errors import ShapelyError

    try:
        yield
    except (OSError, ValueError, TypeError, LookupError, MemoryError, pa.ArrowException, ShapelyError) as error:
        why = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
        raise InputError(f"{path}: {why}; take it away, and run the site again") from error


def write_table(table: "pd.DataFrame", path: Path) -> None:
    """Write Parquet (GeoParquet for a geometry) atomically."""
    with written_aside(path) as aside:
        table.to_parquet(aside, index=False)

"""Reading small vector files: zones and areas of interest."""

from pathlib import Path
from typing import Any

from sitedelta.errors import InputError

MAX_BYTES = 10_000_000
FORMATS = (".geojson", ".json", ".gpkg", ".kml", ".fgb", ".shp")


def read_vector(path: Path) -> Any:
    """Read a vector file as a GeoDataFrame.

    Raises
    ------
    InputError
        Missing, too large, of another format, not readable, or without features.
    """
    import geopandas as gpd
    from pyogrio.errors import DataSourceError, FeatureError, GeometryError

    refuse_file(path)
    try:
        frame = gpd.read_file(path, engine="pyogrio")
    except (DataSourceError, FeatureError, GeometryError, ValueError, OSError) as error:
        text = " ".join(str(error).split())
        raise InputError(f"{path}: not readable as a vector file ({text[:200]})") from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        raise InputError(f"{path}: holds no features")
    return frame


def refuse_file(path: Path) -> None:
    """Refuse a vector file that is missing, of another format or too large."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: not a vector format that is read; use one of {', '.join(FORMATS)}")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; simplify its shapes")

"""Reading small vector files: zones and areas of interest."""

import warnings
from pathlib import Path
from typing import Any

from sitedelta.errors import InputError
from sitedelta.within import refuse_beside

MAX_BYTES = 10_000_000
FORMATS = (".geojson", ".json", ".gpkg", ".kml", ".fgb", ".shp")


def read_vector(path: Path) -> Any:
    """Read all shapes of a vector file as one GeoDataFrame.

    Raises
    ------
    InputError
        Missing, too large, of another format, not readable, or without features.
    """
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
    from shapely.errors import ShapelyError

    refuse_file(path)
    try:
        layers = _layers(path)
    except (DataLayerError, DataSourceError, FeatureError, GeometryError, ShapelyError, ValueError, OSError) as error:
        text = " ".join(str(error).split())
        raise InputError(f"{path}: not readable as a vector file ({text[:200]})") from error
    if not layers:
        raise InputError(f"{path}: holds no features")
    return _together(layers)


def _layers(path: Path) -> list[Any]:
    """Give the layers that have shapes: each folder of a KML is one."""
    import geopandas as gpd
    from pyogrio import list_layers

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        named = [str(name) for name, kind in list_layers(path) if kind is not None]
        frames = [gpd.read_file(path, layer=name, engine="pyogrio") for name in named]
    return [frame for frame in frames if isinstance(frame, gpd.GeoDataFrame) and not frame.empty]


def _together(layers: list[Any]) -> Any:
    import pandas as pd

    if len(layers) == 1 or layers[0].crs is None:
        return layers[0]
    return pd.concat([layer.to_crs(layers[0].crs) for layer in layers if layer.crs is not None], ignore_index=True)


def refuse_file(path: Path) -> None:
    """Refuse a vector file that is missing, of another format or too large."""
    refuse_beside(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: not a vector format that is read; use one of {', '.join(FORMATS)}")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; simplify its shapes")

"""Opening a raster with GDAL: bounded memory, one line for an error, no reach beyond the file itself."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from sitedelta.errors import RasterError

_INDIRECT = frozenset(
    {
        "DERIVED",
        "EEDA",
        "EEDAI",
        "GTI",
        "HTTP",
        "MEM",
        "Memory",
        "MRF",
        "MVT",
        "OGCAPI",
        "PLMOSAIC",
        "STACIT",
        "STACTA",
        "VRT",
        "WCS",
        "WMS",
        "WMTS",
    }
)
"""Drivers of files that only point elsewhere (other files, servers): an image must hold its own pixels."""

_OPTIONS = {
    "GDAL_CACHEMAX": 64 * 2**20,
    "GDAL_ERROR_ON_LIBJPEG_WARNING": True,
    "GDAL_MAX_DATASET_POOL_SIZE": 100,
    "GDAL_NUM_THREADS": 1,
}


@contextmanager
def gdal(name: str) -> Iterator[None]:
    """Run GDAL calls on one file; what GDAL complains of becomes one `RasterError` that names the file."""
    try:
        with warnings.catch_warnings(), rasterio.Env(**_OPTIONS):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            yield
    except (CPLE_BaseError, RasterioError, OSError, ValueError, MemoryError) as error:
        if isinstance(error, RasterError):
            raise
        raise RasterError(f"{name}: {_one_line(error, name)}") from error


def open_dataset(path: Path) -> Any:
    """Open a file for reading; only a virtual raster that the pipeline wrote may be a `.vrt`."""
    drivers = ["VRT"] if path.suffix == ".vrt" else _drivers()
    return DatasetReader(str(path), driver=drivers, sharing=False)


@cache
def _drivers() -> list[str]:
    with rasterio.Env() as env:
        return sorted(set(env.drivers()) - _INDIRECT)


def _one_line(error: BaseException, name: str) -> str:
    cause = error.__cause__ or error
    text = " ".join(str(cause).replace(name, "the file").split()) or type(cause).__name__
    if "not recognized" in text:
        return "not an image in a format that can be read; give a GeoTIFF, JPEG, PNG or another raster"
    return f"cannot be read, it may be damaged or incomplete ({text[:200]})"

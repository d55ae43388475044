"""Opening rasters over the network with GDAL: only the bytes that are asked for, retried, bounded in time."""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sitedelta.errors import InputError, RunFailed
from sitedelta.remote.address import host_of, is_address, plain

_DRIVERS = ["GTiff", "JP2OpenJPEG", "PNG", "JPEG"]
"""Formats that hold their own pixels: none that points to other files."""

_PREFIX = {"http": "/vsicurl/http://", "https": "/vsicurl/https://", "s3": "/vsis3/", "gs": "/vsigs/", "az": "/vsiaz/"}

_OPTIONS: dict[str, Any] = {
    "CPL_VSIL_CURL_CACHE_SIZE": 64 * 2**20,
    "CPL_VSIL_CURL_CHUNK_SIZE": 16384,
    "GDAL_CACHEMAX": 64 * 2**20,
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_CONNECTTIMEOUT": 10,
    "GDAL_HTTP_LOW_SPEED_LIMIT": 1000,
    "GDAL_HTTP_LOW_SPEED_TIME": 30,
    "GDAL_HTTP_MAX_RETRY": 4,
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_HTTP_RETRY_DELAY": 0.5,
    "GDAL_INGESTED_BYTES_AT_OPEN": 32768,
    "GDAL_NUM_THREADS": 1,
}


def gdal_name(place: str) -> str:
    """Give the name under which GDAL reads an address (or a local path)."""
    if not is_address(place):
        return place
    scheme, rest = place.split("://", 1)
    return f"{_PREFIX[scheme.lower()]}{rest}"


@contextmanager
def network(place: str) -> Iterator[None]:
    """Run GDAL calls on one file that lies elsewhere; what GDAL complains of becomes one line that names it.

    Raises
    ------
    InputError
        It is not there, refuses to be read, or is no raster in a format that is read over the network.
    RunFailed
        The network fails, after retries.
    """
    import rasterio
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        with warnings.catch_warnings(), rasterio.Env(**_OPTIONS, **_endpoint()):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            yield
    except (CPLE_BaseError, RasterioError, OSError, MemoryError) as error:
        raise _told(error, place) from error


def open_elsewhere(place: str) -> Any:
    """Open a raster by its address, or by its local path; within `network`."""
    from rasterio.io import DatasetReader

    return DatasetReader(gdal_name(place), driver=_DRIVERS, sharing=False)


def _told(error: BaseException, place: str) -> InputError | RunFailed:
    text = " ".join(str(error.__cause__ or error).split())
    where = plain(place)
    if "not recognized" in text or "not a supported file format" in text:
        return InputError(f"{where}: is not a GeoTIFF, JPEG 2000, PNG or JPEG; only these are read over the network")
    if re.search(r"\b404\b|does not exist|No such file", text):
        return InputError(f"{where}: there is no such file; the catalogue may be out of date")
    if re.search(r"\b40[13]\b|Access ?Denied|InvalidAccessKey|SignatureDoesNotMatch", text):
        return InputError(f"{where}: refuses to be read; credentials are taken from the environment (~/.netrc, AWS_*)")
    if not is_address(place):
        return InputError(f"{where}: cannot be read, it may be damaged or incomplete")
    return RunFailed(
        f"{where}: could not be read from {host_of(place)}, the network or the file failed; run again later"
    )


def _endpoint() -> dict[str, Any]:
    """Give GDAL the endpoint that other tools know by AWS_ENDPOINT_URL."""
    url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not url or os.environ.get("AWS_S3_ENDPOINT"):
        return {}
    parts = urlsplit(url)
    return {
        "AWS_HTTPS": "NO" if parts.scheme == "http" else "YES",
        "AWS_S3_ENDPOINT": parts.netloc,
        "AWS_VIRTUAL_HOSTING": "FALSE",
    }

"""What a raster file says of itself."""

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from affine import Affine

from sitedelta.errors import RasterError
from sitedelta.raster.bandnames import band_names
from sitedelta.raster.groundsize import pixel_size_m
from sitedelta.raster.sensor import sensor_of
from sitedelta.scene import Control, Sensor

MAX_SIDE = 1_000_000
MAX_PIXELS = 100_000_000_000
MAX_UNTILED_PIXELS = 1_000_000_000
"""Of formats that are decoded whole (JPEG, PNG, ...)."""

_DECODED_WHOLE = frozenset({"JPEG", "PNG", "GIF", "WEBP", "BMP", "PNM"})


@dataclass(frozen=True, slots=True)
class RasterInfo:
    """One raster file, without its pixels."""

    width: int
    height: int
    count: int
    """Bands that `read` gives: a palette is expanded to red, green, blue; alpha is not a band but a mask."""
    dtype: str
    """NumPy name of the type of the stored values."""
    crs: str | None
    """Coordinate reference system as WKT; None where the file has none that leads to the Earth."""
    transform: Affine
    """Takes (column, row) of pixel corners to coordinates of `crs`; the identity without georeference."""
    nodata: float | None
    band_names: tuple[str, ...]
    """One name a band: red, green, blue, nir, ...; band1, band2, ... where not known."""
    tags: tuple[tuple[str, str], ...]
    """Metadata of all domains, as (name, text)."""
    gsd_m: float | None
    """Side of a pixel on the ground at the image's centre, metres; None without georeference."""
    driver: str
    ground: Sensor | Control | None = None
    """How the sensor sees the ground, where the pixels were not rectified."""

    @property
    def georeferenced(self) -> bool:
        """Tell whether the pixels have a place on the Earth."""
        return self.crs is not None

    @property
    def gsd_known(self) -> bool:
        """Tell whether the size of a pixel on the ground follows from the file."""
        return self.georeferenced or self.ground is not None

    def tag(self, *names: str) -> str | None:
        """Give the first of these tags that is set; names are compared without case."""
        known = {name.lower(): text for name, text in reversed(self.tags)}
        return next((known[n.lower()] for n in names if known.get(n.lower(), "").strip()), None)


def info_of(dataset: Any, name: str) -> RasterInfo:
    """Read what an open dataset says of itself.

    Raises
    ------
    RasterError
        No bands, absurd dimensions, complex values or a transform that is not finite.
    """
    _refuse_unusable(dataset, name)
    crs, transform, gsd = _georeference(dataset, name)
    names = band_names(dataset)
    return RasterInfo(
        width=dataset.width,
        height=dataset.height,
        count=len(names),
        dtype=str(dataset.dtypes[0]),
        crs=crs,
        transform=transform,
        nodata=None if dataset.nodata is None else float(dataset.nodata),
        band_names=names,
        tags=_tags(dataset),
        gsd_m=gsd,
        driver=str(dataset.driver),
        ground=None if crs is not None else sensor_of(dataset, name),
    )


def _refuse_unusable(dataset: Any, name: str) -> None:
    width, height = dataset.width, dataset.height
    if dataset.count == 0:
        raise RasterError(f"{name}: holds no bands; name one image in it, not a container of several")
    limit = MAX_UNTILED_PIXELS if dataset.driver in _DECODED_WHOLE else MAX_PIXELS
    if max(width, height) > MAX_SIDE or width * height > limit:
        raise RasterError(f"{name}: claims {width} x {height} pixels, too many to be read; cut out the site first")
    if any("complex" in str(d) for d in dataset.dtypes):
        raise RasterError(f"{name}: holds complex values; convert them to amplitude first")


def _georeference(dataset: Any, name: str) -> tuple[str | None, Affine, float | None]:
    transform = dataset.transform
    if not all(math.isfinite(v) for v in transform):
        raise RasterError(f"{name}: its georeference is not finite; write it anew, or remove it and give `gsd:`")
    if dataset.crs is None or transform == Affine.identity():
        return None, Affine.identity(), None
    if abs(transform.determinant) < 1e-30:
        raise RasterError(
            f"{name}: its georeference gives pixels of no size; write it anew, or remove it and give `gsd:`"
        )
    wkt = dataset.crs.to_wkt()
    size = pixel_size_m(wkt, transform, width=dataset.width, height=dataset.height)
    if size is None:
        return None, Affine.identity(), None
    return wkt, transform, size


def _tags(dataset: Any) -> tuple[tuple[str, str], ...]:
    domains = [d for d in dataset.tag_namespaces() if d not in {"DERIVED_SUBDATASETS", "SUBDATASETS"}]
    found = dict(dataset.tags())
    for domain in domains:
        if not domain.startswith("xml:"):
            found = dict(dataset.tags(ns=domain)) | found
    return tuple(MappingProxyType({str(k): str(v) for k, v in found.items()}).items())

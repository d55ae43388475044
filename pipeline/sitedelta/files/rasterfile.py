"""Write rasters on a grid as cloud-optimised GeoTIFFs, block by block, aside first."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sitedelta.errors import InputError
from sitedelta.files.store import written_aside
from sitedelta.grid import SiteGrid
from sitedelta.raster.tiff import stored_end

Block = tuple[int, int, NDArray[Any], NDArray[np.bool_] | None]
"""First row, first column, pixels (band, row, column), and a mask (True = valid) or None."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What kind of raster to write."""

    count: int
    dtype: str
    descriptions: tuple[str, ...]
    nodata: float | None = None
    jpeg: bool = False
    """Lossy, for display; else lossless."""
    overviews: bool = True
    """Reduced copies, for viewers."""


def write_cog(path: Path, blocks: Iterable[Block], grid: SiteGrid, layout: Layout, *, tags: Mapping[str, str]) -> None:
    """Write blocks that cover a grid to `path`; a mask is written where blocks carry one."""
    import rasterio
    from rasterio import shutil
    from rasterio.errors import NotGeoreferencedWarning

    from sitedelta.files.checked import CheckedFiles

    height, width = grid.shape
    profile = {
        "driver": "GTiff",
        "height": height,
        "width": width,
        "count": layout.count,
        "dtype": layout.dtype,
        "nodata": layout.nodata,
        "tiled": True,
        "photometric": "RGB" if (layout.count, layout.dtype) == (3, "uint8") else "MINISBLACK",
        "BIGTIFF": "IF_SAFER",
        **_georeference(grid),
    }
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        written_aside(path, at_once=True) as aside,
        _scratch(aside) as plain,
        CheckedFiles() as disk,
    ):
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES", GDAL_CACHEMAX=64),
            rasterio.open(plain, "w", opener=disk, **profile) as out,
        ):
            out.update_tags(**tags)
            for band, name in enumerate(layout.descriptions, 1):
                out.set_band_description(band, name)
            for row, col, pixels, mask in blocks:
                window = rasterio.windows.Window(col, row, pixels.shape[2], pixels.shape[1])
                out.write(pixels, window=window)
                if mask is not None:
                    out.write_mask(mask, window=window)
                disk.check()
        disk.check()
        with rasterio.Env(GDAL_CACHEMAX=64), disk.name(aside) as name:
            shutil.copy(plain, name, driver="COG", **_compression(layout))
        if stored_end(aside) > aside.stat().st_size:
            raise OSError("the file ends early: the disk may be full")


@contextmanager
def _scratch(aside: Path) -> Iterator[Path]:
    """Give a name beside a file that is being written, and remove what stands there in the end."""
    plain = aside.with_suffix(".plain")
    try:
        yield plain
    finally:
        plain.unlink(missing_ok=True)


def _georeference(grid: SiteGrid) -> dict[str, Any]:
    if not grid.georeferenced:
        return {}
    return {"crs": grid.crs_wkt, "transform": grid.transform}


def _compression(layout: Layout) -> dict[str, Any]:
    overviews = {} if layout.overviews else {"OVERVIEWS": "NONE"}
    if layout.jpeg and layout.count in (1, 3):
        return {"COMPRESS": "JPEG", "QUALITY": 90, "OVERVIEW_RESAMPLING": "AVERAGE", **overviews}
    predictor = {"PREDICTOR": "YES"} if layout.dtype != "uint8" else {}
    return {"COMPRESS": "DEFLATE", "LEVEL": 1, "OVERVIEW_RESAMPLING": "NEAREST", **predictor, **overviews}


@contextmanager
def open_raster(path: Path) -> Iterator[Any]:
    """Open a raster of a site's results for reading.

    Raises
    ------
    InputError
        It is missing, or damaged as far as it is read in the block.
    """
    import rasterio
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(path) as found:
            yield found
    except RasterioError as error:
        raise InputError(f"{path}: is missing or damaged; take it away, and run the site again") from error


def read_tag(path: Path, name: str) -> str | None:
    """Give a tag of a raster that exists and can be opened, else None."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    if not path.exists():
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as found:
                value: str | None = found.tags().get(name)
                return value
    except RasterioIOError:
        return None

"""Copying the part of a raster that shows a site into a local GeoTIFF: what is read elsewhere is read once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from sitedelta.errors import InputError
from sitedelta.files.store import written_aside
from sitedelta.raster.info import info_of
from sitedelta.remote.address import plain
from sitedelta.remote.vsi import network, open_elsewhere

if TYPE_CHECKING:
    from rasterio.windows import Window

MARGIN = 64
"""Pixels around the site, for aligning the images."""
MOST_BYTES = 16_000_000_000
"""Of the pixels of one copy, not compressed."""
_STRIP_BYTES = 64_000_000
_EDGE_NODES = 21
_LONGEST_TAG = 2000
_TURNED = 1e-9
_SLACK = 1e-6
"""Share of a pixel: grids that coincide do so to rounding."""


class UnplacedError(InputError):
    """A raster without georeference: where it shows an area is not known."""


@dataclass(frozen=True, slots=True)
class Source:
    """A raster elsewhere that gives bands to a copy."""

    place: str
    """Address, with what is needed to read it, or local path."""
    names: tuple[str, ...] = ()
    """Of its bands; what it says itself where there are none."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What was copied."""

    window: tuple[int, int, int, int]
    """First row, row after the last, first column, column after the last, in the first source."""
    of: tuple[int, int]
    """Rows and columns of that source."""


def copy_window(sources: Sequence[Source], area: tuple[float, float, float, float], out: Path) -> Cut | None:
    """Copy the pixels that show an area, with a margin, into a tiled GeoTIFF; same sources, same bytes.

    Parameters
    ----------
    sources
        Rasters in one coordinate reference system. The finest gives the pixels; coarser ones are laid on them by the
        nearest pixel.
    area
        West, south, east, north in degrees.
    out
        File to write, aside first.

    Returns
    -------
    Cut or None
        None where none of its pixels shows the area; nothing is written then.

    Raises
    ------
    InputError
        A source cannot be read, has no georeference, or the sources cannot be laid together.
    RunFailed
        The network failed after retries, or the disk.
    """
    with ExitStack() as stack:
        opened = []
        for source in sources:
            with network(source.place):
                dataset = stack.enter_context(open_elsewhere(source.place))
                _refuse_unplaced(dataset, source.place)
            opened.append(dataset)
        finest = min(range(len(opened)), key=lambda k: abs(opened[k].transform.determinant))
        _refuse_apart(opened, sources)
        window = _window(opened[finest], area)
        if window is None:
            return None
        _write(_Stack(tuple(opened), tuple(sources), finest, window), out)
        row, col = int(window.row_off), int(window.col_off)
        return Cut((row, row + int(window.height), col, col + int(window.width)), opened[finest].shape)


def _refuse_unplaced(dataset: Any, place: str) -> None:
    info = info_of(dataset, plain(place))
    if info.crs is None:
        raise UnplacedError(
            f"{plain(place)}: has no georeference, so the site cannot be found in it; download it instead"
        )


def _refuse_apart(opened: Sequence[Any], sources: Sequence[Source]) -> None:
    for dataset, source in zip(opened[1:], sources[1:], strict=True):
        if dataset.crs != opened[0].crs:
            raise InputError(
                f"{plain(source.place)}: lies in another projection than the other bands; name one of them"
            )


def _window(dataset: Any, area: tuple[float, float, float, float]) -> "Window | None":
    """Give the pixels that show an area and the margin around it; None where the area lies beside the image."""
    from rasterio.windows import Window

    from sitedelta.raster.groundsize import WGS84, transformer

    lons, lats = _outline(area)
    x, y = transformer(WGS84, dataset.crs.to_wkt()).transform(lons, lats)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    inverse = ~dataset.transform
    cols, rows = inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f
    if cols.max() <= 0 or rows.max() <= 0 or cols.min() >= dataset.width or rows.min() >= dataset.height:
        return None
    row0, row1 = (_clip(v, dataset.height) for v in (rows.min() - MARGIN, rows.max() + MARGIN))
    col0, col1 = (_clip(v, dataset.width) for v in (cols.min() - MARGIN, cols.max() + MARGIN))
    return Window(col0, row0, col1 - col0, row1 - row0)


def _outline(area: tuple[float, float, float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give longitudes and latitudes along the edge of an area."""
    west, south, east, north = area
    step = np.linspace(0, 1, _EDGE_NODES)
    across, up = west + (east - west) * step, south + (north - south) * step
    sides = [(across, np.full_like(step, lat)) for lat in (south, north)]
    sides += [(np.full_like(step, lon), up) for lon in (west, east)]
    return np.concatenate([lon for lon, _ in sides]), np.concatenate([lat for _, lat in sides])


def _clip(value: float, size: int) -> int:
    return min(max(round(value), 0), size)


@dataclass(frozen=True, slots=True)
class _Stack:
    """Opened sources, and the window of the finest that is copied."""

    opened: tuple[Any, ...]
    sources: tuple[Source, ...]
    finest: int
    window: "Window"

    @property
    def main(self) -> Any:
        return self.opened[self.finest]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(*(d for one in self.opened for d in one.dtypes))

    @property
    def count(self) -> int:
        return sum(one.count for one in self.opened)

    @property
    def nodata(self) -> float | None:
        stated = {one.nodata for one in self.opened}
        return stated.pop() if len(stated) == 1 else None

    @property
    def masked(self) -> bool:
        """Tell whether a source has a mask beside its bands."""
        return any(_has_mask(one) for one in self.opened)

    def descriptions(self) -> tuple[str | None, ...]:
        found: list[str | None] = []
        for one, source in zip(self.opened, self.sources, strict=True):
            found += source.names if len(source.names) == one.count else one.descriptions
        return tuple(found)


def _has_mask(dataset: Any) -> bool:
    from rasterio.enums import MaskFlags

    flags = dataset.mask_flag_enums[0]
    return MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags


def _write(stack: _Stack, out: Path) -> None:
    import rasterio
    from rasterio.windows import Window

    from sitedelta.files.checked import CheckedFiles

    window = stack.window
    size = int(window.height) * int(window.width) * stack.count * stack.dtype.itemsize
    if size > MOST_BYTES:
        raise InputError(
            f"{plain(stack.sources[0].place)}: the area needs {size / 1e9:.0f} GB of its pixels; make `aoi:` smaller"
        )
    with (
        written_aside(out) as aside,
        CheckedFiles() as disk,
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES", GDAL_CACHEMAX=64),
        rasterio.open(aside, "w", opener=disk, **_profile(stack)) as copy,
    ):
        _describe(copy, stack)
        for row, rows in _strips(stack):
            to = Window(0, row - int(window.row_off), int(window.width), rows)
            part = Window(window.col_off, row, window.width, rows)
            copy.write(np.concatenate([_bands(stack, k, part) for k in range(len(stack.opened))]), window=to)
            if stack.masked:
                copy.write_mask(_mask(stack, part), window=to)


def _profile(stack: _Stack) -> dict[str, Any]:
    window = stack.window
    t: Affine = stack.main.transform
    return {
        "driver": "GTiff",
        "height": int(window.height),
        "width": int(window.width),
        "count": stack.count,
        "dtype": stack.dtype,
        "nodata": stack.nodata,
        "crs": stack.main.crs,
        "transform": t * Affine.translation(window.col_off, window.row_off),
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "DEFLATE",
        "predictor": 3 if stack.dtype.kind == "f" else 2,
        "BIGTIFF": "IF_SAFER",
    }


def _describe(copy: Any, stack: _Stack) -> None:
    """Carry over what a lone source says of its bands and of itself."""
    for band, text in enumerate(stack.descriptions(), 1):
        if text:
            copy.set_band_description(band, text)
    if len(stack.opened) > 1:
        return
    copy.colorinterp = stack.main.colorinterp
    copy.update_tags(**{k: v for k, v in stack.main.tags().items() if len(v) <= _LONGEST_TAG})
    if stack.main.colorinterp[0].name == "palette":
        copy.write_colormap(1, stack.main.colormap(1))


def _strips(stack: _Stack) -> Iterator[tuple[int, int]]:
    """Give first row and number of rows of strips that end where blocks of the source do."""
    window, main = stack.window, stack.main
    first, last = int(window.row_off), int(window.row_off + window.height)
    block = int(main.block_shapes[0][0])
    row_bytes = int(window.width) * stack.count * stack.dtype.itemsize
    step = (
        max(1, _STRIP_BYTES // max(row_bytes * block, 1)) * block
        if block < main.height
        else max(1, _STRIP_BYTES // row_bytes)
    )
    while first < last:
        stop = min((first // step + 1) * step, last)
        yield first, stop - first
        first = stop


def _bands(stack: _Stack, k: int, part: "Window") -> NDArray[Any]:
    """Read a source's pixels for a part of the window of the finest: the nearest, where it is coarser."""
    dataset, place = stack.opened[k], stack.sources[k].place
    with network(place):
        if (dataset.transform, dataset.shape) == (stack.main.transform, stack.main.shape):
            return np.asarray(dataset.read(window=part, out_dtype=stack.dtype))
        rows, cols = _nearest(dataset, stack, part, place)
        return np.asarray(_around(dataset.read, rows, cols)).astype(stack.dtype, copy=False)


def _mask(stack: _Stack, part: "Window") -> NDArray[np.bool_]:
    valid = np.ones((int(part.height), int(part.width)), np.bool_)
    for dataset, source in zip(stack.opened, stack.sources, strict=True):
        if _has_mask(dataset):
            with network(source.place):
                rows, cols = _nearest(dataset, stack, part, source.place)
                valid &= _around(lambda window, d=dataset: d.read_masks(1, window=window)[None], rows, cols)[0] > 0
    return valid


def _around(read: Callable[..., NDArray[Any]], rows: NDArray[np.intp], cols: NDArray[np.intp]) -> NDArray[Any]:
    """Read the window that holds rows and columns, and give these of it."""
    from rasterio.windows import Window

    row, col = int(rows.min()), int(cols.min())
    found = read(window=Window(col, row, int(cols.max()) - col + 1, int(rows.max()) - row + 1))
    return found[:, rows[:, None] - row, cols[None, :] - col]


def _nearest(dataset: Any, stack: _Stack, part: "Window", place: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the rows and columns of a source under the pixels of the finest."""
    to: Affine = ~dataset.transform * stack.main.transform
    if abs(to.b) > _TURNED or abs(to.d) > _TURNED:
        raise InputError(f"{plain(place)}: is turned against the other bands; name one of them")
    rows = np.floor(to.e * (part.row_off + np.arange(int(part.height)) + 0.5) + to.f + _SLACK)
    cols = np.floor(to.a * (part.col_off + np.arange(int(part.width)) + 0.5) + to.c + _SLACK)
    return (
        np.clip(rows, 0, dataset.height - 1).astype(np.intp),
        np.clip(cols, 0, dataset.width - 1).astype(np.intp),
    )

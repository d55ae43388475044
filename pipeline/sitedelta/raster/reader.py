"""Windows of pixels, with what is valid in them."""

import math
import stat
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.windows import Window

from rasterdelta.types import Image, Mask
from sitedelta.errors import RasterError
from sitedelta.raster.bandnames import colour_bands, is_palette
from sitedelta.raster.info import RasterInfo, info_of
from sitedelta.raster.integrity import refuse_hollow, refuse_incomplete
from sitedelta.raster.opening import gdal, open_dataset
from sitedelta.within import refuse_beside

Span: TypeAlias = tuple[int, int, int, int]
"""First row, row after the last, first column, column after the last."""

_STRIP_PIXELS = 4_000_000

Resample: TypeAlias = Literal["average", "nearest", "bilinear", "cubic"]


def describe(path: Path) -> RasterInfo:
    """Say what an image file holds, without reading its pixels.

    Raises
    ------
    RasterError
        One line: the file is missing, empty, not a raster, cut off, or of a kind that cannot be used.
    """
    _refuse_absent(path)
    if path.suffix.lower() == ".vrt":
        raise RasterError(
            f"{path}: a virtual raster only points to other files; give those, or convert it to a GeoTIFF"
        )
    with gdal(str(path)), open_dataset(path) as dataset:
        info = info_of(dataset, str(path))
        refuse_hollow(path, dataset)
        refuse_incomplete(path, dataset)
    return info


def files_of(path: Path) -> tuple[Path, ...]:
    """Give the files that GDAL reads for an image: itself, a world file, coefficients, a mask; see `describe`."""
    _refuse_absent(path)
    with gdal(str(path)), open_dataset(path) as dataset:
        return tuple(Path(name) for name in dataset.files)


def read(
    uri: str | Path,
    window: Span,
    *,
    bands: Sequence[int] | None = None,
    out_shape: tuple[int, int] | None = None,
    resampling: Resample = "average",
) -> tuple[Image, Mask]:
    """Read one window of an image; see `Reader.read`."""
    with Reader(uri) as reader:
        return reader.read(window, bands=bands, out_shape=out_shape, resampling=resampling)


class Reader:
    """An image opened for reading windows. One process and one thread use it, and close it."""

    def __init__(self, uri: str | Path) -> None:
        self._name = str(uri)
        _refuse_absent(Path(uri))
        with gdal(self._name):
            self._dataset: Any = open_dataset(Path(uri))
            self.info: RasterInfo = info_of(self._dataset, self._name)
            self._numbers = colour_bands(self._dataset)
            self._table = _colour_table(self._dataset) if is_palette(self._dataset) else None
            self._flags: list[list[MaskFlags]] = self._dataset.mask_flag_enums
            types = set(self._dataset.dtypes)
            self._whole_numbers = len(types) == 1 and np.issubdtype(np.dtype(self.info.dtype), np.integer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def stored_block(self) -> tuple[int, int]:
        """Rows and columns of the blocks that the file stores."""
        rows, cols = self._dataset.block_shapes[0]
        return int(rows), int(cols)

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()

    def read(
        self,
        window: Span,
        *,
        bands: Sequence[int] | None = None,
        out_shape: tuple[int, int] | None = None,
        resampling: Resample = "average",
    ) -> tuple[Image, Mask]:
        """Read a window, at full resolution or reduced.

        Parameters
        ----------
        window
            Rows and columns `(row0, row1, col0, col1)`; it may reach beyond the image, and is invalid there.
        bands
            Indices from 0 into `info.band_names`; all bands where not given.
        out_shape
            (rows, columns) of the result; the window is resampled to it.
        resampling
            How; `average` is the right way to reduce. Colour tables are always reduced by averaging colours.

        Returns
        -------
        image : float32 array of shape (band, row, column)
            0 where not valid; never NaN or infinite.
        valid : bool array of shape (row, column)
            True = valid. False beyond the image, where alpha or the mask band says so, where any band is NaN or
            infinite, and where the bands hold the no-data value: all of them when it is 0 or the largest value of the
            type (a dark pixel may be 0 in one band), any of them otherwise.

        Raises
        ------
        RasterError
            The pixels cannot be decoded.
        """
        shape = out_shape or (window[1] - window[0], window[3] - window[2])
        image = np.zeros((self.info.count, *shape), np.float32)
        valid = np.zeros(shape, np.bool_)
        inside = _inside(window, shape, self.info)
        if inside is not None:
            rows, cols, source = inside
            with gdal(self._name):
                image[:, rows, cols], valid[rows, cols] = self._pixels(source, valid[rows, cols].shape, resampling)
        valid &= np.isfinite(image).all(axis=0)
        image[:, ~valid] = 0
        return (image if bands is None else image[list(bands)]), valid

    def stored(
        self, window: Span, *, bands: Sequence[int], out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], Mask]:
        """Read a window that lies within the image, in the file's own data type where that holds whole numbers.

        Parameters and errors are those of `read`; invalid pixels hold what the file holds there. Whole numbers of the
        stored type are put into `out` where it is given.

        Returns
        -------
        image : array of shape (band, row, column)
            Of the stored integer type, else float32 as `read` gives it.
        valid : bool array of shape (row, column)
        """
        if self._table is not None or not self._whole_numbers:
            return self.read(window, bands=bands)
        source = Window(window[2], window[0], window[3] - window[2], window[1] - window[0])
        shape = window[1] - window[0], window[3] - window[2]
        with gdal(self._name):
            numbers = [self._numbers[b] for b in bands]
            return self._dataset.read(numbers, window=source, out=out), self._valid(source, shape, Resampling.nearest)

    def _pixels(self, source: Window, shape: tuple[int, int], resampling: Resample) -> tuple[Image, Mask]:
        if self._table is not None:
            return self._coloured(source, shape, self._table)
        how = Resampling[resampling]
        values = self._dataset.read(
            self._numbers, window=source, out_shape=(len(self._numbers), *shape), resampling=how
        )
        with np.errstate(over="ignore", invalid="ignore"):
            image = values.astype(np.float32)
        return image, self._valid(source, shape, how)

    def _valid(self, source: Window, shape: tuple[int, int], how: Resampling) -> Mask:
        def masks(numbers: Sequence[int]) -> NDArray[np.bool_]:
            given = self._dataset.read_masks(
                list(numbers), window=source, out_shape=(len(numbers), *shape), resampling=how
            )
            return np.asarray(given >= 128)

        flags = [self._flags[n - 1] for n in self._numbers]
        valid = np.ones(shape, np.bool_)
        by_nodata = [n for n, f in zip(self._numbers, flags, strict=True) if MaskFlags.nodata in f]
        no_alpha = len(self._numbers) == self._dataset.count
        shared = [
            n
            for n, f in zip(self._numbers, flags, strict=True)
            if MaskFlags.per_dataset in f and not (no_alpha and MaskFlags.alpha in f)
        ]
        if by_nodata:
            each = masks(by_nodata)
            valid &= each.any(axis=0) if self._nodata_may_be_data() else each.all(axis=0)
        if shared:
            valid &= masks(shared[:1])[0]
        return valid

    def _nodata_may_be_data(self) -> bool:
        dtype, value = np.dtype(self.info.dtype), self.info.nodata
        return value == 0 or (dtype.kind in "iu" and value == np.iinfo(dtype).max)

    def _coloured(self, source: Window, shape: tuple[int, int], table: NDArray[np.float32]) -> tuple[Image, Mask]:
        """Look colours up at full resolution, strip by strip, then average them: indices cannot be averaged."""
        import cv2

        if source.width * source.height > _STRIP_PIXELS and shape[0] > 1:
            halves = [self._coloured(part, size, table) for part, size in _halved(source, shape)]
            return np.concatenate([h[0] for h in halves], axis=1), np.concatenate([h[1] for h in halves])
        whole = _whole_pixels(source, self.info)
        index = self._dataset.read(1, window=whole)
        valid = self._dataset.read_masks(1, window=whole) > 0
        valid &= table[3][index] > 0
        colours = table[:3][:, index]
        if index.shape == shape:
            return colours, valid
        weight = cv2.resize(valid.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
        reduced = np.stack([cv2.resize(c * valid, shape[::-1], interpolation=cv2.INTER_AREA) for c in colours])
        return (reduced / np.maximum(weight, 1e-6)).astype(np.float32), weight >= 0.5


def _refuse_absent(path: Path) -> None:
    refuse_beside(path)
    try:
        if path.is_dir():
            raise RasterError(f"{path}: is a folder, not an image")
        if not stat.S_ISREG(path.stat().st_mode):
            raise RasterError(f"{path}: is not a file that can be read twice; copy it into one")
        if path.stat().st_size == 0:
            raise RasterError(f"{path}: is an empty file; download it again")
    except FileNotFoundError:
        raise RasterError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise RasterError(f"{path}: cannot be read ({error})") from error


def _colour_table(dataset: Any) -> NDArray[np.float32]:
    table = np.zeros((4, 65536), np.float32)
    for index, colour in dataset.colormap(1).items():
        table[:, index] = colour
    return table


def _halved(source: Window, shape: tuple[int, int]) -> list[tuple[Window, tuple[int, int]]]:
    """Split a window and its result into an upper and a lower part."""
    half = shape[0] // 2
    cut = source.height * half / shape[0]
    upper = Window(source.col_off, source.row_off, source.width, cut)
    lower = Window(source.col_off, source.row_off + cut, source.width, source.height - cut)
    return [(upper, (half, shape[1])), (lower, (shape[0] - half, shape[1]))]


def _inside(window: Span, shape: tuple[int, int], info: RasterInfo) -> tuple[slice, slice, Window] | None:
    """Give the part of the result that lies wholly within the image, and the window it comes from."""
    rows, row0, row1 = _clip(window[0], window[1], shape[0], info.height)
    cols, col0, col1 = _clip(window[2], window[3], shape[1], info.width)
    if rows.stop <= rows.start or cols.stop <= cols.start:
        return None
    return rows, cols, Window(col0, row0, col1 - col0, row1 - row0)


def _clip(start: int, stop: int, steps: int, size: int) -> tuple[slice, float, float]:
    if stop <= start or steps <= 0:
        return slice(0, 0), 0.0, 0.0
    step = (stop - start) / steps
    first = max(math.ceil(-start / step - 1e-9), 0)
    last = min(math.floor((size - start) / step + 1e-9), steps)
    return slice(first, last), max(start + first * step, 0.0), min(start + last * step, float(size))


def _whole_pixels(window: Window, info: RasterInfo) -> Window:
    col0, row0 = math.floor(window.col_off), math.floor(window.row_off)
    col1 = min(math.ceil(window.col_off + window.width), info.width)
    row1 = min(math.ceil(window.row_off + window.height), info.height)
    return Window(col0, row0, col1 - col0, row1 - row0)

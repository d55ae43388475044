"""Finding files that were cut off, from their structure alone."""

import mmap
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.windows import Window

from sitedelta.errors import RasterError
from sitedelta.raster.tiff import stored_end

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_RAW = frozenset({"ENVI", "EHdr", "GenBin", "PAux", "ISCE", "ROI_PAC", "RRASTER", "SNODAS", "ERS", "NDF", "BT", "LAN"})


_DENSEST = 2000
"""Bytes of pixels in a byte of file: no compression packs an image closer that shows anything."""
_SMALL = 64 * 2**20
"""Bytes of pixels that cost little, whatever is behind them."""


def refuse_hollow(path: Path, dataset: Any) -> None:
    """Refuse a small file that claims a huge image: it would be worked on for hours, and holds nothing.

    Raises
    ------
    RasterError
        Of the pixels that the header claims, the file can hold next to none.
    """
    claimed = dataset.width * dataset.height * sum(np.dtype(d).itemsize for d in dataset.dtypes)
    if claimed <= _SMALL:
        return
    held = sum(Path(name).stat().st_size for name in dataset.files if Path(name).is_file())
    if claimed > held * _DENSEST:
        raise RasterError(
            f"{path}: claims {dataset.width} x {dataset.height} pixels, but holds {held} bytes: hardly any of them; "
            "download it again"
        )


def refuse_incomplete(path: Path, dataset: Any) -> None:
    """Refuse a file that ends before its structure says; of formats without a known structure, read the last row.

    Raises
    ------
    RasterError
        The file is cut off.
    """
    driver = str(dataset.driver)
    if driver in _COMPLETE:
        complete = _mapped(path, _COMPLETE[driver])
    elif driver in {"GTiff", "COG"}:
        complete = stored_end(path) <= path.stat().st_size
    elif driver in _RAW and not dataset.compression:
        pixel = sum(np.dtype(d).itemsize for d in dataset.dtypes)
        complete = path.stat().st_size >= dataset.width * dataset.height * pixel
    else:
        dataset.read(window=Window(0, dataset.height - 1, dataset.width, 1))
        complete = True
    if not complete:
        raise RasterError(f"{path}: is cut off (a {driver} file shorter than it says); download it again")


def _mapped(path: Path, check: Callable[[mmap.mmap], bool]) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return check(data)
        except (struct.error, IndexError):
            return False


def jpeg_is_complete(data: mmap.mmap) -> bool:
    """Tell whether a JPEG reaches its end-of-image marker; markers inside segments (thumbnails) do not count."""
    position = 2
    while match := _MARKER.search(data, position):
        marker = data[match.start() + 1]
        if marker == 0xD9:
            return True
        position = match.start() + 2
        if marker not in (0x01, 0xD8):
            position += struct.unpack_from(">H", data, position)[0]
    return False


def png_is_complete(data: mmap.mmap) -> bool:
    """Tell whether a PNG's chunks lead to its end chunk."""
    position: int = 8
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        position += 12 + length
        if kind == b"IEND":
            return position <= len(data)
    return False


def webp_is_complete(data: mmap.mmap) -> bool:
    """Tell whether a WebP is as long as its header says."""
    return int.from_bytes(data[4:8], "little") + 8 <= len(data)


def bmp_is_complete(data: mmap.mmap) -> bool:
    """Tell whether a Windows bitmap is as long as its header says."""
    return int.from_bytes(data[2:6], "little") <= len(data)


_COMPLETE: dict[str, Callable[[mmap.mmap], bool]] = {
    "BMP": bmp_is_complete,
    "JPEG": jpeg_is_complete,
    "PNG": png_is_complete,
    "WEBP": webp_is_complete,
}

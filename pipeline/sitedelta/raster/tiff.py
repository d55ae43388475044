"""Where the pixels of a TIFF end, from its directories (TIFF 6.0 and BigTIFF)."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_OFFSETS, _COUNTS = (273, 324), (279, 325)
_TYPES = {3: "u2", 4: "u4", 16: "u8"}
_MAX_DIRECTORIES = 64


@dataclass(frozen=True, slots=True)
class _Layout:
    order: str
    entry: str
    """Struct format of a directory entry: tag, type, count, value."""
    count: str
    """Struct format of the number of entries."""
    pointer: str

    def unpack(self, file: BinaryIO, form: str) -> int:
        size = struct.calcsize(self.order + form)
        return int(struct.unpack(self.order + form, file.read(size))[0])


def stored_end(path: Path) -> int:
    """Give the number of bytes that a TIFF must have to hold all pixels that its directories point to.

    Returns
    -------
    int
        The end of the last strip or tile; more than any file has where the directories themselves are cut off.
    """
    try:
        with path.open("rb") as file:
            layout = _layout(file)
            return max((_end(file, layout, start) for start in _directories(file, layout)), default=0)
    except (struct.error, ValueError, OSError):
        return 2**63


def _layout(file: BinaryIO) -> _Layout:
    head = file.read(4)
    order = "<" if head[:2] == b"II" else ">"
    if struct.unpack(order + "H", head[2:])[0] == 43:
        file.seek(8)
        return _Layout(order, "HHQ8s", "Q", "Q")
    return _Layout(order, "HHI4s", "H", "I")


def _directories(file: BinaryIO, layout: _Layout) -> Iterator[int]:
    start, seen = layout.unpack(file, layout.pointer), set[int]()
    while start and start not in seen and len(seen) < _MAX_DIRECTORIES:
        seen.add(start)
        yield start
        file.seek(start)
        entries = layout.unpack(file, layout.count)
        file.seek(entries * struct.calcsize("=" + layout.entry), 1)
        start = layout.unpack(file, layout.pointer)


def _end(file: BinaryIO, layout: _Layout, start: int) -> int:
    file.seek(start)
    number = layout.unpack(file, layout.count)
    size = struct.calcsize("=" + layout.entry)
    table = _take(file, number * size)
    arrays: dict[int, NDArray[np.uint64]] = {}
    for i in range(number):
        tag, kind, count, value = struct.unpack_from(layout.order + layout.entry, table, i * size)
        if tag in (*_OFFSETS, *_COUNTS) and kind in _TYPES:
            arrays[tag] = _values(file, layout, _TYPES[kind], count, value)
    ends = [arrays[o] + arrays[c] for o, c in zip(_OFFSETS, _COUNTS, strict=True) if o in arrays and c in arrays]
    return max((int(e.max()) for e in ends if e.size), default=0)


def _values(file: BinaryIO, layout: _Layout, kind: str, count: int, value: bytes) -> NDArray[np.uint64]:
    dtype = np.dtype(layout.order + kind)
    need = dtype.itemsize * count
    if need <= len(value):
        raw = value[:need]
    else:
        file.seek(struct.unpack(layout.order + layout.pointer, value)[0])
        raw = _take(file, need)
    return np.frombuffer(raw, dtype).astype(np.uint64)


def _take(file: BinaryIO, size: int) -> bytes:
    if file.tell() + size > os.fstat(file.fileno()).st_size:
        raise ValueError("cut off")
    return file.read(size)

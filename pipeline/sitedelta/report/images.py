"""Pictures of the aligned scenes: whole, and cut out around a place."""

import base64
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sitedelta.files.rasterfile import open_raster

_NO_DATA = (204, 190)
"""Greys of the stripes that stand where an image shows nothing."""


@dataclass(frozen=True, slots=True)
class Window:
    """A square of the site grid."""

    row: float
    col: float
    """Centre in pixels; integers are pixel centres."""
    side: int
    """In pixels."""

    @property
    def corner(self) -> tuple[int, int]:
        """Give row and column of the upper left pixel."""
        return round(self.row + 0.5 - self.side / 2), round(self.col + 0.5 - self.side / 2)


def overview(path: Path, *, long_side: int) -> np.ndarray:
    """Read a scene, reduced by averaging to at most `long_side` pixels.

    Returns
    -------
    ndarray of shape (M, N, B), uint8, B 1 or 3; diagonal stripes where there is no data
    """
    from rasterio.enums import Resampling

    with open_raster(path) as d:
        scale = min(1.0, long_side / max(d.height, d.width))
        shape = (max(1, round(d.height * scale)), max(1, round(d.width * scale)))
        bands = d.read(out_shape=(d.count, *shape), resampling=Resampling.average)
        valid = d.dataset_mask(out_shape=shape) > 0
    return striped(bands.transpose(1, 2, 0), valid)


def chip(path: Path, window: Window, *, most: int) -> np.ndarray:
    """Read a square, reduced by averaging to at most `most` pixels; outside of the image stripes stand.

    Returns
    -------
    ndarray of shape (S, S, B), uint8
    """
    with open_raster(path) as d:
        return _cut(d, window, most)


def chips(wanted: Iterable[tuple[Path, Window]], *, most: int) -> Iterator[np.ndarray]:
    """Read squares as `chip` does; each file is opened once."""
    with ExitStack() as stack:
        opened: dict[Path, Any] = {}
        for path, window in wanted:
            if path not in opened:
                opened[path] = stack.enter_context(open_raster(path))
            yield _cut(opened[path], window, most)


def _cut(d: Any, window: Window, most: int) -> np.ndarray:
    from rasterio.windows import Window as RasterWindow

    top, left = window.corner
    r0, r1 = max(0, top), min(d.height, top + window.side)
    c0, c1 = max(0, left), min(d.width, left + window.side)
    bands = np.zeros((d.count, window.side, window.side), np.uint8)
    valid = np.zeros((window.side, window.side), bool)
    if r1 > r0 and c1 > c0:
        part = RasterWindow(c0, r0, c1 - c0, r1 - r0)
        inside = np.s_[r0 - top : r1 - top, c0 - left : c1 - left]
        bands[:, *inside] = d.read(window=part)
        valid[inside] = d.dataset_mask(window=part) > 0
    shown = striped(bands.transpose(1, 2, 0), valid)
    return shown if window.side <= most else _reduced(shown, most)


def _reduced(image: np.ndarray, side: int) -> np.ndarray:
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return small.reshape(side, side, -1)


def striped(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Put stripes where there is no data."""
    diagonal = np.add.outer(np.arange(valid.shape[0]), np.arange(valid.shape[1]))
    stripes = np.where(diagonal // 6 % 2 == 0, *_NO_DATA).astype(np.uint8)
    return np.where(valid[..., None], image, stripes[..., None])


def jpeg(image: np.ndarray, *, quality: int) -> bytes:
    """Encode an RGB or grey image of shape (M, N, B), uint8."""
    bgr = image[..., ::-1] if image.shape[-1] == 3 else image[..., 0]
    ok, data = cv2.imencode(".jpg", np.ascontiguousarray(bgr), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"an image of shape {image.shape} cannot be written as JPEG")
    return bytes(data)


def data_uri(data: bytes) -> str:
    """Give a JPEG as a URI that carries its bytes."""
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()

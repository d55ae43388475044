"""Small pictures: of a whole scene, and of both dates of a pair while it is read for another purpose."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rasterdelta.difference.protocol import PairSample
from rasterdelta.resample import downsample
from rasterdelta.types import Image, Mask
from sitedelta.alignment.warp import fitted_size
from sitedelta.grid import scene_grid
from sitedelta.raster import Reader, Span
from sitedelta.scene import Scene

_MOST = 1024
"""Cells on the longer side: a fixed sample that no tiling changes."""
_MOST_FINE = 4096
_FINE_M = 5.0
"""A scene of finer pixels gets more cells where fewer would be coarser than this: cloud is told by its edges there."""
_LOOKED_AT = 2
"""Pixels on the side of a cell that are averaged: a cell holds more where the image is large."""


def overview_of(scene: Scene, bands: Sequence[int]) -> tuple[Image, Mask]:
    """Read some bands (from 0) of a whole scene in cells, the same shape for any bands."""
    pixel_m = scene_grid(scene).gsd_m
    wanted = int(max(scene.height, scene.width) * pixel_m / _FINE_M) if pixel_m <= _FINE_M else _MOST
    height, width, _ = fitted_size(scene.height, scene.width, min(max(_MOST, wanted), _MOST_FINE))
    with Reader(scene.uri) as reader:
        return reader.read((0, scene.height, 0, scene.width), bands=tuple(bands), out_shape=(height, width))


@dataclass(frozen=True, slots=True)
class Cells:
    """A reduced image."""

    image: Image
    valid: Mask


class Overviews:
    """Both dates of a pair at reduced size, filled tile by tile; tiles may come in any order, from any thread."""

    def __init__(self, shape: tuple[int, int], bands: Sequence[int]) -> None:
        self.factor = 1
        while max(shape) > _MOST * self.factor:
            self.factor *= 2
        size = tuple(-(-n // self.factor) for n in shape)
        self._bands = list(bands)
        self._images = tuple(np.zeros((len(bands), *size), np.float32) for _ in range(2))
        self._valid = np.zeros(size, np.bool_)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        rows, cols = self._valid.shape
        return rows, cols

    @property
    def dates(self) -> tuple[Cells, Cells]:
        """Before and after; valid is where both dates show the ground."""
        before, after = (Cells(image, self._valid) for image in self._images)
        return before, after

    def add(self, raw: PairSample, *, window: Span, part: Span) -> None:
        """Take in the part of a window that was not seen before; parts begin at multiples of the factor."""
        stride = max(1, self.factor // _LOOKED_AT)
        thin = tuple(slice(part[k] - window[k] + stride // 2, part[k + 1] - window[k], stride) for k in (0, 2))
        row, col = part[0] // self.factor, part[2] // self.factor
        for whole, image in zip(self._images, (raw.before, raw.after), strict=True):
            cells, valid = _reduced(
                np.stack([image[b][thin] for b in self._bands]), raw.valid[thin], self.factor // stride
            )
            at = slice(row, row + valid.shape[0]), slice(col, col + valid.shape[1])
            whole[:, *at], self._valid[at] = cells, valid


def _reduced(image: Image, valid: Mask, factor: int) -> tuple[Image, Mask]:
    """Average cells; those that stand over the edge hold what there is."""
    rows, cols = (-n % factor for n in valid.shape)
    if rows or cols:
        image = np.pad(image, ((0, 0), (0, rows), (0, cols)), mode="edge")
        valid = np.pad(valid, ((0, rows), (0, cols)), mode="edge")
    return downsample(image.astype(np.float32), valid, factor)

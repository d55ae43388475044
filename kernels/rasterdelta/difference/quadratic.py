"""Sum of squares of affine combinations of the bands of two dates, pixel by pixel."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Self

import numpy as np

from rasterdelta.types import FloatArray, Image, Plane

BLOCK_PX = 2**14
"""Pixels taken at once: the block and its combinations stay in cache."""


@dataclass(frozen=True, slots=True)
class SquaredNorm:
    """Affine combinations of the bands of both dates, of which the sum of squares matters."""

    project: FloatArray
    """Shape (combination, bands before + bands after): the combinations are `project @ pixels + offset`."""
    offset: FloatArray
    """Shape (combination, 1)."""

    def __len__(self) -> int:
        """Count the combinations."""
        return len(self.project)

    def over(self, spread: float) -> Self:
        """Give the same combinations divided by a number."""
        by = np.float32(spread)
        return type(self)(self.project / by, self.offset / by)

    def squares(self, before: Image, after: Image) -> Plane:
        """Give the sum of squares.

        Parameters
        ----------
        before, after
            Shape (band, ...), any real type.

        Returns
        -------
        ndarray of the shape of one band
            float32, not finite where a band is not.

        Notes
        -----
        Every matrix product is of one size, a power of two of pixels (the last block is filled up), so each pixel goes
        through the same additions wherever it stands in the image, in a tile or in memory.
        """
        first, second = (image.reshape(len(image), -1, image.shape[-1]) for image in (before, after))
        height, width = first.shape[1:]
        out = np.empty((height, width), np.float32)
        affine = np.hstack([self.project, self.offset])
        pixels = np.ones((affine.shape[1], BLOCK_PX), np.float32)
        values = np.empty((len(self), BLOCK_PX), np.float32)
        rows, cols = max(1, BLOCK_PX // max(1, width)), min(width, BLOCK_PX)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is masked later
            for at in _parts(height, width, rows, cols):
                shape = out[at].shape
                size = shape[0] * shape[1]
                pixels[: len(first), :size].reshape(-1, *shape)[:] = first[:, *at]
                pixels[len(first) : -1, :size].reshape(-1, *shape)[:] = second[:, *at]
                np.matmul(affine, pixels, out=values)
                np.multiply(values, values, out=values)
                np.add.reduce(values[:, :size].reshape(-1, *shape), axis=0, out=out[at])
        return out.reshape(before.shape[1:])


def _parts(height: int, width: int, rows: int, cols: int) -> Iterator[tuple[slice, slice]]:
    for row, col in product(range(0, height, max(1, rows)), range(0, width, max(1, cols))):
        yield slice(row, row + rows), slice(col, col + cols)

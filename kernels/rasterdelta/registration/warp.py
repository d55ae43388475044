"""The mapping while it is being found: a matrix and a smooth displacement beside it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import FloatArray, Matrix

Positions = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Warp:
    """Takes reference positions to moving positions."""

    matrix: Matrix
    field: FloatArray | None = None
    """Shape (2, n, m): dcol and drow at nodes `step` pixels apart, first node at pixel (0, 0)."""
    step: int = 0

    def __call__(self, col: Positions, row: Positions) -> tuple[Positions, Positions]:
        """Take columns and rows of the reference, shape (n,), to those of the moving image."""
        m = self.matrix
        x, y = m[0, 0] * col + m[0, 1] * row + m[0, 2], m[1, 0] * col + m[1, 1] * row + m[1, 2]
        if self.field is None:
            return x, y
        c, r = ((a / self.step).astype(np.float32)[None] for a in (col, row))
        extra = [cv2.remap(f, c, r, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0] for f in self.field]
        return x + extra[0], y + extra[1]

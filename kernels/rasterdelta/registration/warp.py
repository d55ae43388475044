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


@dataclass(frozen=True, slots=True)
class Inverse:
    """Takes moving positions back to reference positions."""

    forward: Warp

    @property
    def matrix(self) -> Matrix:
        """Moving (column, row, 1) to reference (column, row), beside the field."""
        linear = np.linalg.inv(self.forward.matrix[:, :2])
        return np.column_stack([linear, -linear @ self.forward.matrix[:, 2]])

    def __call__(self, col: Positions, row: Positions) -> tuple[Positions, Positions]:
        """Take columns and rows of the moving image, shape (n,), to those of the reference."""
        m = self.matrix
        x, y = m[0, 0] * col + m[0, 1] * row + m[0, 2], m[1, 0] * col + m[1, 1] * row + m[1, 2]
        for _ in range(0 if self.forward.field is None else 3):
            there = self.forward(x, y)
            off = np.stack([col - there[0], row - there[1]])
            x, y = x + m[0, :2] @ off, y + m[1, :2] @ off
        return x, y

"""The mapping while it is being found: a matrix and a smooth displacement beside it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import FloatArray, Matrix

Positions = NDArray[np.float64]


def between_nodes(
    field: FloatArray, step: int, col: Positions | FloatArray, row: Positions | FloatArray
) -> tuple[Positions, Positions]:
    """Give a field's (dcol, drow) at places of any one shape, bilinear between nodes `step` pixels apart.

    The first node lies at pixel (0, 0); beyond the nodes, the field goes on as at the last one.
    """
    last = field.shape[1] - 1, field.shape[2] - 1
    r, c = (np.clip(np.asarray(a, np.float64) / step, 0, n) for a, n in zip((row, col), last, strict=True))
    r0, c0 = (np.minimum(a.astype(np.intp), max(n - 1, 0)) for a, n in zip((r, c), last, strict=True))
    r1, c1 = (np.minimum(a + 1, n) for a, n in zip((r0, c0), last, strict=True))
    fr, fc = r - r0, c - c0
    upper = field[:, r0, c0] * (1 - fc) + field[:, r0, c1] * fc
    lower = field[:, r1, c0] * (1 - fc) + field[:, r1, c1] * fc
    dcol, drow = upper * (1 - fr) + lower * fr
    return dcol, drow


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
        dcol, drow = between_nodes(self.field, self.step, col, row)
        return x + dcol, y + drow


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

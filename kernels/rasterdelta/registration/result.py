"""What a registration gives: an alignment with its residual and support, or a refusal with its reason."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.warp import Positions, between_nodes
from rasterdelta.types import FloatArray, Mask, Matrix, Plane

ModelName = Literal["shift", "affine", "field"]
ModelChoice = Literal["auto", "shift", "affine", "field"]


@dataclass(frozen=True, slots=True)
class TiePoints:
    """Places seen in both images, in pixels; all arrays have shape (n,)."""

    col: NDArray[np.float64]
    row: NDArray[np.float64]
    """Place in the reference image."""
    dcol: NDArray[np.float64]
    drow: NDArray[np.float64]
    """moving(col + dcol, row + drow) shows the ground of reference(col, row)."""
    quality: NDArray[np.float64]
    """0 (noise) to 1 (perfect match)."""
    inlier: NDArray[np.bool_]
    """True where the model explains the point."""


@dataclass(frozen=True, slots=True)
class Support:
    """A grid of square cells over the reference image, the first one at its first pixel."""

    cells: NDArray[np.bool_]
    """True = borne out."""
    side: float
    """Of a cell, in pixels."""

    def at(self, rows: Positions, cols: Positions) -> Mask:
        """Look up places in pixels of the reference, broadcast together; False outside the grid."""
        r, c = (np.floor((a + 0.5) / self.side).astype(np.intp) for a in (rows, cols))
        height, width = self.cells.shape
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        return np.asarray(inside & self.cells[np.clip(r, 0, height - 1), np.clip(c, 0, width - 1)], np.bool_)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where each pixel of the reference image is found in the moving image."""

    model: ModelName
    matrix: Matrix
    """Reference (column, row, 1) to moving (column, row)."""
    residual_px: float
    """Median distance of the inlying tie points from the model, in reference pixels."""
    support: float
    """Share (0 to 1) of the reference's valid area that has inlying tie points nearby."""
    points: TiePoints
    field: FloatArray | None = None
    """Displacement beside the matrix, shape (2, n, m): dcol and drow at nodes `field_step` pixels apart, first node
    at pixel (0, 0); None for a global model."""
    field_step: int = 0
    supported: Support | None = None
    """Where tie points bear the alignment out; None: everywhere. Elsewhere nothing may be said of the ground."""

    def __bool__(self) -> bool:
        return True

    def supported_at(self, rows: Positions, cols: Positions) -> Mask:
        """Tell for places in the reference, broadcast together, whether tie points bear the alignment out there."""
        if self.supported is None:
            return np.ones(np.broadcast_shapes(rows.shape, cols.shape), np.bool_)
        return self.supported.at(rows, cols)

    def displacement(self, rows: Plane, cols: Plane) -> tuple[Plane, Plane]:
        """Give (dcol, drow), in pixels, for float32 arrays of reference rows and columns (any one shape)."""
        m = self.matrix
        dcol = ((m[0, 0] - 1) * cols + m[0, 1] * rows + m[0, 2]).astype(np.float32)
        drow = (m[1, 0] * cols + (m[1, 1] - 1) * rows + m[1, 2]).astype(np.float32)
        if self.field is None:
            return dcol, drow
        more = between_nodes(self.field, self.field_step, cols, rows)
        return (dcol + more[0]).astype(np.float32), (drow + more[1]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A registration that cannot be trusted. False in a condition."""

    reason: str

    def __bool__(self) -> bool:
        return False


IDENTITY: Matrix = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

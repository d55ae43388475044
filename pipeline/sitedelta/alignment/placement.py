"""Where a scene's pixels lie on the site grid."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.result import Alignment
from rasterdelta.types import Mask
from sitedelta.scene import Scene

Coordinates = NDArray[np.float64]


class Frame(Protocol):
    """A nominal grid for a scene: its georeference on the site grid, or its own pixels scaled to the site's gsd."""

    def to_scene(self, rows: Coordinates, cols: Coordinates) -> tuple[Coordinates, Coordinates]:
        """Frame pixels to pixels of the scene; centres are integers, any one shape."""

    def to_grid(self, rows: Coordinates, cols: Coordinates) -> tuple[Coordinates, Coordinates]:
        """Pixels of the scene to frame pixels."""


@dataclass(frozen=True, slots=True)
class ScaledFrame:
    """The frame of a scene without georeference: its own pixels, brought to the grid's ground sampling distance."""

    factor: float
    """Frame pixels per pixel of the scene."""

    def to_scene(self, rows: Coordinates, cols: Coordinates) -> tuple[Coordinates, Coordinates]:
        return (rows + 0.5) / self.factor - 0.5, (cols + 0.5) / self.factor - 0.5

    def to_grid(self, rows: Coordinates, cols: Coordinates) -> tuple[Coordinates, Coordinates]:
        return (rows + 0.5) * self.factor - 0.5, (cols + 0.5) * self.factor - 0.5


@dataclass(frozen=True, slots=True)
class CoarseMask:
    """A mask of a whole scene at reduced size."""

    mask: Mask
    """True = the ground is seen clearly."""
    rows_per_cell: float
    cols_per_cell: float
    """Scene pixels per pixel of the mask."""

    def keep(self, valid: Mask, window: tuple[int, int, int, int]) -> Mask:
        """Give the pixels of a window (row0, row1, col0, col1) of the scene that are valid and seen clearly."""
        row0, row1, col0, col1 = window
        top, bottom = (int((r + 0.5) // self.rows_per_cell) for r in (row0, row1 - 1))
        left, right = (int((c + 0.5) // self.cols_per_cell) for c in (col0, col1 - 1))
        inside = min(top, left) >= 0 and bottom < self.mask.shape[0] and right < self.mask.shape[1]
        if inside and self.mask[top : bottom + 1, left : right + 1].all():
            return valid
        return valid & self.at(np.arange(row0, row1, dtype=float)[:, None], np.arange(col0, col1, dtype=float)[None])

    def at(self, rows: Coordinates, cols: Coordinates) -> NDArray[np.bool_]:
        """Look up scene pixels of any one shape; False outside the scene."""
        r = np.floor((rows + 0.5) / self.rows_per_cell).astype(np.intp)
        c = np.floor((cols + 0.5) / self.cols_per_cell).astype(np.intp)
        height, width = self.mask.shape
        inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
        found: NDArray[np.bool_] = inside & self.mask[np.clip(r, 0, height - 1), np.clip(c, 0, width - 1)]
        return found


@dataclass(frozen=True, slots=True)
class Placement:
    """A scene on the site grid. Picklable; holds no pixels."""

    scene: Scene
    frame: Frame
    alignment: Alignment | None
    """Site grid to frame; None where the frame itself is trusted."""
    clear: CoarseMask
    """Where the scene shows the ground: inside, with data, not under cloud."""

    def to_scene(self, rows: Coordinates, cols: Coordinates) -> tuple[Coordinates, Coordinates]:
        """Site grid pixels to pixels of the scene; centres are integers, any one shape."""
        if self.alignment is None:
            return self.frame.to_scene(rows, cols)
        dcol, drow = self.alignment.displacement(np.asarray(rows, np.float32), np.asarray(cols, np.float32))
        return self.frame.to_scene(rows + drow, cols + dcol)

    def to_grid(self, rows: Coordinates, cols: Coordinates) -> tuple[Coordinates, Coordinates]:
        """Pixels of the scene to site grid pixels."""
        frame_rows, frame_cols = self.frame.to_grid(rows, cols)
        if self.alignment is None:
            return frame_rows, frame_cols
        inverse = np.linalg.inv(self.alignment.matrix[:, :2])
        c, r = np.tensordot(inverse, np.stack([frame_cols, frame_rows]) - _column(self.alignment, frame_cols), 1)
        for _ in range(0 if self.alignment.field is None else 4):
            dcol, drow = self.alignment.displacement(np.asarray(r, np.float32), np.asarray(c, np.float32))
            off_c, off_r = np.tensordot(inverse, np.stack([frame_cols - (c + dcol), frame_rows - (r + drow)]), 1)
            r, c = r + off_r, c + off_c
        return r, c

    @property
    def bounded(self) -> bool:
        """Whether there are places of which it is not known where they lie in the scene."""
        return self.alignment is not None and self.alignment.supported is not None

    def supported_at(self, rows: Coordinates, cols: Coordinates) -> Mask:
        """Say for site grid pixels, broadcast together, whether it is known where they lie in the scene."""
        if self.alignment is None:
            return np.ones(np.broadcast_shapes(rows.shape, cols.shape), np.bool_)
        return self.alignment.supported_at(rows, cols)

    def seen_at(self, rows: Coordinates, cols: Coordinates) -> NDArray[np.bool_]:
        """Say for site grid pixels whether the scene is known to show the ground there."""
        return self.clear.at(*self.to_scene(rows, cols)) & self.supported_at(rows, cols)

    def heading_on_grid(self, row: float, col: float, heading_deg: float) -> float:
        """Turn a heading in the scene's image into one on the site grid, degrees clockwise from up."""
        step = 8.0
        there = row - step * np.cos(np.radians(heading_deg)), col + step * np.sin(np.radians(heading_deg))
        r, c = self.to_grid(np.array([row, there[0]]), np.array([col, there[1]]))
        turn = np.degrees(np.arctan2(c[1] - c[0], r[0] - r[1]))
        return float(turn % 360 % 360)  # a tiny negative turn rounds up to 360 once


def _column(alignment: Alignment, like: Coordinates) -> Coordinates:
    return alignment.matrix[:, 2].reshape((2,) + (1,) * np.ndim(like))

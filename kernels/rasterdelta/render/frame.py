"""A pixel grid in metres, and shapes drawn on it."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.measure import points_in_poly

from rasterdelta.types import Plane

Outline = NDArray[np.float64]
"""float64, shape (n, 2): x (right) and y (down) in metres; a polygon when closed."""

_SHIFT = 4
_FINER = 4
_SMALL = 500_000


def _fixed(points: Outline) -> NDArray[np.int32]:
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows and columns of square pixels over a plane in metres; x runs right, y runs down."""

    rows: int
    cols: int
    gsd_m: float
    """Side of a pixel in metres."""
    x_m: float = 0.0
    y_m: float = 0.0
    """Outer corner of the first pixel."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.cols

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height in metres."""
        return self.cols * self.gsd_m, self.rows * self.gsd_m

    def pixels(self, points: Outline) -> Outline:
        """Turn metres into (column, row); the centre of the first pixel is (0, 0)."""
        return (np.asarray(points, float) - (self.x_m, self.y_m)) / self.gsd_m - 0.5

    def coordinates(self) -> tuple[Plane, Plane]:
        """Give x of shape (1, column) and y of shape (row, 1) of the pixel centres, in metres."""
        x = self.x_m + (np.arange(self.cols, dtype=np.float32) + 0.5) * self.gsd_m
        y = self.y_m + (np.arange(self.rows, dtype=np.float32) + 0.5) * self.gsd_m
        return x[None, :].astype(np.float32), y[:, None].astype(np.float32)

    def axes(self, axis_deg: float, centre: tuple[float, float] = (0.0, 0.0)) -> tuple[Plane, Plane]:
        """Give across and along coordinates, shape (row, column), of an axis `axis_deg` clockwise from up."""
        x, y = self.coordinates()
        sin, cos = np.sin(np.deg2rad(axis_deg)), np.cos(np.deg2rad(axis_deg))
        x, y = x - centre[0], y - centre[1]
        return (x * cos + y * sin).astype(np.float32), (x * sin - y * cos).astype(np.float32)

    def window(self, points: Outline, margin_m: float = 0.0) -> tuple[Self, tuple[slice, slice]] | None:
        """Give the part of the grid around some points, and its slices; None where they fall outside."""
        px = self.pixels(points)
        pad = margin_m / self.gsd_m + 2
        col0, row0 = np.maximum(np.floor(px.min(axis=0) - pad), 0).astype(int).tolist()
        col1, row1 = np.ceil(px.max(axis=0) + pad).astype(int).tolist()
        col1, row1 = min(col1, self.cols), min(row1, self.rows)
        if col1 <= col0 or row1 <= row0:
            return None
        x, y = self.x_m + col0 * self.gsd_m, self.y_m + row0 * self.gsd_m
        part = type(self)(row1 - row0, col1 - col0, self.gsd_m, x, y)
        return part, (slice(row0, row1), slice(col0, col1))

    def fill(self, *polygons: Outline) -> Plane:
        """Give the share (0 to 1) of each pixel that lies within any of the polygons."""
        finer = _FINER if self.rows * self.cols < _SMALL else 1  # large shapes can bear the half pixel that OpenCV adds
        grid = type(self)(self.rows * finer, self.cols * finer, self.gsd_m / finer, self.x_m, self.y_m)
        mask = np.zeros(grid.shape, np.uint8)
        for polygon in polygons:
            grid.fill_into(mask, polygon)
        small = cv2.resize(mask, self.shape[::-1], interpolation=cv2.INTER_AREA)
        return small.astype(np.float32) / np.float32(255)

    def stroke(self, points: Outline, width_m: float, *, closed: bool = False) -> Plane:
        """Give the share (0 to 1) of each pixel that a line of some width covers."""
        mask = np.zeros(self.shape, np.uint8)
        self.stroke_into(mask, points, width_m, closed=closed)
        return mask.astype(np.float32) / np.float32(255)

    def stroke_into(self, mask: NDArray[np.uint8], points: Outline, width_m: float, *, closed: bool = False) -> None:
        """Draw a line into a mask of 0 to 255."""
        thickness = max(1, round(width_m / self.gsd_m))
        cv2.polylines(mask, [_fixed(self.pixels(points))], closed, 255, thickness, cv2.LINE_AA, _SHIFT)

    def fill_into(self, mask: NDArray[np.uint8], polygon: Outline) -> None:
        """Draw a polygon into a mask of 0 to 255."""
        cv2.fillPoly(mask, [_fixed(self.pixels(polygon))], 255, cv2.LINE_8, _SHIFT)

    def sweep_into(self, mask: NDArray[np.uint8], polygon: Outline, start: Outline, end: Outline) -> None:
        """Draw what a polygon covers while it moves in a straight line from one offset to another."""
        first, last = self.pixels(polygon + start), self.pixels(polygon + end)
        low, high = np.minimum(first.min(axis=0), last.min(axis=0)), np.maximum(first.max(axis=0), last.max(axis=0))
        if (high < -1).any() or low[0] > self.cols or low[1] > self.rows:
            return
        for whole in (first, last):
            cv2.fillPoly(mask, [_fixed(whole)], 255, cv2.LINE_8, _SHIFT)
        for side in _fixed(np.stack([first, np.roll(first, -1, 0), np.roll(last, -1, 0), last], axis=1)):
            cv2.fillConvexPoly(mask, side, 255, cv2.LINE_8, _SHIFT)


def turned(points: Outline, heading_deg: float, centre: tuple[float, float]) -> Outline:
    """Take points (x right, y forward, metres) of a thing to the plane, where it heads clockwise from up."""
    sin, cos = np.sin(np.deg2rad(heading_deg)), np.cos(np.deg2rad(heading_deg))
    p = np.asarray(points, float)
    return np.stack([centre[0] + p[:, 0] * cos + p[:, 1] * sin, centre[1] + p[:, 0] * sin - p[:, 1] * cos], axis=1)


def within(points: Outline, polygon: Outline) -> NDArray[np.bool_]:
    """Tell which points, shape (n, 2), lie in a polygon."""
    inside = points_in_poly(points, polygon)  # type: ignore[no-untyped-call]  # scikit-image carries no types
    return np.asarray(inside, bool)


def box(x0: float, x1: float, y0: float, y1: float) -> Outline:
    """Give a rectangle as an outline."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)


def disc(x: float, y: float, radius: float, *, corners: int = 24) -> Outline:
    """Give a circle as an outline."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)

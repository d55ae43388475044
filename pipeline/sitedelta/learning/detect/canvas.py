"""A crop under construction: its picture, and what stands in it."""

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Colour = NDArray[np.float32]
Plane = NDArray[np.float32]


class Item(NamedTuple):
    """One object or place of doubt, in pixels of the crop; sixteen numbers for the network's teacher."""

    counted: float
    """1 an object, 0 neither an object nor background."""
    col: float
    row: float
    size: float
    """Longer side of its box."""
    posed: float
    """1 where length, width and heading are known, 0 where only a box is, -1 where only the size is."""
    along: float
    across: float
    """Length and width, or width and height of the box on the axes of the source image."""
    turn: tuple[float, float, float, float]
    """Cosine and sine of the heading, 0, 0; or the rotation from crop to source axes, row by row."""
    sub: float
    """1 the sub-class, 0 not, -1 not known."""


@dataclass(slots=True)
class Canvas:
    """A square crop."""

    picture: Colour
    """Shape (row, column, 3), 0 to 1."""
    gsd_m: float
    items: list[Item] = field(default_factory=list)

    @property
    def side(self) -> int:
        """Pixels on a side."""
        return len(self.picture)

    def free(self, col: float, row: float, size: float, *, among: int | None = None) -> bool:
        """Tell whether nothing that stands there (of the first `among` items) is touched."""
        return all(np.hypot(i.col - col, i.row - row) > 0.5 * (i.size + size) for i in self.items[:among])

    def shade(self, mask: Plane, colour: NDArray[np.float32]) -> None:
        """Mix a colour in."""
        self.picture += mask[..., None] * (colour - self.picture)


def noise(rng: Rng, side: int, cells: float, octaves: int = 4) -> Plane:
    """Give smooth noise of about unit spread whose coarsest waves are `cells` to a side."""
    total, weight, spread = np.zeros((side, side), np.float32), 1.0, 0.0
    for _ in range(octaves):
        n = int(np.clip(cells, 2, side)) + 1
        total += np.float32(weight) * cv2.resize(
            rng.standard_normal((n, n), np.float32), (side, side), interpolation=cv2.INTER_CUBIC
        )
        spread += weight**2
        weight, cells = weight * 0.65, cells * 2.1
    return total / np.float32(np.sqrt(spread) * 0.75)


def polygon(side: int, points: NDArray[np.float64], soft: float = 0.6) -> Plane:
    """Give the cover, 0 to 1, of a polygon of (column, row)."""
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask, (0, 0), soft).astype(np.float32) / np.float32(255)


def strokes(side: int, lines: list[NDArray[np.float64]], width: float) -> Plane:
    """Give the cover of lines of (column, row); thinner ones than a pixel are pale."""
    mask = np.zeros((side, side), np.uint8)
    for points in lines:
        cv2.polylines(mask, [np.round(points * 16).astype(np.int32)], False, 255, max(1, round(width)), cv2.LINE_AA, 4)
    return mask.astype(np.float32) * np.float32(min(1.0, width) / 255)


def turned(points: NDArray[np.float64], angle: float, centre: tuple[float, float]) -> NDArray[np.float64]:
    """Turn points about the origin (clockwise as seen) and move them."""
    c, s = np.cos(angle), np.sin(angle)
    placed: NDArray[np.float64] = points @ np.array([[c, s], [-s, c]]) + np.asarray(centre)
    return placed


def rectangle(wide: float, high: float) -> NDArray[np.float64]:
    """Give the corners of a rectangle about the origin."""
    return np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2

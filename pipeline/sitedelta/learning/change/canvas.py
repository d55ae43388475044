"""One training example while it is being made."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float32]
"""RGB, shape (row, column, 3), 0 to 255."""
Field = NDArray[np.float32]
"""Shape (row, column)."""


@dataclass(slots=True)
class Canvas:
    """Two dates, which pixels changed and how much each pixel counts; painted upon in place."""

    dates: list[Colour]
    label: Field
    """1 = changed."""
    weight: Field
    """0 = says nothing."""
    gsd_m: float

    @property
    def side(self) -> int:
        """Rows, and columns."""
        return len(self.label)

    def paint(self, date: int, mask: Field, colour: Colour | NDArray[np.float32]) -> None:
        """Blend a colour into one date where the mask says how much."""
        part = _extent(mask)
        image, there = self.dates[date][part], mask[part][..., None]
        image += there * ((colour[part] if colour.ndim == 3 else colour) - image)

    def shade(self, date: int, mask: Field, light: float) -> None:
        """Darken one date where the mask says."""
        part = _extent(mask)
        image = self.dates[date][part]
        image *= (1 - mask[part] * np.float32(1 - light))[..., None]

    def mark(self, mask: Field, weight: float = 1.0) -> None:
        """Call the pixels of a mask changed, those on its soft border unclear."""
        inside, border = mask > 0.5, (mask > 0.02) & (mask <= 0.5)
        self.label[inside] = 1
        self.weight[inside] = weight
        self.weight[border & (self.label == 0)] = 0

    def doubt(self, mask: Field) -> None:
        """Let pixels of a mask say nothing, unless they are known to have changed."""
        self.weight[(mask > 0.1) & (self.label == 0)] = 0


def _extent(mask: Field) -> tuple[slice, slice]:
    rows, cols = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)) if rows.size else (slice(0), slice(0))


def polygon(side: int, points: NDArray[np.float64], soft: float = 0.7) -> Field:
    """Draw a filled outline, (column, row), as a mask with a soft border."""
    mask = np.zeros((side, side), np.float32)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32) if soft > 0 else mask


def noise(rng: np.random.Generator, side: int, scale: float) -> Field:
    """Give smooth noise of unit spread whose features span `scale` pixels."""
    cells = max(2, round(side / max(scale, 1)))
    small = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


def turned(points: NDArray[np.float64], angle: float, centre: tuple[float, float]) -> NDArray[np.float64]:
    """Turn points about the origin by an angle in radians, then move them."""
    c, s = np.cos(angle), np.sin(angle)
    placed: NDArray[np.float64] = points @ np.array([[c, s], [-s, c]]) + np.array(centre)
    return placed


def rectangle(length: float, width: float) -> NDArray[np.float64]:
    """Give the corners of a rectangle about the origin."""
    corners: NDArray[np.float64] = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array([length, width]) / 2
    return corners

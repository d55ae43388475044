"""Two images reduced together, so that the pixels of each level cover about the same ground."""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.plane import Level, level, one_plane
from rasterdelta.registration.warp import Positions, Warp
from rasterdelta.types import Image, Mask, Matrix, Plane

SMALLEST: Final = 192
"""Shorter side, in pixels, of the coarsest level."""
FACTORS: Final = (16, 8, 4, 2, 1)
LOOKED_AT: Final = 128
"""Places along each side at which it is looked up what hides the ground."""


@dataclass(slots=True)
class Pyramid:
    """Levels of one image, made when asked for."""

    plane: Plane
    valid: Mask
    """True = shows the ground."""
    covered: Mask
    """True = the image reaches there, whether the ground is seen or not."""
    levels: dict[int, Level] = field(default_factory=dict)

    @classmethod
    def of(cls, image: Image, valid: Mask, covered: Mask | None = None) -> Self:
        """Join the bands of an image; see `one_plane` for the errors."""
        return cls(one_plane(image, valid), valid, valid if covered is None else covered | valid)

    def at(self, factor: int) -> Level:
        """Give one level."""
        if factor not in self.levels:
            self.levels[factor] = level(self.plane, self.valid, factor)
        return self.levels[factor]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images brought to common ground sampling."""

    reference: Pyramid
    moving: Pyramid
    base: tuple[int, int]
    """Reduction of the reference and of the moving image that brings their pixels to about one size."""

    @classmethod
    def under(cls, reference: Pyramid, moving: Pyramid, matrix: Matrix) -> Self:
        """Choose the reductions for a matrix from reference to moving."""
        ratio = size(matrix)
        return cls(reference, moving, (max(1, round(1 / ratio)), max(1, round(ratio))))

    def at(self, factor: int) -> tuple[Level, Level]:
        """Give one level of both."""
        return self.reference.at(self.base[0] * factor), self.moving.at(self.base[1] * factor)

    def factors(self) -> list[int]:
        """Give the levels, coarse to fine."""
        shorter = min(min(p.valid.shape) // b for p, b in self._both())
        return [f for f in FACTORS if f == 1 or shorter // f >= SMALLEST] if shorter else []

    def longest(self) -> int:
        """Give the longest side, in pixels of the finest level."""
        return max(int(max(p.valid.shape)) // b for p, b in self._both())

    def clear(self, warp: Warp) -> float:
        """Give the share of the ground that both images cover, by a warp, which both show."""
        height, width = self.reference.valid.shape
        at = [(np.arange(LOOKED_AT) + 0.5) * n / LOOKED_AT - 0.5 for n in (height, width)]
        rows, cols = (a.ravel() for a in np.meshgrid(*at, indexing="ij"))
        x, y = (np.round(a).astype(np.intp) for a in warp(cols, rows))
        there = (y >= 0) & (y < self.moving.valid.shape[0]) & (x >= 0) & (x < self.moving.valid.shape[1])
        here, there_at = _at(rows[there], cols[there]), (y[there], x[there])
        covered = self.reference.covered[here] & self.moving.covered[there_at]
        seen = self.reference.valid[here] & self.moving.valid[there_at]
        return float(seen.sum() / covered.sum()) if covered.any() else 1.0

    def _both(self) -> tuple[tuple[Pyramid, int], tuple[Pyramid, int]]:
        return (self.reference, self.base[0]), (self.moving, self.base[1])


def _at(rows: Positions, cols: Positions) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.round(rows).astype(np.intp), np.round(cols).astype(np.intp)


def size(matrix: Matrix) -> float:
    """Give moving pixels per reference pixel."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))

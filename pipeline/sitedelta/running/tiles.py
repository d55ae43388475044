"""Cut a grid into tiles: cores that cover it once, with a halo for the kernels."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sitedelta.raster import Span

CORE = 1024
"""Pixels on a side of a tile's core."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a grid, in its cells: row0, row1, col0, col1 with the ends excluded."""

    row0: int
    row1: int
    col0: int
    col1: int
    halo: int

    @property
    def core(self) -> tuple[int, int, int, int]:
        return self.row0, self.row1, self.col0, self.col1

    def window(self, shape: tuple[int, int], *, snap: int = 1) -> Span:
        """Give the core with as much of its halo as the grid has, begun at multiples of `snap`."""
        top, left = (max(0, first - self.halo) // snap * snap for first in (self.row0, self.col0))
        return top, min(shape[0], self.row1 + self.halo), left, min(shape[1], self.col1 + self.halo)

    def inside(self, window: Span) -> tuple[slice, slice]:
        """Give the core within an array of a window."""
        top, left = self.row0 - window[0], self.col0 - window[2]
        return slice(top, top + self.row1 - self.row0), slice(left, left + self.col1 - self.col0)


def cut(shape: tuple[int, int], *, halo: int, core: int = CORE) -> Iterator[Tile]:
    """Give the tiles of a grid of `shape` (rows, columns), row by row, with cores of about `core` and of like size."""
    for row0, row1 in _spans(shape[0], core):
        for col0, col1 in _spans(shape[1], core):
            yield Tile(row0, row1, col0, col1, halo)


def cut_behind(shape: tuple[int, int], *, halo: int, rows: int, cols: int) -> Iterator[Tile]:
    """Give the tiles of a grid, row by row, for reading in one pass.

    The cores of a row of tiles end `halo` short of a multiple of `rows`: what they need ends at that multiple, so that
    the next ones need nothing new above it. Columns are cut at multiples of `cols`.
    """
    row0 = 0
    for read in range(rows, shape[0] + rows, rows):
        row1 = shape[0] if read >= shape[0] else read - halo
        for col0 in range(0, shape[1], cols):
            yield Tile(row0, row1, col0, min(col0 + cols, shape[1]), halo)
        row0 = row1


def _spans(size: int, core: int) -> list[tuple[int, int]]:
    """Cut a length into equal spans, to rounding."""
    n = max(1, round(size / core))
    edges = [size * k // n for k in range(n + 1)]
    return list(pairwise(edges))

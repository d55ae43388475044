"""Cut a grid into tiles: cores that cover it once, with a halo for the kernels."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

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

    @property
    def window(self) -> tuple[int, int, int, int]:
        """The core with its halo; may reach outside the grid."""
        h = self.halo
        return self.row0 - h, self.row1 + h, self.col0 - h, self.col1 + h

    def window_within(self, shape: tuple[int, int], *, snap: int = 1) -> tuple[int, int, int, int]:
        """Give the core with as much of its halo as the grid has, begun at multiples of `snap`."""
        row0, row1, col0, col1 = self.window
        return max(0, row0) // snap * snap, min(shape[0], row1), max(0, col0) // snap * snap, min(shape[1], col1)

    @property
    def inner(self) -> tuple[slice, slice]:
        """The core within an array of the window."""
        h = self.halo
        return slice(h, h + self.row1 - self.row0), slice(h, h + self.col1 - self.col0)


def cut(shape: tuple[int, int], *, halo: int, core: int = CORE) -> Iterator[Tile]:
    """Give the tiles of a grid of `shape` (rows, columns), row by row, with cores of about `core` and of like size."""
    for row0, row1 in _spans(shape[0], core):
        for col0, col1 in _spans(shape[1], core):
            yield Tile(row0, row1, col0, col1, halo)


def _spans(size: int, core: int) -> list[tuple[int, int]]:
    """Cut a length into equal spans, to rounding."""
    n = max(1, round(size / core))
    edges = [size * k // n for k in range(n + 1)]
    return list(pairwise(edges))

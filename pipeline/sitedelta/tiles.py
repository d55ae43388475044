"""Cut a grid into tiles: cores that cover it once, with a halo for the kernels."""

from collections.abc import Iterator
from dataclasses import dataclass

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

    @property
    def inner(self) -> tuple[slice, slice]:
        """The core within an array of the window."""
        h = self.halo
        return slice(h, h + self.row1 - self.row0), slice(h, h + self.col1 - self.col0)


def cut(shape: tuple[int, int], *, halo: int, core: int = CORE) -> Iterator[Tile]:
    """Give the tiles of a grid of `shape` (rows, columns), row by row."""
    for row in range(0, shape[0], core):
        for col in range(0, shape[1], core):
            yield Tile(row, min(row + core, shape[0]), col, min(col + core, shape[1]), halo)

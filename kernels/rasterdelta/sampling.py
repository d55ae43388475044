"""A fixed lattice of blocks from which whole-scene statistics are estimated."""

import math
from dataclasses import dataclass

WHOLE_PX = 4 * 2**20
"""An image of at most so many pixels is its own sample."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels."""

    row: int
    col: int
    """First row and column."""
    height: int
    width: int
    """Pixels."""

    @property
    def slices(self) -> tuple[slice, slice]:
        """Give the index of the rectangle into an array of shape (row, column)."""
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)


def sample_windows(shape: tuple[int, int], *, block: int = 256, most: int = 64, halo: int = 0) -> tuple[Window, ...]:
    """Give the blocks that stand for a whole image, the same whatever the tiling.

    Parameters
    ----------
    shape
        Rows and columns of the image.
    block
        Side of a block's core, in pixels.
    most
        Upper bound on the number of blocks.
    halo
        Pixels of context added on every side, cut off at the border of the image.

    Returns
    -------
    tuple of Window
        In row-major order; a single one with the whole image where that has at most 4 Mpx.
    """
    rows, cols = shape
    if rows * cols <= WHOLE_PX:
        return (Window(0, 0, rows, cols),)
    down, across = _lattice(rows, cols, block, most)
    return tuple(
        _window(row, col, shape, block, halo)
        for row in _starts(rows, block, down)
        for col in _starts(cols, block, across)
    )


def _lattice(rows: int, cols: int, block: int, most: int) -> tuple[int, int]:
    down = min(max(1, math.isqrt(most * rows // cols)), math.ceil(rows / block), most)
    return down, min(max(1, most // down), math.ceil(cols / block))


def _starts(length: int, block: int, count: int) -> list[int]:
    """Centre `count` blocks in as many equal shares of the axis."""
    return [max(0, (2 * k + 1) * length // (2 * count) - block // 2) for k in range(count)]


def _window(row: int, col: int, shape: tuple[int, int], block: int, halo: int) -> Window:
    top, left = max(0, row - halo), max(0, col - halo)
    bottom, right = min(shape[0], row + block + halo), min(shape[1], col + block + halo)
    return Window(top, left, bottom - top, right - left)

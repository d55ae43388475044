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


def sample_windows(
    shape: tuple[int, int],
    *,
    block: int = 256,
    most: int = 64,
    halo: int = 0,
    stored: tuple[int, int] = (1, 1),
) -> tuple[Window, ...]:
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
    stored
        Rows and columns of the blocks that the file stores: windows that fit into one are put into one, so that
        little else has to be decoded.

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
        for row in _settled(_starts(rows, block, down), block, halo, stored[0], rows)
        for col in _settled(_starts(cols, block, across), block, halo, stored[1], cols)
    )


def _lattice(rows: int, cols: int, block: int, most: int) -> tuple[int, int]:
    down = min(max(1, math.isqrt(most * rows // cols)), math.ceil(rows / block), most)
    return down, min(max(1, most // down), math.ceil(cols / block))


def _starts(length: int, block: int, count: int) -> list[int]:
    """Centre `count` blocks in as many equal shares of the axis."""
    return [max(0, (2 * k + 1) * length // (2 * count) - block // 2) for k in range(count)]


def _settled(starts: list[int], block: int, halo: int, stored: int, length: int) -> list[int]:
    """Move each block so that it, with its halo, lies in the middle of one stored block where it fits into one."""
    if stored < block + 2 * halo or length // stored < len(starts):
        return starts
    middles = (min((s + block // 2) // stored, length // stored - 1) for s in starts)
    return [m * stored + (stored - block) // 2 for m in middles]


def _window(row: int, col: int, shape: tuple[int, int], block: int, halo: int) -> Window:
    top, left = max(0, row - halo), max(0, col - halo)
    bottom, right = min(shape[0], row + block + halo), min(shape[1], col + block + halo)
    return Window(top, left, bottom - top, right - left)

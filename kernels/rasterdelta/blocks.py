"""A kernel over a whole image on one fixed lattice of blocks, so that no value depends on how the image was cut.

Running sums, Fourier transforms and learned features round by where their window begins: on windows of another tiling
the last bits of a result differ. Here a pixel belongs to one block, counted from the image's first pixel, and is always
computed from that block's window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rasterdelta.difference.protocol import ChangeModel
from rasterdelta.errors import KernelError
from rasterdelta.types import Plane

BLOCK_PX = 1024
"""Side of a block: small beside memory, large beside any halo."""

AnyArray: TypeAlias = NDArray[Any]
Kernel: TypeAlias = Callable[..., AnyArray]
"""Takes arrays of shape (..., row, column), gives one with the same last two axes."""


class Raster(Protocol):
    """What is read window by window: an array, a memory map, a dataset in a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its last two entries are rows and columns."""

    def __getitem__(self, index: Any, /) -> Any:
        """Give a window, asked for by an ellipsis and two slices."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a block gives and what it reads, along one axis; ends are excluded."""

    start: int
    stop: int
    """The block."""
    first: int
    last: int
    """Its window: the block and its halo, as far as the image goes."""

    @property
    def inner(self) -> slice:
        """Give the block within its window."""
        return slice(self.start - self.first, self.stop - self.first)


def spans(length: int, *, block: int = BLOCK_PX, halo: int = 0, stride: int = 1) -> tuple[Span, ...]:
    """Cut an axis into blocks, the last one as long as what is left, each with its halo.

    Parameters
    ----------
    length
        Of the axis, in pixels.
    block
        Length of a block, in pixels.
    halo
        Pixels of context on each side; fewer at the borders of the image.
    stride
        Windows begin at multiples of so many pixels: they reach back by more than the halo where they must.

    Raises
    ------
    KernelError
        Where a length is not positive, or the halo is negative.
    """
    if min(length, block, stride) < 1 or halo < 0:
        raise KernelError(f"cannot cut {length} pixels into blocks of {block} with halo {halo} and stride {stride}")
    return tuple(
        Span(
            start=start,
            stop=min(start + block, length),
            first=max(0, start - halo) // stride * stride,
            last=min(start + block + halo, length),
        )
        for start in range(0, length, block)
    )


def on_window(kernel: Kernel, windows: Sequence[AnyArray], row: Span, col: Span) -> AnyArray:
    """Give what a kernel makes of one block.

    Parameters
    ----------
    windows
        Of the arrays that the kernel takes; it is given them `ready`.
    row, col
        The block.

    Raises
    ------
    KernelError
        Where the kernel's result does not have the window's rows and columns.
    """
    result = kernel(*(ready(window) for window in windows))
    height, width = row.last - row.first, col.last - col.first
    if result.shape[-2:] != (height, width):
        raise KernelError(f"from {height} rows and {width} columns the kernel made an array of shape {result.shape}")
    return result[..., row.inner, col.inner]


def over_blocks(
    kernel: Kernel,
    arrays: Sequence[Raster],
    *,
    halo: int = 0,
    stride: int = 1,
    lead: tuple[int, ...] = (),
    dtype: DTypeLike = np.float32,
    block: int = BLOCK_PX,
) -> AnyArray:
    """Give what a kernel makes of whole images, block by block.

    Parameters
    ----------
    kernel
        A pixel of its result depends on no pixel farther than `halo`.
    arrays
        What it takes, in order, shape (..., row, column), any numeric type. They are read a window at a time.
    halo, stride, block
        As for `spans`. They are part of the definition: with others the last bits may differ.
    lead
        Axes that its result has before rows and columns.
    dtype
        Of the result.

    Returns
    -------
    ndarray
        Shape (*lead, row, column).

    Raises
    ------
    KernelError
        Where rows and columns of the arrays disagree, or the kernel does not give what was said.
    """
    shapes = [array.shape for array in arrays]
    if len({shape[-2:] for shape in shapes}) != 1:
        raise KernelError(f"arrays of shapes {', '.join(map(str, shapes))} do not have the same rows and columns")
    rows, cols = (spans(n, block=block, halo=halo, stride=stride) for n in shapes[0][-2:])
    result = np.empty((*lead, *shapes[0][-2:]), dtype)
    for row in rows:
        for col in cols:
            windows = [array[..., row.first : row.last, col.first : col.last] for array in arrays]
            part = on_window(kernel, windows, row, col)
            if part.shape[:-2] != lead:
                raise KernelError(f"the kernel made an array of shape {part.shape}, axes before its rows: {lead}")
            result[..., row.start : row.stop, col.start : col.stop] = part
    return result


def score_image(
    model: ChangeModel, before: Raster, after: Raster, valid: Raster | None = None, *, block: int = BLOCK_PX
) -> Plane:
    """Give the change statistic of a whole pair, block by block.

    Parameters
    ----------
    model
        Fitted on a sample of the pair.
    before, after
        Shape (band, row, column), any numeric type; memory maps are read a window at a time.
    valid
        Shape (row, column), bool, True = both dates show the ground; None for everywhere.
    block
        Side of a block, in pixels.

    Returns
    -------
    Plane
        NaN where not valid.

    Raises
    ------
    KernelError
        Where shapes disagree.
    """
    if before.shape != after.shape:
        raise KernelError(f"shapes differ: before {before.shape}, after {after.shape}")
    mask = np.broadcast_to(np.True_, before.shape[-2:]) if valid is None else valid
    return over_blocks(model.score, (before, after, mask), halo=model.halo, stride=model.stride, block=block)


def ready(window: AnyArray) -> AnyArray:
    """Give a window as kernels take it: masks (bool) as they are, all else as float32, contiguous."""
    array = np.asarray(window)
    return np.ascontiguousarray(array, np.bool_ if array.dtype == np.bool_ else np.float32)

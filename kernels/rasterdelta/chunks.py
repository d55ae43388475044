"""A kernel over dask arrays: lazily, on the blocks of `rasterdelta.blocks`, whatever the chunks."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import dask.array
import numpy as np
from numpy.typing import DTypeLike

from rasterdelta.blocks import BLOCK_PX, AnyArray, Kernel, Span, on_window, spans

_da: Final[Any] = dask.array  # has no types


def over_chunks(
    kernel: Kernel,
    arrays: Sequence[Any],
    *,
    halo: int = 0,
    stride: int = 1,
    lead: tuple[int, ...] = (),
    dtype: DTypeLike = np.float32,
    block: int = BLOCK_PX,
) -> Any:
    """Give what `rasterdelta.blocks.over_blocks` does, bit for bit, as a dask array that nothing was computed of.

    Parameters
    ----------
    arrays
        Dask or numpy arrays of shape (..., row, column), with the same rows and columns.
    kernel, halo, stride, lead, dtype, block
        As for `over_blocks`.

    Returns
    -------
    dask.array.Array
        Shape (*lead, row, column), one chunk a block.
    """
    rows, cols = (spans(n, block=block, halo=halo, stride=stride) for n in arrays[0].shape[-2:])
    windows = [_windows(_da.asarray(array), rows, cols) for array in arrays]
    numbers = [(_da.from_array(np.arange(len(cut)), chunks=1), (axis,)) for axis, cut in (("row", rows), ("col", cols))]
    # every array's leading axes are its own: they need not agree with another's
    axes = [(*(f"{k}.{j}" for j in range(array.ndim - 2)), "row", "col") for k, array in enumerate(windows)]
    out = [f"out.{j}" for j in range(len(lead))]
    return _da.blockwise(
        partial(_on_block, kernel, rows, cols, np.dtype(dtype)),
        (*out, "row", "col"),
        *(part for pair in (*numbers, *zip(windows, axes, strict=True)) for part in pair),
        new_axes=dict(zip(out, lead, strict=True)),
        adjust_chunks={"row": _lengths(rows), "col": _lengths(cols)},
        align_arrays=False,
        concatenate=True,
        dtype=dtype,
        meta=np.empty((0,) * (len(lead) + 2), dtype),
    )


def _windows(array: Any, rows: Sequence[Span], cols: Sequence[Span]) -> Any:
    """Give an array whose chunks are the blocks' windows: neighbours hold the pixels of their halos twice."""
    array = array.rechunk(dict.fromkeys(range(array.ndim - 2), -1))
    for axis, cut in ((-2, rows), (-1, cols)):
        across = (slice(None),) * (-1 - axis)
        parts = [array[..., slice(s.first, s.last), *across] for s in cut]
        array = _da.concatenate(parts, axis=axis).rechunk({axis: tuple(s.last - s.first for s in cut)})
    return array


def _lengths(cut: Sequence[Span]) -> tuple[int, ...]:
    return tuple(s.stop - s.start for s in cut)


def _on_block(
    kernel: Kernel,
    rows: Sequence[Span],
    cols: Sequence[Span],
    dtype: np.dtype[Any],
    row: AnyArray,
    col: AnyArray,
    *windows: AnyArray,
) -> AnyArray:
    return on_window(kernel, windows, rows[int(row[0])], cols[int(col[0])]).astype(dtype, copy=False)

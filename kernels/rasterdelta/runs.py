"""Pixels as runs along rows: the size of what changed, not of the image, and joined across strips."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Mask, Plane

_Int = NDArray[np.int64]
_Short = NDArray[np.int32]
_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Runs:
    """Pixels of one value side by side in a row; all arrays have shape (run,), sorted by row and start."""

    row: _Short
    start: _Short
    stop: _Short
    """First column, and the column after the last."""
    value: _Short
    """Never 0."""
    total: NDArray[np.float64]
    """Sum of the scores of the pixels that have one."""
    scored: _Short
    """Number of pixels that have a score."""

    def __len__(self) -> int:
        return len(self.row)

    @property
    def length(self) -> _Int:
        """Pixels of each run."""
        return (self.stop - self.start).astype(np.int64)

    def where(self, kept: NDArray[np.bool_]) -> Self:
        """Give the runs for which `kept`, of shape (run,), is True."""
        return type(self)(*(getattr(self, f.name)[kept] for f in fields(self)))


def runs_of(values: NDArray[np.integer] | Mask, score: Plane | None = None, *, row0: int = 0) -> Runs:
    """Find the runs of equal values other than 0.

    Parameters
    ----------
    values
        Integers or bool, shape (row, column).
    score
        float32 of the same shape, NaN where unknown.
    row0
        Number of the first row.
    """
    height, width = values.shape
    if not values.any():
        height = 0
        values, score = values[:0], None
    flat = np.zeros((height, width + 1), values.dtype)
    flat[:, :width] = values
    line = flat.ravel()
    edge = np.flatnonzero(line[1:] != line[:-1]) + 1
    edge = np.concatenate([np.zeros(1, edge.dtype), edge]) if line.size and line[0] else edge
    begins = line[edge] != 0
    start, stop = edge[begins], np.append(edge[1:], line.size)[begins]
    row = start // (width + 1)
    total, scored = _sums(score, start - row, stop - start)
    before = row * (width + 1)
    whole = (row + row0, start - before, stop - before, line[start], scored)
    first, begin, end, value, counted = (numbers.astype(np.int32) for numbers in whole)
    return Runs(first, begin, end, value, total, counted)


def _places(start: _Int, length: _Int) -> _Int:
    """Give the numbers from each start on."""
    numbers: _Int = np.arange(int(length.sum())) + np.repeat(start - (np.cumsum(length) - length), length)
    return numbers


def _sums(score: Plane | None, start: _Int, length: _Int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    if score is None or not length.size:
        return np.zeros(length.size), np.zeros(length.size, np.int64)
    inside = score.ravel()[_places(start, length)]
    first = np.cumsum(length) - length
    known = np.isfinite(inside)
    if known.all():
        return np.add.reduceat(inside, first, dtype=np.float64), length
    counted = np.where(known, inside, np.float32(0))
    return np.add.reduceat(counted, first, dtype=np.float64), np.add.reduceat(known, first, dtype=np.int64)


def joined(parts: Sequence[Runs]) -> Runs:
    """Put the runs of strips together; the strips follow each other downwards."""
    if not parts:
        return runs_of(np.zeros((0, 0), np.bool_))
    return Runs(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Runs)))


@dataclass(frozen=True, slots=True)
class Touching:
    """Pairs of runs of one value that share pixel edges, one above the other; all arrays have shape (pair,)."""

    above: _Int
    below: _Int
    """Indices of runs."""
    shared: _Int
    """Columns they share."""


def touching(runs: Runs) -> Touching:
    """Find which runs of neighbouring rows touch along pixel edges and have the same value."""
    width = int(runs.stop.max(initial=0)) + 1
    begun = runs.row.astype(np.int64) * width
    above = begun - width
    first = np.searchsorted(begun + runs.stop, above + runs.start, side="right")
    last = np.searchsorted(begun + runs.start, above + runs.stop, side="left")
    count = np.maximum(last - first, 0)
    below = np.repeat(np.arange(len(runs)), count)
    up = np.arange(below.size) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    same = runs.value[up] == runs.value[below]
    up, below = up[same], below[same]
    shared = np.minimum(runs.stop[up], runs.stop[below]) - np.maximum(runs.start[up], runs.start[below])
    return Touching(up, below, shared)


def connect(runs: Runs, pairs: Touching) -> tuple[_Int, int]:
    """Give a number to each region connected along pixel edges.

    Returns
    -------
    labels
        Shape (run,): 1 to n, in row-major order of the regions' first pixels.
    n
        Number of regions.
    """
    if not len(runs):
        return np.zeros(0, np.int64), 0
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(pairs.above.size, np.bool_)
    graph = coo_array((ones, (pairs.above, pairs.below)), shape=(len(runs), len(runs)))
    n, found = connected_components(graph, directed=False)
    _, first = np.unique(found, return_index=True)
    order = np.empty(n, np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(1, n + 1)
    return order[found], int(n)


def paint(runs: Runs, values: NDArray[_T], rows: slice, width: int) -> NDArray[_T]:
    """Give rows of the image that has `values`, of shape (run,), on the runs and 0 elsewhere."""
    first, last = np.searchsorted(runs.row, (rows.start, rows.stop))
    length = runs.length[first:last]
    origin = (runs.row[first:last].astype(np.int64) - rows.start) * width + runs.start[first:last]
    painted = np.zeros((rows.stop - rows.start) * width, values.dtype)
    painted[_places(origin, length)] = np.repeat(values[first:last], length)
    return painted.reshape(-1, width)

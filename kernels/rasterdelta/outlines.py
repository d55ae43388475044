"""Outlines of labelled regions along pixel edges."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.errors import KernelError
from rasterdelta.runs import Runs

_Int = NDArray[np.int64]

_BITS = 19
"""Of a row or a column in a sort key; the label has what is left."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """The rings of all regions, one after the other: each region's shell, then its holes."""

    vertices: NDArray[np.float64]
    """Shape (vertex, 2): (column, row) of pixel corners, the first pixel's upper left one being (0, 0). Rings are not
    closed: the first vertex is not repeated."""
    ring: _Int
    """Shape (vertex,): number of the ring, counted from 0, rising."""
    label: _Int
    """Shape (ring,): the region, rising."""
    hole: NDArray[np.bool_]
    """Shape (ring,): shells are clockwise in the image, holes counter-clockwise."""

    def rings(self) -> list[NDArray[np.float64]]:
        """Give the vertices of each ring."""
        return np.split(self.vertices, np.flatnonzero(np.diff(self.ring)) + 1) if len(self.label) else []


def outlines(runs: Runs, labels: _Int) -> Outlines:
    """Give one polygon for each region.

    Rings run along pixel edges, so a polygon's area is exactly its region's number of pixels. All are simple, and
    holes touch their shell in single points at most: the polygons are valid. Vertices stand only where a ring turns.

    Parameters
    ----------
    runs
        Pixels of the regions.
    labels
        Shape (run,): the region of each run, as `rasterdelta.runs.connect` numbers them, connected along pixel edges.
    """
    if not len(runs):
        return Outlines(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))
    corners = _corners(runs, labels)
    across, along = _across(corners), _along(corners)
    # each ring leaves a corner downwards on its right side, upwards on its left: the region is on the right
    leaving = np.flatnonzero(corners.right == corners.below)
    back = np.full(len(corners.row), -1)
    back[leaving] = np.arange(leaving.size)
    follow = back[across[along[leaving]]]
    order, ring = _walk(follow)
    at = np.column_stack([leaving[order], along[leaving[order]]]).ravel()
    vertices = np.column_stack([corners.col[at], corners.row[at]]).astype(np.float64)
    return _sorted(vertices, np.repeat(ring, 2), corners.label[at])


@dataclass(frozen=True, slots=True)
class _Corners:
    """Where an outline turns; all arrays have shape (corner,), sorted by row, label and column."""

    row: _Int
    col: _Int
    label: _Int
    right: NDArray[np.bool_]
    """The vertical edge that ends here is a right side of its region, not a left one."""
    below: NDArray[np.bool_]
    """It goes down from here, not up."""


def _corners(runs: Runs, labels: _Int) -> _Corners:
    """Find the ends of vertical edges: ends of runs that the next row does not continue."""
    if max(int(runs.row[-1]), int(runs.stop.max())) + 2 >= 1 << _BITS or int(labels.max()) >= 1 << 61 - 2 * _BITS:
        msg = f"outlines are drawn of at most {1 << _BITS} rows and columns and {1 << 61 - 2 * _BITS} regions"
        raise KernelError(msg)
    keys = []
    row = runs.row.astype(np.int64)
    for down, line in ((1, row), (0, row + 1)):
        for right, col in ((0, runs.start), (1, runs.stop)):
            # at a corner where two pixels of a region meet, left sides come first: that joins the pixels, so that
            # rings do not touch themselves
            keys.append(((((line << 61 - 2 * _BITS) | labels) << _BITS | col) << 2) | right << 1 | down)
    key = np.sort(np.concatenate(keys))
    place = key >> 1
    twice = np.zeros(key.size, np.bool_)
    same = place[1:] == place[:-1]
    twice[1:] |= same
    twice[:-1] |= same
    key = key[~twice]
    return _Corners(
        row=key >> 63 - _BITS,
        col=(key >> 2) & (1 << _BITS) - 1,
        label=(key >> _BITS + 2) & (1 << 61 - 2 * _BITS) - 1,
        right=(key >> 1 & 1).astype(np.bool_),
        below=(key & 1).astype(np.bool_),
    )


def _across(corners: _Corners) -> _Int:
    """Give for each corner the other end of its horizontal edge: along a row, corners of a label come in pairs."""
    return np.arange(len(corners.row)) ^ 1


def _along(corners: _Corners) -> _Int:
    """Give for each corner the other end of its vertical edge."""
    order = np.lexsort((corners.below, corners.row, corners.right, corners.col, corners.label))
    other = np.empty(order.size, np.int64)
    other[order] = order[np.arange(order.size) ^ 1]
    return other


def _walk(follow: _Int) -> tuple[_Int, _Int]:
    """Split a permutation in its cycles: its elements cycle by cycle, and the number of each one's cycle."""
    step: list[int] = follow.tolist()
    seen = bytearray(len(step))
    order: list[int] = []
    sizes: list[int] = []
    for start in range(len(step)):
        if seen[start]:
            continue
        before, at = len(order), start
        while not seen[at]:
            seen[at] = 1
            order.append(at)
            at = step[at]
        sizes.append(len(order) - before)
    return np.array(order, np.int64), np.repeat(np.arange(len(sizes)), sizes)


def _sorted(vertices: NDArray[np.float64], ring: _Int, label: _Int) -> Outlines:
    """Order rings by label, shells first."""
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    x, y = vertices.T
    follower = np.arange(1, ring.size + 1)
    follower[np.append(first[1:], ring.size) - 1] = first
    doubled = np.add.reduceat(x * y[follower] - x[follower] * y, first)
    hole = doubled < 0
    order = np.lexsort((np.arange(first.size), hole, label[first]))
    size = np.diff(np.append(first, ring.size))
    at = np.repeat(first[order] - (np.cumsum(size[order]) - size[order]), size[order]) + np.arange(ring.size)
    return Outlines(vertices[at], np.repeat(np.arange(first.size), size[order]), label[first][order], hole[order])

"""Outlines of labelled regions along pixel edges."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected

Labels: TypeAlias = NDArray[np.int32]
"""int32, shape (row, column): 0 outside regions, 1 to n inside."""
Ring: TypeAlias = NDArray[np.float64]
"""float64, shape (vertex, 2): (column, row) of pixel corners, the first pixel's upper left one being (0, 0); closed."""

_Index = NDArray[np.intp]

# edges of a pixel, walked with the region on the right: top (east), right (south), bottom (west), left (north)
_START = np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
_STEP = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
_OUTWARD = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])


def outlines(labels: Labels) -> list[tuple[int, list[Ring]]]:
    """Give one polygon for each region.

    Rings run along pixel edges, so a polygon's area is exactly its region's number of pixels. All are simple, and
    holes touch their shell in single points at most: the polygons are valid.

    Parameters
    ----------
    labels
        Regions connected along pixel edges, as `rasterdelta.regions.label` gives them. A label whose pixels are
        not so connected gives a polygon for each part.

    Returns
    -------
    list of (label, rings)
        The shell first (clockwise in the image), then the holes (counter-clockwise).
    """
    parts: Labels = connected(labels, connectivity=1)  # type: ignore[no-untyped-call]  # scikit-image has no types
    padded = np.pad(parts, 1)
    row, col, side = _edges(padded)
    follow = _following(padded, row, col, side)
    found: dict[int, list[Ring]] = {}
    for loop in _loops(follow):
        corners = loop[side[loop] != side[np.roll(loop, 1)]]
        vertex = (
            np.stack([col[corners] + _START[side[corners], 1], row[corners] + _START[side[corners], 0]], axis=1) - 1.0
        )
        found.setdefault(int(padded[row[loop[0]], col[loop[0]]]), []).append(np.vstack([vertex, vertex[:1]]))
    of_part = np.zeros(int(parts.max(initial=0)) + 1, np.intp)
    of_part[parts] = labels
    return [(int(of_part[p]), sorted(rings, key=_signed_area, reverse=True)) for p, rings in sorted(found.items())]


def _edges(padded: NDArray[np.integer]) -> tuple[_Index, _Index, _Index]:
    """Give pixel and side of every edge between a region and anything else, sorted by pixel and side."""
    row, col = np.nonzero(padded)
    own = padded[row, col]
    open_ = np.stack([padded[row + i, col + j] != own for i, j in _OUTWARD], axis=1)
    pixel, side = np.nonzero(open_)
    return row[pixel], col[pixel], side


def _following(padded: NDArray[np.integer], row: _Index, col: _Index, side: _Index) -> _Index:
    """Give for each edge the index of the one that follows it around its region."""
    own = padded[row, col]
    ahead_row, ahead_col = row + _STEP[side, 0], col + _STEP[side, 1]
    left_row, left_col = ahead_row + _OUTWARD[side, 0], ahead_col + _OUTWARD[side, 1]
    # where two pixels of a region meet at a corner only, turning left keeps rings from touching themselves
    left = padded[left_row, left_col] == own
    straight = ~left & (padded[ahead_row, ahead_col] == own)
    next_row = np.where(left, left_row, np.where(straight, ahead_row, row))
    next_col = np.where(left, left_col, np.where(straight, ahead_col, col))
    next_side = (side + np.where(left, 3, np.where(straight, 0, 1))) % 4
    width = padded.shape[1]
    key, wanted = (row * width + col) * 4 + side, (next_row * width + next_col) * 4 + next_side
    found: _Index = np.searchsorted(key, wanted)
    return found


def _loops(follow: _Index) -> list[_Index]:
    """Split a permutation of edges in its cycles, each from its first edge on."""
    step = follow.tolist()
    seen = bytearray(len(step))
    loops = []
    for start in range(len(step)):
        if seen[start]:
            continue
        loop = []
        at = start
        while not seen[at]:
            seen[at] = 1
            loop.append(at)
            at = step[at]
        loops.append(np.array(loop, np.intp))
    return loops


def _signed_area(ring: Ring) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)

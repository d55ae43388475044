"""Keep one detection an object: weaker ones within an object's own ground are dropped, neighbours stay."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

ROUNDS = 2
"""Rounds of suppression: a fixed number bounds how far one detection can act on another."""

Floats = NDArray[np.float64]


def suppress(
    row: Floats,
    col: Floats,
    length: Floats,
    width: Floats,
    heading_deg: Floats,
    score: Floats,
    *,
    apart: float,
    apart_along: float,
) -> NDArray[np.bool_]:
    """Choose the detections to keep.

    Parameters
    ----------
    row, col, length, width : ndarray of shape (n,)
        Centre, length and width in one unit.
    heading_deg : ndarray of shape (n,)
        Clockwise from image up.
    score : ndarray of shape (n,)
        The higher wins; ties go to the smaller row, then column.
    apart, apart_along : float
        Half axes of the ellipse round the stronger detection, across its heading in mean widths and along it in mean
        lengths of the two, inside which the weaker is dropped.

    Returns
    -------
    ndarray of shape (n,)
        True = keep. In each round the detections that no stronger one left overlaps are kept and drop what they
        overlap, so that a detection acts no further than `ROUNDS` times the ellipse.
    """
    n = len(row)
    rank = np.empty(n, np.intp)
    rank[np.lexsort((col, row, -score))] = np.arange(n)
    strong, weak = _overlaps(np.column_stack([row, col]), (apart * width, apart_along * length), heading_deg, rank)
    open_, keep = np.ones(n, bool), np.zeros(n, bool)
    for _ in range(ROUNDS):
        beaten = np.zeros(n, bool)
        beaten[weak[open_[strong]]] = True
        winners = open_ & ~beaten
        keep |= winners
        open_ &= beaten
        open_[weak[winners[strong]]] = False
    return keep


def _overlaps(
    xy: Floats, half: tuple[Floats, Floats], heading_deg: Floats, rank: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give every pair of detections of which the stronger covers the weaker."""
    if len(xy) < 2:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    wide, long = half
    reach = max(float(wide.max()), float(long.max()))
    pairs = cKDTree(xy).query_pairs(reach, output_type="ndarray")
    first_wins = rank[pairs[:, 0]] < rank[pairs[:, 1]]
    strong = np.where(first_wins, pairs[:, 0], pairs[:, 1])
    weak = np.where(first_wins, pairs[:, 1], pairs[:, 0])
    down, right = (xy[weak] - xy[strong]).T
    turn = np.deg2rad(heading_deg[strong])
    along, across = right * np.sin(turn) - down * np.cos(turn), right * np.cos(turn) + down * np.sin(turn)
    wide, long = ((side[strong] + side[weak]) / 2 for side in half)
    inside = (along / long) ** 2 + (across / wide) ** 2 < 1
    return strong[inside], weak[inside]

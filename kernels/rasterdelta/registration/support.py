"""Where in the reference image an alignment is borne out by tie points."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from rasterdelta.registration.plane import Level
from rasterdelta.registration.result import Support
from rasterdelta.registration.ties import Ties
from rasterdelta.registration.warp import Positions
from rasterdelta.types import Mask

CELLS: Final = 24
"""Cells along the longer side, at most."""
BESIDE: Final = 1.5
"""Distance of neighbouring points, in steps of their grid: the diagonal is 1.41."""
SPACINGS: Final = 2.0
"""Least side of a cell, in distances of tie points."""
REACH: Final = 1
"""Cells by which the support of agreeing points reaches beyond them."""
FEWEST: Final = 4
"""Points of a cell that can speak against the alignment."""
ALIKE: Final = 0.6
"""Share of a cell's points that must agree on another displacement to speak against the alignment."""


@dataclass(frozen=True, slots=True)
class Borne:
    """What the tie points say of the ground."""

    common: float
    """Share of the points at which both images show the ground and that or a neighbouring point agrees: each stands for
    the ground around it."""
    whole: float
    """The same share of the reference's valid ground."""
    support: Support


def support(
    ties: Ties, error: Positions, shown: NDArray[np.bool_], ground: Level, *, tolerance: float, local: bool
) -> Borne:
    """Say where an alignment is borne out.

    Parameters
    ----------
    ties : Ties
    error : ndarray of shape (n, 2)
        Of every tie point beside the alignment, in pixels.
    shown : bool ndarray of shape (n,)
        True where both images show the ground around the point.
    ground : Level
        Of the reference.
    tolerance : float
        Largest error of an agreeing point, in pixels.
    local : bool
        False: a global model, which also holds between its points, so that their hull is borne out. True: a field,
        which is known only near its points.

    Notes
    -----
    Ground whose points agree with each other on another displacement speaks against the alignment: large roofs, slopes.
    """
    factor = ground.factor
    height, width = (n * factor for n in ground.valid.shape)
    side = max(1.0, max(height, width) / CELLS, SPACINGS * float(np.sqrt(height * width / max(1, len(ties)))))
    shape = int((height - 1) // side) + 1, int((width - 1) // side) + 1
    row, col = (
        np.clip((a // side).astype(np.intp), 0, n - 1) for a, n in zip((ties.row, ties.col), shape, strict=True)
    )
    index = row * shape[1] + col
    total = np.bincount(index, minlength=shape[0] * shape[1]).reshape(shape)
    inlier = np.hypot(*error.T) <= tolerance
    agreeing = np.bincount(index, inlier, shape[0] * shape[1]).reshape(shape)
    # One chance hit in a cell of many points is no support.
    good = (agreeing >= 1) & (agreeing >= 0.1 * total)
    area = _area(ground.valid, shape, side / factor)
    hit = float(area[good].sum())
    doubtful = np.flatnonzero((total >= FEWEST) & (agreeing < (1 - ALIKE) * total))
    borne = (_around(good) if local else _hull(good)) & ~_contradicted(doubtful, index, error, tolerance, shape)
    whole = float(area.sum())
    return Borne(
        _common(ties, inlier & shown, shown, height * width), hit / whole if whole else 0.0, Support(borne, side)
    )


def _common(ties: Ties, agreeing: NDArray[np.bool_], shown: NDArray[np.bool_], area: int) -> float:
    """Give the share of points that show the ground with an agreeing one at most a diagonal step away."""
    if not agreeing.any():
        return 0.0
    places = np.column_stack([ties.col, ties.row])
    away, _ = KDTree(places[agreeing]).query(places)
    return float((shown & (away <= BESIDE * np.sqrt(area / len(ties)))).mean())


def _area(valid: Mask, shape: tuple[int, int], side: float) -> NDArray[np.float64]:
    """Count the valid pixels of each cell."""
    out = valid.astype(np.float64)
    for axis, cells in enumerate(shape):
        first = np.searchsorted(np.arange(valid.shape[axis]) // side, np.arange(cells))
        out = np.add.reduceat(out, first, axis=axis)
    return out


def _around(good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give the cells, those around them, and the gaps between them that are as narrow as twice that."""
    grown = cv2.dilate(good.astype(np.uint8), _square(2 * REACH), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(cv2.erode(grown, _square(REACH), borderType=cv2.BORDER_CONSTANT, borderValue=1) > 0, np.bool_)


def _square(reach: int) -> NDArray[np.uint8]:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _hull(good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill the convex hull of the cells, and the cells around it."""
    filled = np.zeros(good.shape, np.uint8)
    if good.any():
        at = np.argwhere(good)[:, ::-1].astype(np.int32)
        cv2.fillConvexPoly(filled, cv2.convexHull(at), 1)
    return _around(filled > 0)


def _contradicted(
    doubtful: NDArray[np.intp], index: NDArray[np.intp], error: Positions, tolerance: float, shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Tell areas, three cells wide at least, whose points agree on displacements far from the alignment.

    Smaller ones are not told from aircraft that moved or rows of vehicles, whose change is what is looked for.
    """
    out = np.zeros(shape[0] * shape[1], np.bool_)
    for cell in doubtful:
        own = error[index == cell]
        middle = np.median(own, axis=0)
        alike = float((np.hypot(*(own - middle).T) <= tolerance).mean())
        out[cell] = alike >= ALIKE and np.hypot(*middle) > 2 * tolerance
    plane = out.reshape(shape).astype(np.uint8)
    wide = cv2.morphologyEx(plane, cv2.MORPH_OPEN, _square(1), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(wide > 0, np.bool_)

"""From a mask of changed pixels to clean, labelled, measured and outlined regions."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.outlines import Labels, Ring, outlines
from rasterdelta.types import Mask, Plane

__all__ = ["Labels", "Region", "Ring", "clean", "clean_halo", "label", "measure", "outlines"]


@dataclass(frozen=True, slots=True)
class Region:
    """A connected set of changed pixels."""

    label: int
    """Its number in the label array."""
    area_px: int
    """Pixels."""
    score: float
    """Mean change statistic over its pixels that have one; NaN where none has."""
    row: float
    col: float
    """Mean of its pixels' centres; the centre of the first pixel is (0, 0)."""
    row_min: int
    col_min: int
    row_max: int
    col_max: int
    """First and last row and column."""
    compactness: float
    """4 pi area / perimeter squared, along pixel edges: 0.785 for a square, near 0 for a line."""


def clean(changed: Mask, valid: Mask, *, gsd_m: float, min_area_m2: float) -> Mask:
    """Close gaps, remove slivers and drop regions that are too small.

    The closing and the opening reach an eighth of the side of the smallest region kept.

    Parameters
    ----------
    changed
        True = changed.
    valid
        True = observed; what was not observed is never changed.
    gsd_m
        Ground sampling distance, metres.
    min_area_m2
        Smallest area of a region, square metres; regions join along edges, not corners.

    Returns
    -------
    Mask
        The same for a pixel in any tile that carries `clean_halo` pixels of context.
    """
    mask = changed & valid
    reach = _reach(gsd_m, min_area_m2)
    if reach:
        disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)), np.uint8)
        mask = _morph(_morph(mask, cv2.MORPH_CLOSE, disc), cv2.MORPH_OPEN, disc) & valid
    return _without_small(mask, _min_px(gsd_m, min_area_m2))


def clean_halo(*, gsd_m: float, min_area_m2: float) -> int:
    """Give the pixels of context that `clean` needs on each side."""
    return 4 * _reach(gsd_m, min_area_m2) + _min_px(gsd_m, min_area_m2)


def label(changed: Mask) -> tuple[Labels, int]:
    """Give a number to each region connected along pixel edges, in row-major order of first pixels.

    Returns
    -------
    labels
        int32, shape (row, column), 0 where unchanged.
    n
        Number of regions.
    """
    count, found = cv2.connectedComponents(changed.astype(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    labels = np.asarray(found, np.int32)
    order = np.zeros(count, np.int32)
    inside = labels[labels > 0]
    first = np.full(count, inside.size)
    np.minimum.at(first, inside, np.arange(inside.size))
    order[np.argsort(first[1:], kind="stable") + 1] = np.arange(1, count)
    return order[labels], count - 1


def measure(labels: Labels, score: Plane) -> tuple[Region, ...]:
    """Measure every region.

    Parameters
    ----------
    labels
        As `label` gives them.
    score
        Change statistic, float32 of the same shape, NaN where unknown.
    """
    row, col = np.nonzero(labels)
    if not row.size:
        return ()
    which = labels[row, col]
    n = int(which.max()) + 1
    area = np.bincount(which, minlength=n)
    low = np.full((2, n), max(labels.shape))
    high = np.zeros((2, n), np.intp)
    for k, place in enumerate((row, col)):
        np.minimum.at(low[k], which, place)
        np.maximum.at(high[k], which, place)
    value = score[row, col].astype(np.float64)
    known = np.isfinite(value)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(which[known], value[known], n) / np.bincount(which[known], minlength=n)
        centre = [np.bincount(which, place, n) / area for place in (row, col)]
        compact = 4 * math.pi * area / _perimeter(labels, row, col, n).astype(np.float64) ** 2
    return tuple(
        Region(
            label=int(k),
            area_px=int(area[k]),
            score=float(mean[k]),
            row=float(centre[0][k]),
            col=float(centre[1][k]),
            row_min=int(low[0, k]),
            col_min=int(low[1, k]),
            row_max=int(high[0, k]),
            col_max=int(high[1, k]),
            compactness=float(compact[k]),
        )
        for k in np.flatnonzero(area)
    )


def _perimeter(labels: Labels, row: NDArray[np.intp], col: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    padded = np.pad(labels, 1)
    own = labels[row, col]
    edges = sum(
        (padded[row + 1 + i, col + 1 + j] != own).astype(np.intp) for i, j in ((0, 1), (0, -1), (1, 0), (-1, 0))
    )
    return np.bincount(own, edges, n).astype(np.intp)


def _morph(mask: Mask, operation: int, disc: NDArray[np.uint8]) -> Mask:
    done: Mask = cv2.morphologyEx(mask.astype(np.uint8), operation, disc).astype(bool)
    return done


def _without_small(mask: Mask, least: int) -> Mask:
    if least <= 1:
        return mask
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= least
    large[0] = False
    kept: Mask = large[labels]
    return kept


def _min_px(gsd_m: float, min_area_m2: float) -> int:
    return max(1, math.ceil(min_area_m2 / gsd_m**2))


def _reach(gsd_m: float, min_area_m2: float) -> int:
    return round(math.sqrt(min_area_m2) / 8 / gsd_m)

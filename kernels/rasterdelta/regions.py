"""From changed pixels to clean, connected, measured and outlined regions."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.outlines import Outlines, outlines
from rasterdelta.runs import Runs, Touching, connect, paint, runs_of, touching
from rasterdelta.types import Labels, Mask, Plane


@dataclass(frozen=True, slots=True)
class Region:
    """A connected set of changed pixels."""

    label: int
    """Its number, counted from 1."""
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


@dataclass(frozen=True, slots=True)
class Regions:
    """The changed regions of an image, numbered in row-major order of their first pixels."""

    runs: Runs
    """Their pixels."""
    label: NDArray[np.int64]
    """Shape (run,): the region of each run."""
    measured: tuple[Region, ...]

    def labels(self, shape: tuple[int, int]) -> Labels:
        """Give the number of each pixel's region, 0 where unchanged, as an image of `shape`."""
        return paint(self.runs, self.label.astype(np.int32), slice(0, shape[0]), shape[1])

    def mask(self, rows: slice, width: int) -> Mask:
        """Give which pixels of some rows are changed; shape (row, column)."""
        return paint(self.runs, np.ones(len(self.runs), np.bool_), rows, width)

    def outlines(self) -> Outlines:
        """Give each region's polygon along pixel edges."""
        return outlines(self.runs, self.label)


def find_regions(changed: Mask, score: Plane | None = None, *, min_px: int = 1) -> Regions:
    """Find the regions of changed pixels that are connected along pixel edges.

    Parameters
    ----------
    changed
        True = changed.
    score
        Change statistic, float32 of the same shape, NaN where unknown.
    min_px
        Pixels of the smallest region that is kept.
    """
    return regions_of_runs(runs_of(changed, score), min_px=min_px)


def regions_of_runs(runs: Runs, *, min_px: int = 1) -> Regions:
    """Find the regions of changed pixels given as runs, which may come from strips of an image; see `find_regions`."""
    label, n = connect(runs, touching(runs))
    kept = np.bincount(label, runs.length, n + 1) >= min_px
    number = np.cumsum(kept[1:], dtype=np.int64)
    chosen = kept[label]
    runs, label = runs.where(chosen), number[label[chosen] - 1]
    return Regions(runs, label, _measure(runs, label, touching(runs)))


def tidy(changed: Mask, valid: Mask, *, gsd_m: float, min_area_m2: float) -> Mask:
    """Close gaps and remove slivers.

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
        Smallest area of a region, square metres.

    Returns
    -------
    Mask
        The same for a pixel in any tile that carries `tidy_halo` pixels of context.
    """
    mask = changed & valid
    reach = _reach(gsd_m, min_area_m2)
    if not reach:
        return mask
    disc = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)), np.uint8)
    closed = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disc)
    opened: Mask = cv2.morphologyEx(closed, cv2.MORPH_OPEN, disc).view(np.bool_)
    return opened & valid


def tidy_halo(*, gsd_m: float, min_area_m2: float) -> int:
    """Give the pixels of context that `tidy` needs on each side."""
    return 4 * _reach(gsd_m, min_area_m2)


def min_pixels(*, gsd_m: float, min_area_m2: float) -> int:
    """Give the pixels of the smallest region of at least an area in square metres."""
    return max(1, math.ceil(min_area_m2 / gsd_m**2))


def _reach(gsd_m: float, min_area_m2: float) -> int:
    return round(math.sqrt(min_area_m2) / 8 / gsd_m)


def _measure(runs: Runs, label: NDArray[np.int64], pairs: Touching) -> tuple[Region, ...]:
    if not len(runs):
        return ()
    n = int(label.max()) + 1
    length = runs.length

    def total(weight: NDArray[np.integer] | NDArray[np.floating], of: NDArray[np.int64] = label) -> NDArray[np.float64]:
        return np.bincount(of, weight.astype(np.float64), n)[1:].astype(np.float64)

    def extreme(which: np.ufunc, values: NDArray[np.int32], start: int) -> list[int]:
        found = np.full(n, start)
        which.at(found, label, values)
        listed: list[int] = found[1:].tolist()
        return listed

    area, scored = total(length), total(runs.scored)
    perimeter = total(2 * length + 2) - total(2 * pairs.shared, label[pairs.above])
    with np.errstate(invalid="ignore"):
        score = total(runs.total) / scored
    columns = (
        range(1, n),
        area.astype(np.int64).tolist(),
        score.tolist(),
        (total(runs.row * length) / area).tolist(),
        (total((runs.start + runs.stop - 1) / 2 * length) / area).tolist(),
        extreme(np.minimum, runs.row, int(runs.row.max())),
        extreme(np.minimum, runs.start, int(runs.stop.max())),
        extreme(np.maximum, runs.row, 0),
        extreme(np.maximum, runs.stop - 1, 0),
        (4 * math.pi * area / perimeter**2).tolist(),
    )
    return tuple(Region(*row) for row in zip(*columns, strict=True))

"""Tie points on a regular grid: patches of the reference found in the moving image near where a warp expects them."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rasterdelta.registration.correlate import phase_correlate
from rasterdelta.registration.plane import Level
from rasterdelta.registration.warp import Inverse, Positions, Warp
from rasterdelta.types import FloatArray, Plane

FILLED: Final = 0.6
"""Least share of a patch's window that both images must show."""
CHUNK: Final = 128


@dataclass(frozen=True, slots=True)
class Ties:
    """Measured displacements; positions in full-plane pixels, all arrays of shape (n,)."""

    col: Positions
    row: Positions
    """Place in the reference."""
    mcol: Positions
    mrow: Positions
    """Place in the moving image."""
    quality: Positions
    agreement: Positions
    """Correlation coefficient of the two patches where the warp expected the match."""
    contrast: Positions
    """Structure of the moving patch over that of the reference's: log of the ratio of their standard deviations."""
    surface: FloatArray
    """Mean correlation surface of all patches, lag 0 at the centre."""

    def __len__(self) -> int:
        return len(self.col)

    def take(self, keep: NDArray[np.bool_]) -> "Ties":
        """Give the chosen points; the surface stays that of all."""
        columns = (self.col, self.row, self.mcol, self.mrow, self.quality, self.agreement, self.contrast)
        col, row, mcol, mrow, quality, agreement, contrast = (a[keep] for a in columns)
        return Ties(col, row, mcol, mrow, quality, agreement, contrast, self.surface)

    def error(self, warp: Warp) -> Positions:
        """Give measured minus expected place as (dcol, drow), shape (n, 2), in pixels of the moving image."""
        x, y = warp(self.col, self.row)
        return np.stack([self.mcol - x, self.mrow - y], axis=1)


def measure(reference: Level, moving: Level, warp: Warp | Inverse, *, patch: int, step: int, reach: float) -> Ties:
    """Measure tie points on a grid of the reference.

    Parameters
    ----------
    reference, moving : Level
        Reduced so that their pixels cover about the same ground.
    warp : Warp
        Between the full images.
    patch, step, reach : int, int, float
        Side of a patch, distance of patches and largest error looked for, in pixels of the level.
    """
    rows, cols = _grid(reference, patch, step)
    mcol, mrow = (moving.down(p) for p in warp(reference.up(cols), reference.up(rows)))
    # OpenCV takes fractions to 1/32 pixel: expecting the match on that grid makes the rounding known, not an error.
    mcol, mrow = np.round(mcol * 32) / 32, np.round(mrow * 32) / 32
    views = _views(reference, patch)
    turn = (warp.matrix[:, :2] * (reference.factor / moving.factor)).astype(np.float32)
    parts = []
    for start in range(0, len(rows), CHUNK):
        s = slice(start, start + CHUNK)
        left = views[0][rows[s], cols[s]], views[1][rows[s], cols[s]]
        parts.append(_chunk(left, _sampled(moving, mrow[s], mcol[s], turn, patch), turn, reach))
    if not parts:
        none = np.zeros(0)
        blank = np.zeros((patch, patch), np.float32)
        return Ties(none, none, none, none, none, none, none, blank)
    keep, dcol, drow, quality, agreement, contrast, surfaces = zip(*parts, strict=True)
    k, dc, dr = np.concatenate(keep), np.concatenate(dcol), np.concatenate(drow)
    counts = [int(np.sum(part)) for part in keep]
    surface = sum((s * n for s, n in zip(surfaces, counts, strict=True)), np.zeros((patch, patch)))
    return Ties(
        reference.up(cols[k]),
        reference.up(rows[k]),
        moving.up(mcol[k] + dc),
        moving.up(mrow[k] + dr),
        np.concatenate(quality),
        np.concatenate(agreement),
        np.concatenate(contrast),
        np.asarray(surface / max(1, sum(counts)), np.float32),
    )


def _grid(reference: Level, patch: int, step: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give rows and columns of patch centres; patches may stand out of the image by a quarter."""
    margin = patch // 4
    axes = []
    for n in reference.valid.shape:
        count = max(1, (n - 2 * margin - 1) // step + 1)
        first = (n - (count - 1) * step) // 2
        axes.append(first + step * np.arange(count))
    rows, cols = np.meshgrid(*axes, indexing="ij")
    share = cv2.boxFilter(reference.valid.astype(np.float32), -1, (patch, patch), borderType=cv2.BORDER_CONSTANT)
    inside = share[rows, cols] >= 0.5
    return rows[inside], cols[inside]


def _chunk(
    a: tuple[FloatArray, FloatArray], b: tuple[FloatArray, FloatArray], turn: FloatArray, reach: float
) -> tuple[np.ndarray, ...]:
    """Measure patches given as values and validity: which could be, and their displacement, quality and agreement."""
    patch = a[0].shape[-1]
    weight = a[1] * b[1] * _window(patch)
    keep = weight.mean(axis=(1, 2)) / _window(patch).mean() >= FILLED
    if not keep.all():
        a, b, weight = (a[0][keep], a[1]), (b[0][keep], b[1]), weight[keep]
    left, right = _centred(a[0], weight), _centred(b[0], weight)
    own, its = _product(left, left), _product(right, right)
    energy = own * its
    lively = energy > 0
    keep[keep] = lively
    if not keep.any():
        none = np.zeros(0)
        return keep, none, none, none, none, none, np.zeros((patch, patch), np.float32)
    if not lively.all():
        left, right, own, its, energy = left[lively], right[lively], own[lively], its[lively], energy[lively]
    agreement = _product(left, right) / np.sqrt(energy)
    peaks = phase_correlate(left, right, reach=min(reach, patch // 2 - 2))
    # The peak is found on the warped patch: turn it back into the moving image's own axes.
    dcol = turn[0, 0] * peaks.dcol + turn[0, 1] * peaks.drow
    drow = turn[1, 0] * peaks.dcol + turn[1, 1] * peaks.drow
    contrast = np.log(its.astype(np.float64) / own) / 2
    return keep, dcol, drow, peaks.quality, agreement.astype(np.float64), contrast, peaks.surface


def _views(level: Level, patch: int) -> tuple[FloatArray, FloatArray]:
    """Give views that hold the patch around every pixel, of values and of validity; nothing is valid outside."""
    margin = ((patch // 2, patch // 2),) * 2
    values, valid = (np.pad(plane, margin) for plane in (level.plane, level.valid.astype(np.float32)))
    return sliding_window_view(values, (patch, patch)), sliding_window_view(valid, (patch, patch))


def _sampled(
    level: Level, at_row: np.ndarray, at_col: np.ndarray, turn: FloatArray, patch: int
) -> tuple[FloatArray, FloatArray]:
    """Sample patches around any places, turned: values and validity, shape (n, patch, patch)."""
    flat = np.tile(np.arange(patch, dtype=np.float32) - patch // 2, (patch, 1))
    cols, rows = turn[0, 0] * flat + turn[0, 1] * flat.T, turn[1, 0] * flat + turn[1, 1] * flat.T
    r = at_row.astype(np.float32)[:, None, None] + rows
    c = at_col.astype(np.float32)[:, None, None] + cols
    values = _remapped(level.plane, r, c, cv2.INTER_CUBIC)
    valid = np.ones_like(values)
    doubtful = np.ones(len(r), np.bool_)
    if level.valid.all():
        (height, width), corner = level.valid.shape, np.s_[:, :: patch - 1, :: patch - 1]
        outside = (r[corner] < 0) | (r[corner] > height - 1) | (c[corner] < 0) | (c[corner] > width - 1)
        doubtful = outside.any(axis=(1, 2))
    if doubtful.any():
        valid[doubtful] = _remapped(level.valid.astype(np.float32), r[doubtful], c[doubtful], cv2.INTER_LINEAR)
    return values, valid


def _remapped(plane: Plane, rows: FloatArray, cols: FloatArray, flag: int) -> FloatArray:
    """Sample a plane at positions of shape (n, side, side); 0 outside."""
    side = rows.shape[-1]
    r, c = rows.reshape(-1, side), cols.reshape(-1, side)
    found = cv2.remap(plane, c, r, flag, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(found.reshape(rows.shape), np.float32)


def _centred(patch: FloatArray, weight: FloatArray) -> FloatArray:
    mean = (patch * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
    return np.asarray((patch - mean[:, None, None]) * weight, np.float32)


def _product(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray((one * other).sum(axis=(1, 2)), np.float32)


@cache
def _window(patch: int) -> FloatArray:
    hann = np.hanning(patch + 2)[1:-1]
    return np.outer(hann, hann).astype(np.float32)

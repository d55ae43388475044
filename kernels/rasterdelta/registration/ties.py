"""Tie points on a regular grid: patches of the reference found in the moving image near where a warp expects them."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.correlate import phase_correlate
from rasterdelta.registration.plane import Level
from rasterdelta.registration.warp import Positions, Warp
from rasterdelta.types import FloatArray

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
    surface: FloatArray
    """Mean correlation surface of all patches, lag 0 at the centre."""

    def __len__(self) -> int:
        return len(self.col)

    def take(self, keep: NDArray[np.bool_]) -> "Ties":
        """Give the chosen points; the surface stays that of all."""
        col, row, mcol, mrow, quality, agreement = (
            a[keep] for a in (self.col, self.row, self.mcol, self.mrow, self.quality, self.agreement)
        )
        return Ties(col, row, mcol, mrow, quality, agreement, self.surface)

    def error(self, warp: Warp) -> Positions:
        """Give measured minus expected place as (dcol, drow), shape (n, 2), in pixels of the moving image."""
        x, y = warp(self.col, self.row)
        return np.stack([self.mcol - x, self.mrow - y], axis=1)


def measure(reference: Level, moving: Level, warp: Warp, *, patch: int, step: int, reach: float) -> Ties:
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
    parts = []
    for start in range(0, len(rows), CHUNK):
        s = slice(start, start + CHUNK)
        parts.append(_chunk(reference, moving, warp, (rows[s], cols[s], mrow[s], mcol[s]), patch, reach))
    if not parts:
        none = np.zeros(0)
        blank = np.zeros((patch, patch), np.float32)
        return Ties(none, none, none, none, none, none, blank)
    keep, dcol, drow, quality, agreement, surfaces = zip(*parts, strict=True)
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
    reference: Level, moving: Level, warp: Warp, places: tuple[np.ndarray, ...], patch: int, reach: float
) -> tuple[np.ndarray, ...]:
    rows, cols, mrow, mcol = places
    offset = np.arange(patch, dtype=np.float32) - patch // 2
    flat = np.tile(offset, (patch, 1))
    turn = (warp.matrix[:, :2] * (reference.factor / moving.factor)).astype(np.float32)
    lift = turn[0, 0] * flat + turn[0, 1] * flat.T, turn[1, 0] * flat + turn[1, 1] * flat.T
    a = _gather(reference, flat.T, flat, rows, cols)
    b = _gather(moving, lift[1], lift[0], mrow, mcol)
    weight = a[1] * b[1] * _window(patch)
    share = weight.mean(axis=(1, 2)) / _window(patch).mean()
    keep = share >= FILLED
    left, right = (_centred(x[0][keep], weight[keep]) for x in (a, b))
    lively = (_energy(left) > 0) & (_energy(right) > 0)
    keep[keep] = lively
    left, right = left[lively], right[lively]
    agreement = (left * right).sum(axis=(1, 2)) / np.sqrt(_energy(left) * _energy(right))
    if not keep.any():
        none = np.zeros(0)
        return keep, none, none, none, none, np.zeros((patch, patch), np.float32)
    peaks = phase_correlate(left, right, reach=min(reach, patch // 2 - 2))
    # The peak is found on the warped patch: turn it back into the moving image's own axes.
    dcol = turn[0, 0] * peaks.dcol + turn[0, 1] * peaks.drow
    drow = turn[1, 0] * peaks.dcol + turn[1, 1] * peaks.drow
    return keep, dcol, drow, peaks.quality, agreement.astype(np.float64), peaks.surface


def _gather(
    level: Level, rows: FloatArray, cols: FloatArray, at_row: np.ndarray, at_col: np.ndarray
) -> tuple[FloatArray, FloatArray]:
    """Cut patches around many centres: values and validity, shape (n, patch, patch)."""
    shape = (len(at_row), *rows.shape)
    r = (at_row.astype(np.float32)[:, None, None] + rows).reshape(-1, shape[-1])
    c = (at_col.astype(np.float32)[:, None, None] + cols).reshape(-1, shape[-1])
    values = cv2.remap(level.plane, c, r, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    valid = cv2.remap(
        level.valid.astype(np.float32), c, r, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    return values.reshape(shape), valid.reshape(shape)


def _centred(patch: FloatArray, weight: FloatArray) -> FloatArray:
    mean = (patch * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
    return np.asarray((patch - mean[:, None, None]) * weight, np.float32)


def _energy(patch: FloatArray) -> FloatArray:
    return np.asarray(np.square(patch).sum(axis=(1, 2)), np.float32)


@cache
def _window(patch: int) -> FloatArray:
    hann = np.hanning(patch + 2)[1:-1]
    return np.outer(hann, hann).astype(np.float32)

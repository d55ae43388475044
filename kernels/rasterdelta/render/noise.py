"""Seeded random textures."""

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.render.frame import Frame
from rasterdelta.types import Plane

_FINE_CELL_PX = 10
_COARSEN = 4


def _octave(shape: tuple[int, int], cell_px: float, rng: np.random.Generator) -> Plane:
    if cell_px <= 1.5:
        return rng.standard_normal(shape, dtype=np.float32)
    coarse = tuple(int(np.ceil(n / cell_px)) + 3 for n in shape)
    grid = rng.standard_normal(coarse, dtype=np.float32)
    return _stretched(grid, shape, cell_px, 0.5 + rng.random(2), cv2.INTER_CUBIC)


def _stretched(
    grid: Plane, shape: tuple[int, int], factor: float, origin: tuple[float, float] | NDArray[np.float64], how: int
) -> Plane:
    matrix = np.array([[1 / factor, 0, origin[0]], [0, 1 / factor, origin[1]]])
    flags = how | cv2.WARP_INVERSE_MAP
    wide = cv2.warpAffine(grid, matrix, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(wide, np.float32)


def fractal(
    frame: Frame, rng: np.random.Generator, *, scale_m: float, octaves: int = 4, persistence: float = 0.6
) -> Plane:
    """Give noise of several scales, of mean about 0 and standard deviation about 1.

    Parameters
    ----------
    frame : Frame
        Grid of the result.
    rng : numpy.random.Generator
        Source of randomness.
    scale_m : float
        Size of the largest features in metres; each octave halves it, down to single pixels.
    octaves : int
        Number of scales.
    persistence : float
        Amplitude of an octave as a share of the one before.
    """
    cells = [
        scale_m / 2**k / frame.gsd_m for k in range(octaves) if k == 0 or scale_m / 2 ** (k - 1) / frame.gsd_m > 1.5
    ]
    weights = [persistence**k for k in range(len(cells))]
    power = sum(w * w * (0.5 if cell > 1.5 else 1.0) for w, cell in zip(weights, cells, strict=True))
    total = _sum(frame.shape, [(c, w) for c, w in zip(cells, weights, strict=True) if c < _FINE_CELL_PX], rng)
    broad = [(c / _COARSEN, w) for c, w in zip(cells, weights, strict=True) if c >= _FINE_CELL_PX]
    if broad:  # broad features are as good, and far cheaper, when made on a coarse grid
        small = (frame.rows // _COARSEN + 2, frame.cols // _COARSEN + 2)
        total += _stretched(_sum(small, broad, rng), frame.shape, _COARSEN, (0.0, 0.0), cv2.INTER_LINEAR)
    return total / np.float32(np.sqrt(power))


def _sum(shape: tuple[int, int], octaves: list[tuple[float, float]], rng: np.random.Generator) -> Plane:
    total = np.zeros(shape, np.float32)
    for cell, weight in octaves:
        total += np.float32(weight) * _octave(shape, cell, rng)
    return total


def smoothstep(value: Plane, low: float, high: float) -> Plane:
    """Go softly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)

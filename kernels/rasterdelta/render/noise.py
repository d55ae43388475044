"""Seeded random textures."""

import cv2
import numpy as np

from rasterdelta.render.frame import Frame
from rasterdelta.types import Plane


def _octave(shape: tuple[int, int], cell_px: float, rng: np.random.Generator) -> Plane:
    if cell_px <= 1.5:
        return rng.standard_normal(shape, dtype=np.float32)
    coarse = tuple(int(np.ceil(n / cell_px)) + 3 for n in shape)
    grid = rng.standard_normal(coarse, dtype=np.float32)
    offset = rng.random(2)
    matrix = np.array([[1 / cell_px, 0, 0.5 + offset[0]], [0, 1 / cell_px, 0.5 + offset[1]]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(grid, matrix, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)


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
        Size of the largest features in metres; each octave halves it.
    octaves : int
        Number of scales.
    persistence : float
        Amplitude of an octave as a share of the one before.
    """
    total = np.zeros(frame.shape, np.float32)
    power = 0.0
    for k in range(octaves):
        cell = scale_m / 2**k / frame.gsd_m
        weight = persistence**k
        total += np.float32(weight) * _octave(frame.shape, cell, rng)
        power += weight**2 * (0.5 if cell > 1.5 else 1.0)
        if cell <= 1.5:
            break
    return total / np.float32(np.sqrt(power))


def smoothstep(value: Plane, low: float, high: float) -> Plane:
    """Go softly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)

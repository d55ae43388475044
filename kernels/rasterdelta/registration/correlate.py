"""Phase correlation of many patches at once."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from rasterdelta.types import FloatArray

CHUNK: Final = 256
"""Patches transformed together: enough to amortise calls, few enough to stay in cache."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """The best displacement of each patch; all arrays have shape (n,)."""

    dcol: NDArray[np.float64]
    drow: NDArray[np.float64]
    """moving(x + d) shows what reference(x) shows."""
    quality: NDArray[np.float64]
    """0 (the second peak is as high as the first) to 1 (there is no second peak)."""
    surface: FloatArray
    """Mean correlation surface over all patches, shape (side, side), lag 0 at the centre."""


def phase_correlate(reference: FloatArray, moving: FloatArray, *, reach: float) -> Peaks:
    """Find the displacement of each patch by phase correlation with a sub-pixel peak.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (n, side, side)
        Windowed patches with mean 0; 0 where invalid.
    reach : float
        Largest displacement looked for, in pixels a axis; below side / 2.

    Returns
    -------
    Peaks

    Notes
    -----
    The cross spectrum is divided by its magnitude to the power 3/4 (pure phase correlation [1]_ would raise noise at
    the frequencies that blur has emptied) and damped by a Gaussian, so that the peak is broad enough for a parabola
    [2]_. Its bias vanishes as the displacement goes to 0: measure again after warping.

    References
    ----------
    .. [1] Kuglin, C. D., Hines, D. C. (1975). The phase correlation image alignment method. Proc. IEEE ICCS.
    .. [2] Foroosh, H., Zerubia, J. B., Berthod, M. (2002). Extension of phase correlation to subpixel registration.
       DOI 10.1109/83.988953
    """
    side = reference.shape[-1]
    total = np.zeros((side, side), np.float64)
    parts = []
    for start in range(0, len(reference), CHUNK):
        chunk = slice(start, start + CHUNK)
        surface = _surface(reference[chunk], moving[chunk])
        total += surface.sum(axis=0, dtype=np.float64)
        parts.append(_peaks(surface, int(reach)))
    col, row, quality = (np.concatenate(p) if parts else np.zeros(0) for p in zip(*parts, strict=True))
    return Peaks(col, row, quality, (total / max(1, len(reference))).astype(np.float32))


def _surface(reference: FloatArray, moving: FloatArray) -> FloatArray:
    side = reference.shape[-1]
    a, b = fft.rfft2(reference, workers=2), fft.rfft2(moving, workers=2)
    cross = np.conj(a) * b
    size = np.sqrt(cross.real * cross.real + cross.imag * cross.imag)
    root = np.sqrt(size + (1e-6 * size.max(axis=(1, 2), keepdims=True) + 1e-12))
    flat = _damping(side) / (root * np.sqrt(root))
    cross *= flat
    energy = (size * flat).sum(axis=(1, 2), keepdims=True) + 1e-12
    surface = fft.irfft2(cross / energy, s=(side, side), workers=2) * (side * side / 2)
    return np.asarray(fft.fftshift(surface, axes=(1, 2)), np.float32)


@cache
def _damping(side: int) -> FloatArray:
    """Gaussian low-pass that also drops the mean; frequencies in cycles per pixel."""
    f = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    damping = np.exp(-0.5 * (f / 0.18) ** 2)
    damping[0, 0] = 0
    return np.asarray(damping, np.float32)


def _peaks(surface: FloatArray, reach: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the highest point within reach, its parabola, and the height of the next one."""
    n, side = len(surface), surface.shape[-1]
    middle, width = side // 2, 2 * reach + 1
    near = surface[:, middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    r, c = np.divmod(near.reshape(n, -1).argmax(axis=1), width)
    i, rr, cc = np.arange(n), r + middle - reach, c + middle - reach
    peak = surface[i, rr, cc]
    dr = _vertex(surface[i, rr - 1, cc], peak, surface[i, (rr + 1) % side, cc])
    dc = _vertex(surface[i, rr, cc - 1], peak, surface[i, rr, (cc + 1) % side])
    grid = np.arange(width)
    far = (np.abs(grid - r[:, None]) > 4)[:, :, None] | (np.abs(grid - c[:, None]) > 4)[:, None, :]
    second = np.where(far, near, -np.inf).reshape(n, -1).max(axis=1)
    quality = np.where(peak > 0, 1 - np.clip(second, 0, None) / np.maximum(peak, 1e-12), 0)
    return c - reach + dc, r - reach + dr, np.clip(quality, 0, 1)


def _vertex(before: FloatArray, peak: FloatArray, after: FloatArray) -> NDArray[np.float64]:
    """Give the place of a parabola's top between -0.5 and 0.5."""
    bend = (before - 2 * peak + after).astype(np.float64)
    return np.clip(np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1), 0), -0.5, 0.5)

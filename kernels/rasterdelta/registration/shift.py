"""A global shift between two images by phase correlation of the whole."""

from typing import Final

import numpy as np
from scipy import fft

from rasterdelta.registration.plane import Level
from rasterdelta.types import Matrix, Plane

PEAKS: Final = 3


def shifts(reference: Level, moving: Level, linear: Matrix) -> list[Matrix]:
    """Find the most likely shifts of one image against the other, best first.

    Parameters
    ----------
    reference, moving : Level
        Reduced so that their pixels cover about the same ground; invalid pixels are 0 and so have no say.
    linear : matrix
        Its linear part is kept.

    Returns
    -------
    list of matrix
        Reference to moving, in pixels of the full images.
    """
    size = [fft.next_fast_len(a + b, real=True) for a, b in zip(reference.plane.shape, moving.plane.shape, strict=True)]
    surface = _surface(reference.plane, moving.plane, size)
    out = []
    for _ in range(PEAKS):
        r, c = (int(i) for i in np.unravel_index(surface.argmax(), surface.shape))
        lag = [k - s if k > s // 2 else k for k, s in zip((r, c), size, strict=True)]
        out.append(_matrix(reference, moving, linear, lag))
        rows, cols = (np.arange(k - 3, k + 4) % s for k, s in zip((r, c), size, strict=True))
        surface[np.ix_(rows, cols)] = -np.inf
    return out


def _surface(reference: Plane, moving: Plane, size: list[int]) -> Plane:
    a, b = fft.rfft2(_tapered(reference), size, workers=2), fft.rfft2(_tapered(moving), size, workers=2)
    cross = np.conj(a) * b
    f = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None])
    cross *= np.exp(-0.5 * (f / 0.2) ** 2) / (np.abs(cross) + 1e-6 * np.abs(cross).max() + 1e-12) ** 0.8
    return np.asarray(fft.irfft2(cross, size, workers=2), np.float32)


def _tapered(plane: Plane) -> Plane:
    """Fade the outermost twentieth, so that the frame is not what correlates."""
    fades = [np.clip((np.minimum(np.arange(n), np.arange(n)[::-1]) + 1) / max(1, n // 20), 0, 1) for n in plane.shape]
    return np.asarray(plane * np.outer(*fades), np.float32)


def _matrix(reference: Level, moving: Level, linear: Matrix, lag: list[int]) -> Matrix:
    """Give the matrix that takes the reference's first level pixel to the one `lag` away in the moving image."""
    out = linear.copy()
    origin = reference.up(np.zeros(2))
    target = moving.up(np.array([lag[1], lag[0]], np.float64))
    out[:, 2] = target - linear[:, :2] @ origin
    return out

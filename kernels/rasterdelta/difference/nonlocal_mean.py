"""Mean over the neighbours that look alike on both dates."""

from collections.abc import Sequence

import numpy as np

from rasterdelta.types import FloatArray, Mask, Plane

_STRIP_PX = 2**16
"""Pixels of a strip: its buffers stay in cache."""


def nonlocal_halo(*, reach: int, patch: int) -> int:
    """Give the pixels of context that `nonlocal_mean` needs on each side."""
    return reach + patch // 2


def nonlocal_mean(
    plane: Plane,
    guides: Sequence[Plane],
    valid: Mask,
    *,
    reach: int = 7,
    patch: int = 3,
    tolerance: float = 2.0,
) -> Plane:
    """Average each pixel with those around it whose surroundings look alike in every guide.

    With both dates as guides an edge that either of them shows is kept, be it an edge of the ground or of a change,
    while the speckle within a patch of ground, changed or not, averages out.

    Parameters
    ----------
    plane : float32 ndarray of shape (row, column)
        What is averaged.
    guides : sequence of float32 ndarray of shape (row, column)
        Each in units of the standard deviation of its noise.
    valid : bool ndarray of shape (row, column)
        True = valid; other pixels have no part. Beyond their border all arrays are mirrored.
    reach : int
        Largest distance, in pixels along an axis, of a neighbour.
    patch : int
        Side, in pixels, of the square that is compared; odd.
    tolerance : float
        A neighbour's weight falls from 1, where the mean square difference of the patches is what noise alone makes
        of it, to 0 where it is `1 + tolerance` times that.

    Returns
    -------
    Plane
        NaN where not valid.

    Notes
    -----
    Biweights stand for the exponential of the paper: cheaper, and a pixel unlike has no weight at all. Every sum runs
    over shifts of the arrays in one order, so a value does not depend on the window it is computed in.

    References
    ----------
    Buades, Coll and Morel (2005), A non-local algorithm for image denoising, doi 10.1109/CVPR.2005.38.
    Deledalle, Denis and Tupin (2009), Iterative weighted maximum likelihood denoising with probabilistic patch-based
    weights, doi 10.1109/TIP.2009.2029593.
    """
    half, halo = patch // 2, nonlocal_halo(reach=reach, patch=patch)
    known = np.pad(valid.astype(np.float32), halo, mode="symmetric")
    stack = [np.pad(np.where(valid, p, np.float32(0)), halo, mode="symmetric") for p in (plane, *guides)]
    out: Plane = np.empty_like(plane)
    rows = max(1, _STRIP_PX // max(1, plane.shape[1]))
    for start in range(0, len(plane), rows):
        part = slice(start, min(start + rows, len(plane)) + 2 * halo)
        strip = [p[part] for p in stack]
        out[start : start + rows] = _strip_mean(strip[0], strip[1:], known[part], reach, half, tolerance)
    out[~valid] = np.nan
    return out


def _strip_mean(
    plane: Plane, guides: Sequence[Plane], known: Plane, reach: int, half: int, tolerance: float
) -> FloatArray:
    """Give the mean of a strip that carries its halo."""
    inner = tuple(n - 2 * (reach + half) for n in plane.shape)
    total, share = np.zeros(inner, np.float32), np.zeros(inner, np.float32)
    mask = None if known.all() else known
    # a weight of (1 + 1 / t - r / t)^2, kept within 0 and 1, for a ratio r of the difference to that of noise
    scale = -1 / (2 * len(guides) * (2 * half + 1) ** 2 * tolerance)
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            weight = _patch_difference(guides, mask, reach, half, (down, across))
            weight *= np.float32(scale)
            weight += np.float32(1 + 1 / tolerance)
            np.clip(weight, 0, 1, out=weight)
            weight *= weight
            here = _shifted(plane, reach + half, (down, across))
            if mask is not None:
                weight *= _shifted(mask, reach + half, (down, across))
            share += weight
            weight *= here
            total += weight
    np.divide(total, share, out=total, where=share > 0)
    return total


def _patch_difference(
    guides: Sequence[Plane], mask: Plane | None, reach: int, half: int, shift: tuple[int, int]
) -> FloatArray:
    """Sum the squared differences of all guides over the patch, where some pixels are masked as if all were there."""
    square = _squared_difference(guides, reach, shift)
    if mask is None:
        return _patch_sum(square, half)
    both = _shifted(mask, reach, (0, 0)) * _shifted(mask, reach, shift)
    square *= both
    count = _patch_sum(both, half)
    np.divide(np.float32((2 * half + 1) ** 2), count, out=count, where=count > 0)
    return _patch_sum(square, half) * count


def _squared_difference(guides: Sequence[Plane], reach: int, shift: tuple[int, int]) -> FloatArray:
    first, *others = guides
    square = _shifted(first, reach, (0, 0)) - _shifted(first, reach, shift)
    square *= square
    for guide in others:
        step = _shifted(guide, reach, (0, 0)) - _shifted(guide, reach, shift)
        step *= step
        square += step
    return square


def _shifted(plane: Plane, margin: int, shift: tuple[int, int]) -> Plane:
    rows, cols = plane.shape
    down, across = (margin + s for s in shift)
    return plane[down : rows - 2 * margin + down, across : cols - 2 * margin + across]


def _patch_sum(plane: Plane, half: int) -> FloatArray:
    rows, cols = (n - 2 * half for n in plane.shape)
    down = plane[:rows].copy()
    for k in range(1, 2 * half + 1):
        down += plane[k : k + rows]
    across = down[:, :cols].copy()
    for k in range(1, 2 * half + 1):
        across += down[:, k : k + cols]
    return across

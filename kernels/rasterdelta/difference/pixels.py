"""Valid pixels of the sample blocks as matrices, and masked smoothing."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.types import FloatArray, Image, Mask, Plane

_STRIP_PX = 2**16


def pool(samples: Sequence[PairSample], *, most: int = 2**18, least: int = 16) -> tuple[FloatArray, FloatArray]:
    """Give the pixels that both dates show, evenly thinned.

    Parameters
    ----------
    samples
        Blocks of the pair; pixels that are not finite are left out.
    most, least
        Bounds on the number of pixels.

    Returns
    -------
    before, after : ndarray of shape (band, pixel)
        float32.

    Raises
    ------
    NotEnoughData
        Where fewer than `least` pixels are valid.
    """
    kept = [np.flatnonzero(seen(s)) for s in samples]
    count = sum(k.size for k in kept)
    if count < least:
        raise NotEnoughData(f"{count} pixels are valid on both dates ({least} needed)")
    chosen = np.arange(min(most, count)) * count // min(most, count)
    edges = np.searchsorted(chosen, np.cumsum([k.size for k in kept]))
    offsets = np.cumsum([0, *(k.size for k in kept)])
    parts = np.split(chosen, edges[:-1])
    index = [k[p - o] for k, p, o in zip(kept, parts, offsets, strict=False)]
    before = np.concatenate([_at(s.before, i) for s, i in zip(samples, index, strict=True)], axis=1)
    return before, np.concatenate([_at(s.after, i) for s, i in zip(samples, index, strict=True)], axis=1)


def _at(image: Image, index: NDArray[np.intp]) -> FloatArray:
    flat: FloatArray = image.reshape(len(image), -1)[:, index].astype(np.float32, copy=False)
    return flat


def seen(sample: PairSample) -> Mask:
    """Give the pixels that are valid and finite on both dates."""
    finite = np.isfinite(sample.before).all(axis=0) & np.isfinite(sample.after).all(axis=0)
    both: Mask = sample.valid & finite
    return both


def pool_scores(scores: Sequence[Plane], *, most: int = 2**20) -> FloatArray:
    """Give the finite values of several score planes, evenly thinned to at most so many, shape (pixel,).

    Raises
    ------
    NotEnoughData
        Where there are fewer than 16.
    """
    values: FloatArray = np.concatenate([s[np.isfinite(s)] for s in scores]) if scores else np.zeros(0, np.float32)
    if values.size < 16:
        raise NotEnoughData(f"{values.size} pixels carry a score (16 needed)")
    return values if values.size <= most else values[np.arange(most) * values.size // most]


def gaussian_halo(sigma: float) -> int:
    """Give the reach of `smooth`, in pixels: three standard deviations."""
    return round(3 * sigma)


def smooth(plane: Plane, valid: Mask, *, sigma: float) -> Plane:
    """Give the Gaussian mean over the valid pixels (normalised convolution).

    Parameters
    ----------
    plane
        float32, shape (row, column).
    valid
        True = valid. Beyond its border the plane is mirrored.
    sigma
        Standard deviation in pixels; 0 leaves the plane as it is.

    Returns
    -------
    Plane
        NaN where not valid.
    """
    if sigma == 0:
        return np.where(valid, plane, np.float32(np.nan))
    taps = _gaussian(sigma)
    if valid.all():
        return _blur(plane, taps)
    out: Plane = np.full(plane.shape, np.nan, np.float32)
    if valid.any():
        share = _blur(valid.astype(np.float32), taps)
        # the share of a pixel with all its neighbours, which rounding keeps from being exactly 1
        np.divide(_blur(np.ones((1, 1), np.float32), taps), share, out=out, where=valid)
        out *= _blur(np.where(valid, plane, np.float32(0)), taps)
    return out


def root_mean(squares: Plane, valid: Mask, *, sigma: float) -> Plane:
    """Give the root of the Gaussian mean of squares over the valid pixels.

    The sum of chi-square variables is one itself, so neighbours are averaged before the root is taken.

    Parameters
    ----------
    squares
        float32, shape (row, column), not negative; what is not finite is not valid.
    valid, sigma
        See `smooth`.

    Returns
    -------
    Plane
        NaN where not valid.
    """
    mean = smooth(squares, valid & np.isfinite(squares), sigma=sigma)
    return np.sqrt(mean, out=mean)


def _gaussian(sigma: float) -> list[np.float32]:
    """Give the middle and one side of a Gaussian whose sum is 1."""
    weights = np.exp(-(np.arange(gaussian_halo(sigma) + 1) ** 2) / (2 * sigma**2))
    return list((weights / (2 * weights.sum() - 1)).astype(np.float32))


def _blur(plane: Plane, taps: list[np.float32]) -> Plane:
    """Convolve along both axes, in strips that stay in cache.

    One addition or multiplication a value at a time: unlike with a library's filter the result does not depend on
    where in a row a pixel stands. Rows are padded and laid end to end, so that both axes are shifts of one line.
    """
    reach = len(taps) - 1
    padded = np.pad(plane, reach, mode="symmetric")
    width, line = padded.shape[1], padded.reshape(-1)
    rows = min(max(1, _STRIP_PX // width), len(plane))
    out, buffers = np.empty_like(plane), np.zeros((3, rows * width), np.float32)
    for start in range(0, len(plane), rows):
        strip = out[start : start + rows]
        down, across, spare = buffers[:, : len(strip) * width]
        first = start * width
        _weighted([line[first + k * width :][: down.size] for k in range(2 * reach + 1)], taps, down, spare)
        inner = slice(down.size - 2 * reach)
        _weighted([down[k:][inner] for k in range(2 * reach + 1)], taps, across[inner], spare[inner])
        strip[:] = across.reshape(-1, width)[:, : plane.shape[1]]
    return out


def _weighted(shifted: list[Plane], taps: list[np.float32], out: Plane, spare: Plane) -> None:
    reach = len(taps) - 1
    np.multiply(shifted[reach], taps[0], out=out)
    for step in range(1, reach + 1):
        np.add(shifted[reach - step], shifted[reach + step], out=spare)
        np.multiply(spare, taps[step], out=spare)
        np.add(out, spare, out=out)


def box_mean(plane: Plane, valid: Mask, *, side: int) -> Plane:
    """Give the mean of the valid pixels in a square, NaN where not valid.

    Parameters
    ----------
    plane
        float32, shape (row, column).
    valid
        True = valid; pixels outside the plane count as not valid.
    side
        Of the square, in pixels; odd.
    """
    total = _box(np.where(valid, plane, np.float32(0)), side)
    out: Plane = np.full(plane.shape, np.nan, np.float32)
    np.divide(total, _box(valid.astype(np.float32), side), out=out, where=valid)
    return out


def _box(plane: Plane, side: int) -> Plane:
    summed = cv2.boxFilter(plane, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(summed, np.float32)

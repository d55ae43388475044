"""Valid pixels of the sample blocks as matrices, and masked smoothing."""

from collections.abc import Sequence

import cv2
import numpy as np

from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.types import FloatArray, Mask, Plane


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
    kept = [seen(s) for s in samples]
    count = sum(int(k.sum()) for k in kept)
    if count < least:
        raise NotEnoughData(f"{count} pixels are valid on both dates ({least} needed)")
    chosen = np.arange(min(most, count)) * count // min(most, count)
    before = np.concatenate([s.before[:, k] for s, k in zip(samples, kept, strict=True)], axis=1)[:, chosen]
    after = np.concatenate([s.after[:, k] for s, k in zip(samples, kept, strict=True)], axis=1)[:, chosen]
    return before, after


def seen(sample: PairSample) -> Mask:
    """Give the pixels that are valid and finite on both dates."""
    finite = np.isfinite(sample.before).all(axis=0) & np.isfinite(sample.after).all(axis=0)
    both: Mask = sample.valid & finite
    return both


def pool_scores(scores: Sequence[Plane]) -> FloatArray:
    """Give the finite values of several score planes, shape (pixel,).

    Raises
    ------
    NotEnoughData
        Where there are fewer than 16.
    """
    values: FloatArray = np.concatenate([s[np.isfinite(s)] for s in scores]) if scores else np.zeros(0, np.float32)
    if values.size < 16:
        raise NotEnoughData(f"{values.size} pixels carry a score (16 needed)")
    return values


def gaussian_halo(sigma: float) -> int:
    """Give the reach of `smooth`, in pixels."""
    return round(4 * sigma)


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
    side = 2 * gaussian_halo(sigma) + 1
    if valid.all():
        return _blur(plane, side, sigma)
    weight = valid.astype(np.float32)
    total = _blur(np.where(valid, plane, np.float32(0)), side, sigma)
    share = _blur(weight, side, sigma)
    out: Plane = np.full(plane.shape, np.nan, np.float32)
    np.divide(total, share, out=out, where=valid)
    return out


def _blur(plane: Plane, side: int, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


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

"""Sampling an image at fractional positions, and reducing it by whole factors, with masks carried along."""

from typing import Final, Literal

import cv2
import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.types import Image, Mask, Plane

Kernel = Literal["nearest", "linear", "cubic", "lanczos"]

LIMIT: Final = 32_767
"""Longest side, in pixels, that OpenCV's remap can address."""

_FLAG: Final[dict[Kernel, int]] = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}
_REACH: Final[dict[Kernel, int]] = {"nearest": 0, "linear": 1, "cubic": 2, "lanczos": 4}
_STRIP: Final = 2048


def reach(kernel: Kernel) -> int:
    """Give the input pixels that `kernel` touches on each side of a sampled position: the halo of `resample`."""
    return _REACH[kernel]


def resample(image: Image, valid: Mask, rows: Plane, cols: Plane, *, kernel: Kernel = "cubic") -> tuple[Image, Mask]:
    """Sample an image at fractional pixel positions.

    Parameters
    ----------
    image : float32 ndarray of shape (band, row, column)
    valid : bool ndarray of shape (row, column)
        True = valid.
    rows, cols : float32 ndarray of shape (M, N)
        Positions in pixels of `image`; the centre of the first pixel is (0, 0). NaN gives an invalid pixel.
    kernel : {"nearest", "linear", "cubic", "lanczos"}
        Cubic is Keys' convolution (a = -0.75) [1]_, Lanczos has four lobes. The fraction of a position is taken to
        1/32 pixel.

    Returns
    -------
    image : float32 ndarray of shape (band, M, N)
        0 where invalid.
    valid : bool ndarray of shape (M, N)
        False where a pixel that the kernel needs is invalid or lies outside.

    Raises
    ------
    KernelError
        Where shapes disagree, or the input window that the positions need is longer than 32767 pixels.

    Notes
    -----
    Invalid pixels are filled from their valid neighbours first, so that rounding at the mask's edge cannot ring.

    References
    ----------
    .. [1] Keys, R. (1981). Cubic convolution interpolation for digital image processing.
       DOI 10.1109/TASSP.1981.1163711
    """
    _check(image, valid, rows, cols)
    out = np.zeros((len(image), *rows.shape), np.float32)
    seen = np.zeros(rows.shape, np.bool_)
    strip = max(1, min(LIMIT, _STRIP))
    for top in range(0, rows.shape[0], strip):
        for left in range(0, rows.shape[1], strip):
            part = (slice(top, top + strip), slice(left, left + strip))
            out[:, *part], seen[part] = _block(image, valid, rows[part], cols[part], kernel)
    return out, seen


def _check(image: Image, valid: Mask, rows: Plane, cols: Plane) -> None:
    if image.ndim != 3 or image.shape[1:] != valid.shape:
        raise KernelError(f"image {image.shape} and mask {valid.shape} do not belong together")
    if rows.ndim != 2 or rows.shape != cols.shape:
        raise KernelError(f"rows {rows.shape} and columns {cols.shape} must be two arrays of one shape (M, N)")


def _block(image: Image, valid: Mask, rows: Plane, cols: Plane, kernel: Kernel) -> tuple[Image, Mask]:
    """Sample one block of the output from the smallest window of the input that it needs."""
    margin = _REACH[kernel]
    inside = _inside(rows, valid.shape[0]) & _inside(cols, valid.shape[1])
    if not inside.any():
        return np.zeros((len(image), *rows.shape), np.float32), inside
    r, c = np.where(inside, rows, 0).astype(np.float64), np.where(inside, cols, 0).astype(np.float64)
    window = tuple(_span(a[inside], margin, n) for a, n in zip((r, c), valid.shape, strict=True))
    if max(w.stop - w.start for w in window) > LIMIT:
        raise KernelError(f"positions span more than {LIMIT} pixels of the input: resample in smaller tiles")
    source = valid[window]
    r32, c32 = (r - window[0].start).astype(np.float32), (c - window[1].start).astype(np.float32)
    seen = inside & _covered(source, r32, c32, kernel)
    out = np.stack([_remap(_filled(band[window], source), r32, c32, kernel) for band in image])
    out[:, ~seen] = 0
    return out, seen


def _inside(position: Plane, size: int) -> Mask:
    # Half a pixel of the outermost ones is still theirs for `nearest`; the others are cut by `_covered`.
    return np.isfinite(position) & (position > -0.5) & (position < size - 0.5)


def _span(position: np.ndarray, margin: int, size: int) -> slice:
    low, high = int(np.floor(position.min())) - margin, int(np.ceil(position.max())) + margin + 1
    return slice(max(0, low), min(size, high))


def _remap(band: Plane, rows: Plane, cols: Plane, kernel: Kernel) -> Plane:
    return np.asarray(cv2.remap(band, cols, rows, _FLAG[kernel], borderMode=cv2.BORDER_REPLICATE), np.float32)


def _covered(source: Mask, rows: Plane, cols: Plane, kernel: Kernel) -> Mask:
    """Tell where every pixel under the kernel is valid and inside."""
    holes = (~source).astype(np.float32)
    if kernel == "nearest":
        return np.asarray(cv2.remap(holes, cols, rows, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE) == 0)
    if kernel != "linear":
        # A kernel of half-width w at fraction > 0 uses floor - w + 1 .. floor + w: dilate by w - 1, then ask linearly.
        side = 2 * _REACH[kernel] - 1
        holes = np.asarray(cv2.dilate(holes, np.ones((side, side), np.uint8), borderType=cv2.BORDER_REPLICATE))
    touched = cv2.remap(holes, cols, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1.0)
    return np.asarray(touched < 1e-3)


def _filled(band: Plane, valid: Mask) -> Plane:
    """Fill invalid pixels from valid neighbours (a pyramid of masked means)."""
    if valid.all():
        return np.ascontiguousarray(band)
    weight = valid.astype(np.float32)
    total = np.where(valid, band, 0).astype(np.float32)
    if min(band.shape) < 2:
        return np.where(valid, band, total.sum() / max(1.0, float(weight.sum()))).astype(np.float32)
    size = ((band.shape[1] + 1) // 2, (band.shape[0] + 1) // 2)
    small_weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    small_total = cv2.resize(total, size, interpolation=cv2.INTER_AREA)
    known = small_weight > 1e-6
    small = np.divide(small_total, small_weight, out=np.zeros_like(small_total), where=known)
    if not known.all() and known.any():
        small = _filled(small, known)
    return np.where(valid, band, cv2.resize(small, band.shape[::-1], interpolation=cv2.INTER_LINEAR))


def downsample(image: Image, valid: Mask, factor: int) -> tuple[Image, Mask]:
    """Reduce an image by a whole factor: the mean of the valid pixels under each new pixel.

    Parameters
    ----------
    image : float32 ndarray of shape (band, row, column)
    valid : bool ndarray of shape (row, column)
        True = valid.
    factor : int
        Pixels of a side that become one; rows and columns that do not fill a whole new pixel are dropped. Pixel
        (r, c) of the result has its centre at (factor * r + (factor - 1) / 2, ...) of the input.

    Returns
    -------
    image : float32 ndarray of shape (band, row // factor, column // factor)
        0 where invalid.
    valid : bool ndarray
        True where at least half of the pixels underneath are valid.

    Raises
    ------
    KernelError
        Where the factor is below 1 or leaves no pixel.
    """
    if factor < 1 or min(valid.shape) < factor:
        raise KernelError(f"cannot reduce {valid.shape[0]} x {valid.shape[1]} pixels by a factor of {factor}")
    if factor == 1:
        return np.where(valid, image, np.float32(0)), valid.copy()
    weight = _block_mean(valid.astype(np.float32), factor)
    keep = weight >= 0.5
    means = [_block_mean(np.where(valid, band, np.float32(0)), factor) for band in image]
    return np.stack([np.where(keep, m / np.maximum(weight, 0.5), np.float32(0)) for m in means]), keep


def _block_mean(plane: Plane, factor: int) -> Plane:
    rows, cols = (n // factor for n in plane.shape)
    cut = np.ascontiguousarray(plane[: rows * factor, : cols * factor])
    return np.asarray(cv2.resize(cut, (cols, rows), interpolation=cv2.INTER_AREA), np.float32)

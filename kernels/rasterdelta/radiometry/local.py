"""Bring an image to another's radiometry place by place: haze that is thicker here than there."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.radiometry.linear import Linear, fit_linear
from rasterdelta.types import FloatArray, Image, Mask, Plane

_LEAST_SHARE: Final = 0.2
"""Of a block's pixels that must be valid for it to speak."""
_GAINS: Final = (0.5, 2.0)
"""Bounds on a block's gain over that of the whole image: more is change, not haze."""


@dataclass(frozen=True, slots=True)
class LocalLinear:
    """A line a band and block, smooth between the blocks' centres."""

    gain: FloatArray
    offset: FloatArray
    """Shape (band, block row, block column)."""
    block: int
    """Pixels on the side of a block."""

    def apply(self, image: Image, *, row: int = 0, col: int = 0) -> Image:
        """Give an image, or a window of it that begins at (row, col), in the reference's radiometry."""
        if len(image) != len(self.gain):
            raise KernelError(f"the relation has {len(self.gain)} bands, the image {len(image)}")
        rows = ((np.arange(image.shape[1]) + row + 0.5) / self.block - 0.5)[:, None]
        cols = ((np.arange(image.shape[2]) + col + 0.5) / self.block - 0.5)[None]
        planes = [b * _between(g, rows, cols) + _between(o, rows, cols)
                  for b, g, o in zip(image, self.gain, self.offset, strict=True)]  # fmt: skip
        return np.stack(planes).astype(np.float32)


def fit_local(reference: Image, moving: Image, valid: Mask, *, block: int = 128) -> LocalLinear:
    """Fit gain and offset a band in blocks.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (band, row, column)
        Two dates on one grid, the same ground to a few pixels.
    valid : bool ndarray of shape (row, column)
        True = both dates show the ground.
    block : int
        Pixels on the side of a block: much larger than what may have changed, smaller than a bank of haze.

    Returns
    -------
    LocalLinear

    Raises
    ------
    NotEnoughData
        Where the dates do not go together as a whole; see `fit_linear`.

    Notes
    -----
    Haze dims contrast and adds light, so each block's median and interquartile range are brought to the reference's
    (Wallis' filter with robust moments [1]_). A block's gain is held within half and twice the whole image's; blocks
    of which less than a fifth is valid take what their neighbours say, and blocks are smoothed over 3 by 3.

    References
    ----------
    .. [1] Wallis, R. (1976). An approach to the space variant restoration and enhancement of images. Proc. Symp.
       Current Mathematical Problems in Image Science.
    """
    whole = fit_linear(reference, moving, valid)
    rows, cols = (max(1, round(n / block)) for n in valid.shape)
    gain = np.empty((len(moving), rows, cols), np.float32)
    offset = np.empty_like(gain)
    for r in range(rows):
        for c in range(cols):
            at = _part(r, rows, valid.shape[0]), _part(c, cols, valid.shape[1])
            gain[:, r, c], offset[:, r, c] = _moments(reference[:, *at], moving[:, *at], valid[at], whole)
    side = valid.shape[0] / rows, valid.shape[1] / cols
    if max(abs(s - block) for s in side) > 0.5:
        gain, offset = (np.stack([_regridded(p, valid.shape, block) for p in g]) for g in (gain, offset))
    return LocalLinear(_smooth(gain), _smooth(offset), block)


def _part(k: int, count: int, length: int) -> slice:
    return slice(round(k * length / count), round((k + 1) * length / count))


def _moments(reference: Image, moving: Image, valid: Mask, whole: Linear) -> tuple[FloatArray, FloatArray]:
    if valid.sum() < max(_LEAST_SHARE * valid.size, 16):
        return whole.gain, whole.offset
    low_y, mid_y, high_y = np.quantile(reference[:, valid], (0.25, 0.5, 0.75), axis=1)
    low_x, mid_x, high_x = np.quantile(moving[:, valid], (0.25, 0.5, 0.75), axis=1)
    ratio = (high_y - low_y) / np.maximum(high_x - low_x, 1e-6)
    gain = np.clip(ratio, _GAINS[0] * whole.gain, _GAINS[1] * whole.gain)
    return gain.astype(np.float32), (mid_y - gain * mid_x).astype(np.float32)


def _regridded(plane: Plane, shape: tuple[int, int], block: int) -> Plane:
    """Give blocks that begin at multiples of `block`, whatever the image's size."""
    rows, cols = (-(-n // block) for n in shape)
    r = ((np.arange(rows) + 0.5) * block * plane.shape[0] / shape[0] - 0.5)[:, None]
    c = ((np.arange(cols) + 0.5) * block * plane.shape[1] / shape[1] - 0.5)[None]
    return _between(plane, r, c).astype(np.float32)


def _smooth(planes: FloatArray) -> FloatArray:
    return np.stack([cv2.blur(p, (3, 3), borderType=cv2.BORDER_REPLICATE) for p in planes])


def _between(plane: Plane, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Interpolate between blocks' centres, at fractional blocks; the outermost go on beyond theirs."""
    r, c = np.clip(rows, 0, plane.shape[0] - 1), np.clip(cols, 0, plane.shape[1] - 1)
    i, j = np.minimum(r.astype(int), max(plane.shape[0] - 2, 0)), np.minimum(c.astype(int), max(plane.shape[1] - 2, 0))
    down, right = np.minimum(i + 1, plane.shape[0] - 1), np.minimum(j + 1, plane.shape[1] - 1)
    fr, fc = r - i, c - j
    upper = plane[i, j] * (1 - fc) + plane[i, right] * fc
    lower = plane[down, j] * (1 - fc) + plane[down, right] * fc
    return np.asarray(upper * (1 - fr) + lower * fr)

"""Cloud and veils in fine images of visible light, by what they do to ground that another date shows."""

from typing import Final

import cv2
import numpy as np

from rasterdelta.errors import NotEnoughData
from rasterdelta.masks.bands import Bands
from rasterdelta.masks.margins import grow, opened
from rasterdelta.radiometry import fit_linear
from rasterdelta.resample import downsample
from rasterdelta.types import Image, Mask, Plane

LEAST_M2: Final = 2000.0
"""Smallest cloud that is told."""
_SMALLEST_M: Final = 400.0
"""Side of the smallest image that is judged: the radiometry of the two dates has to be known beside the cloud."""
_WHITE: Final = 0.92
"""What a cloud adds in every colour, of the scale."""
_COVER: Final = 0.2
"""Least opacity of a veil."""
_PEAK: Final = 0.3
"""Least opacity of its thickest tenth."""
_LOST: Final = 0.6
"""Share of the opacity by which the contrast of the ground falls at least."""
_SOFT_M: Final = 18.0
"""Least width of the edge, from nothing to the peak; of what is built it is 10 m, for the smoothing."""
_SMOOTH_M: Final = 4.0
_TEXTURE_M: Final = 6.0
"""Structure finer than this is ground seen through a veil."""
_AROUND_M: Final = 8.0
_MOST: Final = 0.5
"""Share of the image from which it is more likely snow."""
_REACH_M: Final = 40.0
"""How far a cloud may reach beyond where it has taken the ground's structure."""
_WORK_M: Final = 2.0


def veil(one: Bands, other: Bands, valid: Mask, *, gsd_m: float) -> Mask:
    """Tell cloud on one date from ground on another.

    Parameters
    ----------
    one, other : Bands
        Two dates on one grid, red, green and blue on a scale of 0..1.
    valid : bool ndarray of shape (row, column)
        True = both dates are valid.
    gsd_m : float
        Pixel size, at most 6 m; pixels finer than 2 m are averaged.

    Returns
    -------
    bool ndarray of shape (row, column)
        True = cloud on the first date.

    Notes
    -----
    A cloud of opacity a shows (1 - a) ground + a white: it is a times nearer to white in every colour, and leaves 1 - a
    of the ground's contrast. Sand and concrete are warmer, and what is built ends within a few metres; a cloud takes
    tens. Where more than half of the image looks so it is left alone, as that may be snow.
    """
    none = np.zeros(valid.shape, np.bool_)
    factor = max(1, round(_WORK_M / gsd_m))
    colours = [(b.red, b.green, b.blue) for b in (one, other)]
    if any(band is None for c in colours for band in c) or min(valid.shape) * gsd_m < _SMALLEST_M:
        return none
    stacked = [np.stack([band for band in c if band is not None]) for c in colours]
    (a, seen), (b, also) = (downsample(s, valid, factor) for s in stacked)
    seen = seen & also
    try:
        ground = np.clip(fit_linear(a, b, seen).apply(b), 0, 1)
    except NotEnoughData:
        return none
    found = _clouds(a, ground, seen, gsd_m * factor)
    if not found.any() or found.sum() > _MOST * seen.sum():
        return none
    return _enlarged(found, valid.shape, factor) & valid


def _clouds(image: Image, ground: Image, valid: Mask, cell: float) -> Mask:
    by_colour = [_opacity(x, y, valid, cell) for x, y in zip(image, ground, strict=True)]
    opacity, bluish = np.minimum.reduce(by_colour), by_colour[2] - by_colour[0]
    left = _texture(image.mean(axis=0), cell) / (_texture(ground.mean(axis=0), cell) + np.float32(0.004))
    thin = valid & (opacity > _COVER) & (left < 1 - _LOST * opacity)
    suspects = opened(thin, _TEXTURE_M / cell)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(suspects.astype(np.uint8), connectivity=4)
    slope = _slope(opacity) / np.float32(cell)
    found = np.zeros(valid.shape, np.bool_)
    for k in range(1, count):
        if stats[k, cv2.CC_STAT_AREA] * cell * cell >= LEAST_M2:
            at = _around(stats[k], pad=round(_REACH_M / cell))
            region = labels[at] == k
            core = _core(region, opacity[at])
            if _is_cloud(core, opacity[at], bluish[at], slope[at], valid[at]):
                found[at] |= region | core
    return grow(found, 2 * _SMOOTH_M / cell) & valid if found.any() else found


def _opacity(image: Plane, ground: Plane, valid: Mask, cell: float) -> Plane:
    """Give how much of the way from the ground to white one band went."""
    way = np.maximum(np.float32(_WHITE) - ground, np.float32(0.15))
    gone, whole = (_blurred(np.where(valid, p, np.float32(0)), _SMOOTH_M / cell) for p in (image - ground, way))
    return np.asarray(gone / np.maximum(whole, np.float32(1e-3)))


def _texture(light: Plane, cell: float) -> Plane:
    fine = light - _blurred(light, _TEXTURE_M / cell)
    return np.sqrt(_blurred(fine * fine, _AROUND_M / cell))


def _slope(plane: Plane) -> Plane:
    across, down = (cv2.Sobel(plane, cv2.CV_32F, i, j, scale=1 / 8) for i, j in ((1, 0), (0, 1)))
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def _blurred(plane: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), max(sigma, 0.8)), np.float32)


def _core(region: Mask, opacity: Plane) -> Mask:
    """Give what is joined to a region and at least half as opaque as its peak: its edge may be full of structure."""
    half = opacity > np.quantile(opacity[region], 0.9) / 2
    _, labels = cv2.connectedComponents(half.astype(np.uint8), connectivity=4)
    held = np.unique(labels[region & half])
    return np.isin(labels, held)


def _is_cloud(core: Mask, opacity: Plane, bluish: Plane, slope: Plane, valid: Mask) -> bool:
    """Judge by colour, and by the edge, where the opacity is half of its peak."""
    peak = float(np.quantile(opacity[core], 0.9))
    edge = grow(core, 1) & ~core & valid
    if peak < _PEAK or not edge.any():
        return False
    steep = float(np.median(slope[edge]))
    return bool(np.median(bluish[core]) >= 0 and peak >= _SOFT_M * steep)


def _around(box: np.ndarray, *, pad: int) -> tuple[slice, slice]:
    col, row, width, height = (int(v) for v in box[:4])
    return slice(max(0, row - pad), row + height + pad), slice(max(0, col - pad), col + width + pad)


def _enlarged(mask: Mask, shape: tuple[int, int], factor: int) -> Mask:
    """Give a mask of cells for pixels; those beyond the last whole cell are as it is."""
    rows, cols = (np.minimum(np.arange(n) // factor, m - 1) for n, m in zip(shape, mask.shape, strict=True))
    found: Mask = mask[rows][:, cols]
    return found

"""Cloud in fine images of visible light, by its softness: no colour beyond red, green and blue is needed."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.masks.margins import disc, grow, opened
from rasterdelta.types import Mask, Plane

COARSEST_M: Final = 6.0
"""Coarsest pixel at which an edge of concrete is told from one of cloud."""
LEAST_M2: Final = 8000.0
"""Smallest cloud that is told from a roof."""

_BRIGHT: Final = 0.5
_COLOUR: Final = 0.18
_COOL: Final = 1.0
"""Least blue for red: cloud is neutral or bluish; concrete, sand and dust are warm, what is saturated has no colour."""
_ABOVE: Final = 0.08
"""How much brighter than its surroundings."""
_REACH_M: Final = 12.0
_SOFT: Final = 0.1
_SHARP: Final = 0.13
"""Gradient a pixel over the contrast within 12 m: a step of 2 m pixels has about 0.3, a ramp of 20 m 0.1. A ragged
outline may be as sharp as the second."""
_COHERENT: Final = 0.52
"""Share of one direction in the gradients within 12 m: 1 along a straight edge, little along a ragged one."""
_STRAIGHT: Final = 0.2
"""Largest share of an outline that is both sharp and straight."""
_BUSY: Final = 0.07
"""Largest share of a region in which gradients are as steep as steps: an apron has things on it."""
_TEXTURE: Final = 0.11
"""Standard deviation within 10 m, over the mean."""
_MARGIN_M: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Evidence:
    light: Plane
    sharp: Plane
    coherent: Plane
    texture: Plane


def soft_cloud(light: Plane, colours: tuple[Plane, ...], valid: Mask, *, gsd_m: float) -> Mask:
    """Tell bright, grey to bluish regions whose outline is soft and ragged.

    Parameters
    ----------
    light : float32 ndarray of shape (row, column)
        Brightness, 0..1.
    colours : tuple of float32 ndarray
        Red, green and blue, 0..1; anything else is taken to have no colour.
    valid : bool ndarray of shape (row, column)
        True = valid.
    gsd_m : float
        Pixel size, 1 to 6 m: at finer ones the noise counts, at coarser ones a cloud's edge is as sharp as concrete's.

    Returns
    -------
    bool ndarray of shape (row, column)
        True = cloud.

    Notes
    -----
    Concrete, roofs and sand are as bright and as smooth inside as cloud is. What tells them apart is the outline: a
    made thing ends within a pixel or two, in straight lines; a cloud thins out over tens of metres, raggedly. A region
    is cloud where the median gradient on its outline is low for the contrast around it (not so low where the gradients
    near it do not share one direction: the coherence of the structure tensor [1]_), it is brighter than what surrounds
    it, and nothing sharp lies within it. Cloud below 8000 m2, thin cloud over bright ground and cloud that covers the
    whole image (`featureless`) are not found.

    References
    ----------
    .. [1] Bigun, J., Granlund, G. H. (1987). Optimal orientation detection of linear symmetry. Proc. 1st ICCV.
    """
    bright = opened(valid & (light >= _BRIGHT) & _grey(light, colours), _REACH_M / 2 / gsd_m)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bright.astype(np.uint8), connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA] * gsd_m * gsd_m
    found = np.zeros(light.shape, np.bool_)
    if not (areas[1:] >= LEAST_M2).any():
        return found
    evidence = _evidence(light, valid, gsd_m)
    for k in range(1, count):
        if areas[k] >= LEAST_M2:
            at = _around(stats[k], light.shape, pad=round(2 * _REACH_M / gsd_m))
            region = labels[at] == k
            if _is_cloud(region, valid[at], evidence, at, gsd_m):
                found[at] |= region
    return grow(found, _MARGIN_M / gsd_m) & valid if found.any() else found


def _grey(light: Plane, colours: tuple[Plane, ...]) -> Mask:
    if len(colours) != 3:
        return np.ones(light.shape, np.bool_)
    red, green, blue = colours
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return np.asarray((spread <= _COLOUR * light) & (blue >= _COOL * red))


def _evidence(light: Plane, valid: Mask, gsd: float) -> _Evidence:
    smooth = cv2.GaussianBlur(_filled(light, valid), (0, 0), 0.8)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    size = np.sqrt(gx * gx + gy * gy)
    near = disc(_REACH_M / gsd)
    contrast = cv2.dilate(smooth, near) - cv2.erode(smooth, near)
    xx, yy, xy = (cv2.GaussianBlur(p, (0, 0), _REACH_M / gsd) for p in (gx * gx, gy * gy, gx * gy))
    coherent = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (xx + yy + np.float32(1e-6))
    mean = cv2.GaussianBlur(light, (0, 0), 10 / gsd)
    spread = np.sqrt(np.maximum(cv2.GaussianBlur(light * light, (0, 0), 10 / gsd) - mean * mean, 0))
    texture = np.asarray(spread / np.maximum(mean, np.float32(0.05)), np.float32)
    return _Evidence(light, size / np.maximum(contrast, np.float32(0.02)), coherent, texture)


def _filled(light: Plane, valid: Mask) -> Plane:
    """Put the mean where nothing is known: the edge of the image is no edge of a cloud."""
    return light if valid.all() or not valid.any() else np.where(valid, light, light[valid].mean())


def _around(box: NDArray[np.int32], shape: tuple[int, int], *, pad: int) -> tuple[slice, slice]:
    col, row, width, height = (int(v) for v in box[:4])
    rows = slice(max(0, row - pad), min(shape[0], row + height + pad))
    return rows, slice(max(0, col - pad), min(shape[1], col + width + pad))


def _is_cloud(region: Mask, valid: Mask, evidence: _Evidence, at: tuple[slice, slice], gsd: float) -> bool:
    outline = _outline(region, valid)
    ring = grow(region, _REACH_M / gsd) & ~region & valid
    if not outline.any() or not ring.any():
        return False
    sharp, coherent = evidence.sharp[at][outline], evidence.coherent[at][outline]
    light, whole = evidence.light[at], _closed(region, gsd) & valid
    return bool(
        light[region].mean() - np.median(light[ring]) >= _ABOVE
        and np.median(sharp) <= (_SHARP if np.median(coherent) <= _COHERENT else _SOFT)
        and np.mean((sharp > 0.12) & (coherent > 0.6)) <= _STRAIGHT
        and np.median(evidence.texture[at][region]) <= _TEXTURE
        and np.mean(evidence.sharp[at][whole] > 0.2) <= _BUSY
    )


def _closed(region: Mask, gsd: float) -> Mask:
    """Give a region with what it nearly encloses: aircraft on an apron, too."""
    return np.asarray(cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_CLOSE, disc(20 / gsd)) > 0)


def _outline(region: Mask, valid: Mask) -> Mask:
    """Give the pixels on both sides of a region's edge; not those at the edge of what is known."""
    square = np.ones((3, 3), np.uint8)
    as_bytes = region.astype(np.uint8)
    edge = cv2.dilate(as_bytes, square) != cv2.erode(as_bytes, square, borderValue=1)
    return np.asarray(edge & (cv2.erode(valid.astype(np.uint8), square, borderValue=1) > 0))

"""Shadows of clouds, matched to the clouds that cast them."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.masks.margins import disc, grow
from rasterdelta.types import Mask, Plane

_DARKER: Final = 0.3
"""Least share of the light around that a shadow lacks: the direct beam is most of it."""
_FARTHEST_M: Final = 6000.0
"""Longest way from a cloud to its shadow that is looked for."""
_DIRECTION_DEG: Final = 15.0
"""How far the shadow may lie beside the sun's azimuth: the view is not always from above."""
_HIT: Final = 0.5
"""Least share of a cloud's shadow that must be dark."""
_OVER_CHANCE: Final = 0.25
"""How much more that must be than the share of dark ground anywhere."""
_WITNESSES: Final = 3
"""Clouds that must agree where the sun's place is not known: one cloud and one dark place tell nothing."""
_STEPS: Final = 256
"""Cells on the longer side at which the direction is searched."""

Offset = tuple[float, float]


def dark(light: Plane, valid: Mask, cloud: Mask, *, gsd_m: float) -> Mask:
    """Tell ground that lacks at least 30 % of the light around it, within about 600 m; True = dark."""
    ground = valid & ~cloud
    if not ground.any():
        return np.zeros(light.shape, np.bool_)
    lifted = np.maximum(light - np.float32(np.quantile(light[ground], 0.001)), 0)
    sigma = min(600 / gsd_m, max(light.shape) / 4)
    step = max(1, int(sigma / 8))  # a wide mean need not be taken at full size
    small = light.shape[1] // step or 1, light.shape[0] // step or 1
    share = cv2.resize(ground.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    total = cv2.resize(np.where(ground, lifted, np.float32(0)), small, interpolation=cv2.INTER_AREA)
    share, total = (cv2.GaussianBlur(p, (0, 0), sigma / step) for p in (share, total))
    around = cv2.resize(total / np.maximum(share, np.float32(1e-4)), light.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(ground & (lifted < (1 - _DARKER) * around))


def cloud_shadow(
    light: Plane,
    valid: Mask,
    cloud: Mask,
    *,
    gsd_m: float,
    sun_azimuth_deg: float | None = None,
    sun_elevation_deg: float | None = None,
) -> Mask:
    """Find the shadows that clouds cast.

    Parameters
    ----------
    light : float32 ndarray of shape (row, column)
        Near infrared where there is one, which the sky lights least, else brightness.
    valid, cloud : bool ndarray of shape (row, column)
        True = valid; True = cloud.
    gsd_m : float
        Pixel size, metres.
    sun_azimuth_deg : float, optional
        Where the sun stands, degrees clockwise from the image's up. Searched where it is not known.
    sun_elevation_deg : float, optional
        With it, heights of 200 to 12 000 m bound the length of the shadow's way.

    Returns
    -------
    bool ndarray of shape (row, column)
        True = in the shadow of a cloud; outside the clouds.

    Notes
    -----
    A shadow has its cloud's shape, displaced away from the sun. The displacement on which most of all clouds' shapes
    fall on dark ground is sought first; each cloud then finds its own length along that direction, as heights differ
    [1]_. Where less than half of a shape meets dark ground, or hardly more than anywhere, there is no shadow to see.
    Without the sun's azimuth at least three clouds must agree.

    References
    ----------
    .. [1] Zhu, Z., Woodcock, C. E. (2012). Object-based cloud and cloud shadow detection in Landsat imagery.
       DOI 10.1016/j.rse.2011.10.028
    """
    found = np.zeros(light.shape, np.bool_)
    if not cloud.any():
        return found
    candidates = dark(light, valid, cloud, gsd_m=gsd_m)
    if not candidates.any():
        return found
    factor = max(1, -(-max(light.shape) // _STEPS))
    cell = gsd_m * factor
    small = tuple(_reduced(m, factor) for m in (cloud, candidates, valid & ~cloud))
    reach = _lengths(sun_elevation_deg, cell, max(small[0].shape) / 2)
    best = _direction(*small, reach=reach, sun_azimuth_deg=sun_azimuth_deg)
    if best is None:
        return found
    count, labels = cv2.connectedComponents(cloud.astype(np.uint8), connectivity=8)
    offset = best[0] * factor, best[1] * factor
    shadows = [_of_cloud(labels == k, candidates, valid & ~cloud, offset, reach, factor) for k in range(1, count)]
    cast = [s for s in shadows if s.any()]
    if sun_azimuth_deg is None and len(cast) < _WITNESSES:
        return found
    return np.asarray(np.logical_or.reduce([found, *cast]) & ~cloud & valid)


def _reduced(mask: Mask, factor: int) -> NDArray[np.float32]:
    """Give the share of a mask in cells; those that stand over the edge are cut off."""
    rows, cols = (n // factor * factor for n in mask.shape)
    cells = mask[:rows, :cols].reshape(rows // factor, factor, cols // factor, factor)
    return np.asarray(cells.mean(axis=(1, 3), dtype=np.float32))


def _lengths(elevation: float | None, cell: float, most: float) -> tuple[float, float]:
    """Give the shortest and longest way to a shadow, in cells."""
    if elevation is None or elevation < 5:
        return 1.0, min(_FARTHEST_M / cell, most)
    per_height = 1 / np.tan(np.radians(elevation))
    return max(1.0, 200 * per_height / cell), min(12_000 * per_height / cell, most)


def _direction(
    cloud: NDArray[np.float32],
    shade: NDArray[np.float32],
    ground: NDArray[np.float32],
    *,
    reach: tuple[float, float],
    sun_azimuth_deg: float | None,
) -> Offset | None:
    """Find the displacement (rows, columns) on which clouds best fall on dark ground; None where none does."""
    hits, seen = _correlated(cloud, shade), _correlated(cloud, ground)
    rows = np.fft.fftfreq(hits.shape[0], 1 / hits.shape[0])[:, None]
    cols = np.fft.fftfreq(hits.shape[1], 1 / hits.shape[1])[None]
    length = np.sqrt(rows * rows + cols * cols)
    allowed = (length >= reach[0]) & (length <= reach[1]) & (seen > 0.3 * cloud.sum())
    if sun_azimuth_deg is not None:
        away = np.degrees(np.arctan2(cols, -rows)) - (sun_azimuth_deg + 180)
        allowed &= np.abs((away + 180) % 360 - 180) <= _DIRECTION_DEG
    share = np.where(allowed, hits / np.maximum(seen, 1e-3), -1)
    at = np.unravel_index(int(np.argmax(np.round(share, 4))), share.shape)
    chance = float(shade.sum()) / max(float(ground.sum()), 1e-3)
    if share[at] < max(_HIT * 0.7, chance + _OVER_CHANCE):
        return None
    return float(rows[at[0], 0]), float(cols[0, at[1]])


def _correlated(cloud: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give the sum of cloud times the other plane displaced, for every displacement."""
    shape = tuple(2 * n for n in cloud.shape)
    product = np.conj(np.fft.rfft2(cloud, shape)) * np.fft.rfft2(other, shape)
    found: NDArray[np.float64] = np.fft.irfft2(product, shape)
    return found


def _of_cloud(cloud: Mask, shade: Mask, ground: Mask, offset: Offset, reach: tuple[float, float], factor: int) -> Mask:
    """Give the shadow of one cloud: the length along the direction at which it falls on most dark ground."""
    length = float(np.hypot(*offset))
    unit = offset[0] / length, offset[1] / length
    size = float(np.sqrt(cloud.sum()))
    tried = np.arange(max(reach[0] * factor, 0.5 * length), min(reach[1] * factor, 2 * length) + 1, max(1, size / 8))
    chance = float(shade.sum()) / max(int(ground.sum()), 1)
    best, found = 0.0, None
    for way in np.unique(np.append(tried, length)):
        moved = _moved(cloud, round(unit[0] * way), round(unit[1] * way)) & ground
        here = int(moved.sum())
        share = int((moved & shade).sum()) / here if here else 0.0
        if share > best + 1e-9:
            best, found = share, moved
    if found is None or best < max(_HIT, chance + _OVER_CHANCE):
        return np.zeros(cloud.shape, np.bool_)
    return _joined(found & shade, shade & grow(found, max(2.0, 0.4 * size))) & ground


def _joined(core: Mask, around: Mask) -> Mask:
    """Give the parts of a mask that hold some of a core: heights within a cloud differ, and with them its shadow."""
    closed = cv2.morphologyEx(around.astype(np.uint8), cv2.MORPH_CLOSE, disc(1))
    _, labels = cv2.connectedComponents(closed, connectivity=8)
    held = np.unique(labels[core])
    return np.isin(labels, held[held > 0])


def _moved(mask: Mask, rows: int, cols: int) -> Mask:
    out = np.zeros_like(mask)
    height, width = mask.shape
    if abs(rows) < height and abs(cols) < width:
        out[max(rows, 0) : height + min(rows, 0), max(cols, 0) : width + min(cols, 0)] = mask[
            max(-rows, 0) : height + min(-rows, 0), max(-cols, 0) : width + min(-cols, 0)
        ]
    return out

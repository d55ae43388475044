"""Cloud in coarse images with red and blue: what is bluer than clear ground of its redness, and bright."""

from typing import Final

import cv2
import numpy as np

from rasterdelta.errors import NotEnoughData
from rasterdelta.masks.bands import Bands
from rasterdelta.masks.margins import disc, grow, opened
from rasterdelta.radiometry import fit_linear
from rasterdelta.types import Mask, Plane

_BLUE: Final = 5.0
_LIGHT: Final = 6.0
"""Robust standard deviations above clear ground that the core of a cloud has in blueness and in every colour."""
_EDGE: Final = 3.0
"""Of the edge of a cloud, where it is next to a core."""
_SNOW: Final = 0.8
_GREEN: Final = 0.8
"""Cloud has a lower normalised difference of green and shortwave infrared, and of near infrared and red."""
MARGIN_PX: Final = 2
"""Thin rims around what is told; Fmask takes three pixels."""
_SAMPLE: Final = 65_536
_GAPS: Final = 10
"""Pixels: gaps in a closed cover of cloud that are this wide are thinner cloud."""
_OVERCAST: Final = 0.5
"""Share of the image from which clouds are judged by themselves: the median is cloud then."""


def blue_cloud(bands: Bands, valid: Mask) -> Mask:
    """Tell cloud by its haze-optimised transform and its brightness.

    Parameters
    ----------
    bands : Bands
        Red, green and blue are needed; near and shortwave infrared keep snow and bright vegetation out, thermal keeps
        out what is not colder than the ground.
    valid : bool ndarray of shape (row, column)
        True = valid.

    Returns
    -------
    bool ndarray of shape (row, column)
        True = cloud.

    Notes
    -----
    Over clear ground blue follows red along a line; cloud lies above it [1]_. The line is fitted robustly on the image
    itself, so that numbers of any sensor will do. A core lies 5 robust standard deviations above the line and is 6
    brighter than the ground in every colour; edges next to it need 3 and 3. What does not hold a block of 3 by 3
    pixels is a roof or a road. Where reflectances are given, more than half of the image may be cloud: they are then
    found by Fmask's tests of whiteness and blueness [2]_.

    References
    ----------
    .. [1] Zhang, Y., Guindon, B., Cihlar, J. (2002). An image transform to characterize and compensate for spatial
       variations in thin cloud contamination of Landsat images. DOI 10.1016/S0034-4257(02)00034-2
    .. [2] Zhu, Z., Woodcock, C. E. (2012). Object-based cloud and cloud shadow detection in Landsat imagery.
       DOI 10.1016/j.rse.2011.10.028
    """
    if bands.red is None or bands.green is None or bands.blue is None:
        return np.zeros(bands.shape, np.bool_)
    whole = _overcast(bands, valid)
    if whole.any():
        return whole
    above = blueness(bands, valid)
    if above is None:
        return whole
    if not (valid & (above > _BLUE)).any():
        return whole
    light = np.minimum.reduce([spreads(b, valid) for b in bands.visible])
    allowed = valid & _not_ground(bands, valid)
    core = opened(allowed & (above > _BLUE) & (light > _LIGHT), 1)
    near = core
    while True:  # edges are taken as far as they are joined to a core
        grown = near | (grow(near, 1) & allowed & (above > _EDGE) & (light > _EDGE))
        if np.array_equal(grown, near):
            return grow(near, MARGIN_PX) & valid if near.any() else near
        near = grown


def blueness(bands: Bands, valid: Mask) -> Plane | None:
    """Give how far above the line of clear ground blue lies, in robust standard deviations; None without a line."""
    if bands.red is None or bands.blue is None:
        return None
    try:
        line = fit_linear(bands.blue[None], bands.red[None], valid)
    except NotEnoughData:
        return None
    return spreads(bands.blue - line.apply(bands.red[None])[0], valid)


def spreads(plane: Plane, valid: Mask) -> Plane:
    """Give a plane in robust standard deviations from its median, both taken on at most some 65 000 pixels."""
    values = plane[valid]
    values = values[:: max(1, values.size // _SAMPLE)]
    middle = np.median(values) if values.size else np.float32(0)
    spread = 1.4826 * np.median(np.abs(values - middle)) if values.size else 1.0
    return np.asarray((plane - middle) / np.float32(max(float(spread), 1e-6)), np.float32)


def _not_ground(bands: Bands, valid: Mask) -> Mask:
    """Tell what is neither snow nor vegetation, nor warmer than most of the image."""
    allowed = np.ones(bands.shape, np.bool_)
    if bands.swir1 is not None and bands.green is not None:
        allowed &= index(bands.green, bands.swir1, valid) < _SNOW
    if bands.nir is not None and bands.red is not None:
        allowed &= index(bands.nir, bands.red, valid) < _GREEN
    if bands.thermal is not None and valid.any():
        allowed &= bands.thermal < np.median(bands.thermal[valid])
    return allowed


def index(first: Plane, second: Plane, valid: Mask) -> Plane:
    """Give the normalised difference of two bands, less what their darkest pixels hold: the light of the air."""
    a, b = (_lifted(p, valid) for p in (first, second))
    return np.asarray((a - b) / np.maximum(a + b, np.float32(1e-6)))


def _lifted(plane: Plane, valid: Mask) -> Plane:
    floor = np.float32(np.quantile(plane[valid], 0.001)) if valid.any() else np.float32(0)
    return np.asarray(np.maximum(plane - floor, 0))


def _overcast(bands: Bands, valid: Mask) -> Mask:
    red, green, blue = bands.red, bands.green, bands.blue
    none = np.zeros(bands.shape, np.bool_)
    if bands.scale != "reflectance" or red is None or green is None or blue is None or not valid.any():
        return none
    mean = bands.light()
    white = np.abs(red - mean) + np.abs(green - mean) + np.abs(blue - mean) < 0.2 * mean
    cloud = valid & white & (blue - 0.5 * red > 0.08) & (blue >= 0.98 * red) & (mean > 0.25)
    if bands.swir1 is not None:
        cloud &= (green - bands.swir1) < _SNOW * (green + bands.swir1)
    if cloud.sum() <= _OVERCAST * valid.sum():
        return none
    closed = cv2.morphologyEx(cloud.astype(np.uint8), cv2.MORPH_CLOSE, disc(_GAPS))
    return np.asarray((closed > 0) & valid)

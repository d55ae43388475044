"""Snow, water and deep shadow, from the bands that tell them."""

from typing import Final

import numpy as np

from rasterdelta.masks.bands import Bands
from rasterdelta.masks.blueness import index
from rasterdelta.types import Mask

_SNOW: Final = 0.4
"""Least normalised difference of green and shortwave infrared."""
_SNOW_NIR: Final = 0.11
_WATER: Final = 0.3
"""Least normalised difference of green and near infrared, where only numbers are given."""
_BLACK: Final = 0.03


def snow(bands: Bands, valid: Mask) -> Mask:
    """Tell snow and ice: bright in green, dark in shortwave infrared [1]_; none where one of the two is missing.

    References
    ----------
    .. [1] Dozier, J. (1989). Spectral signature of alpine snow cover from the Landsat Thematic Mapper.
       DOI 10.1016/0034-4257(89)90101-6
    """
    if bands.swir1 is None or bands.green is None:
        return np.zeros(bands.shape, np.bool_)
    if bands.scale != "reflectance":
        bright = bands.green > (np.median(bands.green[valid]) if valid.any() else 0)
        return np.asarray(valid & bright & (index(bands.green, bands.swir1, valid) > _SNOW) & ~water(bands, valid))
    total = np.maximum(bands.green + bands.swir1, np.float32(1e-6))
    found = valid & ((bands.green - bands.swir1) > _SNOW * total) & (bands.green > 0.1)
    return np.asarray(found if bands.nir is None else found & (bands.nir > _SNOW_NIR))


def water(bands: Bands, valid: Mask) -> Mask:
    """Tell water: dark in near infrared, and no vegetation; none without near infrared.

    Reflectances are tested as Fmask does [1]_; of mere numbers the normalised difference of green and near infrared
    [2]_, less the light of the air, must exceed 0.3.

    References
    ----------
    .. [1] Zhu, Z., Woodcock, C. E. (2012). DOI 10.1016/j.rse.2011.10.028
    .. [2] McFeeters, S. K. (1996). The use of the normalized difference water index. DOI 10.1080/01431169608948714
    """
    if bands.nir is None or bands.green is None or bands.red is None or not valid.any():
        return np.zeros(bands.shape, np.bool_)
    if bands.scale != "reflectance":
        low = bands.nir < np.quantile(bands.nir[valid], 0.5)
        return np.asarray(valid & low & (index(bands.green, bands.nir, valid) > _WATER))
    ndvi = (bands.nir - bands.red) / np.maximum(bands.nir + bands.red, np.float32(1e-6))
    return np.asarray(valid & (((ndvi < 0.01) & (bands.nir < 0.11)) | ((ndvi < 0.1) & (bands.nir < 0.05))))


def black(bands: Bands, valid: Mask) -> Mask:
    """Tell what is too dark to show anything: at most 3 % of the scale (or of reflectance) in every band that sees.

    Of mere numbers nothing is told: their 0 is not that of light.
    """
    if bands.scale == "number":
        return np.zeros(bands.shape, np.bool_)
    seeing = bands.visible if bands.nir is None else (*bands.visible, bands.nir)
    return np.asarray(valid & (np.maximum.reduce(seeing) <= _BLACK))

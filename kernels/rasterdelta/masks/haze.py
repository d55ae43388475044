"""Haze: light of the air, by what the darkest pixels around hold."""

from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from rasterdelta.masks.bands import Bands
from rasterdelta.types import Mask, Plane

CELL_M: Final = 400.0
"""Any ground so large has something dark in it: a shadow, water, a tree."""
_AIR: Final = 0.25
"""Least blue of the darkest pixels, on the scale of a display; clear images hold at most 0.22."""
_AIR_REFLECTANCE: Final = 0.16
_DARKEST: Final = 0.01
_LOOKED_AT: Final = 4096
_AROUND: Final = 0.5
"""Share of the cells around that must be hazy too: haze is wide, an apron is not."""


def haze(bands: Bands, valid: Mask, *, gsd_m: float) -> Mask:
    """Tell ground that is seen through haze, in cells of 400 m.

    Parameters
    ----------
    bands : Bands
        Red and blue on a scale that begins at no light: reflectances, or a picture. Of numbers nothing is told.
    valid : bool ndarray of shape (row, column)
        True = valid.

    Returns
    -------
    bool ndarray of shape (row, column)
        True = hazy; nowhere, where the image is smaller than a cell or has no colours.

    Notes
    -----
    The darkest pixels of a neighbourhood show the light that the air adds [1]_. Haze is bluish: where they are warm,
    the ground is sand.

    References
    ----------
    .. [1] He, K., Sun, J., Tang, X. (2011). Single image haze removal using dark channel prior.
       DOI 10.1109/TPAMI.2010.168
    """
    found = np.zeros(bands.shape, np.bool_)
    side = round(CELL_M / gsd_m)
    if bands.red is None or bands.blue is None or bands.scale == "number" or side < 8:
        return found
    rows, cols = (_cuts(n, side) for n in bands.shape)
    limit = _AIR_REFLECTANCE if bands.scale == "reflectance" else _AIR
    hazy = np.zeros((len(rows), len(cols)), np.float32)
    for i, row in enumerate(rows):
        for j, col in enumerate(cols):
            hazy[i, j] = _is_hazy(bands.red[row, col], bands.blue[row, col], valid[row, col], limit)
    around = cv2.blur(hazy, (3, 3), borderType=cv2.BORDER_REPLICATE)
    for i, row in enumerate(rows):
        for j, col in enumerate(cols):
            found[row, col] = around[i, j] > _AROUND
    return found & valid


def _is_hazy(red: Plane, blue: Plane, valid: Mask, limit: float) -> bool:
    """Look at every so many-th pixel of a cell: some thousand tell its darkest hundredth."""
    step = max(1, int(np.sqrt(valid.size / _LOOKED_AT)))
    seen = valid[::step, ::step]
    if seen.sum() < seen.size / 4:
        return False
    reds, blues = red[::step, ::step][seen], blue[::step, ::step][seen]
    low = np.minimum(reds, blues)
    dark = low <= np.quantile(low, _DARKEST)
    return bool(blues[dark].mean() >= max(limit, float(reds[dark].mean())))


def _cuts(length: int, side: int) -> list[slice]:
    """Cut an axis into parts of about a side, none of them small."""
    edges = np.linspace(0, length, max(1, round(length / side)) + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]

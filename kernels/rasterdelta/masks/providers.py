"""Masks that come with an image: what their codes and bits mean."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.errors import KernelError
from rasterdelta.masks.kinds import Kind, Kinds

_SCL: Final = {
    1: Kind.SATURATED,
    2: Kind.DARK,
    3: Kind.SHADOW,
    6: Kind.WATER,
    8: Kind.CLOUD,
    9: Kind.CLOUD,
    10: Kind.HAZE,
    11: Kind.SNOW,
}
_QA_BITS: Final = ((7, Kind.WATER), (5, Kind.SNOW), (2, Kind.HAZE), (4, Kind.SHADOW), (1, Kind.CLOUD), (3, Kind.CLOUD))
"""Bits of Landsat Collection 2 QA_PIXEL from the weakest to the strongest: 1 is dilated cloud, 2 cirrus."""
_UDM2: Final = ((2, Kind.SNOW), (4, Kind.HAZE), (5, Kind.HAZE), (3, Kind.SHADOW), (6, Kind.CLOUD))
"""Bands of a Planet UDM2, from 1: snow, light haze, heavy haze, shadow, cloud."""


def from_scl(codes: NDArray[np.integer]) -> Kinds:
    """Read a Sentinel-2 Level-2A scene classification; thin cirrus (10) is haze, unclassified (7) is clear.

    Parameters
    ----------
    codes : integer ndarray of shape (row, column)
        0 to 11, as in the Sentinel-2 Level-2A Algorithm Theoretical Basis Document.

    Returns
    -------
    uint8 ndarray of shape (row, column)
        Values of `Kind`.
    """
    table = np.zeros(256, np.uint8)
    for code, kind in _SCL.items():
        table[code] = kind
    return table[codes.astype(np.uint8)]


def from_qa_pixel(bits: NDArray[np.integer]) -> Kinds:
    """Read a Landsat Collection 2 QA_PIXEL band (uint16 bits, LSDS-1619); cirrus is haze."""
    kinds = np.zeros(bits.shape, np.uint8)
    for bit, kind in _QA_BITS:
        kinds[(bits >> bit) & 1 == 1] = kind
    return kinds


def from_udm2(bands: NDArray[np.integer]) -> Kinds:
    """Read a Planet usable data mask (UDM2): 8 bands of shape (band, row, column), 1 where a band's name holds.

    Light and heavy haze are haze: the ground is seen. Raises `KernelError` where there are fewer than 6 bands.
    """
    if len(bands) < 6:
        raise KernelError(f"a UDM2 has 8 bands, this has {len(bands)}")
    kinds = np.zeros(bands.shape[1:], np.uint8)
    for band, kind in _UDM2:
        kinds[bands[band - 1] > 0] = kind
    return kinds


def from_udm(bits: NDArray[np.integer]) -> Kinds:
    """Read the first Planet usable data mask (UDM): bit 1 is cloud; the others are faults of the data."""
    return np.where((bits >> 1) & 1 == 1, np.uint8(Kind.CLOUD), np.uint8(Kind.CLEAR))


def from_any(values: NDArray[np.integer]) -> Kinds:
    """Read a mask in which anything but 0 hides the ground."""
    return np.where(values != 0, np.uint8(Kind.CLOUD), np.uint8(Kind.CLEAR))

"""A stretch for the eye and for detectors: any radiometry to 0..1."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.types import FloatArray, Image, Mask

SAMPLE: Final = 200_000
"""Pixels that a stretch is fitted on."""
PERCENTILES: Final = (1.0, 99.5)
"""Shares, in percent, of the pixels that become black and white at most."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A linear stretch a band."""

    low: FloatArray
    """Shape (band,): becomes 0."""
    high: FloatArray
    """Shape (band,): becomes 1."""

    def apply(self, image: Image) -> Image:
        """Give the image in 0..1, shape (band, row, column) as it comes."""
        if len(image) != len(self.low):
            raise KernelError(f"the stretch has {len(self.low)} bands, the image {len(image)}")
        low, high = self.low[:, None, None], self.high[:, None, None]
        return np.clip((image - low) / (high - low), 0, 1).astype(np.float32)


def fit_stretch(image: Image, valid: Mask, *, dtype: str) -> Stretch:
    """Fit the stretch for one scene.

    Parameters
    ----------
    image : float32 ndarray of shape (band, row, column)
        The scene, or a reduced copy of all of it: a stretch holds for every tile of its scene.
    valid : bool ndarray of shape (row, column)
        True = valid.
    dtype : str
        Of the file: "uint8" is taken as already made for display and passes as 0..255.

    Returns
    -------
    Stretch
        One low and one high for all bands, so that colours stay as they are.

    Raises
    ------
    NotEnoughData
        Where no pixel is valid.
    """
    bands = len(image)
    if dtype == "uint8":
        return Stretch(np.zeros(bands, np.float32), np.full(bands, 255, np.float32))
    index = np.flatnonzero(valid)
    if not len(index):
        raise NotEnoughData("no valid pixel to fit a display stretch on")
    # A fixed stride, not a random draw: the same scene gives the same stretch.
    values = image.reshape(bands, -1)[:, index[:: max(1, len(index) // SAMPLE)]]
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, PERCENTILES) if len(values) else (0.0, 0.0)
    if high <= low:
        high = low + max(1.0, abs(float(low)))
    return Stretch(np.full(bands, low, np.float32), np.full(bands, high, np.float32))

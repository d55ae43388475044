"""Reflectance from numbers: top of the atmosphere, by the published calibration of the sensor."""

import math
from dataclasses import dataclass

import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.types import FloatArray, Image


@dataclass(frozen=True, slots=True)
class Calibration:
    """A linear relation a band: reflectance = gain * number + offset."""

    gain: FloatArray
    offset: FloatArray
    """Shape (band,)."""
    source: str
    """Where the figures come from, in words."""

    def apply(self, numbers: Image) -> Image:
        """Give reflectances, shape (band, row, column) as it comes; not cut at 0 or 1."""
        if len(numbers) != len(self.gain):
            raise KernelError(f"the calibration has {len(self.gain)} bands, the image {len(numbers)}")
        return (numbers * self.gain[:, None, None] + self.offset[:, None, None]).astype(np.float32)

    def take(self, bands: tuple[int, ...]) -> "Calibration":
        """Give the calibration of some bands (from 0)."""
        return Calibration(self.gain[list(bands)], self.offset[list(bands)], self.source)


def earth_sun_distance(day_of_year: float) -> float:
    """Give the distance of Earth and Sun in astronomical units, within 0.0005.

    Spencer, J. W. (1971). Fourier series representation of the position of the sun. Search 2, 172.
    """
    angle = 2 * math.pi * (day_of_year - 1) / 365
    inverse_square = (
        1.00011
        + 0.034221 * math.cos(angle)
        + 0.00128 * math.sin(angle)
        + 0.000719 * math.cos(2 * angle)
        + 0.000077 * math.sin(2 * angle)
    )
    return 1 / math.sqrt(inverse_square)


def from_radiance(
    gain: FloatArray,
    offset: FloatArray,
    *,
    solar: FloatArray,
    sun_elevation_deg: float,
    day_of_year: float,
    source: str,
) -> Calibration:
    """Turn gains and offsets of radiance into those of reflectance.

    Parameters
    ----------
    gain, offset : float32 ndarray of shape (band,)
        Radiance = gain * number + offset, in W m-2 sr-1 um-1.
    solar : float32 ndarray of shape (band,)
        Solar irradiance at 1 astronomical unit in the band, W m-2 um-1.
    sun_elevation_deg : float
        Above the horizon.
    day_of_year : float
        1 to 366.
    source : str
        Said of the calibration.

    Raises
    ------
    KernelError
        Where the sun is at or below the horizon.

    Notes
    -----
    reflectance = pi L d^2 / (E sin(elevation)): the Landsat 7 Science Data Users Handbook, equation 11-2.
    """
    if not 0 < sun_elevation_deg <= 90:
        raise KernelError(f"the sun's elevation must lie above 0 and up to 90 degrees, not {sun_elevation_deg:g}")
    factor = math.pi * earth_sun_distance(day_of_year) ** 2 / math.sin(math.radians(sun_elevation_deg)) / solar
    return Calibration((gain * factor).astype(np.float32), (offset * factor).astype(np.float32), source)

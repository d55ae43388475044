"""Rational polynomial coefficients: where a sensor that was not rectified shows a place on the ground."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.errors import KernelError

Places = NDArray[np.float64]

_STEP: Final = 1e-3
"""Of the normalised coordinates, for derivatives."""
_TOLERANCE_PX: Final = 1e-4
_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Rpc:
    """An RPC00B model: normalised row and column as ratios of cubic polynomials of longitude, latitude and height."""

    line_off: float
    line_scale: float
    samp_off: float
    samp_scale: float
    """Rows and columns; the centre of the first pixel is (0, 0)."""
    lat_off: float
    lat_scale: float
    long_off: float
    long_scale: float
    """Degrees, WGS 84."""
    height_off: float
    height_scale: float
    """Metres above the ellipsoid."""
    line_num: tuple[float, ...]
    line_den: tuple[float, ...]
    samp_num: tuple[float, ...]
    samp_den: tuple[float, ...]
    """20 coefficients each."""

    def __post_init__(self) -> None:
        terms = (self.line_num, self.line_den, self.samp_num, self.samp_den)
        if any(len(t) != 20 for t in terms):
            raise KernelError(f"an RPC has 20 coefficients a polynomial, not {', '.join(str(len(t)) for t in terms)}")
        if not all(s > 0 for s in (self.line_scale, self.samp_scale, self.lat_scale, self.long_scale)):
            raise KernelError("an RPC's scales must be positive")

    def to_image(self, lon: Places, lat: Places, height: Places | float) -> tuple[Places, Places]:
        """Give rows and columns of places on the ground (degrees, metres above the ellipsoid; any one shape).

        Dial, G., Grodecki, J. (2002). Block adjustment with rational polynomial camera models. Proc. ASPRS; the order
        of the terms is that of RPC00B (STDI-0002).
        """
        p = (np.asarray(lat, np.float64) - self.lat_off) / self.lat_scale
        q = (np.asarray(lon, np.float64) - self.long_off) / self.long_scale
        h = (np.asarray(height, np.float64) - self.height_off) / (self.height_scale or 1.0)
        terms = _terms(q, p, h + 0 * p)
        row = _sum(self.line_num, terms) / _sum(self.line_den, terms)
        col = _sum(self.samp_num, terms) / _sum(self.samp_den, terms)
        return row * self.line_scale + self.line_off, col * self.samp_scale + self.samp_off

    def to_ground(
        self, rows: Places, cols: Places, height_at: Callable[[Places, Places], Places]
    ) -> tuple[Places, Places]:
        """Give longitudes and latitudes that rows and columns show, on ground whose height a function gives.

        Newton's method from the model's centre, at most 20 steps; NaN where it does not come within 1e-4 pixels.
        """
        rows, cols = np.broadcast_arrays(np.asarray(rows, np.float64), np.asarray(cols, np.float64))
        lon, lat = np.full(rows.shape, self.long_off), np.full(rows.shape, self.lat_off)
        off = np.full(rows.shape, np.inf)
        for _ in range(_MOST):
            height = height_at(lon, lat)
            r, c = self.to_image(lon, lat, height)
            off = np.maximum(np.abs(rows - r), np.abs(cols - c))
            if not (off > _TOLERANCE_PX).any():
                break
            by_lon, by_lat = self._slopes(lon, lat, height, r, c)
            determinant = by_lon[0] * by_lat[1] - by_lat[0] * by_lon[1]
            with np.errstate(divide="ignore", invalid="ignore"):
                step_lon = ((rows - r) * by_lat[1] - (cols - c) * by_lat[0]) / determinant
                step_lat = ((cols - c) * by_lon[0] - (rows - r) * by_lon[1]) / determinant
            lon = lon + np.clip(np.nan_to_num(step_lon), -self.long_scale, self.long_scale)
            lat = lat + np.clip(np.nan_to_num(step_lat), -self.lat_scale, self.lat_scale)
        good = off <= 100 * _TOLERANCE_PX
        return np.where(good, lon, np.nan), np.where(good, lat, np.nan)

    def _slopes(
        self, lon: Places, lat: Places, height: Places, r: Places, c: Places
    ) -> tuple[tuple[Places, Places], tuple[Places, Places]]:
        """Give the derivatives of row and column by longitude and by latitude."""
        d_lon, d_lat = _STEP * self.long_scale, _STEP * self.lat_scale
        east, north = self.to_image(lon + d_lon, lat, height), self.to_image(lon, lat + d_lat, height)
        return ((east[0] - r) / d_lon, (east[1] - c) / d_lon), ((north[0] - r) / d_lat, (north[1] - c) / d_lat)


def _terms(q: Places, p: Places, h: Places) -> tuple[Places | float, ...]:
    """Give the 20 monomials in the order of RPC00B: L is longitude, P latitude, H height."""
    return (
        *(1.0, q, p, h, q * p, q * h, p * h, q * q, p * p, h * h),
        *(p * q * h, q**3, q * p * p, q * h * h, q * q * p, p**3, p * h * h, q * q * h, p * p * h, h**3),
    )


def _sum(coefficients: tuple[float, ...], terms: tuple[Places | float, ...]) -> Places:
    total: Places = np.zeros(1)
    for c, t in zip(coefficients, terms, strict=True):
        if c:
            total = total + c * t
    return total

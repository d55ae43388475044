"""Bring the radiometry of one image to another's by their histograms: any rising curve, change in few pixels only."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.radiometry.linear import FEWEST, SAMPLE
from rasterdelta.types import FloatArray, Image, Mask

LEVELS: Final = 201
"""Quantiles that a curve goes through."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising curve a band: reference = curve(moving)."""

    moving: FloatArray
    reference: FloatArray
    """Shape (band, level): where the curve's nodes are, rising; straight on beyond the ends."""

    def apply(self, image: Image) -> Image:
        """Give the image in the reference's radiometry; shape (band, row, column) as it comes."""
        if len(image) != len(self.moving):
            raise KernelError(f"the curve has {len(self.moving)} bands, the image {len(image)}")
        return np.stack([_through(b, m, r) for b, m, r in zip(image, self.moving, self.reference, strict=True)]).astype(
            np.float32
        )


def fit_histogram(reference: Image, moving: Image, valid: Mask) -> Curve:
    """Fit the rising curve a band that gives the moving image the reference's histogram.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (band, row, column)
        Two dates of one place; they need not be aligned to the pixel.
    valid : bool ndarray of shape (row, column)
        True = both dates show the ground.

    Returns
    -------
    Curve
        Through 201 quantiles, from the 0.5th to the 99.5th percentile; beyond them it goes on as steeply as it went.

    Raises
    ------
    KernelError
        Where shapes disagree.
    NotEnoughData
        Where fewer than 50 pixels are valid.

    Notes
    -----
    For sensors whose relation is no line, and screenshots with another tone curve [1]_. Change that fills much of the
    image moves the curve: `fit_linear` bears more of it.

    References
    ----------
    .. [1] Gonzalez, R. C., Woods, R. E. (2018). Digital image processing, 4th edition, section 3.3.
    """
    if reference.shape != moving.shape or reference.shape[1:] != valid.shape:
        raise KernelError(f"shapes differ: reference {reference.shape}, moving {moving.shape}, mask {valid.shape}")
    index = np.flatnonzero(valid)
    if len(index) < FEWEST:
        raise NotEnoughData(f"{len(index)} pixels are valid on both dates, {FEWEST} are needed to normalise")
    index = index[:: max(1, len(index) // SAMPLE)]
    shares = np.linspace(0.005, 0.995, LEVELS)
    nodes = [
        np.quantile(i.reshape(len(i), -1)[:, index].astype(np.float64), shares, axis=1).T for i in (moving, reference)
    ]
    return Curve(nodes[0].astype(np.float32), nodes[1].astype(np.float32))


def _through(band: np.ndarray, moving: FloatArray, reference: FloatArray) -> np.ndarray:
    """Follow the curve; equal nodes of the moving image share the mean of their places."""
    x, where = np.unique(moving, return_inverse=True)
    y = np.bincount(where, weights=reference) / np.bincount(where)
    if len(x) == 1:
        return np.asarray(band + np.float32(y[0] - x[0]))
    inside = np.interp(band, x, y)
    third = max(1, len(x) // 20)
    low = (y[third] - y[0]) / max(float(x[third] - x[0]), 1e-9)
    high = (y[-1] - y[-1 - third]) / max(float(x[-1] - x[-1 - third]), 1e-9)
    return np.asarray(
        np.where(band < x[0], y[0] + low * (band - x[0]), np.where(band > x[-1], y[-1] + high * (band - x[-1]), inside))
    )

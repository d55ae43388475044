"""Regularised canonical correlation analysis from first and second moments."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.errors import NotEnoughData

_Float = NDArray[np.float64]

RANK_TOLERANCE = 1e-7
"""Share of the largest eigenvalue of a correlation matrix below which a direction is taken as empty."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """Pairs of linear combinations of two sets of bands, each pair of largest correlation."""

    before: _Float
    after: _Float
    """Shape (pair, band): rows give unit variance, positively correlated within a pair."""
    mean_before: _Float
    mean_after: _Float
    """Shape (band,)."""
    correlation: _Float
    """Shape (pair,), falling."""


def canonical_correlations(before: _Float, after: _Float, weight: _Float) -> Canonical:
    """Find canonical pairs of two sets of bands.

    Bands that are constant or that repeat others take no part: each set is reduced to the directions in which it
    varies, so no matrix is ever singular.

    Parameters
    ----------
    before, after
        Shapes (band, pixel).
    weight
        Shape (pixel,), not negative.

    Raises
    ------
    NotEnoughData
        Where the weights are all zero, or one of the sets does not vary.

    References
    ----------
    Hotelling (1936), Relations between two sets of variates, doi 10.1093/biomet/28.3-4.321.
    """
    total = weight.sum()
    if not total > 0:
        raise NotEnoughData("no pixel carries weight")
    mean_b, mean_a = before @ weight / total, after @ weight / total
    centred_b, centred_a = before - mean_b[:, None], after - mean_a[:, None]
    weighted_b = centred_b * (weight / total)
    white_b = _whitening(weighted_b @ centred_b.T, mean_b)
    white_a = _whitening((centred_a * (weight / total)) @ centred_a.T, mean_a)
    u, rho, vt = np.linalg.svd(white_b @ (weighted_b @ centred_a.T) @ white_a.T, full_matrices=False)
    return Canonical(u.T @ white_b, vt @ white_a, mean_b, mean_a, np.clip(rho, 0, 1))


def _whitening(covariance: _Float, mean: _Float) -> _Float:
    """Give W of shape (rank, band) with W C W' = 1."""
    variance = np.diag(covariance)
    # below float32's resolution of its level a band is constant
    varies = variance > (1e-6 * np.abs(mean)) ** 2 + np.finfo(np.float64).tiny
    if not varies.any():
        raise NotEnoughData("the pixels of one date do not vary in any band")
    scale = np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    values, vectors = np.linalg.eigh(covariance * scale[:, None] * scale)
    kept = values > RANK_TOLERANCE * values[-1]
    whitening: _Float = (vectors[:, kept] / np.sqrt(values[kept])).T * scale
    return whitening

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
    """Shape (pair, band): rows give unit (penalised) variance, positively correlated within a pair."""
    mean_before: _Float
    mean_after: _Float
    """Shape (band,)."""
    correlation: _Float
    """Shape (pair,), falling."""
    variance: _Float
    """Shape (pair,): of the difference within each pair."""


def canonical_correlations(before: _Float, after: _Float, weight: _Float, *, penalty: float = 0.0) -> Canonical:
    """Find canonical pairs of two sets of bands.

    Bands that are constant or that repeat others take no part: each set is reduced to the directions in which it
    varies, so no matrix is ever singular.

    Parameters
    ----------
    before, after
        Shapes (band, pixel).
    weight
        Shape (pixel,), not negative.
    penalty
        0 or more: added to the diagonal of each set's correlation matrix (canonical ridge), for many, nearly
        collinear bands. Above 0 the result no longer is the same for any mix of the bands, only for any gains.

    Raises
    ------
    NotEnoughData
        Where the weights are all zero, or one of the sets does not vary.

    References
    ----------
    Hotelling (1936), Relations between two sets of variates, doi 10.1093/biomet/28.3-4.321.
    Vinod (1976), Canonical ridge and econometrics of joint production, doi 10.1016/0304-4076(76)90010-5.
    Nielsen (2007), The regularized iteratively reweighted MAD method, doi 10.1109/TIP.2006.888195.
    """
    total = weight.sum()
    if not total > 0:
        raise NotEnoughData("no pixel carries weight")
    mean_b, mean_a = before @ weight / total, after @ weight / total
    centred_b, centred_a = before - mean_b[:, None], after - mean_a[:, None]
    weighted_b, weighted_a = centred_b * (weight / total), centred_a * (weight / total)
    c_b, c_a, c_ba = weighted_b @ centred_b.T, weighted_a @ centred_a.T, weighted_b @ centred_a.T
    white_b, white_a = whitening(c_b, mean_b, penalty=penalty), whitening(c_a, mean_a, penalty=penalty)
    u, rho, vt = np.linalg.svd(white_b @ c_ba @ white_a.T, full_matrices=False)
    first, second = u.T @ white_b, vt @ white_a
    variance = ((first @ c_b) * first).sum(1) + ((second @ c_a) * second).sum(1) - 2 * rho
    return Canonical(first, second, mean_b, mean_a, np.clip(rho, 0, 1), np.maximum(variance, 0))


def whitening(covariance: _Float, mean: _Float, *, penalty: float = 0.0) -> _Float:
    """Give W of shape (rank, band) with W C W' = 1, C the covariance with its correlations shrunk by the penalty.

    Parameters
    ----------
    covariance
        Shape (band, band).
    mean
        Shape (band,): the level of each band, beside which its variance is judged.
    penalty
        See `canonical_correlations`.

    Raises
    ------
    NotEnoughData
        Where no band varies.
    """
    variance = np.diag(covariance)
    # below float32's resolution of its level a band is constant
    varies = variance > (1e-6 * np.abs(mean)) ** 2 + np.finfo(np.float64).tiny
    if not varies.any():
        raise NotEnoughData("the pixels of one date do not vary in any band")
    scale = np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    correlation = covariance * scale[:, None] * scale
    values, vectors = np.linalg.eigh(correlation + penalty * np.diag(varies.astype(np.float64)))
    kept = values > RANK_TOLERANCE * values[-1]
    white: _Float = (vectors[:, kept] / np.sqrt(values[kept])).T * scale
    return white


def reweighting_state(count: int, moved: float, tolerance: float) -> str:
    """Say whether iterative reweighting has converged."""
    if moved <= tolerance:
        return f"converged after {count} reweightings"
    return f"stopped after {count} reweightings, the last of which moved a correlation by {moved:.2g}"

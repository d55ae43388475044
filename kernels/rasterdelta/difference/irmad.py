"""Iteratively reweighted multivariate alteration detection (IR-MAD)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri

from rasterdelta.difference.canonical import Canonical, canonical_correlations
from rasterdelta.difference.pixels import gaussian_halo, pool, pool_scores, seen, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.threshold import chi_threshold
from rasterdelta.types import FloatArray, Image, Mask, Plane

_Float = NDArray[np.float64]

BLOCK_PX = 2**14
"""Pixels projected at once: the block and its variates stay in cache."""


@dataclass(frozen=True, slots=True)
class IrMad:
    """Fitted canonical variates and what their differences look like where nothing changed."""

    project: FloatArray
    """Shape (variate, bands before + bands after): standardised MAD variates are `project @ pixels + offset`."""
    offset: FloatArray
    """Shape (variate, 1)."""
    sigma: float
    """Standard deviation in pixels of the Gaussian mean of the statistic; 0 for none."""
    threshold: float
    """On the root of the chi-square statistic."""
    false_alarm_rate: float
    """Chi-square probability above the threshold, for pixels without change."""
    notes: str
    """What was fitted, on how much, whether it converged."""
    method: Literal["irmad"] = "irmad"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return gaussian_halo(self.sigma)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the root of the chi-square statistic, float32, NaN where not valid."""
        root = _plane(self.project, self.offset, before, after)
        return smooth(root, valid & np.isfinite(root), sigma=self.sigma)


def fit(
    samples: Sequence[PairSample],
    *,
    gsd_m: float,
    false_alarm_rate: float = 0.01,
    iterations: int = 50,
    tolerance: float = 1e-3,
    sigma: float = 0.8,
) -> IrMad:
    """Fit IR-MAD on blocks of a pair.

    The MAD variates are differences of canonical variates, so the statistic does not depend on gain, offset or
    any other affine mix of the bands of either date. Each pixel is reweighted by its probability of no change
    until the canonical correlations stand still.

    Parameters
    ----------
    samples
        Blocks of the pair.
    gsd_m
        Ground sampling distance; not used, any will do.
    false_alarm_rate
        Upper bound: the threshold is the lower of Kittler-Illingworth's and Otsu's, or the chi-square quantile of
        this rate where that is higher.
    iterations
        Upper bound on the reweightings; 0 gives plain MAD.
    tolerance
        Largest move of a canonical correlation that counts as standing still.
    sigma
        Standard deviation, in pixels, of the Gaussian mean of the statistic; 0 for none.

    Raises
    ------
    NotEnoughData
        Where fewer pixels are valid than the statistics need, or one date does not vary.

    References
    ----------
    Nielsen, Conradsen and Simpson (1998), Multivariate alteration detection (MAD), doi 10.1016/S0034-4257(97)00162-4.
    Nielsen (2007), The regularized iteratively reweighted MAD method, doi 10.1109/TIP.2006.888195.
    """
    del gsd_m
    before, after = pool(samples, most=2**17, least=64)
    canonical, count, moved = _reweight(before.astype(np.float64), after.astype(np.float64), iterations, tolerance)
    project, offset = _standardised(canonical)
    spread = _bulk_spread(_root(project, offset, before, after), len(project))
    first, shift = (project / spread).astype(np.float32), (offset / spread).astype(np.float32)
    scored = [smooth(_plane(first, shift, s.before, s.after), seen(s), sigma=sigma) for s in samples]
    threshold = chi_threshold(pool_scores(scored), len(project), false_alarm_rate)
    rate = float(chdtrc(len(project), threshold**2))
    return IrMad(first, shift, sigma, threshold, rate, _notes(canonical, before.shape[1], count, moved, tolerance))


def _reweight(before: _Float, after: _Float, iterations: int, tolerance: float) -> tuple[Canonical, int, float]:
    """Give the last canonical pairs, the reweightings done and the last move of a correlation."""
    canonical = canonical_correlations(before, after, np.ones(before.shape[1]))
    count, moved = 0, np.inf
    while count < iterations and moved > tolerance:
        weight = chdtrc(len(canonical.correlation), _statistic(canonical, before, after))
        latest = canonical_correlations(before, after, weight)
        if len(latest.correlation) != len(canonical.correlation):
            break  # the unchanged bulk varies in fewer directions than the whole
        count, moved = count + 1, float(np.abs(latest.correlation - canonical.correlation).max())
        canonical = latest
    return canonical, count, moved


def _statistic(canonical: Canonical, before: _Float, after: _Float) -> _Float:
    project, offset = _standardised(canonical)
    bands = before.shape[0]
    variates = project[:, :bands] @ before + project[:, bands:] @ after + offset
    statistic: _Float = np.einsum("ij,ij->j", variates, variates)
    return statistic


def _standardised(canonical: Canonical) -> tuple[_Float, _Float]:
    """Give projection and offset of the MAD variates, each of unit variance where the weights lie."""
    # identical dates would have no variance at all
    deviation = np.sqrt(np.maximum(2 * (1 - canonical.correlation), 1e-6))[:, None]
    project = np.hstack([canonical.before, -canonical.after]) / deviation
    return project, -project @ np.concatenate([canonical.mean_before, canonical.mean_after])[:, None]


def _bulk_spread(root: FloatArray, dof: int) -> float:
    """Give the factor by which the bulk is wider than the chi distribution: the weights favour its middle."""
    return max(float(np.median(root) / np.sqrt(chdtri(dof, 0.5))), 0.1)


def _root(
    project: NDArray[np.floating], offset: NDArray[np.floating], before: FloatArray, after: FloatArray
) -> FloatArray:
    """Give the root of the sum of squared variates of pixels of shape (band, pixel)."""
    bands, count = before.shape
    first, second = (np.ascontiguousarray(p, np.float32) for p in (project[:, :bands], project[:, bands:]))
    shift = offset.astype(np.float32)
    root = np.empty(count, np.float32)
    for start in range(0, count, BLOCK_PX):
        part = slice(start, start + BLOCK_PX)
        variates = first @ before[:, part]
        variates += second @ after[:, part]
        variates += shift
        variates *= variates
        np.add.reduce(variates, axis=0, out=root[part])
    return np.sqrt(root, out=root)


def _plane(project: FloatArray, offset: FloatArray, before: Image, after: Image) -> Plane:
    shape = before.shape[1:]
    root: Plane = _root(project, offset, before.reshape(len(before), -1), after.reshape(len(after), -1)).reshape(shape)
    return root


def _notes(canonical: Canonical, pixels: int, count: int, moved: float, tolerance: float) -> str:
    rho = ", ".join(f"{r:.3f}" for r in canonical.correlation)
    state = (
        f"converged after {count} reweightings" if moved <= tolerance else f"not converged after {count} reweightings"
    )
    return f"IR-MAD on {pixels} pixels, {state}; canonical correlations {rho}."

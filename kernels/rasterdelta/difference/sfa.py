"""Slow feature analysis for change (SFA), iteratively reweighted (ISFA) or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chdtri

from rasterdelta.difference.canonical import reweighting_state, whitening
from rasterdelta.difference.pixels import gaussian_halo, pool, pool_scores, root_mean, seen
from rasterdelta.difference.protocol import PairSample
from rasterdelta.difference.quadratic import SquaredNorm
from rasterdelta.errors import KernelError
from rasterdelta.threshold import Threshold, chi2_survival, chi_threshold
from rasterdelta.types import Image, Mask, Plane

_Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sfa:
    """Fitted slow features and what their differences look like where nothing changed."""

    features: SquaredNorm
    """Standardised differences of the slow features: the statistic is the root of the sum of their squares."""
    sigma: float
    """Standard deviation in pixels of the Gaussian mean of the chi-square statistic; 0 for none."""
    threshold: float
    """On the root of the chi-square statistic."""
    false_alarm_rate: float
    """Chi-square probability above the threshold, for pixels without change."""
    notes: str
    """What was fitted, on how much, whether it converged."""
    method: Literal["sfa"] = "sfa"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return gaussian_halo(self.sigma)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the root of the chi-square statistic, float32, NaN where not valid; any real type will do."""
        return root_mean(self.features.squares(before, after), valid, sigma=self.sigma)


@dataclass(frozen=True, slots=True)
class _Slow:
    """Slow features of one weighting of the pixels."""

    project: _Float
    """Shape (feature, 2 bands)."""
    offset: _Float
    """Shape (feature, 1)."""
    slowness: _Float
    """Shape (feature,), rising: variance of a feature's difference over its variance within the dates."""


def fit(
    samples: Sequence[PairSample],
    *,
    gsd_m: float,
    false_alarm_rate: float = 0.01,
    iterations: int = 5,
    tolerance: float = 1e-3,
    sigma: float = 0.8,
) -> Sfa:
    """Fit (iterated) slow feature analysis on blocks of a pair.

    Features are combinations of the bands, the same on both dates once each band is standardised, that differ
    least between the dates. Their differences, each over its standard deviation, make a chi-square statistic that
    does not depend on gain and offset of the bands. Each pixel is reweighted by its probability of no change until
    the slowness of all features stands still, or a few times.

    Parameters
    ----------
    samples
        Blocks of the pair; both dates have the same bands.
    gsd_m
        Ground sampling distance; not used, any will do.
    false_alarm_rate
        Rate of the chi-square quantile that is the threshold where the statistic forms one class, see
        `chi_threshold`; where it forms two, they decide.
    iterations
        Upper bound on the reweightings; 0 gives plain SFA. More than a few may drift towards a part of the scene
        whose two dates go together best, at the cost of the rest.
    tolerance
        Largest move of a feature's slowness, from 0 to 2 or so, that counts as standing still.
    sigma
        Standard deviation, in pixels, of the Gaussian mean of the chi-square statistic; 0 for none.

    Raises
    ------
    NotEnoughData
        Where fewer pixels are valid than the statistics need, or no band varies on both dates.
    KernelError
        Where the dates have different numbers of bands.

    References
    ----------
    Wu, Du and Zhang (2014), Slow feature analysis for change detection in multispectral imagery,
    doi 10.1109/TGRS.2013.2266673.
    """
    del gsd_m
    before, after = pool(samples, least=64, most=2**17)
    if len(before) != len(after):
        raise KernelError(f"slow features need the same bands on both dates, not {len(before)} and {len(after)}")
    slow, count, moved = _reweight(before.astype(np.float64), after.astype(np.float64), iterations, tolerance)
    features = SquaredNorm(slow.project.astype(np.float32), slow.offset.astype(np.float32))
    dof = len(features)
    # the weights favour the middle of the bulk, so it is wider than they say
    features = features.over(max(float(np.sqrt(np.median(features.squares(before, after)) / chdtri(dof, 0.5))), 0.1))
    scored = [root_mean(features.squares(s.before, s.after), seen(s), sigma=sigma) for s in samples]
    threshold = chi_threshold(pool_scores(scored), dof, false_alarm_rate)
    state = reweighting_state(count, moved, tolerance) if iterations else "not reweighted"
    notes = _notes(slow, before.shape[1], state, threshold)
    return Sfa(features, sigma, threshold.value, float(chdtrc(dof, threshold.value**2)), notes)


def _reweight(before: _Float, after: _Float, iterations: int, tolerance: float) -> tuple[_Slow, int, float]:
    """Give the last features, the reweightings done and the last move of a slowness."""
    slow = _slow_features(before, after, np.ones(before.shape[1]))
    count, moved = 0, np.inf
    both = np.concatenate([before, after])
    while count < iterations and moved > tolerance:
        values = slow.project @ both + slow.offset
        latest = _slow_features(before, after, chi2_survival(len(values), np.einsum("ij,ij->j", values, values)))
        if len(latest.slowness) != len(slow.slowness):
            break  # the unchanged bulk varies in fewer directions than the whole
        count, moved = count + 1, float(np.abs(latest.slowness - slow.slowness).max())
        slow = latest
    return slow, count, moved


def _slow_features(before: _Float, after: _Float, weight: _Float) -> _Slow:
    share = weight / weight.sum()
    mean_b, mean_a = before @ share, after @ share
    centred_b, centred_a = before - mean_b[:, None], after - mean_a[:, None]
    gain_b, gain_a = _gains(centred_b, mean_b, share), _gains(centred_a, mean_a, share)
    usable = (gain_b > 0) & (gain_a > 0)
    x, y = centred_b * (gain_b * usable)[:, None], centred_a * (gain_a * usable)[:, None]
    white = whitening(((x * share) @ x.T + (y * share) @ y.T) / 2, np.zeros(len(x)))
    step = white @ (x - y)
    slowness, turn = np.linalg.eigh((step * share) @ step.T)
    slowness = np.maximum(slowness, 0)
    # identical dates would have no difference at all
    rows = (turn.T @ white) / np.sqrt(np.maximum(slowness, 1e-6))[:, None]
    project = np.hstack([rows * gain_b, -rows * gain_a])
    return _Slow(project, -project @ np.concatenate([mean_b, mean_a])[:, None], slowness)


def _gains(centred: _Float, mean: _Float, share: _Float) -> _Float:
    """One over the standard deviation of each band; 0 for a band that is constant to float32's resolution."""
    variance = (centred**2) @ share
    varies = variance > (1e-6 * np.abs(mean)) ** 2 + np.finfo(np.float64).tiny
    return np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1.0)), 0.0)


def _notes(slow: _Slow, pixels: int, state: str, threshold: Threshold) -> str:
    values = ", ".join(f"{v:.3f}" for v in slow.slowness)
    return f"Slow feature analysis on {pixels} pixels, {state}; slowness {values}. {threshold.reason}"

"""Relative normalisation on the pixels that iteratively reweighted MAD calls unchanged, tested on those left out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from rasterdelta.difference.irmad import fit as fit_irmad
from rasterdelta.difference.irmad import no_change_probability
from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.radiometry.linear import FEWEST, SAMPLE, Linear
from rasterdelta.types import FloatArray, Image, Mask

PROBABILITY: Final = 0.95
"""Least probability of no change of a pixel that is fitted or tested."""
_REWEIGHTINGS: Final = (0, 1, 2, 3, 5)
_TOGETHER: Final = 0.5
_SUPPRESSED: Final = 1e-9

_Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Held:
    """How a band's relation holds on pixels that were not fitted; all in units of the reference."""

    rmse_before: float
    """Root mean square difference of the two dates as they are."""
    rmse_after: float
    """Of the reference and the normalised date."""
    mean_reference: float
    mean_normalised: float
    t_probability: float
    """Of the paired t test that the means are equal: high where nothing speaks against it."""
    f_probability: float
    """Of the F test that the variances are equal."""
    slope: float
    """Of the normalised date against the reference, by orthogonal regression: 1 where gain is right."""
    correlation: float


@dataclass(frozen=True, slots=True)
class Normalisation:
    """A relation a band, and how it holds."""

    linear: Linear
    held: tuple[Held, ...]
    """One a band."""
    fitted: int
    tested: int
    """Pixels."""
    unchanged: Mask
    """Shape (row, column): True = unchanged."""
    slope_error: FloatArray
    intercept_error: FloatArray
    """Shape (band,): standard errors of gain and offset."""
    determined: tuple[bool, ...]
    """For each band, whether the unchanged pixels vary together enough to tell a slope (correlation 0.5 or more)."""
    note: str


def fit_unchanged(
    reference: Image, moving: Image, valid: Mask, *, least: float = PROBABILITY, seed: int = 0
) -> Normalisation:
    """Fit the line a band that takes the moving image's values to the reference's, on unchanged pixels only.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (band, row, column)
        Two dates on one grid.
    valid : bool ndarray of shape (row, column)
        True = both dates show the ground, unsaturated.
    least : float
        Probability of no change from which a pixel takes part.
    seed : int
        Of the split into pixels that are fitted (two thirds) and pixels that test the fit.

    Returns
    -------
    Normalisation

    Raises
    ------
    KernelError
        Where shapes disagree.
    NotEnoughData
        Where fewer than 150 pixels are unchanged, or a band does not vary.

    Notes
    -----
    MAD variates do not depend on gain and offset, so that unchanged pixels are known before the relation is [1]_. It is
    fitted by orthogonal regression, as both dates are noisy, each axis in its own spread, as their units differ; and
    tested on the third that was left out: a paired t test of the means and an F test of the variances. Of plain MAD and
    of up to five reweightings, that is taken whose unchanged pixels go together best: between seasons, more of them
    drift to the one cover that varies least. In a band whose unchanged pixels correlate less than 0.5 the slope says
    little: `determined` tells. With thousands of pixels the tests find differences far too small to
    matter; read them beside the means.

    References
    ----------
    .. [1] Canty, M. J., Nielsen, A. A. (2008). Automatic radiometric normalization of multitemporal satellite imagery
       with the iteratively re-weighted MAD transformation. DOI 10.1016/j.rse.2007.07.013
    """
    if reference.shape != moving.shape or reference.shape[1:] != valid.shape:
        raise KernelError(f"shapes differ: reference {reference.shape}, moving {moving.shape}, mask {valid.shape}")
    unchanged, note = _unchanged(reference, moving, valid, least)
    index = np.flatnonzero(unchanged)
    rng = np.random.default_rng(seed)
    index = rng.permutation(index)[: SAMPLE * 3 // 2]
    cut = 2 * len(index) // 3
    x, y = (i.reshape(len(i), -1).astype(np.float64) for i in (moving, reference))
    fits = [_related(a[index[:cut]], b[index[:cut]], k) for k, (a, b) in enumerate(zip(x, y, strict=True), 1)]
    gain, offset, residual, gain_error, offset_error, sure = (np.array(v, np.float32) for v in zip(*fits, strict=True))
    linear = Linear(gain, offset, cut, residual)
    tested = index[cut:]
    held = tuple(_held(a[tested], b[tested], float(g), float(o)) for a, b, g, o in zip(x, y, gain, offset, strict=True))
    determined = tuple(bool(d) for d in sure)
    return Normalisation(linear, held, cut, len(tested), unchanged, gain_error, offset_error, determined, note)


def _unchanged(reference: Image, moving: Image, valid: Mask, least: float) -> tuple[Mask, str]:
    """Give the unchanged pixels after the reweighting that leaves those which go together best."""
    best, found = -2.0, None
    for count in _REWEIGHTINGS:
        model = fit_irmad([PairSample(reference, moving, valid)], gsd_m=1.0, iterations=count, sigma=0.0)
        probability = no_change_probability(model.score(reference, moving, valid), variates=len(model.variates))
        unchanged = np.nan_to_num(probability) >= least
        if unchanged.sum() >= 3 * FEWEST:
            together = float(
                np.mean([_correlation(a[unchanged], b[unchanged]) for a, b in zip(reference, moving, strict=True)])
            )
            if together > best + 1e-6:
                best, found = together, (unchanged, f"{count} reweightings; {model.notes}")
    if found is None:
        raise NotEnoughData(f"fewer than {3 * FEWEST} pixels are unchanged: too few to normalise")
    return found


def _correlation(a: FloatArray, b: FloatArray) -> float:
    a, b = a - a.mean(dtype=np.float64), b - b.mean(dtype=np.float64)
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def _related(x: _Float, y: _Float, band: int) -> tuple[float, float, float, float, float, bool]:
    """Give gain, offset, residual, the standard errors of the first two, and whether the slope is determined.

    With each axis in its own spread, the first principal axis has the slope 1: the ratio of the spreads.
    """
    (a, b), (_, d) = np.cov(x, y)
    if a <= _SUPPRESSED or d <= _SUPPRESSED:
        raise NotEnoughData(f"band {band} does not vary where nothing changed: it cannot be normalised")
    n, rho = len(x), b / np.sqrt(a * d)
    determined = bool(rho >= _TOGETHER)
    gain = float(np.sqrt(d / a))
    offset = float(y.mean() - gain * x.mean())
    off = y - gain * x - offset
    gain_error = gain * np.sqrt(max(1 - rho * rho, 0) / n) / max(abs(rho), 1e-3)
    offset_error = np.sqrt(off.var() / n + (x.mean() * gain_error) ** 2)
    return gain, offset, float(off.std()), float(gain_error), float(offset_error), determined


def _slope(a: float, b: float, d: float) -> float:
    """Give the slope of the first principal axis of a covariance matrix [[a, b], [b, d]]."""
    return float((d - a + np.hypot(d - a, 2 * b)) / (2 * b)) if b != 0 else float("nan")


def _held(x: _Float, y: _Float, gain: float, offset: float) -> Held:
    now = gain * x + offset
    t = stats.ttest_rel(now, y).pvalue if np.ptp(now - y) > 0 else 1.0
    ratio = now.var(ddof=1) / max(float(y.var(ddof=1)), _SUPPRESSED)
    tail = stats.f.sf(ratio, len(x) - 1, len(x) - 1)
    (a, b), (_, d) = np.cov(y, now)
    return Held(
        rmse_before=float(np.sqrt(np.mean((x - y) ** 2))),
        rmse_after=float(np.sqrt(np.mean((now - y) ** 2))),
        mean_reference=float(y.mean()),
        mean_normalised=float(now.mean()),
        t_probability=float(t),
        f_probability=float(2 * min(tail, 1 - tail)),
        slope=_slope(a, b, d),
        correlation=float(np.corrcoef(now, y)[0, 1]),
    )

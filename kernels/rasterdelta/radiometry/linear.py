"""Bring the radiometry of one image to that of another by a robust linear relation a band."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.types import FloatArray, Image, Mask

SAMPLE: Final = 100_000
"""Pixels that a fit looks at."""
FEWEST: Final = 50
"""A fit on fewer pixels is refused."""
LEAST: Final = 0.15
"""Least correlation, glints and shadows cut: a line through less takes any slope, and change would pass for gain."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear relation a band: reference = gain * moving + offset."""

    gain: FloatArray
    """Shape (band,)."""
    offset: FloatArray
    """Shape (band,), in units of the reference."""
    pixels: int
    """Pixels that stand behind the fit: those kept in the band that kept fewest."""
    residual: FloatArray
    """Shape (band,): robust standard deviation of the kept pixels from the line, in units of the reference."""

    def apply(self, image: Image) -> Image:
        """Give the image in the reference's radiometry; shape (band, row, column) as it comes."""
        if len(image) != len(self.gain):
            raise KernelError(f"the relation has {len(self.gain)} bands, the image {len(image)}")
        return image * self.gain[:, None, None] + self.offset[:, None, None]


def fit_linear(reference: Image, moving: Image, valid: Mask, *, seed: int = 0) -> Linear:
    """Fit the line that takes the moving image's values to the reference's, despite changed pixels.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (band, row, column)
        Two dates on one grid.
    valid : bool ndarray of shape (row, column)
        True = both dates show the ground.
    seed : int
        Of the sample of at most 100 000 pixels.

    Returns
    -------
    Linear
        Per band.

    Raises
    ------
    KernelError
        Where shapes disagree.
    NotEnoughData
        Where fewer than 50 pixels are valid, a band does not vary, or the two dates do not go together in a band:
        the caller decides whether to go on without normalisation.

    Notes
    -----
    A random search over lines through two pixels starts the fit: the line with the least median distance wins [1]_.
    It is then refined by orthogonal regression (both dates are noisy, so ordinary least squares would pull the gain
    towards 0) on the pixels within 2.5 robust standard deviations, until they no longer change, as in the
    "no-change" regression of [2]_. Half of the pixels may have changed before the fit breaks down.

    References
    ----------
    .. [1] Rousseeuw, P. J. (1984). Least median of squares regression. DOI 10.1080/01621459.1984.10477105
    .. [2] Canty, M. J., Nielsen, A. A. (2008). Automatic radiometric normalization of multitemporal satellite imagery
       with the iteratively re-weighted MAD transformation. DOI 10.1016/j.rse.2007.07.013
    """
    if reference.shape != moving.shape or reference.shape[1:] != valid.shape:
        raise KernelError(f"shapes differ: reference {reference.shape}, moving {moving.shape}, mask {valid.shape}")
    rng = np.random.default_rng(seed)
    index = np.flatnonzero(valid)
    if len(index) < FEWEST:
        raise NotEnoughData(f"{len(index)} pixels are valid on both dates, {FEWEST} are needed to normalise")
    if len(index) > SAMPLE:
        index = np.sort(rng.choice(index, SAMPLE, replace=False))
    bands = [
        _band(m.reshape(-1)[index].astype(np.float64), r.reshape(-1)[index].astype(np.float64), rng, band)
        for band, (m, r) in enumerate(zip(moving, reference, strict=True), start=1)
    ]
    gain, offset, kept, residual = (np.array(v) for v in zip(*bands, strict=True))
    return Linear(gain.astype(np.float32), offset.astype(np.float32), int(kept.min()), residual.astype(np.float32))


Samples = NDArray[np.float64]


def _band(x: Samples, y: Samples, rng: np.random.Generator, band: int) -> tuple[float, float, int, float]:
    """Fit one band: gain, offset, pixels kept, residual."""
    sx, sy = _spread(x), _spread(y)
    if sx == 0 or sy == 0:
        raise NotEnoughData(f"band {band} does not vary: it cannot be normalised")
    mx, my = float(np.median(x)), float(np.median(y))
    u, v = (x - mx) / sx, (y - my) / sy  # both axes in their own spread: orthogonal regression needs like units
    if _correlation(u, v) < LEAST:
        raise NotEnoughData(f"band {band} of the two dates does not go together: it cannot be normalised")
    slope, shift = _start(u, v, rng)
    keep = np.ones(len(u), np.bool_)
    for _ in range(20):
        distance = np.abs(v - slope * u - shift) / np.hypot(1, slope)
        # The floor is rounding of whole-number data, not noise: identical images must keep all their pixels.
        limit = 2.5 * max(1.4826 * float(np.median(distance[distance <= np.quantile(distance, 0.75)])) * 1.3, 1e-3)
        now = distance <= limit
        if now.sum() < FEWEST:
            break
        slope, shift = _orthogonal(u[now], v[now])
        if np.array_equal(now, keep):
            break
        keep = now
    gain = slope * sy / sx
    if not 1e-3 < slope < 1e3 or keep.sum() < FEWEST:
        raise NotEnoughData(f"band {band} of the two dates does not go together: it cannot be normalised")
    offset = my + sy * shift - gain * mx
    residual = 1.4826 * float(np.median(np.abs(y[keep] - gain * x[keep] - offset)))
    return gain, offset, int(keep.sum()), residual


def _spread(values: Samples) -> float:
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low) or float(values.std())


def _correlation(u: Samples, v: Samples) -> float:
    """Give the correlation of two robustly standardised samples, cut at 4 spreads."""
    a, b = (np.clip(w, -4, 4) for w in (u, v))
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt(np.sum(a * a) * np.sum(b * b)))
    return float(np.sum(a * b)) / size if size > 0 else 0.0


def _start(u: Samples, v: Samples, rng: np.random.Generator) -> tuple[float, float]:
    """Search lines through two pixels for the least median distance."""
    few = rng.choice(len(u), min(len(u), 2000), replace=False)
    a, b = rng.choice(few, (2, 1000))
    run = u[b] - u[a]
    usable = np.abs(run) > 0.1
    if not usable.any():
        return 1.0, 0.0
    slope = (v[b] - v[a])[usable] / run[usable]
    shift = v[a][usable] - slope * u[a][usable]
    rising = (slope > 0.05) & (slope < 20)
    slope, shift = np.append(slope[rising], 1.0), np.append(shift[rising], 0.0)
    distance = np.abs(v[few] - slope[:, None] * u[few] - shift[:, None]) / np.hypot(1, slope)[:, None]
    best = int(np.argmin(np.median(distance, axis=1)))
    return float(slope[best]), float(shift[best])


def _orthogonal(u: Samples, v: Samples) -> tuple[float, float]:
    """Give slope and shift of the first principal axis."""
    (a, b), (_, d) = np.cov(u, v)
    slope = (d - a + np.hypot(d - a, 2 * b)) / (2 * b) if b > 0 else 0.0
    return float(slope), float(v.mean() - slope * u.mean())

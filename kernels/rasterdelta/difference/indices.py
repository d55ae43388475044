"""Spectral indices and their differences between two dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from rasterdelta.difference.pixels import gaussian_halo, pool_scores, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import KernelError
from rasterdelta.threshold import MAD_TO_SIGMA, automatic
from rasterdelta.types import Image, Mask, Plane

IndexName: TypeAlias = Literal["ndvi", "ndwi", "ndsi"]
"""Vegetation (Rouse et al. 1974), open water (McFeeters 1996, doi 10.1080/01431169608948714), snow (Hall et al. 1995,
doi 10.1016/0034-4257(95)00137-P)."""

INDEX_BANDS: MappingProxyType[IndexName, tuple[str, str]] = MappingProxyType(
    {"ndvi": ("nir", "red"), "ndwi": ("green", "nir"), "ndsi": ("green", "swir1")}
)
"""Names of the two bands of each index: it is (first - second) / (first + second)."""


@dataclass(frozen=True, slots=True)
class IndexChange:
    """Fitted centre and threshold of the difference of a normalised index."""

    method: IndexName
    """The index."""
    centre: float
    """Median of index after - index before."""
    sigma: float
    """Standard deviation in pixels of the Gaussian mean of the difference; 0 for none."""
    threshold: float
    """On the absolute difference from the centre, in units of the index."""
    false_alarm_rate: float
    """Probability above the threshold for a normal difference as wide as the bulk's."""
    notes: str
    """What was fitted, on how much."""
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return gaussian_halo(self.sigma)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the absolute difference of the index, float32, NaN where not valid; see `fit_index` for the bands."""
        return np.abs(self.rise(before, after, valid))

    def rise(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give by how much the index rose more than in the median, float32, NaN where not valid."""
        step = index_difference(before, after, valid) - np.float32(self.centre)
        return smooth(step, np.isfinite(step), sigma=self.sigma)


def ndvi(red: Plane, nir: Plane, valid: Mask) -> Plane:
    """Give the normalised difference vegetation index; see `normalised_difference`."""
    return normalised_difference(nir, red, valid)


def ndwi(green: Plane, nir: Plane, valid: Mask) -> Plane:
    """Give the normalised difference water index of McFeeters; see `normalised_difference`."""
    return normalised_difference(green, nir, valid)


def ndsi(green: Plane, swir1: Plane, valid: Mask) -> Plane:
    """Give the normalised difference snow index; see `normalised_difference`."""
    return normalised_difference(green, swir1, valid)


def normalised_difference(first: Plane, second: Plane, valid: Mask) -> Plane:
    """Give (first - second) / (first + second).

    Parameters
    ----------
    first, second
        Two bands, shape (row, column), any real type: reflectances or anything proportional to them.
    valid
        True = valid.

    Returns
    -------
    Plane
        float32 from -1 to 1, NaN where not valid, where a band is negative or not finite, or where both are 0.
    """
    a, b = first.astype(np.float32, copy=False), second.astype(np.float32, copy=False)
    usable = valid & np.isfinite(a) & np.isfinite(b) & (a >= 0) & (b >= 0)
    greatest = np.maximum(a, b)
    usable &= greatest > 0
    out: Plane = np.full(valid.shape, np.nan, np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):  # where not usable
        x, y = a / greatest, b / greatest  # the sum of huge values would overflow
        np.divide(x - y, x + y, out=out, where=usable)
    return out


def index_difference(before: Image, after: Image, valid: Mask) -> Plane:
    """Give index after - index before.

    Parameters
    ----------
    before, after
        Shape (2, row, column): the two bands of the index in the order of `INDEX_BANDS`, as they were recorded;
        bringing one date to the other's radiometry by gain and offset would change what the index means.
    valid
        True = valid.

    Returns
    -------
    Plane
        float32 from -2 to 2, NaN where either index is not valid.

    Raises
    ------
    KernelError
        Where there are not two bands.
    """
    if len(before) != 2 or len(after) != 2:
        raise KernelError(f"a normalised index has two bands, not {len(before)} and {len(after)}")
    return normalised_difference(after[0], after[1], valid) - normalised_difference(before[0], before[1], valid)


def fit_index(
    name: IndexName,
    samples: Sequence[PairSample],
    *,
    gsd_m: float,
    false_alarm_rate: float = 0.01,
    sigma: float = 0.8,
) -> IndexChange:
    """Fit the change of a normalised index on blocks of a pair.

    Parameters
    ----------
    name
        Of the index; becomes the model's method.
    samples
        Blocks of the pair with the two bands of `INDEX_BANDS[name]` in that order, not radiometrically normalised.
    gsd_m
        Ground sampling distance; not used, any will do.
    false_alarm_rate
        Of a normal difference as wide as the bulk's: the threshold where the differences form one class, and the
        lower bound on it where they form two.
    sigma
        Standard deviation, in pixels, of the Gaussian mean of the difference; 0 for none.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.
    KernelError
        Where there are not two bands.
    """
    del gsd_m
    steps = [index_difference(s.before, s.after, s.valid) for s in samples]
    centre = float(np.median(pool_scores(steps)))
    away = np.abs(pool_scores([smooth(s - np.float32(centre), np.isfinite(s), sigma=sigma) for s in steps]))
    spread = MAD_TO_SIGMA * float(np.median(away))
    bound = float(-ndtri(false_alarm_rate / 2)) * spread
    threshold = automatic(away, bound=bound)
    rate = float(2 * ndtr(-threshold.value / spread)) if spread > 0 else 0.0
    notes = f"{name.upper()} of {away.size} pixels changed by {centre:.3f} in the median. {threshold.reason}"
    return IndexChange(name, centre, sigma, threshold.value, rate, notes)

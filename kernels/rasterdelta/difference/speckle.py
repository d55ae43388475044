"""Speckle: how strong it is, how many looks it stands for, and Lee's filter against it."""

from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.types import Mask, Plane

Quantity: TypeAlias = Literal["intensity", "amplitude"]
"""Power, or its square root."""

MOST_LOOKS = 1000.0
"""Beyond it nothing is left that could be called speckle."""

_BINS = 200


def speckle_variation(looks: float, quantity: Quantity = "intensity") -> float:
    """Give the coefficient of variation (standard deviation over mean) of fully developed speckle.

    Raises
    ------
    KernelError
        Where `looks` is not positive.

    Examples
    --------
    >>> speckle_variation(4)
    0.5
    >>> round(speckle_variation(1, "amplitude"), 4)  # sqrt(4 / pi - 1)
    0.5227
    """
    if not looks > 0:
        raise KernelError(f"looks must be positive, not {looks:g}")
    if quantity == "intensity":
        return float(looks**-0.5)
    return float(np.sqrt(np.expm1(gammaln(looks) + gammaln(looks + 1) - 2 * gammaln(looks + 0.5))))


def equivalent_looks(image: Plane, valid: Mask, *, quantity: Quantity = "intensity", side: int = 7) -> float:
    """Estimate the equivalent number of looks from the image itself.

    The coefficient of variation in small squares is at its speckle's own on even ground and above it elsewhere, so
    the most frequent one is taken.

    Parameters
    ----------
    image : float32 ndarray of shape (row, column)
        Not negative.
    valid : bool ndarray of shape (row, column)
        True = valid; only squares all of whose pixels are valid and not all zero have a say.
    quantity
        What the image holds.
    side
        Of the squares, in pixels; odd.

    Returns
    -------
    float
        At most `MOST_LOOKS`. Textured ground everywhere, or speckle correlated beyond the squares, bias it.

    Raises
    ------
    NotEnoughData
        Where fewer than 16 squares can be used.

    References
    ----------
    Lee, Hoppel, Mango and Miller (1994), Intensity and phase statistics of multilook polarimetric and interferometric
    SAR imagery, doi 10.1109/36.312890.
    Foucher and Lopez-Martinez (2014), Analysis, evaluation, and comparison of polarimetric SAR speckle filtering
    techniques, doi 10.1109/TIP.2014.2307437.
    """
    valid = valid & np.isfinite(image)
    mean, variance, count = _moments(image, valid, side)
    usable = valid & (count == side**2) & (mean > 0)
    if usable.sum() < 16:
        raise NotEnoughData(f"{usable.sum()} squares of {side} x {side} valid pixels (16 needed)")
    unbiased = variance[usable] * side**2 / (side**2 - 1)
    return _looks(_mode(unbiased / mean[usable] ** 2), quantity)


def lee(image: Plane, valid: Mask, *, looks: float, quantity: Quantity = "intensity", side: int = 7) -> Plane:
    """Filter speckle: the linear estimate of least mean square error from local mean and variance.

    Even ground is averaged over the square; the more the variance exceeds that of speckle, the more the pixel itself
    counts.

    Parameters
    ----------
    image : float32 ndarray of shape (row, column)
        Not negative.
    valid : bool ndarray of shape (row, column)
        True = valid; other pixels, and those outside the image, have no part.
    looks
        Equivalent number of looks, e.g. from `equivalent_looks`.
    quantity
        What the image holds.
    side
        Of the square, in pixels; odd.

    Returns
    -------
    Plane
        NaN where not valid.

    Raises
    ------
    KernelError
        Where `looks` is not positive.

    References
    ----------
    Lee (1980), Digital image enhancement and noise filtering by use of local statistics,
    doi 10.1109/TPAMI.1980.4766994.
    """
    noise = speckle_variation(looks, quantity) ** 2
    valid = valid & np.isfinite(image)
    mean, variance, _ = _moments(image, valid, side)
    signal = np.maximum((variance - noise * mean**2) / (1 + noise), 0)
    weight = np.divide(signal, variance, out=np.zeros_like(signal), where=variance > 0)
    filtered = mean + weight * (np.where(valid, image, 0) - mean)
    return np.where(valid, filtered, np.nan).astype(np.float32)


def lee_halo(*, side: int = 7) -> int:
    """Give the pixels of context that `lee` needs on each side."""
    return side // 2


def _moments(
    image: Plane, valid: Mask, side: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give mean, variance and number of the valid pixels in a square around each pixel."""
    values = np.where(valid, image, 0).astype(np.float64)
    count = np.rint(_box(valid.astype(np.float64), side))
    share = 1 / np.maximum(count, 1)
    mean = _box(values, side) * share
    variance = np.maximum(_box(values**2, side) * share - mean**2, 0)
    # what is left of rounding where all values are the same
    variance[variance < 1e-12 * mean**2] = 0
    return mean, variance, count


def _box(plane: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    summed = cv2.boxFilter(plane, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(summed, np.float64)


def _mode(squares: NDArray[np.float64]) -> float:
    """Give the most frequent squared variation, from a smoothed histogram of its logarithm."""
    logs = np.log(np.maximum(squares, 1 / (4 * MOST_LOOKS)))
    low, high = logs.min(), np.quantile(logs, 0.95)
    if not high > low:
        return float(np.exp(low))
    count, edges = np.histogram(logs, _BINS, (low, high))
    taps = np.hanning(_BINS // 5)
    peak = int(np.argmax(np.convolve(count, taps, mode="same")))
    near = (logs >= edges[max(0, peak - _BINS // 10)]) & (logs <= edges[min(_BINS, peak + 1 + _BINS // 10)])
    return float(np.mean(np.exp(logs[near])))


def _looks(square: float, quantity: Quantity) -> float:
    """Give the looks whose speckle has a squared variation."""
    if quantity == "intensity":
        return min(1 / square, MOST_LOOKS)
    low, high = np.log(0.05), np.log(MOST_LOOKS)
    for _ in range(60):
        middle = (low + high) / 2
        more = speckle_variation(float(np.exp(middle)), quantity) ** 2 > square
        low, high = (middle, high) if more else (low, middle)
    return float(np.exp((low + high) / 2))

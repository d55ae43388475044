"""Omnibus test for change in a series of radar intensities, and where in the series it happened."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, xlogy

from rasterdelta.difference.speckle import equivalent_looks
from rasterdelta.errors import KernelError
from rasterdelta.types import FloatArray, Plane

_Float = NDArray[np.float64]
_Counts = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Omnibus:
    """Change in a series of dates, pixel by pixel."""

    statistic: Plane
    """-2 rho ln Q, large where the dates differ; NaN where fewer than two dates are valid."""
    p_value: Plane
    """Probability of so large a statistic without change; NaN where fewer than two dates are valid."""
    step_p_values: FloatArray
    """Shape (date - 1, row, column): probability of R_j at each date after the first, against all dates before it.

    NaN where that date or every earlier one is not valid."""
    changed: NDArray[np.bool_]
    """Shape (date, row, column): True at the date that first shows a change from the dates since the last one."""
    dates: _Counts
    """Valid dates of each pixel; with fewer than two no change could be seen."""
    looks: float
    """Equivalent number of looks that was used."""

    @property
    def changes(self) -> _Counts:
        """Give the number of changes of each pixel; -1 where fewer than two dates are valid."""
        return np.where(self.dates > 1, self.changed.sum(axis=0), -1).astype(np.int16)

    @property
    def first_change(self) -> _Counts:
        """Give the index of the date that first shows a change; 0 for none, -1 where fewer than two are valid."""
        return np.where(self.dates > 1, self.changed.argmax(axis=0), -1).astype(np.int16)


def omnibus(
    series: ArrayLike,
    valid: NDArray[np.bool_] | None = None,
    *,
    looks: float | None = None,
    significance: float = 0.01,
) -> Omnibus:
    """Test whether a series of radar intensities is constant, and find the dates at which it changes.

    Parameters
    ----------
    series : array of shape (date, band, row, column)
        Multi-looked intensities (not amplitudes, not decibels). Bands are taken as independent (the diagonal of a
        covariance matrix): their statistics add up.
    valid : bool ndarray of shape (date, row, column), optional
        True = valid. A date that is not valid, not finite, or not positive in any band drops out of a pixel's series.
    looks
        Equivalent number of looks; by default the median of what `equivalent_looks` finds in each plane.
    significance
        A series has changed where its p-value is below; then the first date whose R_j is below shows the change,
        and what follows is tested as a series of its own.

    Raises
    ------
    KernelError
        Where the series has not four axes or fewer than two dates, or `looks` is not positive.
    NotEnoughData
        Where `looks` is to be estimated from too few pixels.

    Notes
    -----
    For one band, j valid dates, their sum S_j and the looks n,

        ln Q = n (k ln k + sum ln X_i - k ln S_k)
        ln R_j = n (j ln j - (j - 1) ln (j - 1) + (j - 1) ln S_(j-1) + ln X_j - j ln S_j)

    and ln Q is the sum of all ln R_j. Probabilities are those of the paper's expansion to the second order.

    References
    ----------
    Conradsen, Nielsen and Skriver (2016), Determining the points of change in time series of polarimetric SAR data,
    doi 10.1109/TGRS.2015.2510160.
    """
    values, seen = _checked(series, valid)
    n = _estimated(values, seen) if looks is None else looks
    if not n > 0:
        raise KernelError(f"looks must be positive, not {n:g}")
    bands = values.shape[1]
    sums = _Sums.from_first(values, seen)
    statistic, p_value = _omnibus_test(sums, n, bands)
    steps = np.stack([_step_test(sums_at, new, present, n) for sums_at, new, present in _walk(values, seen)])
    return Omnibus(
        statistic.astype(np.float32),
        p_value.astype(np.float32),
        steps.astype(np.float32),
        _changed(values, seen, n, significance),
        seen.sum(axis=0).astype(np.int16),
        float(n),
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the statistics need of a pixel's dates."""

    count: _Float
    """Dates, shape (row, column)."""
    total: _Float
    """Sum of intensities, shape (band, row, column)."""
    logs: _Float
    """Sum of their logarithms over dates and bands, shape (row, column)."""

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> "_Sums":
        return cls(np.zeros(shape[-2:]), np.zeros(shape[-3:]), np.zeros(shape[-2:]))

    @classmethod
    def from_first(cls, values: _Float, seen: NDArray[np.bool_]) -> "_Sums":
        found = cls.none(values.shape)
        for image, here in zip(values, seen, strict=True):
            found = found.plus(image, here)
        return found

    def plus(self, image: _Float, here: NDArray[np.bool_]) -> "_Sums":
        """Give the sums with one more date, where it is seen."""
        return _Sums(
            self.count + here,
            self.total + np.where(here, image, 0),
            self.logs + np.where(here, np.log(image).sum(axis=0), 0),
        )

    def keep(self, here: NDArray[np.bool_]) -> "_Sums":
        """Give the sums where `here`, none elsewhere."""
        return _Sums(*(np.where(here, part, 0) for part in (self.count, self.total, self.logs)))

    def log_q(self) -> _Float:
        """Give ln Q over the looks; 0 for a single date."""
        bands, k = len(self.total), self.count
        found: _Float = bands * xlogy(k, k) + self.logs - xlogy(k, self.total).sum(axis=0)
        return found


def _checked(series: ArrayLike, valid: NDArray[np.bool_] | None) -> tuple[_Float, NDArray[np.bool_]]:
    values = np.asarray(series, np.float64)
    if values.ndim != 4 or len(values) < 2:
        raise KernelError(f"a series has shape (date, band, row, column) and two dates or more, not {values.shape}")
    seen: NDArray[np.bool_] = np.all(np.isfinite(values) & (values > 0), axis=1)
    if valid is not None:
        seen &= valid
    return np.where(seen[:, None], values, 1.0), seen


def _estimated(values: _Float, seen: NDArray[np.bool_]) -> float:
    planes = ((band.astype(np.float32), here) for image, here in zip(values, seen, strict=True) for band in image)
    return float(np.median([equivalent_looks(plane, here) for plane, here in planes]))


def _walk(values: _Float, seen: NDArray[np.bool_]) -> Iterator[tuple[_Sums, _Float, NDArray[np.bool_]]]:
    """Give, for each date after the first, the sums before it, the date's image and where it is seen."""
    sums = _Sums.none(values.shape).plus(values[0], seen[0])
    for image, here in zip(values[1:], seen[1:], strict=True):
        yield sums, image, here
        sums = sums.plus(image, here)


def _omnibus_test(sums: _Sums, n: float, bands: int) -> tuple[_Float, _Float]:
    k = np.maximum(sums.count, 2)
    rho = 1 - (k / n - 1 / (n * k)) / (6 * (k - 1))
    statistic = np.maximum(-2 * rho * n * sums.log_q(), 0)
    p_value = _tail(statistic, bands * (k - 1), rho)
    known = sums.count > 1
    return np.where(known, statistic, np.nan), np.where(known, p_value, np.nan)


def _step_test(before: _Sums, image: _Float, here: NDArray[np.bool_], n: float) -> _Float:
    """Give the p-value of R_j for a date against those before it, NaN where there is none to compare."""
    bands, j = len(image), np.maximum(before.count + 1, 2)
    log_r = before.plus(image, here).log_q() - before.log_q()
    rho = 1 - (1 + 1 / (j * (j - 1))) / (6 * n)
    p_value = _tail(np.maximum(-2 * rho * n * log_r, 0), np.full(j.shape, float(bands)), rho)
    return np.where(here & (before.count > 0), p_value, np.nan)


def _tail(statistic: _Float, dof: _Float, rho: _Float) -> _Float:
    """Give the probability of a larger statistic."""
    second = -dof / 4 * (1 - 1 / rho) ** 2
    plain = chdtrc(dof, statistic)
    found: _Float = np.clip(plain + second * (chdtrc(dof + 4, statistic) - plain), 0, 1)
    return found


def _changed(values: _Float, seen: NDArray[np.bool_], n: float, significance: float) -> NDArray[np.bool_]:
    """Walk through the dates; at each change the series begins anew."""
    changed = np.zeros(seen.shape, np.bool_)
    left = _Sums.from_first(values, seen)
    gate = _omnibus_test(left, n, values.shape[1])[1] < significance
    sums = _Sums.none(values.shape)
    for date, (image, here) in enumerate(zip(values, seen, strict=True)):
        changed[date] = gate & (_step_test(sums, image, here, n) < significance)
        rest = _Sums.from_first(values[date:], seen[date:]) if changed[date].any() else left
        again = _omnibus_test(rest, n, values.shape[1])[1] < significance
        gate = np.where(changed[date], again, gate)
        sums = sums.keep(~changed[date]).plus(image, here)
    return changed

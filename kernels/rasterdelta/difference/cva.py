"""Change vector analysis, robustly normalised: magnitude and direction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from rasterdelta.difference.pixels import gaussian_halo, pool, pool_scores, root_mean, seen
from rasterdelta.difference.protocol import PairSample
from rasterdelta.difference.quadratic import BLOCK_PX
from rasterdelta.errors import KernelError
from rasterdelta.threshold import MAD_TO_SIGMA, chi_threshold
from rasterdelta.types import FloatArray, Image, Mask, Plane

_Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cva:
    """Fitted centre and spread of the differences where nothing changed."""

    centre: FloatArray
    """Median difference, shape (band, 1, 1)."""
    weight: FloatArray
    """One over the spread of the differences, 0 for a band that never differs; shape (band, 1, 1)."""
    sigma: float
    """Standard deviation in pixels of the Gaussian mean of the squared magnitude; 0 for none."""
    threshold: float
    """On the magnitude of the change vector in spreads."""
    false_alarm_rate: float
    """Chi-square probability above the threshold, for independent normal differences without change."""
    notes: str
    """What was fitted, on how much."""
    method: Literal["cva"] = "cva"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return gaussian_halo(self.sigma)

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the magnitude of the normalised change vector, float32, NaN where not valid; any real type will do."""
        return root_mean(_squares(self.centre, self.weight, before, after), valid, sigma=self.sigma)

    def direction(self, before: Image, after: Image, valid: Mask, *, reference: Sequence[float] | None = None) -> Plane:
        """Give the angle between the normalised change vector and a reference.

        Parameters
        ----------
        before, after
            Shape (band, row, column).
        valid
            True = valid.
        reference
            One component a band; by default all bands rise alike, as in compressed change vector analysis.

        Returns
        -------
        Plane
            Radians from 0 (along the reference) to pi (against it), NaN where not valid or where nothing differs.

        Raises
        ------
        KernelError
            Where the reference has not one component a band, or is zero.

        References
        ----------
        Bovolo, Marchesi and Bruzzone (2012), A framework for automatic and unsupervised detection of multiple changes
        in multitemporal images, doi 10.1109/TGRS.2011.2171493.
        """
        axis = np.ones(len(before)) if reference is None else np.asarray(reference, np.float64)
        if axis.shape != (len(before),) or not np.linalg.norm(axis) > 0:
            raise KernelError(f"the reference must have {len(before)} components, not all 0, not {reference}")
        step = self._steps(before, after)
        length = np.sqrt((step**2).sum(axis=0))
        along = np.tensordot(axis / np.linalg.norm(axis), step, axes=1)
        return _where(np.arccos(np.clip(_over(along, length), -1, 1)), valid & (length > 0))

    def angles(self, before: Image, after: Image, valid: Mask) -> Image:
        """Give the normalised change vector's hyperspherical angles.

        Parameters
        ----------
        before, after
            Shape (band, row, column), two bands or more.
        valid
            True = valid.

        Returns
        -------
        Image
            Radians, one plane fewer than bands: from 0 to pi, but the last from 0 to 2 pi. For two bands the one
            angle is that of the vector (step of band 1, step of band 2). NaN where not valid or where nothing differs.

        Raises
        ------
        KernelError
            Where there is one band.

        References
        ----------
        Bovolo and Bruzzone (2007), A theoretical framework for unsupervised change detection based on change vector
        analysis in the polar domain, doi 10.1109/TGRS.2006.885408.
        """
        if len(before) < 2:
            raise KernelError("a change vector of one band has a sign but no angle")
        step = self._steps(before, after)
        rest = np.sqrt(np.cumsum(step[:0:-1] ** 2, axis=0))[::-1]  # length of what comes after each band
        leading = np.arctan2(rest[:-1], step[:-2])
        last = np.arctan2(step[-1], step[-2]) % (2 * np.pi)
        moved = valid & ((step**2).sum(axis=0) > 0)
        return np.stack([_where(a, moved) for a in (*leading, last)])

    def _steps(self, before: Image, after: Image) -> _Float:
        step: _Float = (after.astype(np.float64) - before - self.centre) * self.weight
        return step


def fit(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.01, sigma: float = 0.8) -> Cva:
    """Fit change vector analysis on blocks of a pair.

    Each band's difference is centred on its median and divided by its spread (median absolute deviation), which
    change on less than half of the area hardly moves.

    Parameters
    ----------
    samples
        Blocks of the pair; both dates have the same bands.
    gsd_m
        Ground sampling distance; not used, any will do.
    false_alarm_rate
        Rate of the chi-square quantile that is the threshold where the statistic forms one class, see
        `chi_threshold`; where it forms two, they decide.
    sigma
        Standard deviation, in pixels, of the Gaussian mean of the squared magnitude; 0 for none.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.

    References
    ----------
    Malila (1980), Change vector analysis: an approach for detecting forest changes with Landsat.
    """
    del gsd_m
    before, after = pool(samples)
    centre, spread = _centre_and_spread(after - before)
    weight = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    dof = max(1, int((weight > 0).sum()))
    scored = [root_mean(_squares(centre, weight, s.before, s.after), seen(s), sigma=sigma) for s in samples]
    # bands that go together make the magnitude less regular than a chi variable
    threshold = chi_threshold(pool_scores(scored), dof, false_alarm_rate, families=("normal",))
    notes = f"Change vectors of {dof} bands, centre and spread from {before.shape[1]} pixels. {threshold.reason}"
    return Cva(centre, weight, sigma, threshold.value, float(chdtrc(dof, threshold.value**2)), notes)


def _centre_and_spread(difference: FloatArray) -> tuple[FloatArray, FloatArray]:
    centre = np.median(difference, axis=1, keepdims=True)
    away = np.abs(difference - centre)
    spread = np.float32(MAD_TO_SIGMA) * np.median(away, axis=1, keepdims=True)
    # most pixels identical (quantised or saturated): the root mean square still tells the scale
    scale = np.sqrt(np.mean(away.astype(np.float64) ** 2, axis=1, keepdims=True))
    spread = np.where(spread > 0, spread, scale.astype(np.float32))
    return centre[..., None], spread[..., None]


def _squares(centre: FloatArray, weight: FloatArray, before: Image, after: Image) -> Plane:
    """Give the squared length of the normalised change vector, value by value, in blocks that stay in cache."""
    first, second = before.reshape(len(before), -1), after.reshape(len(after), -1)
    out = np.empty(first.shape[1], np.float32)
    buffer = np.empty((len(first), min(BLOCK_PX, out.size)), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is masked later
        for start in range(0, out.size, BLOCK_PX):
            part = slice(start, start + BLOCK_PX)
            step = buffer[:, : out[part].size]
            np.subtract(_real(second[:, part]), _real(first[:, part]), out=step)
            np.subtract(step, centre[..., 0], out=step)
            np.multiply(step, weight[..., 0], out=step)
            np.multiply(step, step, out=step)
            np.add.reduce(step, axis=0, out=out[part])
    return out.reshape(before.shape[1:])


def _real(block: FloatArray) -> FloatArray:
    return block.astype(np.float32, copy=False)


def _over(top: _Float, bottom: _Float) -> _Float:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _where(plane: _Float, valid: Mask) -> Plane:
    return np.where(valid & np.isfinite(plane), plane, np.nan).astype(np.float32)

"""PCA-k-means: principal components of the difference around each pixel, split in two clusters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from rasterdelta.difference import cva
from rasterdelta.difference.pixels import pool_scores, seen
from rasterdelta.difference.protocol import ChangeModel, Fit, PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold import MAD_TO_SIGMA, kmeans
from rasterdelta.types import FloatArray, Image, Mask, Plane

MOST_SQUARES = 2**16
"""Squares from which components and clusters are found."""

_ROUNDS = 100
_LEAST = 1e-6

_Float = NDArray[np.float64]


def plain_cva(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.01) -> cva.Cva:
    """Fit the magnitude of the normalised change vector, pixel by pixel."""
    return cva.fit(samples, gsd_m=gsd_m, false_alarm_rate=false_alarm_rate, sigma=0)


@dataclass(frozen=True, slots=True)
class PcaKmeans:
    """A difference, and the weights with which its square around a pixel tells the two clusters apart."""

    difference: ChangeModel
    """Gives the difference image."""
    weights: FloatArray
    """Shape (side, side), unit length: the direction from the cluster of small to that of large differences."""
    origin: float
    """Where the cluster of small differences lies along it."""
    threshold: float
    """Half way to the cluster of large differences, or what the bulk exceeds at the false-alarm rate if higher."""
    notes: str
    """What was fitted, on how much."""
    false_alarm_rate: None = None
    """Clusters state none."""
    method: Literal["pcakmeans"] = "pcakmeans"

    @property
    def stride(self) -> int:
        """Windows given to `score` must begin at multiples of so many pixels."""
        return self.difference.stride

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return self.difference.halo + len(self.weights) // 2

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give how far each pixel lies from the cluster of small differences, float32, NaN where not valid."""
        valid = seen(PairSample(before, after, valid))
        return self._along(self.difference.score(before, after, valid))

    def _along(self, difference: Plane) -> Plane:
        total = np.full(difference.shape, -self.origin, np.float32)
        for weight, neighbour in zip(self.weights.ravel(), _neighbours(difference, len(self.weights)), strict=True):
            total += weight * neighbour
        return total


def fit(
    samples: Sequence[PairSample],
    *,
    gsd_m: float,
    false_alarm_rate: float = 0.001,
    difference: Fit = plain_cva,
    side: int = 5,
    components: int = 3,
) -> PcaKmeans:
    """Fit PCA-k-means on blocks of a pair.

    The square around each pixel of the difference image is projected on its principal components, and the
    projections are split in two clusters.

    Parameters
    ----------
    samples
        Blocks of the pair; both dates have the same bands.
    gsd_m
        Ground sampling distance in metres, for the difference.
    false_alarm_rate
        Upper bound on the share of the unchanged bulk, taken as normal, above the threshold: k-means would split
        a pair in which nothing changed.
    difference
        Fits what is compared: the normalised change vector's magnitude, or `logratio.fit` for radar.
    side
        Of the square, in pixels; odd.
    components
        Principal components kept, at most `side ** 2`.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.

    Notes
    -----
    Of two cluster centres a projection belongs to the nearer one, so the border between the clusters is a plane, and
    which side a pixel lies on is one linear filter of the difference image: its value is the score.

    References
    ----------
    Celik (2009), Unsupervised change detection in satellite images using principal component analysis and k-means
    clustering, doi 10.1109/LGRS.2009.2025059.
    """
    model = difference(samples, gsd_m=gsd_m, false_alarm_rate=false_alarm_rate)
    planes = [model.score(s.before, s.after, seen(s)) for s in samples]
    squares = _squares(planes, side)
    low, high = _clusters(squares, components)
    length = float(np.linalg.norm(high - low))
    direction = (high - low) / length if length > 0 else np.full(side**2, 1 / side)
    weights = direction.reshape(side, side).astype(np.float32)
    raw = PcaKmeans(model, weights, float(low @ direction), length / 2, "")
    floor = _bulk_floor(pool_scores([raw._along(p) for p in planes]), false_alarm_rate)  # noqa: SLF001 - ours
    notes = (
        f"Clusters {length:.3g} apart on {min(components, side**2)} components of {side} x {side} squares of the "
        f"difference ({model.method}), from {len(squares)} squares."
    )
    return replace(raw, threshold=max(length / 2, floor), notes=notes)


def _neighbours(plane: Plane, side: int) -> list[Plane]:
    """Give the plane shifted to each place of the square; what is NaN or outside is the pixel's own value."""
    half = side // 2
    padded = np.pad(plane, half, constant_values=np.nan)
    rows, cols = plane.shape
    shifted = [padded[i : i + rows, j : j + cols] for i in range(side) for j in range(side)]
    return [np.where(np.isnan(s), plane, s) for s in shifted]


def _squares(planes: Sequence[Plane], side: int) -> _Float:
    """Give the squares around an even choice of pixels, shape (square, side ** 2)."""
    known = [np.isfinite(p) for p in planes]
    count = sum(int(k.sum()) for k in known)
    step = -(-count // MOST_SQUARES)
    chosen, passed = [], 0
    for plane, k in zip(planes, known, strict=True):
        here = np.flatnonzero(k)[-passed % step :: step]
        passed += int(k.sum())
        chosen.append(np.stack([n.ravel()[here] for n in _neighbours(plane, side)], axis=1))
    return np.concatenate(chosen).astype(np.float64)


def _clusters(squares: _Float, components: int) -> tuple[_Float, _Float]:
    """Give the centres, shape (side ** 2,), of the clusters of small and of large differences."""
    mean = squares.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(squares, rowvar=False))
    kept = axes[:, ::-1][:, :components]
    projected = (squares - mean) @ kept
    sizes = squares.mean(axis=1)
    try:
        above = sizes > kmeans(sizes)
    except NotEnoughData:
        return mean, mean  # the same difference everywhere
    low, high = _two_means(projected, above)
    centres = mean + kept @ low, mean + kept @ high
    return min(centres, key=np.sum), max(centres, key=np.sum)


def _two_means(points: _Float, above: NDArray[np.bool_]) -> tuple[_Float, _Float]:
    """Move two cluster centres, from a first split, until no point changes sides."""
    for _ in range(_ROUNDS):
        low, high = points[~above].mean(axis=0), points[above].mean(axis=0)
        moved = (points - (low + high) / 2) @ (high - low) > 0
        if moved.all() or not moved.any() or (moved == above).all():
            break
        above = moved
    return low, high


def _bulk_floor(scores: FloatArray, rate: float) -> float:
    middle = float(np.median(scores))
    spread = MAD_TO_SIGMA * float(np.median(np.abs(scores - np.float32(middle))))
    return max(middle + float(-ndtri(rate)) * spread, _LEAST)

"""The global model that most tie points agree on."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from rasterdelta.registration.ties import Ties
from rasterdelta.registration.warp import Positions, Warp
from rasterdelta.types import Matrix

GlobalModel = Literal["shift", "affine"]
TRIES: Final = 400
LARGEST_SLOPE: Final = 0.12
"""Largest correction of rotation, scale or shear by one level of tie points."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """A global model and the tie points that agree with it."""

    matrix: Matrix
    inlier: NDArray[np.bool_]
    distance: Positions
    """Of each tie point from the model, in pixels of the moving image."""
    chance: float
    """Expected number of models that would find as many agreeing points in noise."""


def agree(ties: Ties, warp: Warp, *, model: GlobalModel, tolerance: float, reach: float, seed: int) -> Consensus:
    """Find the shift or affine model that most tie points agree on.

    Parameters
    ----------
    ties : Ties
        Measured around `warp`.
    tolerance, reach : float
        Largest distance of an agreeing point, and the search radius that the points were measured with, in
        pixels of the moving image.

    Notes
    -----
    Random sample consensus for the start, then Tukey's biweight. The support is judged a contrario [1]_: noise puts a
    point within the tolerance with the ratio of the two areas as probability. Points overlap, so only a quarter of
    them counts as independent.

    References
    ----------
    .. [1] Moisan, L., Stival, B. (2004). A probabilistic criterion to detect rigid point matches between two images
       and estimate the fundamental matrix. DOI 10.1023/B:VISI.0000013094.38752.99
    """
    if len(ties) < 4:
        return Consensus(warp.matrix, np.zeros(len(ties), np.bool_), np.full(len(ties), np.inf), np.inf)
    error = ties.error(warp)
    design = _design(ties.col, ties.row)
    start = _sampled(design, error, ties.quality, model, tolerance, np.random.default_rng(seed))
    correction = _refined(design, error, ties.quality, start, model, tolerance)
    distance = np.hypot(*(error - design @ correction).T)
    inlier = distance <= tolerance
    matrix = _corrected(warp.matrix, ties, correction)
    return Consensus(matrix, inlier, distance, chance(len(ties), int(inlier.sum()), tolerance, reach, model))


def _design(col: Positions, row: Positions) -> Positions:
    """Give 1 and the coordinates, centred and scaled to about -1..1."""
    middle, scale = _frame(col, row)
    return np.stack([np.ones(len(col)), (col - middle[0]) / scale, (row - middle[1]) / scale], axis=1)


def _frame(col: Positions, row: Positions) -> tuple[tuple[float, float], float]:
    middle = float(col.min() + col.max()) / 2, float(row.min() + row.max()) / 2
    return middle, max(1.0, float(max(np.ptp(col), np.ptp(row))) / 2)


def _corrected(matrix: Matrix, ties: Ties, correction: Positions) -> Matrix:
    middle, scale = _frame(ties.col, ties.row)
    slope = correction[1:].T / scale
    out = matrix.copy()
    out[:, :2] += slope
    out[:, 2] += correction[0] - slope @ np.array(middle)
    return out


def _sampled(
    design: Positions,
    error: Positions,
    quality: Positions,
    model: GlobalModel,
    tolerance: float,
    rng: np.random.Generator,
) -> Positions:
    """Try the shifts of single points and the affine models of three; keep the one with the greatest weight inside."""
    weight = quality + 0.05
    draw = weight / weight.sum()
    n = len(design)
    single = rng.choice(n, min(n, TRIES), replace=False, p=draw)
    trial = np.zeros((len(single), 3, 2))
    trial[:, 0] = error[single]
    if model == "affine":
        three = rng.choice(n, (TRIES, 3), p=draw)
        base = design[three]
        sound = np.abs(np.linalg.det(base)) > 0.2
        exact = np.linalg.solve(base[sound], error[three][sound])
        gentle = np.abs(exact[:, 1:]).max(axis=(1, 2)) <= max(4 * tolerance, _gentle(design, error))
        trial = np.concatenate([trial, exact[gentle]])
    best, highest = trial[0], -1.0
    for t in trial:
        inside = np.square(error - design @ t).sum(axis=1) <= (1.5 * tolerance) ** 2
        score = float(weight[inside].sum())
        if score > highest:
            best, highest = t, score
    return best


def _gentle(design: Positions, error: Positions) -> float:
    return float(np.abs(error).max()) if len(design) else 0.0


def _refined(
    design: Positions, error: Positions, quality: Positions, start: Positions, model: GlobalModel, tolerance: float
) -> Positions:
    terms = design if model == "affine" else design[:, :1]
    out = start
    for cut in np.repeat([2.0, 1.5, 1.0], 4) * tolerance:
        distance = np.hypot(*(error - design @ out).T)
        weight = quality * np.square(np.clip(1 - np.square(distance / (1.5 * cut)), 0, None))
        if (weight > 0).sum() < 2 * terms.shape[1]:
            return out
        root = np.sqrt(weight)[:, None]
        solved = np.linalg.lstsq(terms * root, error * root, rcond=None)[0]
        out = np.zeros((3, 2))
        out[: len(solved)] = solved
    return out


def chance(points: int, inliers: int, tolerance: float, reach: float, model: GlobalModel) -> float:
    """Give the expected number of models that would find as many agreeing points in noise."""
    inside = min(1.0, np.pi * tolerance**2 / (2 * reach + 1) ** 2)
    used = 1 if model == "shift" else 3
    n, k = points // 4, inliers // 4 - used
    if k < 1:
        return float("inf")
    return float(points) ** used * float(bdtrc(k - 1, n, inside))

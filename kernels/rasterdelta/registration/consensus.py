"""The global model that most tie points agree on."""

from dataclasses import dataclass
from typing import Final, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from rasterdelta.registration.ties import Ties
from rasterdelta.registration.warp import Positions, Warp
from rasterdelta.types import Matrix

GlobalModel = Literal["shift", "similarity", "affine"]
Coefficients: TypeAlias = tuple[complex, complex, complex]
"""Correction shift + turn z + twist conj(z) of a place z = column + i row: any affine map; a similarity has
no twist."""
TRIES: Final = 400
CHUNK: Final = 50
"""Tries that are judged together."""
FREEDOM: Final[dict[GlobalModel, int]] = {"shift": 1, "similarity": 2, "affine": 3}
"""Tie points that determine each model."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """A global model and the tie points that agree with it."""

    model: GlobalModel
    matrix: Matrix
    inlier: NDArray[np.bool_]
    chance: float
    """Expected number of models that would find as many agreeing points in noise."""

    @property
    def share(self) -> float:
        """Share of the tie points that agree."""
        return float(self.inlier.mean()) if len(self.inlier) else 0.0


@dataclass(frozen=True, slots=True)
class _Points:
    """Tie points in the frame that a model is fitted in."""

    place: NDArray[np.complex128]
    """Column + i row, centred and scaled to about -1..1."""
    error: NDArray[np.complex128]
    """Measured minus expected place in the moving image."""
    weight: Positions
    middle: complex
    scale: float

    @classmethod
    def of(cls, ties: Ties, warp: Warp) -> Self:
        middle = complex(ties.col.min() + ties.col.max(), ties.row.min() + ties.row.max()) / 2
        scale = max(1.0, float(np.ptp(ties.col)) / 2, float(np.ptp(ties.row)) / 2)
        error = ties.error(warp)
        place = (ties.col + 1j * ties.row - middle) / scale
        return cls(place, error[:, 0] + 1j * error[:, 1], ties.quality + 1e-3, middle, scale)

    def corrected(self, matrix: Matrix, correction: Coefficients) -> Matrix:
        """Add a correction in this frame to a matrix in pixels."""
        shift, turn, twist = correction
        linear = np.array([[(turn + twist).real, (twist - turn).imag], [(turn + twist).imag, (turn - twist).real]])
        linear /= self.scale
        out = matrix.copy()
        out[:, :2] += linear
        out[:, 2] += [shift.real, shift.imag] - linear @ [self.middle.real, self.middle.imag]
        return out


def agree(ties: Ties, warp: Warp, *, model: GlobalModel, tolerance: float, reach: float, seed: int) -> Consensus:
    """Find the global model that most tie points agree on.

    Parameters
    ----------
    ties : Ties
        Measured around `warp`, which carries no field.
    model : {"shift", "similarity", "affine"}
        Of the correction of the warp's matrix.
    tolerance, reach : float
        Largest distance of an agreeing point, and the search radius that the points were measured with, in pixels of
        the moving image.
    seed : int
        Of the random sample consensus.

    Notes
    -----
    Random sample consensus of shifts and similarities gives the start, Tukey's biweight the fit. The support is judged
    a contrario [1]_: noise puts a point within the tolerance with the ratio of the two areas as probability. Points
    overlap, so only a quarter of them counts as independent.

    References
    ----------
    .. [1] Moisan, L., Stival, B. (2004). A probabilistic criterion to detect rigid point matches between two images
       and estimate the fundamental matrix. DOI 10.1023/B:VISI.0000013094.38752.99
    """
    if len(ties) < 4:
        return Consensus(model, warp.matrix, np.zeros(len(ties), np.bool_), np.inf)
    points = _Points.of(ties, warp)
    start = _sampled(points, model, tolerance, np.random.default_rng(seed))
    correction = _refined(points, start, model, tolerance)
    inlier = np.abs(_left(points, correction)) <= tolerance
    found = chance(len(ties), int(inlier.sum()), tolerance=tolerance, reach=reach, model=model)
    return Consensus(model, points.corrected(warp.matrix, correction), inlier, found)


def _left(points: _Points, correction: Coefficients) -> NDArray[np.complex128]:
    """Give what a correction shift + turn z + twist conj(z) leaves of the errors."""
    shift, turn, twist = correction
    return points.error - shift - turn * points.place - twist * np.conj(points.place)


def _sampled(points: _Points, model: GlobalModel, tolerance: float, rng: np.random.Generator) -> Coefficients:
    """Try the shifts of single points and the similarities of two; keep the one with the greatest weight inside."""
    draw = points.weight / points.weight.sum()
    n = len(draw)
    single = rng.choice(n, min(n, TRIES), replace=False, p=draw)
    shift, turn = points.error[single], np.zeros(len(single), np.complex128)
    if model != "shift":
        i, j = rng.choice(n, (2, TRIES), p=draw)
        run = points.place[j] - points.place[i]
        i, j, run = (a[np.abs(run) > 0.3] for a in (i, j, run))
        slope = (points.error[j] - points.error[i]) / run
        shift = np.concatenate([shift, points.error[i] - slope * points.place[i]])
        turn = np.concatenate([turn, slope])
    score = [
        (
            np.abs(points.error - shift[k : k + CHUNK, None] - turn[k : k + CHUNK, None] * points.place)
            <= 1.5 * tolerance
        )
        @ points.weight
        for k in range(0, len(shift), CHUNK)
    ]
    best = int(np.argmax(np.concatenate(score)))
    return complex(shift[best]), complex(turn[best]), 0j


def _refined(points: _Points, start: Coefficients, model: GlobalModel, tolerance: float) -> Coefficients:
    terms = _terms(points, model)
    out = start
    for cut in np.repeat([2.0, 1.5, 1.0], 4) * tolerance:
        left = np.abs(_left(points, out))
        weight = points.weight * np.square(np.clip(1 - np.square(left / (1.5 * cut)), 0, None))
        if (weight > 0).sum() < 2 * FREEDOM[model]:
            return out
        root = np.sqrt(weight)
        solved = np.linalg.lstsq(terms * root[:, None], points.error * root, rcond=None)[0]
        shift, turn, twist = (complex(c) for c in np.append(solved, [0, 0])[:3])
        out = shift, turn, twist
    return out


def _terms(points: _Points, model: GlobalModel) -> NDArray[np.complex128]:
    one = np.ones(len(points.place), np.complex128)
    return np.stack([one, points.place, np.conj(points.place)][: FREEDOM[model]], axis=1)


def chance(points: int, inliers: int, *, tolerance: float, reach: float, model: GlobalModel) -> float:
    """Give the expected number of models that would find as many agreeing points in noise."""
    inside = min(1.0, np.pi * tolerance**2 / (2 * reach + 1) ** 2)
    used = FREEDOM[model]
    n, k = points // 4, inliers // 4 - used
    return float(points) ** used * float(bdtrc(k - 1, n, inside)) if k >= 1 else float("inf")

"""Refine one hypothesis from coarse to fine levels, choose the model and judge the result."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.consensus import agree
from rasterdelta.registration.plane import Level
from rasterdelta.registration.pyramid import Pair, size
from rasterdelta.registration.result import Alignment, ModelChoice, ModelName, Refusal, TiePoints
from rasterdelta.registration.smooth import Nodes, fit_field
from rasterdelta.registration.ties import Ties, measure
from rasterdelta.registration.trust import Evidence, stands_out, support
from rasterdelta.registration.warp import Positions, Warp
from rasterdelta.types import Matrix

PATCH: Final = 64
"""Side of a patch, in pixels of its level."""
FIRST_REACH: Final = 24.0
NEXT_REACH: Final = 8.0
"""Search radius of the first and of the following levels, in pixels of the level."""
TOLERANCE: Final = 1.5
"""Largest distance of an agreeing point from the model, in pixels of the level."""
HOPELESS: Final = 1e-2
"""A level whose agreement chance would bring this often is not followed."""
COARSE_POINTS: Final = 900
FINE_POINTS: Final = 2500
NODES: Final = 64
"""Nodes of a field along the longer side."""
STIFFNESS: Final = 30.0
HELD_OUT: Final = 0.2
"""Share of the tie points that a fit is tested on."""
SIMPLER: Final = (0.9, 0.05)
"""A richer model must bring the held-out error below this share of the simpler one's, and by this many pixels."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """The level at work, and what every fit on it needs."""

    reference: Level
    moving: Level
    nodes: Nodes
    reach: float
    """Search radius of the tie points, in pixels of the level."""
    seed: int

    @property
    def tolerance(self) -> float:
        return TOLERANCE * self.moving.factor

    def measure(self, warp: Warp, most: int, reach: float) -> Ties:
        step = max(16, int(np.sqrt(self.reference.plane.size / most)))
        return measure(self.reference, self.moving, warp, patch=PATCH, step=step, reach=reach)


@dataclass(frozen=True, slots=True)
class _Fit:
    """One model fitted to tie points."""

    model: ModelName
    warp: Warp
    distance: Positions
    """Of each tie point from the model, in pixels of the moving image."""
    chance: float


def refine(pair: Pair, matrix: Matrix, *, model: ModelChoice, seed: int) -> Alignment | Refusal:
    """Refine a first guess and decide whether it can be trusted.

    Parameters
    ----------
    pair : Pair
        Under the first guess.
    matrix : matrix
        First guess, reference to moving, within `FIRST_REACH` pixels of the coarsest level.
    model : {"auto", "shift", "affine", "field"}
    seed : int
    """
    found = _descend(pair, matrix, "shift" if model == "shift" else "affine", seed)
    if found is None:
        return Refusal("no places that look alike were found in both images")
    stage, warp = found
    ties = stage.measure(warp, FINE_POINTS, NEXT_REACH)
    fit = _chosen(stage, ties, warp, model)
    ties = stage.measure(fit.warp, FINE_POINTS, NEXT_REACH)
    fit = _fit(stage, ties, Warp(fit.warp.matrix), fit.model, np.ones(len(ties), np.bool_))
    return _judge(stage, ties, fit)


def _descend(pair: Pair, matrix: Matrix, model: ModelName, seed: int) -> tuple[_Stage, Warp] | None:
    """Follow the pyramid down as long as tie points agree; give the finest such level and its global warp."""
    shape = pair.reference.valid.shape
    nodes = Nodes.over(shape, max(16, -(-max(shape) // NODES)))
    warp, reach, found = Warp(matrix), FIRST_REACH, None
    for factor in pair.factors():
        stage = _Stage(*pair.at(factor), nodes, reach, seed)
        ties = stage.measure(warp, COARSE_POINTS, reach)
        fit = _fit(stage, ties, warp, model, np.ones(len(ties), np.bool_))
        if fit.chance > HOPELESS:
            break
        warp, reach, found = fit.warp, NEXT_REACH, (stage, fit.warp)
    return found


def _chosen(stage: _Stage, ties: Ties, warp: Warp, model: ModelChoice) -> _Fit:
    """Fit the model asked for, or the simplest that explains the held-out points."""
    everything = np.ones(len(ties), np.bool_)
    if model != "auto":
        return _fit(stage, ties, warp, model, everything)
    best, lowest = None, np.inf
    names: tuple[ModelName, ...] = ("shift", "affine", "field")
    for name in names:
        error = _held_out(stage, ties, warp, name)
        if best is None or error < min(SIMPLER[0] * lowest, lowest - SIMPLER[1] * stage.moving.factor):
            best, lowest = name, error
    return _fit(stage, ties, warp, best or "affine", everything)


def _held_out(stage: _Stage, ties: Ties, warp: Warp, model: ModelName) -> float:
    """Give the median error, in pixels of the moving image, at points that had no say in the fit."""
    used = np.random.default_rng(stage.seed).random(len(ties)) >= HELD_OUT
    fit = _fit(stage, ties, warp, model, used)
    # Points that no model explains (change, cloud) would hide the difference: look where the best half agrees.
    error = np.sort(fit.distance[~used])
    return float(np.median(error[: max(1, len(error) // 2)])) if len(error) else np.inf


def _fit(stage: _Stage, ties: Ties, warp: Warp, model: ModelName, used: NDArray[np.bool_]) -> _Fit:
    """Fit one model to the chosen points and measure the distance of all."""
    reach = (stage.reach) * stage.moving.factor
    kept = ties.take(used)
    agreed = agree(
        kept,
        warp,
        model="shift" if model == "shift" else "affine",
        tolerance=stage.tolerance,
        reach=reach,
        seed=stage.seed,
    )
    found = Warp(agreed.matrix)
    if model == "field":
        found = _bent(stage, kept, found)
    return _Fit(model, found, np.hypot(*ties.error(found).T), agreed.chance)


def _bent(stage: _Stage, ties: Ties, warp: Warp) -> Warp:
    error = ties.error(warp)
    near = np.hypot(*error.T) <= stage.reach * stage.moving.factor
    field = fit_field(
        ties.col[near],
        ties.row[near],
        error[near],
        ties.quality[near],
        stage.nodes,
        stiffness=STIFFNESS,
        tolerance=0.7 * stage.moving.factor,
    )
    return Warp(warp.matrix, field, stage.nodes.step)


def _judge(stage: _Stage, ties: Ties, fit: _Fit) -> Alignment | Refusal:
    inlier = fit.distance <= stage.tolerance
    common, whole = support(ties.col, ties.row, inlier, stage.reference)
    evidence = Evidence(
        inliers=int(inlier.sum()),
        chance=fit.chance,
        support=common,
        stands_out=stands_out(ties.surface),
        held_out_px=_held_out(stage, ties, Warp(fit.warp.matrix), fit.model) / stage.moving.factor,
    )
    objection = evidence.objection()
    if objection:
        return Refusal(objection)
    at = np.stack([ties.mcol - ties.col, ties.mrow - ties.row])
    points = TiePoints(ties.col, ties.row, *at, np.clip(ties.agreement, 0, 1), inlier)
    residual = float(np.median(fit.distance[inlier])) / size(fit.warp.matrix)
    return Alignment(fit.model, fit.warp.matrix, residual, whole, points, fit.warp.field, fit.warp.step)

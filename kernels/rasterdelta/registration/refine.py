"""Refine a first guess: follow tie points from coarse to fine levels, choose the model and judge the result."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from rasterdelta.registration.choose import simplest_model
from rasterdelta.registration.consensus import Consensus, GlobalModel, agree
from rasterdelta.registration.plane import Level
from rasterdelta.registration.pyramid import Pair, size
from rasterdelta.registration.result import Alignment, ModelChoice, ModelName, Refusal, TiePoints
from rasterdelta.registration.showing import showing
from rasterdelta.registration.smooth import Nodes, fit_field
from rasterdelta.registration.support import support
from rasterdelta.registration.ties import Ties, measure
from rasterdelta.registration.trust import Evidence, stands_out
from rasterdelta.registration.warp import Inverse, Positions, Warp
from rasterdelta.types import Matrix

PATCH: Final = 64
"""Side of a patch, in pixels of its level."""
FIRST_REACH: Final = 24.0
NEXT_REACH: Final = 8.0
"""Search radius of the first and of the following levels, in pixels of the level."""
TOLERANCE: Final = 1.5
"""Largest distance of an agreeing point from a global model, in pixels of the level: low relief is to agree."""
FIELD_TOLERANCE: Final = 0.75
"""The same from a field."""
HOPELESS: Final = 1e-2
"""A level whose agreement chance would bring this often is not followed."""
COARSE_POINTS: Final = 900
FINE_POINTS: Final = 2500
BACK_POINTS: Final = 400
NODES: Final = 64
"""Nodes of a field along the longer side."""
FOLLOWED: Final = 5.0
"""Length of a wave that a field follows by half, in patches."""
HELD_OUT: Final = 0.2
"""Share of the tie points that a fit is tested on."""
KEPT: Final = 0.85
"""Share of the agreement one level up that the finest level must keep."""
MOVED: Final = 0.5
"""Points are measured again if a fit moved the ground by more, in pixels of the level."""

_Model: TypeAlias = GlobalModel | Literal["field"]


@dataclass(frozen=True, slots=True)
class _Stage:
    """The level at work, and what every fit on it needs."""

    pair: Pair
    reference: Level
    moving: Level
    nodes: Nodes
    reach: float
    """Search radius of the tie points, in pixels of the level."""
    seed: int

    def tolerance(self, model: _Model) -> float:
        """Give the largest distance of an agreeing point, in pixels of the moving image."""
        return (FIELD_TOLERANCE if model == "field" else TOLERANCE) * self.moving.factor

    def agree(self, ties: Ties, warp: Warp, model: GlobalModel) -> Consensus:
        reach, tolerance = self.reach * self.moving.factor, self.tolerance(model)
        return agree(ties, warp, model=model, tolerance=tolerance, reach=reach, seed=self.seed)

    def measure(self, warp: Warp, most: int, reach: float) -> Ties:
        step = max(16, int(np.sqrt(self.reference.plane.size / most)))
        return measure(self.reference, self.moving, warp, patch=PATCH, step=step, reach=reach)


@dataclass(frozen=True, slots=True)
class _Fit:
    """One model fitted to tie points."""

    model: _Model
    warp: Warp
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
    found = _descend(pair, matrix, model, seed)
    if found is None:
        return Refusal("no places that look alike were found in both images")
    stage, warp = found
    ties = stage.measure(warp, COARSE_POINTS if model == "field" else FINE_POINTS, NEXT_REACH)
    fit = _chosen(stage, ties, warp, model, matrix)
    result = _settled(stage, ties, warp, fit)
    if not result and model == "auto" and fit.model == "field":
        return _settled(stage, ties, warp, _fit(stage, ties, warp, "similarity"))
    return result


def _settled(stage: _Stage, ties: Ties, warp: Warp, fit: _Fit) -> Alignment | Refusal:
    """Measure again where a fit moved the ground, fit again, and judge; `ties` were measured around `warp`."""
    if fit.warp.field is not None or _apart(fit.warp, warp, stage.reference) > MOVED * stage.moving.factor:
        ties = stage.measure(fit.warp, FINE_POINTS, NEXT_REACH)
        fit = _fit(stage, ties, Warp(fit.warp.matrix), fit.model)
    return _judge(stage, ties, fit)


def _descend(pair: Pair, matrix: Matrix, model: ModelChoice, seed: int) -> tuple[_Stage, Warp] | None:
    """Follow the pyramid down as long as tie points agree; give the finest such level and its global warp.

    A global model is not followed to the finest level where many of the points that agreed one level up are lost:
    relief shows there, and its tolerance would hold for one height only. A field follows it.
    """
    shape = pair.reference.valid.shape
    nodes = Nodes.over(shape, max(16, -(-max(shape) // NODES)))
    warp, reach, found, last = Warp(matrix), FIRST_REACH, None, 0.0
    for factor in pair.factors():
        stage = _Stage(pair, *pair.at(factor), nodes, reach, seed)
        ties = stage.measure(warp, COARSE_POINTS, reach)
        fit = _robust(stage, ties, warp, model)
        if fit.chance > HOPELESS or (factor == 1 and model != "field" and fit.share < KEPT * last):
            break
        warp, reach, last, found = Warp(fit.matrix), NEXT_REACH, fit.share, (stage, Warp(fit.matrix))
    return found


def _robust(stage: _Stage, ties: Ties, warp: Warp, model: ModelChoice) -> Consensus:
    """Fit a shift where that is asked for, else a similarity; affine where that explains clearly more points."""
    if model == "shift":
        return stage.agree(ties, warp, "shift")
    plain, free = (stage.agree(ties, warp, name) for name in ("similarity", "affine"))
    return free if free.inlier.sum() > 1.15 * plain.inlier.sum() else plain


def _chosen(stage: _Stage, ties: Ties, warp: Warp, model: ModelChoice, first: Matrix) -> _Fit:
    """Fit the model asked for, or the simplest that explains the points."""
    if model != "auto":
        return _fit(stage, ties, warp, model)
    upright = first[0, 0] == first[1, 1] > 0 and first[0, 1] == first[1, 0] == 0
    shifted = _shifted(first, warp, stage.reference)

    def errors(name: _Model, fitted: Ties, held: Ties) -> Positions:
        start = shifted if name == "shift" else warp
        return np.asarray(np.hypot(*held.error(_fit(stage, fitted, start, name).warp).T))

    models: tuple[_Model, ...] = ("similarity", "affine", "field")
    if upright:
        models = ("shift", *models)
    best = simplest_model(ties, models, errors, tolerance=stage.tolerance("affine"))
    return _fit(stage, ties, shifted if best == "shift" else warp, best)


def _shifted(first: Matrix, warp: Warp, ground: Level) -> Warp:
    """Give the first guess, shifted so that it agrees with a warp in the middle of the reference."""
    middle = np.array([ground.valid.shape[1] / 2, ground.valid.shape[0] / 2]) * ground.factor
    matrix = first.copy()
    matrix[:, 2] = warp.matrix @ [*middle, 1] - first[:, :2] @ middle
    return Warp(matrix)


def _apart(one: Warp, other: Warp, ground: Level) -> float:
    """Give the largest distance of two global warps over the reference, in pixels of the moving image."""
    rows, cols = (np.array([0, n * ground.factor]) for n in ground.valid.shape)
    corners = np.array([[c, r, 1] for c in cols for r in rows])
    return float(np.hypot(*(corners @ (one.matrix - other.matrix).T).T).max())


def _held_out(stage: _Stage, ties: Ties, warp: Warp, model: _Model) -> float:
    """Give the median error, in pixels of the moving image, at points that had no say in the fit."""
    held = np.random.default_rng(stage.seed).random(len(ties)) < HELD_OUT
    fit = _fit(stage, ties.take(~held), warp, model)
    error = np.hypot(*ties.take(held).error(fit.warp).T)
    # Points that no model explains (change, cloud) would hide the difference between models: they are left out.
    explained = error[error <= 2 * stage.tolerance(model)]
    return float(np.median(explained)) if len(explained) else np.inf


def _fit(stage: _Stage, ties: Ties, warp: Warp, model: _Model) -> _Fit:
    agreed = stage.agree(ties, warp, "similarity" if model == "field" else model)
    found = Warp(agreed.matrix)
    return _Fit(model, _bent(stage, ties, found) if model == "field" else found, agreed.chance)


def _bent(stage: _Stage, ties: Ties, warp: Warp) -> Warp:
    error = ties.error(warp)
    near = np.hypot(*error.T) <= stage.reach * stage.moving.factor
    field = fit_field(
        ties.col[near],
        ties.row[near],
        error[near],
        ties.quality[near],
        stage.nodes,
        wavelength=FOLLOWED * PATCH * stage.reference.factor,
        tolerance=0.7 * stage.moving.factor,
    )
    return Warp(warp.matrix, field, stage.nodes.step)


def _way_back(stage: _Stage, warp: Warp, model: _Model) -> float:
    """Give the median miss of points that are taken from the moving image to the reference and back, in its pixels."""
    step = max(16, int(np.sqrt(stage.moving.plane.size / BACK_POINTS)))
    ties = measure(stage.moving, stage.reference, Inverse(warp), patch=PATCH, step=step, reach=NEXT_REACH)
    col, row = warp(ties.mcol, ties.mrow)
    miss = np.hypot(col - ties.col, row - ties.row)
    explained = miss[miss <= 2 * stage.tolerance(model)]
    return float(np.median(explained)) if len(explained) else np.inf


def _judge(stage: _Stage, ties: Ties, fit: _Fit) -> Alignment | Refusal:
    error, tolerance = ties.error(fit.warp), stage.tolerance(fit.model)
    distance = np.hypot(*error.T)
    inlier = distance <= tolerance
    shown = showing(ties, inlier)
    borne = support(ties, error, shown, stage.reference, tolerance=tolerance, local=fit.model == "field")
    evidence = Evidence(
        inliers=int(inlier.sum()),
        chance=fit.chance,
        support=borne.common * stage.pair.clear(fit.warp),
        stands_out=stands_out(ties.surface),
        held_out_px=_held_out(stage, ties, Warp(fit.warp.matrix), fit.model) / stage.moving.factor,
        way_back_px=_way_back(stage, fit.warp, fit.model) / stage.moving.factor,
        tolerance_px=tolerance / stage.moving.factor,
    )
    objection = evidence.objection()
    if objection:
        return Refusal(objection)
    scale = size(fit.warp.matrix)
    points = TiePoints(
        ties.col,
        ties.row,
        ties.mcol - ties.col,
        ties.mrow - ties.row,
        np.clip(ties.agreement, 0, 1),
        inlier,
    )
    name: ModelName = "affine" if fit.model == "similarity" else fit.model
    residual = float(np.median(distance[inlier])) / scale
    return Alignment(name, fit.warp.matrix, residual, borne.whole, points, fit.warp.field, fit.warp.step, borne.support)

"""Which model the tie points ask for: the simplest that is as good as any at places that had no say in it."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.ties import Ties

BLOCKS: Final = 8
"""Blocks along each side of the ground: they are held out whole, because neighbouring points lean on each other."""
FOLDS: Final = 4
SMALL: Final = 1 / 15
"""Error, in tolerances, below which all are alike: a tenth of a pixel, as good as tie points are."""
WORTH: Final = 0.05
"""Share of the cost that a more complex model must take off."""
FEWEST: Final = 4
"""Blocks with points that a comparison needs."""

_Name = TypeVar("_Name", bound=str)


def simplest_model(
    ties: Ties, models: Sequence[_Name], errors: Callable[[_Name, Ties, Ties], NDArray[np.float64]], *, tolerance: float
) -> _Name:
    """Choose a model by cross-validation over blocks of ground.

    Parameters
    ----------
    ties : Ties
    models : sequence of str
        From the simplest to the most complex.
    errors : callable
        Fits a model to the tie points given first, and gives the distances of those given next from it, in pixels.
    tolerance : float
        Distance beyond which a point counts as an outlier, in pixels: farther ones cost no more.

    Returns
    -------
    str
        The first model within one standard error of the best: a more complex one must gain more, over the blocks, than
        chance would give it [1]_, and a twentieth of the cost.

    References
    ----------
    .. [1] Breiman, L., Friedman, J. H., Olshen, R. A., Stone, C. J. (1984). Classification and Regression Trees, 3.4.3.
    """
    block = _blocks(ties)
    cost = {m: _cost(ties, block, errors, m, tolerance) for m in models}
    present = np.bincount(block, minlength=BLOCKS**2) > 0
    if present.sum() < FEWEST:
        return models[0]
    best = min(models, key=lambda m: float(cost[m].sum()))
    for model in models:
        loss = (cost[model] - cost[best])[present]
        by_chance = float(loss.std(ddof=1)) / np.sqrt(len(loss))
        if loss.mean() <= max(by_chance, WORTH * float(cost[model][present].mean())):
            return model
    return best


def _blocks(ties: Ties) -> NDArray[np.intp]:
    """Give each point's block of the ground that the points span."""
    at = []
    for place in (ties.row, ties.col):
        span = max(float(np.ptp(place)), 1.0) * (1 + 1e-9)
        at.append(((place - place.min()) * (BLOCKS / span)).astype(np.intp))
    return np.asarray(at[0] * BLOCKS + at[1], np.intp)


def _cost(
    ties: Ties,
    block: NDArray[np.intp],
    errors: Callable[[_Name, Ties, Ties], NDArray[np.float64]],
    model: _Name,
    tolerance: float,
) -> NDArray[np.float64]:
    """Sum the bounded squared errors of held-out points, a block."""
    row, col = np.divmod(block, BLOCKS)
    # Every fold takes one block of each two by two, so that the blocks around a held-out one are fitted.
    fold = (row % 2) * 2 + col % 2
    out = np.zeros(len(ties))
    for k in range(FOLDS):
        held = fold == k
        if held.any() and not held.all():
            missed = errors(model, ties.take(~held), ties.take(held)) / tolerance
            out[held] = np.square(np.clip(missed, SMALL, 1))
    return np.asarray(np.bincount(block, out, BLOCKS**2), np.float64)

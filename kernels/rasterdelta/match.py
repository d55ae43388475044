"""Match the objects of two dates one to one: what stayed, what left and what arrived."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from rasterdelta.errors import KernelError

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Matches:
    """One-to-one pairs between two sets of objects, and what is left of each."""

    pairs: Indices
    """Shape (k, 2): index before, index after; ordered by the index before."""
    unmatched_before: Indices
    """Objects that left, ascending."""
    unmatched_after: Indices
    """Objects that arrived, ascending."""
    cost: Floats
    """Shape (k,): cost of each pair, 0 (same place, same size) to 1 (at the edge of both gates)."""


def match_objects(
    before_xy: ArrayLike,
    after_xy: ArrayLike,
    before_length: ArrayLike,
    after_length: ArrayLike,
    *,
    tolerance: float | Floats,
    after_tolerance: float | Floats | None = None,
    size_ratio: float = 1.8,
    size_share: float = 0.3,
) -> Matches:
    """Match objects of two dates by place and size.

    As many pairs as the gates allow are made, and among such assignments the one of least total cost is taken.

    Parameters
    ----------
    before_xy, after_xy : array_like of shape (n, 2) and (m, 2)
        Centres on one common grid, in one unit (metres or pixels).
    before_length, after_length : array_like of shape (n,) and (m,)
        Lengths in one unit; NaN where unknown (it then matches any).
    tolerance : float or ndarray of shape (n,)
        Greatest distance at which an object is still in the same place, in the unit of the centres, for all objects or
        for each one of `before_xy`: the uncertainty of registration plus a share of the object's length.
    after_tolerance : float or ndarray of shape (m,), optional
        The same for `after_xy`; a pair then has the mean of its two, so that either date may come first.
    size_ratio : float
        Greatest ratio of the two lengths of one object.
    size_share : float
        Share of the size in the cost; the rest is distance. Costs are squares of the distance over its tolerance and of
        the log ratio over its greatest value.

    Raises
    ------
    KernelError
        Shapes that do not fit, or a tolerance that is not above 0.

    Notes
    -----
    Objects that no chain of allowed pairs links are solved apart, each block by the algorithm of D. F. Crouse, "On
    implementing 2D rectangular assignment algorithms", IEEE TAES 52 (2016), doi:10.1109/TAES.2016.140952.
    """
    a, b = _points(before_xy), _points(after_xy)
    la, lb = np.asarray(before_length, float).ravel(), np.asarray(after_length, float).ravel()
    if len(la) != len(a) or len(lb) != len(b):
        raise KernelError(f"want one length an object: {len(la)} for {len(a)} before, {len(lb)} for {len(b)} after")
    reach = np.broadcast_to(np.asarray(tolerance, float), (len(a),))
    back = reach if after_tolerance is None else np.broadcast_to(np.asarray(after_tolerance, float), (len(b),))
    if size_ratio <= 1 or not (np.all(reach > 0) and np.all(back > 0)):
        raise KernelError("the tolerance must be above 0 and the size ratio above 1")
    farthest = reach if after_tolerance is None else (reach + back.max(initial=0)) / 2
    i, j = _near(a, b, farthest)
    within = reach[i] if after_tolerance is None else (reach[i] + back[j]) / 2
    near = (np.hypot(*(a[i] - b[j]).T) / within) ** 2
    size = (np.abs(np.log(la[i] / lb[j])) / np.log(size_ratio)) ** 2
    size = np.where(np.isnan(size), 0.0, size)
    fits = (size <= 1) & (near <= 1)
    cost = (1 - size_share) * near + size_share * size
    return _assign(i[fits], j[fits], cost[fits], len(a), len(b))


def _points(xy: ArrayLike) -> Floats:
    points = np.asarray(xy, float)
    if points.size == 0:
        return points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise KernelError(f"want centres of shape (n, 2), not {points.shape}")
    return points


def _near(a: Floats, b: Floats, reach: Floats) -> tuple[Indices, Indices]:
    if not len(a) or not len(b):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    found = cKDTree(b).query_ball_point(a, reach * (1 + 1e-12), return_sorted=True)
    i = np.repeat(np.arange(len(a)), [len(f) for f in found])
    return i, np.concatenate([np.asarray(f, np.intp) for f in found])


def _assign(i: Indices, j: Indices, cost: Floats, n: int, m: int) -> Matches:
    block = connected_components(coo_array((np.ones(len(i)), (i, n + j)), shape=(n + m, n + m)), directed=False)[1]
    order = np.argsort(block[i], kind="stable")
    edges = np.split(order, np.flatnonzero(np.diff(block[i[order]])) + 1) if len(order) else []
    chosen = np.concatenate([np.zeros(0, np.intp), *(e[_solve(i[e], j[e], cost[e])] for e in edges)])
    chosen = chosen[np.argsort(i[chosen])]
    pairs = np.column_stack([i[chosen], j[chosen]]).astype(np.intp)
    left, arrived = np.setdiff1d(np.arange(n), pairs[:, 0]), np.setdiff1d(np.arange(m), pairs[:, 1])
    return Matches(pairs, left, arrived, cost[chosen])


def _solve(i: Indices, j: Indices, cost: Floats) -> Indices:
    """Give the edges of one block that make the most pairs at the least cost."""
    rows, r = np.unique(i, return_inverse=True)
    cols, c = np.unique(j, return_inverse=True)
    gain = np.zeros((len(rows), len(cols)))
    gain[r, c] = cost - (min(gain.shape) + 1)
    edge = np.full(gain.shape, -1, np.intp)
    edge[r, c] = np.arange(len(i))
    taken: Indices = edge[linear_sum_assignment(gain)]
    return taken[taken >= 0]

"""Score what a detector found against labels: hits, misses, false alarms, average precision."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from rasterdelta.errors import KernelError
from rasterdelta.match import match_objects

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
LEAST_REACH_PX = 1.5
"""A detection may always be so far off a label's centre: of the smallest objects half a length is less."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of the labels and the detections of one image."""

    hits: Indices
    """Shape (k, 2): counted label, detection."""
    missed: Indices
    """Counted labels that no detection matches, ascending."""
    false: Indices
    """Detections that match no label, ascending."""
    excused: Indices
    """Detections that match a label which is not counted, ascending."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall at every score, from the highest down."""

    score: Floats
    precision: Floats
    recall: Floats


def judge(labels: ArrayLike, size: ArrayLike, detections: ArrayLike, *, counted: ArrayLike | None = None) -> Verdicts:
    """Match detections to labels, one to one.

    As many pairs as possible are made, nearest first where there is a choice: first with the labels that are counted,
    then of what is left with those that are not, which excuse a detection.

    Parameters
    ----------
    labels, detections : array_like of shape (n, 2) and (m, 2)
        Centres (row, column) in pixels of one image.
    size : array_like of shape (n,)
        Longer side of each label, pixels: a detection within half of it matches, and one within `LEAST_REACH_PX`.
    counted : array_like of bool, shape (n,), optional
        False = neither a miss nor a false alarm; all True where it is not given.
    """
    at, found = _places(labels), _places(detections)
    reach = np.maximum(np.asarray(size, float).reshape(-1) / 2, LEAST_REACH_PX)
    sure = np.ones(len(at), bool) if counted is None else np.asarray(counted, bool).reshape(-1)
    if not len(at) == len(reach) == len(sure):
        raise KernelError(f"want one size and one flag a label: {len(reach)} and {len(sure)} for {len(at)}")
    hits = _pairs(at, reach, found, np.flatnonzero(sure), np.arange(len(found)))
    rest = np.setdiff1d(np.arange(len(found)), hits[:, 1])
    excused = np.sort(_pairs(at, reach, found, np.flatnonzero(~sure), rest)[:, 1])
    return Verdicts(hits, np.setdiff1d(np.flatnonzero(sure), hits[:, 0]), np.setdiff1d(rest, excused), excused)


def _places(given: ArrayLike) -> Floats:
    return np.asarray(given, float).reshape(-1, 2)


def _pairs(at: Floats, reach: Floats, found: Floats, labels: Indices, detections: Indices) -> Indices:
    """Give index pairs, shape (k, 2), of some labels and some detections."""
    unknown = np.full(len(labels), np.nan), np.full(len(detections), np.nan)
    got = match_objects(at[labels], found[detections], *unknown, tolerance=_some(reach[labels]), size_share=0.0)
    return np.column_stack([labels[got.pairs[:, 0]], detections[got.pairs[:, 1]]])


def _some(reach: Floats) -> Floats | float:
    return reach if len(reach) else LEAST_REACH_PX


def precision_recall(score: ArrayLike, real: ArrayLike, objects: float, *, weight: ArrayLike | None = None) -> Curve:
    """Give precision and recall at each threshold.

    Parameters
    ----------
    score : array_like of shape (n,)
        Of each detection; equal scores are taken together.
    real : array_like of bool, shape (n,)
        True = hit.
    objects : float
        Counted labels, found or not.
    weight : array_like of shape (n,), optional
        How often each detection counts (of a resampled set); once where it is not given.
    """
    scores, hit = np.asarray(score, float), np.asarray(real, bool)
    many = np.ones(len(scores)) if weight is None else np.asarray(weight, float)
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.zeros(0, np.intp)
    hits, found = (np.cumsum(w[order])[last] for w in (many * hit, many))
    return Curve(scores[last], hits / np.maximum(found, 1e-12), hits / max(objects, 1e-12))


def average_precision(score: ArrayLike, real: ArrayLike, objects: float, *, weight: ArrayLike | None = None) -> float:
    """Give the area under the curve of precision over recall; NaN where there are no objects.

    Precision at a recall is the best at that recall or beyond [1]_. Recall that no detection reaches adds nothing: of a
    detector that keeps back what is below its threshold, the average precision ends at that threshold. Parameters are
    those of `precision_recall`.

    References
    ----------
    .. [1] M. Everingham et al. (2010), The PASCAL visual object classes challenge, doi:10.1007/s11263-009-0275-4.
    """
    if not objects > 0:
        return float("nan")
    curve = precision_recall(score, real, objects, weight=weight)
    best = np.maximum.accumulate(curve.precision[::-1])[::-1]
    return float(np.sum(np.diff(curve.recall, prepend=0.0) * best))


def resamples(groups: ArrayLike, *, times: int, seed: int) -> NDArray[np.int64]:
    """Draw groups with replacement, as many as there are: the cluster bootstrap [1]_.

    Parameters
    ----------
    groups : array_like of shape (n,)
        The group (a site, say) of each image: images of one group are alike, and are drawn together.

    Returns
    -------
    ndarray of shape (times, n), int64
        How often each image was drawn.

    References
    ----------
    .. [1] A. C. Davison, D. V. Hinkley (1997), Bootstrap methods and their application, section 3.8,
       doi:10.1017/CBO9780511802843.
    """
    member = np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    many = int(member.max(initial=-1)) + 1
    if many == 0:
        return np.zeros((times, 0), np.int64)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(many, np.full(many, 1 / many), size=times)
    return np.asarray(drawn[:, member], np.int64)


def rate_interval(hits: float, trials: float, *, level: float = 0.9) -> tuple[float, float]:
    """Give Jeffreys' interval of a rate [1]_; it reaches 0 after no hit and 1 after nothing but hits.

    References
    ----------
    .. [1] L. D. Brown, T. T. Cai, A. DasGupta (2001), Interval estimation for a binomial proportion,
       doi:10.1214/ss/1009213286.
    """
    tail, a, b = (1 - level) / 2, hits + 0.5, trials - hits + 0.5
    low = 0.0 if hits <= 0 else float(betaincinv(a, b, tail))
    return low, 1.0 if hits >= trials else float(betaincinv(a, b, 1 - tail))

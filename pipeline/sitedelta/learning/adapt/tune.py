"""Teach a student on a pool of crops, held near what it was.

Only what stands above the encoder is taught, whose features of each crop are computed once (X. Wang et al. 2020,
Frustratingly simple few-shot object detection, arXiv:2003.06957).
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sitedelta.learning.adapt.pool import Pool
from sitedelta.learning.adapt.student import Weights, weights_of
from sitedelta.learning.detect.loss import Target, centre_loss, pose_loss, target_of
from sitedelta.learning.detect.network import STRIDE, Detector

LIMIT = 5.0
"""Longest gradient."""
SURE = -1.0
"""Log-odds from which the former model's lengths and headings are kept."""
UNLABELLED = 0.02
"""Where the map of labelled centres is lower, nothing is labelled."""
FLOOR = 0.03
"""Share of the highest rate that is left at the end."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a student is taught."""

    batches: int
    size: int = 8
    """Crops of a batch."""
    plain: float = 0.625
    """Share of crops that show the user's images as they are."""
    rate: float = 1e-4
    """Highest rate of learning."""
    near: float = 0.01
    """Pull of each batch towards the former weights, over the rate (L2-SP, X. Li et al. 2018, arXiv:1802.01483)."""
    like: float = 4.0
    """Weight of likeness to the former model's maps (Z. Li, D. Hoiem 2016, arXiv:1606.09282)."""
    keep: float = 0.98
    """Share of the moving average that each batch leaves as it is."""
    warm_up: int = 15
    boxy: bool = False
    """True where the heading map holds twice the angle."""
    seed: int = 0


def tune(
    student: Detector,
    pool: Pool,
    chosen: NDArray[np.bool_],
    unsure: NDArray[np.bool_],
    course: Course,
    *,
    until: float = math.inf,
) -> tuple[Weights, int]:
    """Teach a student.

    Parameters
    ----------
    chosen : ndarray of shape (n,)
        Crops that it may see.
    unsure : ndarray of shape (n,)
        True where unlabelled objects may stand: nothing is taught there but what the former model says.
    until : float
        Monotonic time at which it must be done; the rate of learning falls to its end by then.

    Returns
    -------
    Weights, int
        The moving average of the weights, and how many batches were taken.
    """
    student = student.train().to(memory_format=torch.channels_last)
    student.encoder.requires_grad_(requires_grad=False)
    taught = [p for p in student.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(taught, weight_decay=0.0)
    former = [p.detach().clone() for p in taught]
    mean, began, done = weights_of(student), time.monotonic(), 0
    for rows in _batches(pool, chosen, course):
        share = max(done / course.batches, (time.monotonic() - began) / max(until - began, 1e-9))
        if share >= 1:
            break
        rate = min(1.0, (done + 1) / course.warm_up) * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimiser.param_groups:
            group["lr"] = course.rate * rate
        optimiser.zero_grad(set_to_none=True)
        loss_of(student, pool, rows, unsure, course).backward()
        nn.utils.clip_grad_norm_(taught, LIMIT)
        optimiser.step()
        _pull(taught, former, course.near * rate)
        done += 1
        _average(mean, weights_of(student), min(course.keep, done / (done + 9)))
    return mean, done


def _batches(pool: Pool, chosen: NDArray[np.bool_], course: Course) -> Iterator[NDArray[np.int64]]:
    """Give the rows of batch after batch: so many plain crops, the rest replayed; each part goes round in turn."""
    rng = np.random.default_rng(course.seed)
    plain = max(1, round(course.plain * course.size))
    first, second = (_rounds(np.flatnonzero(chosen & (pool.plain == p)), rng) for p in (True, False))
    while True:
        rows = [next(first) for _ in range(plain)] + [next(second) for _ in range(course.size - plain)]
        yield np.array(rows)


def _rounds(rows: NDArray[np.int64], rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(rows).tolist()


def loss_of(
    student: Detector, pool: Pool, rows: NDArray[np.int64], unsure: NDArray[np.bool_], course: Course
) -> Tensor:
    """Give the loss of one batch: labels on the user's images, the former model's maps elsewhere."""
    fine, middle, coarse = (_floats(level[rows]) for level in (pool.fine, pool.middle, pool.coarse))
    items, former = torch.from_numpy(_used(pool.items[rows])), _floats(pool.former[rows])
    maps = student.top((fine, middle, coarse))
    target = target_of(items, maps.shape[-1] * STRIDE)
    open_, replayed = torch.from_numpy(unsure[rows]), torch.from_numpy(~pool.plain[rows])
    target.weight[open_] = 0.0
    where = replayed[:, None, None] | (open_[:, None, None] & (target.heat < UNLABELLED))
    taught = _taught(maps[~replayed], target.of(~replayed), items[~replayed], course)
    return taught + course.like * _unlike(maps, former, where)


def _taught(maps: Tensor, target: Target, items: Tensor, course: Course) -> Tensor:
    none = torch.zeros(len(maps), dtype=torch.bool)
    centre = centre_loss(maps[:, 0], target, none, trusting=False)
    return centre + 0.5 * pose_loss(maps[:, 1:], target, items, boxy=course.boxy)


def _floats(values: NDArray[np.float16]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(memory_format=torch.channels_last)


def _used(items: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut off rows that hold no item in any crop."""
    return items[:, : max(1, int((items[..., 0] > 0).sum(1).max()))]


def _unlike(maps: Tensor, former: Tensor, where: Tensor) -> Tensor:
    """Give how far maps are from the former ones."""
    centre = (maps[:, 0].sigmoid() - former[:, 0].sigmoid()) ** 2 * where
    sure = (former[:, 0] > SURE) & where
    pose = (maps[:, 1:5] - former[:, 1:5]).abs().sum(1) * sure
    return 8 * centre.sum() / (100.0 * len(maps)) + 0.3 * pose.sum() / sure.sum().clamp(min=32.0)


@torch.no_grad()
def _pull(taught: list[nn.Parameter], former: list[Tensor], share: float) -> None:
    for p, old in zip(taught, former, strict=True):
        p.lerp_(old, share)


def _average(mean: Weights, new: Weights, keep: float) -> None:
    for name, value in new.items():
        mean[name] += (1 - keep) * (value - mean[name])

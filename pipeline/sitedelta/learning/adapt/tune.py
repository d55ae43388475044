"""Teach a student on a pool of crops, held near what it was."""

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
from sitedelta.learning.detect.loss import centre_loss, pose_loss, target_of
from sitedelta.learning.detect.network import STRIDE, Detector

LIMIT = 5.0
"""Longest gradient."""
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
    tuned_rate: float = 3e-5
    """Highest rate of learning of the encoder."""
    fresh_rate: float = 1e-4
    """Of all above it."""
    frozen: int = 5
    """First blocks that stay as they are."""
    near: float = 0.01
    """Pull of each batch towards the former weights, over the rate (L2-SP, X. Li et al. 2018, arXiv:1802.01483)."""
    like: float = 1.0
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
    student.train()
    student.encoder.freeze()
    for block in student.encoder.blocks[: course.frozen]:
        block.requires_grad_(requires_grad=False)
    groups = _groups(student, course)
    optimiser = torch.optim.AdamW(groups, weight_decay=0.0)
    former = [[p.detach().clone() for p in g["params"]] for g in optimiser.param_groups]
    mean, began, done = weights_of(student), time.monotonic(), 0
    for rows in _batches(pool, chosen, course):
        share = max(done / course.batches, (time.monotonic() - began) / max(until - began, 1e-9))
        if share >= 1:
            break
        rate = min(1.0, (done + 1) / course.warm_up) * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate
        optimiser.zero_grad(set_to_none=True)
        loss_of(student, pool, rows, unsure, course).backward()
        nn.utils.clip_grad_norm_(student.parameters(), LIMIT)
        optimiser.step()
        _pull(optimiser, former, course.near * rate)
        done += 1
        _average(mean, weights_of(student), min(course.keep, done / (done + 9)))
    return mean, done


def _groups(student: Detector, course: Course) -> list[dict[str, object]]:
    tuned = [p for p in student.encoder.parameters() if p.requires_grad]
    known = {id(p) for p in student.encoder.parameters()}
    fresh = [p for p in student.parameters() if id(p) not in known]
    return [{"params": tuned, "peak": course.tuned_rate}, {"params": fresh, "peak": course.fresh_rate}]


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
    """Give the loss of one batch: labels where they are, the former model's maps elsewhere."""
    fine = torch.from_numpy(pool.features[rows].astype(np.float32)).to(memory_format=torch.channels_last)
    items, former = torch.from_numpy(pool.items[rows]), torch.from_numpy(pool.former[rows].astype(np.float32))
    maps = student.above(fine)
    target = target_of(items, maps.shape[-1] * STRIDE)
    open_ = torch.from_numpy(unsure[rows])
    target.weight[open_] = 0.0
    none = torch.zeros(len(rows), dtype=torch.bool)
    taught = centre_loss(maps[:, 0], target, none, trusting=False)
    taught = taught + 0.5 * pose_loss(maps[:, 1:], target, items, boxy=course.boxy)
    replayed = torch.from_numpy(~pool.plain[rows]) | open_
    return taught + course.like * _unlike(maps, former, replayed, target.heat)


def _unlike(maps: Tensor, former: Tensor, replayed: Tensor, heat: Tensor) -> Tensor:
    """Give how far maps are from the former ones, on replayed crops and where no label stands."""
    where = replayed[:, None, None] * (heat < 0.02)
    centre = (maps[:, 0].sigmoid() - former[:, 0].sigmoid()) ** 2 * where
    sure = (former[:, 0] > 0) * where
    pose = (maps[:, 1:5] - former[:, 1:5]).abs().sum(1) * sure
    return 8 * centre.sum() / (100.0 * len(maps)) + 0.3 * pose.sum() / sure.sum().clamp(min=32.0)


@torch.no_grad()
def _pull(optimiser: torch.optim.Optimizer, former: list[list[Tensor]], share: float) -> None:
    for group, was in zip(optimiser.param_groups, former, strict=True):
        for p, old in zip(group["params"], was, strict=True):
            p.lerp_(old, share)


def _average(mean: Weights, new: Weights, keep: float) -> None:
    for name, value in new.items():
        mean[name] += (1 - keep) * (value - mean[name])

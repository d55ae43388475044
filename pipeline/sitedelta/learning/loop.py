"""The loop of learning that all networks share: until its time is spent, saving as it goes."""

import copy
import logging
import math
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from sitedelta.learning import pretrained

LOG = logging.getLogger("sitedelta.learning")
TOLD = 50
"""Batches between two lines of the log."""
SAVE_S = 150
LIMIT = 5.0
"""Longest gradient."""

Batch = tuple[Tensor, ...]
Losses = dict[str, Tensor]
"""Parts of a loss by name, weighted: they are summed."""


@dataclass(slots=True)
class Run:
    """All that a run needs to go on."""

    model: nn.Module
    mean: nn.Module
    """Moving average of the weights: what is exported."""
    optimiser: torch.optim.Optimizer
    step: int = 0
    seen: int = 0
    """Examples."""
    spent_s: float = 0.0

    def save(self, path: Path) -> None:
        """Write everything aside, then rename."""
        parts = {k: getattr(self, k).state_dict() for k in ("model", "mean", "optimiser")}
        numbers = {"step": self.step, "seen": self.seen, "spent_s": self.spent_s}
        torch.save(parts | numbers, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def load(self, path: Path) -> None:
        """Take up a run where it was left."""
        parts = torch.load(path, weights_only=True)
        for k in ("model", "mean", "optimiser"):
            getattr(self, k).load_state_dict(parts[k])
        self.step, self.seen, self.spent_s = parts["step"], parts["seen"], parts["spent_s"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how long is learned."""

    minutes: float
    """Time in all, by `clock`."""
    warm_up: int
    """Batches until the rate of learning has risen; from there it falls along a cosine."""
    floor: float
    """Share of the highest rate that is left at the end."""
    keep: float
    """Share of the moving average that each batch leaves as it is."""
    clock: Callable[[], float] = field(default=time.process_time)
    """Seconds: of the processor, or of the wall."""

    def rate(self, step: int, done: float) -> float:
        """Give the rate of learning over the highest, at a batch and a share of the time."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        return min(1.0, (step + 1) / self.warm_up) * (self.floor + (1 - self.floor) * cosine)


def begin(model: nn.Module, *, tuned_rate: float, fresh_rate: float) -> Run:
    """Give a network with ImageNet features in its `encoder`, before its first batch.

    Parameters
    ----------
    model : nn.Module
        Its `encoder` is filled, and frozen down to stride 4.
    tuned_rate, fresh_rate : float
        Highest rates of learning of the encoder and of all the rest.
    """
    pretrained.load(model.encoder)
    model.encoder.freeze()
    model = model.to(memory_format=torch.channels_last)
    tuned = [p for p in model.encoder.parameters() if p.requires_grad]
    known = {id(p) for p in model.encoder.parameters()}
    fresh = [p for p in model.parameters() if id(p) not in known]
    groups = [{"params": tuned, "peak": tuned_rate}, {"params": fresh, "peak": fresh_rate}]
    return Run(model, copy.deepcopy(model), torch.optim.AdamW(groups, weight_decay=1e-4))


def train(
    run: Run, batches: Iterator[Batch], loss_of: Callable[[Run, Batch], Losses], *, pace: Pace, out: Path | None
) -> None:
    """Learn until the time is spent or the process is told to end, saving `last.pt` in a folder where one is given."""
    began, saved = pace.clock() - run.spent_s, time.monotonic()
    told: list[int] = []
    former = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    heard = _Heard()
    for batch in batches:
        run.spent_s = pace.clock() - began
        if told or run.spent_s > 60 * pace.minutes:
            break
        losses = learn(run, batch, loss_of, pace)
        heard.hear(run, losses)
        if out and time.monotonic() - saved > SAVE_S:
            run.save(out / "last.pt")
            saved = time.monotonic()
    signal.signal(signal.SIGTERM, former)
    if out:
        run.save(out / "last.pt")


def learn(run: Run, batch: Batch, loss_of: Callable[[Run, Batch], Losses], pace: Pace) -> Losses:
    """Take one step."""
    for group in run.optimiser.param_groups:
        group["lr"] = group["peak"] * pace.rate(run.step, run.spent_s / (60 * pace.minutes))
    losses = loss_of(run, batch)
    run.optimiser.zero_grad(set_to_none=True)
    sum(losses.values()).backward()
    nn.utils.clip_grad_norm_(run.model.parameters(), LIMIT)
    run.optimiser.step()
    run.step += 1
    run.seen += len(batch[0])
    _average(run, pace.keep)
    return losses


@torch.no_grad()
def _average(run: Run, most: float) -> None:
    keep = min(most, (1 + run.step) / (10 + run.step))
    for old, new in zip(run.mean.state_dict().values(), run.model.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


@dataclass(slots=True)
class _Heard:
    """Losses since the last line of the log."""

    recent: list[dict[str, float]] = field(default_factory=list)

    def hear(self, run: Run, losses: Losses) -> None:
        self.recent.append({k: v.item() for k, v in losses.items()})
        if run.step % TOLD == 0:
            means = {k: sum(r[k] for r in self.recent) / len(self.recent) for k in losses}
            said = ", ".join(f"{k} {v:.4f}" for k, v in means.items())
            LOG.info("batch %d, %.0f s, %s", run.step, run.spent_s, said)
            self.recent.clear()

"""Train the network: python -m training.change.train DATA --out FOLDER --minutes N [--resume FOLDER/last.pt]."""

import argparse
import copy
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

from training.change import pretrained
from training.change.ground import Ground, read
from training.change.network import Siamese
from training.change.sampler import REAL_UNLABELLED, example

LOG = logging.getLogger("training.change")
BATCH = 8
CERTAIN = 2.2
"""Logit from which change where none is labelled is taken for a label that is missing."""
WARM_UP = 300
"""Batches before missing labels are believed in, and before the rate of learning has risen."""
SAVE_S = 120


class Examples(IterableDataset[tuple[Tensor, ...]]):
    """Endless examples from a seed on."""

    def __init__(self, ground: Ground, start: int) -> None:
        self.ground, self.start = ground, start

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        cv2.setNumThreads(1)
        seed = self.start
        while True:
            e = example(self.ground, seed)
            seed += 1
            yield _image(e.before), _image(e.after), torch.from_numpy(e.label)[None], torch.from_numpy(e.weight)[None]


def _image(pixels: np.ndarray) -> Tensor:
    return (torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).float() - 127) / 128


@dataclass(slots=True)
class State:
    """All that a run needs to go on."""

    model: Siamese
    mean: Siamese
    """Moving average of the weights: what is exported."""
    optimiser: torch.optim.Optimizer
    step: int = 0
    spent_s: float = 0.0

    def save(self, path: Path) -> None:
        """Write everything aside, then rename."""
        parts = {k: getattr(self, k).state_dict() for k in ("model", "mean", "optimiser")}
        torch.save(parts | {"step": self.step, "spent_s": self.spent_s}, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def load(self, path: Path) -> None:
        """Take up a run where it was left."""
        parts = torch.load(path, weights_only=True)
        for k in ("model", "mean", "optimiser"):
            getattr(self, k).load_state_dict(parts[k])
        self.step, self.spent_s = parts["step"], parts["spent_s"]


def begin() -> State:
    """Give a network with ImageNet features, before its first step."""
    model = Siamese()
    pretrained.load(model.encoder)
    model.encoder.freeze()
    model = model.to(memory_format=torch.channels_last)
    tuned = [p for p in model.encoder.parameters() if p.requires_grad]
    known = {id(p) for p in model.encoder.parameters()}
    fresh = [p for p in model.parameters() if id(p) not in known]
    optimiser = torch.optim.AdamW([{"params": tuned, "peak": 2e-4}, {"params": fresh, "peak": 2e-3}], weight_decay=1e-4)
    return State(model, copy.deepcopy(model), optimiser)


def loss_of(logit: Tensor, label: Tensor, weight: Tensor, *, trusting: bool) -> Tensor:
    """Give the weighted cross-entropy at the network's stride; certain change without a label counts for nothing."""
    share = functional.avg_pool2d(label * weight, 4) / functional.avg_pool2d(weight, 4).clamp(min=1e-6)
    weight = functional.avg_pool2d(weight, 4)
    if trusting:
        missing = (logit.detach() > CERTAIN) & (share == 0) & (weight <= REAL_UNLABELLED)
        weight = weight * ~missing
    loss = functional.binary_cross_entropy_with_logits(logit, share, reduction="none") * (1 + share)
    return (loss * weight).sum() / weight.sum().clamp(min=1)


def train(state: State, batches: Iterator[tuple[Tensor, ...]], *, minutes: float, out: Path) -> None:
    """Learn until the minutes are spent, saving as it goes."""
    began, saved, recent = time.monotonic() - state.spent_s, time.monotonic(), []
    for before, after, label, weight in batches:
        state.spent_s = time.monotonic() - began
        if state.spent_s > 60 * minutes:
            break
        _set_rate(state, state.spent_s / (60 * minutes))
        flat = {"memory_format": torch.channels_last}
        loss = loss_of(state.model(before.to(**flat), after.to(**flat)), label, weight, trusting=state.step > WARM_UP)
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(state.model.parameters(), 5.0)
        state.optimiser.step()
        state.step += 1
        _average(state)
        recent.append(loss.item())
        if state.step % 50 == 0:
            LOG.info("step %d, %.0f s, loss %.4f", state.step, state.spent_s, sum(recent) / len(recent))
            recent.clear()
        if time.monotonic() - saved > SAVE_S:
            state.save(out / "last.pt")
            saved = time.monotonic()
    state.save(out / "last.pt")


def _set_rate(state: State, done: float) -> None:
    shape = min(1.0, (state.step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
    for group in state.optimiser.param_groups:
        group["lr"] = group["peak"] * shape


@torch.no_grad()
def _average(state: State) -> None:
    keep = min(0.995, (1 + state.step) / (10 + state.step))
    for old, new in zip(state.mean.state_dict().values(), state.model.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def main() -> None:
    """Parse, read, train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    state = begin()
    if args.resume:
        state.load(args.resume)
    start = args.seed * 10**9 + state.step * BATCH
    loader = DataLoader(Examples(read(args.data), start), batch_size=BATCH, num_workers=1, prefetch_factor=4)
    train(state, iter(loader), minutes=args.minutes, out=args.out)


if __name__ == "__main__":
    main()

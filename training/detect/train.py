"""Train a model: python -m training.detect.train aircraft DATA BANK.npz --out FOLDER --minutes N [--resume FILE]."""

import argparse
import copy
import json
import logging
import math
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from training.change import pretrained
from training.detect import ground, scenes
from training.detect.loss import centre_loss, pose_loss, target_of
from training.detect.network import Detector
from training.detect.sampler import RECIPES, Kind, example
from training.detect.sprites import Bank

LOG = logging.getLogger("training.detect")
WARM_UP = 150
TRUST = 1200
"""Batches before labels are believed to be missing."""
SAVE_S = 150


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was rendered beforehand."""

    bank: Bank
    scenes: tuple[ground.Picture, ...]


class Examples(IterableDataset[tuple[Tensor, ...]]):
    """Endless examples from a seed on."""

    def __init__(self, kind: Kind, places: ground.Ground, drawn: Drawn, start: int, side: int) -> None:
        self.recipe, self.places, self.drawn = RECIPES[kind], places, drawn
        self.start, self.side = start, side

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        cv2.setNumThreads(1)
        seed = self.start
        while True:
            e = example(self.places, self.drawn.bank, self.recipe, seed, self.side, self.drawn.scenes)
            seed += 1
            pixels = torch.from_numpy(np.ascontiguousarray(e.picture.transpose(2, 0, 1)))
            yield pixels, torch.from_numpy(e.items), torch.tensor(e.real)


@dataclass(slots=True)
class State:
    """All that a run needs to go on."""

    model: Detector
    mean: Detector
    """Moving average of the weights: what is exported."""
    optimiser: torch.optim.Optimizer
    step: int = 0
    seen: int = 0
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


def begin() -> State:
    """Give a network with ImageNet features, before its first step."""
    model = Detector()
    pretrained.load(model.encoder)
    model.encoder.freeze()
    model = model.to(memory_format=torch.channels_last)
    tuned = [p for p in model.encoder.parameters() if p.requires_grad]
    known = {id(p) for p in model.encoder.parameters()}
    fresh = [p for p in model.parameters() if id(p) not in known]
    optimiser = torch.optim.AdamW([{"params": tuned, "peak": 4e-4}, {"params": fresh, "peak": 2e-3}], weight_decay=1e-4)
    return State(model, copy.deepcopy(model), optimiser)


def loss_of(state: State, batch: tuple[Tensor, ...], *, boxy: bool) -> tuple[Tensor, Tensor]:
    """Give the losses of centre and pose of one batch."""
    pixels, items, real = batch
    x = ((pixels.float() - 127) / 128).to(memory_format=torch.channels_last)
    maps = state.model(x)
    target = target_of(items, pixels.shape[-1])
    centre = centre_loss(maps[:, 0], target, real, trusting=state.step > TRUST)
    return centre, pose_loss(maps[:, 1:], target, items, boxy=boxy)


def train(state: State, batches: Iterator[tuple[Tensor, ...]], *, minutes: float, out: Path, boxy: bool) -> None:
    """Learn until the minutes are spent, saving as it goes."""
    began, saved = time.process_time() - state.spent_s, time.monotonic()
    recent: list[list[float]] = []
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    for batch in batches:
        state.spent_s = time.process_time() - began
        if told or state.spent_s > 60 * minutes:
            break
        _set_rate(state, state.spent_s / (60 * minutes))
        centre, pose = loss_of(state, batch, boxy=boxy)
        state.optimiser.zero_grad(set_to_none=True)
        (centre + 0.5 * pose).backward()
        nn.utils.clip_grad_norm_(state.model.parameters(), 5.0)
        state.optimiser.step()
        state.step += 1
        state.seen += len(batch[0])
        _average(state)
        recent.append([centre.item(), pose.item()])
        if state.step % 50 == 0:
            LOG.info("step %d, %.0f s, centre %.4f, pose %.4f", state.step, state.spent_s, *np.mean(recent, 0))
            recent.clear()
        if time.monotonic() - saved > SAVE_S:
            state.save(out / "last.pt")
            saved = time.monotonic()
    state.save(out / "last.pt")


def _set_rate(state: State, done: float) -> None:
    shape = min(1.0, (state.step + 1) / WARM_UP) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
    for group in state.optimiser.param_groups:
        group["lr"] = group["peak"] * shape


@torch.no_grad()
def _average(state: State) -> None:
    keep = min(0.997, (1 + state.step) / (10 + state.step))
    for old, new in zip(state.mean.state_dict().values(), state.model.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def main() -> None:
    """Parse, read, train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(RECIPES))
    parser.add_argument("data", type=Path)
    parser.add_argument("bank", type=Path)
    parser.add_argument("--scenes", type=Path, help="folder that training.detect.scenes wrote")
    parser.add_argument("--cache", type=Path, required=True, help="folder for decoded images")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60, help="of processor time of the learning process")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    state = begin()
    if args.resume:
        state.load(args.resume)
    (args.out / "arguments.json").write_text(json.dumps({k: str(v) for k, v in vars(args).items()}, indent=1))
    places = {"aircraft": ground.aircraft, "vehicle": ground.vehicles}[args.kind](args.data, args.cache)
    drawn = Drawn(Bank.load(args.bank), scenes.read(args.scenes, args.kind) if args.scenes else ())
    examples = Examples(args.kind, places, drawn, args.seed * 10**9 + state.seen, args.side)
    loader = DataLoader(examples, batch_size=args.batch, num_workers=1, prefetch_factor=6)
    train(state, iter(loader), minutes=args.minutes, out=args.out, boxy=args.kind == "vehicle")


if __name__ == "__main__":
    main()

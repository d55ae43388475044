"""Train a model: python -m sitedelta.learning.detect.train KIND DATA BANK.npz --out FOLDER [--resume FILE]."""

import argparse
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from sitedelta.learning import loop
from sitedelta.learning.detect import ground, scenes
from sitedelta.learning.detect.loss import centre_loss, pose_loss, target_of
from sitedelta.learning.detect.network import Detector
from sitedelta.learning.detect.sampler import RECIPES, Kind, example
from sitedelta.learning.detect.sprites import Bank

PACE = partial(loop.Pace, warm_up=150, floor=0.03, keep=0.997)
RATES = {"tuned_rate": 4e-4, "fresh_rate": 2e-3}
CLOCKS = {"processor": time.process_time, "wall": time.monotonic}
TRUST = 1200
"""Batches before labels are believed to be missing."""


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


def loss_of(run: loop.Run, batch: loop.Batch, *, boxy: bool) -> loop.Losses:
    """Give the losses of centre and pose of one batch."""
    pixels, items, real = batch
    x = ((pixels.float() - 127) / 128).to(memory_format=torch.channels_last)
    maps = run.model(x)
    target = target_of(items, pixels.shape[-1])
    centre = centre_loss(maps[:, 0], target, real, trusting=run.step > TRUST)
    return {"centre": centre, "pose": 0.5 * pose_loss(maps[:, 1:], target, items, boxy=boxy)}


def main() -> None:
    """Parse, read, train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(RECIPES))
    parser.add_argument("data", type=Path)
    parser.add_argument("bank", type=Path)
    parser.add_argument("--scenes", type=Path, help="folder that sitedelta.learning.detect.scenes wrote")
    parser.add_argument("--cache", type=Path, required=True, help="folder for decoded images")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60, help="in all, by --clock")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="processor")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--hard", type=Path, help="places that sitedelta.learning.detect.mine wrote")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    run = loop.begin(Detector(), **RATES)
    if args.resume:
        run.load(args.resume)
    (args.out / "arguments.json").write_text(json.dumps({k: str(v) for k, v in vars(args).items()}, indent=1))
    places = {"aircraft": ground.aircraft, "vehicle": ground.vehicles}[args.kind](args.data, args.cache)
    if args.hard:
        places = ground.harder(places, args.hard)
    drawn = Drawn(Bank.load(args.bank), scenes.read(args.scenes, args.kind) if args.scenes else ())
    examples = Examples(args.kind, places, drawn, args.seed * 10**9 + run.seen, args.side)
    loader = DataLoader(examples, batch_size=args.batch, num_workers=1, prefetch_factor=6)
    loss = partial(loss_of, boxy=args.kind == "vehicle")
    loop.train(run, iter(loader), loss, pace=PACE(args.minutes, clock=CLOCKS[args.clock]), out=args.out)


if __name__ == "__main__":
    main()

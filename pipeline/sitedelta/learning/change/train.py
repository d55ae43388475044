"""Train the network: python -m sitedelta.learning.change.train DATA --out FOLDER --minutes N [--resume FILE]."""

import argparse
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

from sitedelta.learning import loop
from sitedelta.learning.change.ground import Ground, read
from sitedelta.learning.change.network import Siamese
from sitedelta.learning.change.sampler import REAL_UNLABELLED, example

BATCH = 8
CERTAIN = 2.2
"""Logit from which change where none is labelled is taken for a label that is missing."""
WARM_UP = 300
"""Batches before missing labels are believed in, and before the rate of learning has risen."""
PACE = partial(loop.Pace, warm_up=WARM_UP, floor=0.02, keep=0.995)
RATES = {"tuned_rate": 2e-4, "fresh_rate": 2e-3}


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


def loss_of(run: loop.Run, batch: loop.Batch) -> loop.Losses:
    """Give the loss of one batch."""
    before, after, label, weight = batch
    flat = {"memory_format": torch.channels_last}
    logit = run.model(before.to(**flat), after.to(**flat))
    return {"change": cross_entropy(logit, label, weight, trusting=run.step > WARM_UP)}


def cross_entropy(logit: Tensor, label: Tensor, weight: Tensor, *, trusting: bool) -> Tensor:
    """Give the weighted cross-entropy at the network's stride; certain change without a label counts for nothing."""
    share = functional.avg_pool2d(label * weight, 4) / functional.avg_pool2d(weight, 4).clamp(min=1e-6)
    weight = functional.avg_pool2d(weight, 4)
    if trusting:
        missing = (logit.detach() > CERTAIN) & (share == 0) & (weight <= REAL_UNLABELLED)
        weight = weight * ~missing
    loss = functional.binary_cross_entropy_with_logits(logit, share, reduction="none") * (1 + share)
    return (loss * weight).sum() / weight.sum().clamp(min=1)


def main() -> None:
    """Parse, read, train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60, help="of processor time of the learning process")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    run = loop.begin(Siamese(), **RATES)
    if args.resume:
        run.load(args.resume)
    start = args.seed * 10**9 + run.seen
    loader = DataLoader(Examples(read(args.data), start), batch_size=BATCH, num_workers=1, prefetch_factor=4)
    loop.train(run, iter(loader), loss_of, pace=PACE(args.minutes), out=args.out)


if __name__ == "__main__":
    main()

"""Teach the closer look at vehicles: python -m sitedelta.learning.detect.closer DATA BANK.npz FOLDER --cache CACHE.

What the shipped detector finds on the sheets and crops that it learned from, and in doubt, is cut out, turned upright
and enlarged; a small head on features that ImageNet taught learns which are objects. No feature is taught.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from rasterdelta.detect.closer import LEAST, SIDE, patch
from rasterdelta.detect.neural import Model, find
from rasterdelta.detect.shipped import VEHICLE
from sitedelta.learning import pretrained
from sitedelta.learning.detect import ground, scenes
from sitedelta.learning.detect.ground import Picture, place_of
from sitedelta.learning.detect.sampler import RECIPES, example, gsd_of
from sitedelta.learning.detect.sprites import Bank
from sitedelta.learning.encoder import Encoder

FACTORS: Final = ((1.0, 1.0), (1.3, 1.8), (1.8, 2.5))
"""Each sheet is looked at as it is and averaged to so many times its pixel, by lot."""
DRAWN_FACTORS: Final = ((1.3, 2.4),)
"""The same of whole rendered places."""
FRAMES: Final = 7
"""One frame in so many of one place is looked at."""
NEAR: Final = 0.5
"""A peak this near an object, in its sizes, may be of it."""
OWN: Final = 0.6
"""A peak this near an object that has no peak may be it."""
UNCLEAR: Final = 0.75
"""The same of what may be an object."""
BORDER_PX: Final = 12
"""Peaks nearer to the border of a crop are left out."""
CHANNELS: Final = 112 + 40
HIDDEN: Final = 128
SIDE_PX: Final = 320

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in an image, in its pixels; arrays of shape (n,)."""

    row: Floats
    col: Floats
    size: Floats
    counted: NDArray[np.bool_]
    """False = neither an object nor background."""


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches, uint8 of shape (n, 3, SIDE, SIDE), and which are objects."""

    pixels: NDArray[np.uint8]
    real: NDArray[np.bool_]


class Closer(nn.Module):
    """Log-odds of an object in the middle of a patch, from features at stride 4."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(2 * CHANNELS, HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, 1)
        )

    def forward(self, fine: Tensor) -> Tensor:
        """Give the log-odds, shape (n, 1), of features of shape (n, 24, side / 4, side / 4)."""
        said: Tensor = self.head(self.pooled(fine))
        return said

    def pooled(self, fine: Tensor) -> Tensor:
        """Give features at strides 16 and 8: their means over all of the patch, and over its middle."""
        middle, coarse = self.encoder.late(fine)
        return torch.cat([m for level in (coarse, middle) for m in (level.mean((2, 3)), _middle(level))], 1)


def _middle(level: Tensor) -> Tensor:
    k = level.shape[-1] // 2
    return level[:, :, k - 1 : k + 1, k - 1 : k + 1].mean((2, 3))


def judged(at: Floats, marks: Marks) -> NDArray[np.int8]:
    """Tell of peaks at (row, column) whether they are objects: 1 yes, 0 no, -1 what cannot be said.

    Each object has one peak, the nearest. Others near it are none: in a row, what lies between two lorries looks like
    one to a network, and a head that was not taught so believes it.
    """
    said = np.zeros(len(at), np.int8)
    if not len(marks.row) or not len(at):
        return said
    away = np.hypot(marks.row[:, None] - at[:, 0], marks.col[:, None] - at[:, 1]) / marks.size[:, None]
    taken = _taken(away, marks, said)
    near = away < np.where(marks.counted, OWN, UNCLEAR)[:, None]
    said[(said == 0) & (near & ~taken[:, None]).any(0)] = -1
    return said


def _taken(away: Floats, marks: Marks, said: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Give each object its peak, nearest first, and tell which objects have one."""
    pairs = np.argwhere(marks.counted[:, None] & (away < NEAR))
    taken = np.zeros(len(marks.row), bool)
    for mark, peak in pairs[np.argsort(away[tuple(pairs.T)], kind="stable")]:
        if not taken[mark] and said[peak] != 1:
            taken[mark], said[peak] = True, 1
    return taken


def cut(image: NDArray[np.float32], gsd_m: float, marks: Marks, model: Model, border: float = -1.0) -> Patches:
    """Cut out what a model finds in an image, float32 of 0 to 255 and shape (3, row, column)."""
    found = find(image / np.float32(255), np.ones(image.shape[1:], bool), model, gsd_m)
    found = found.take(found.logit >= LEAST)
    at = np.stack([found.row, found.col], 1)
    said = judged(at, marks)
    inside = ((at > border) & (at < np.array(image.shape[1:]) - 1 - border)).all(1)
    kept = np.flatnonzero((said >= 0) & inside)
    pixels = [
        patch(image, found.row[k], found.col[k], found.heading_deg[k], found.length[k], gsd_m).round().astype(np.uint8)
        for k in kept
    ]
    return Patches(np.array(pixels, np.uint8).reshape(-1, 3, SIDE, SIDE), said[kept] == 1)


def of_pictures(
    pictures: tuple[Picture, ...], model: Model, seed: int, factors: tuple[tuple[float, float], ...] = FACTORS
) -> Iterator[Patches]:
    """Look at whole pictures, as they are and coarser."""
    rng, seen = np.random.default_rng(seed), Counter[str]()
    for p in pictures:
        place = place_of(p.name)
        seen[place] += 1
        if (seen[place] - 1) % FRAMES:
            continue
        for low, high in factors:
            yield _coarser(p, float(rng.uniform(low, high)), model)


def _coarser(p: Picture, factor: float, model: Model) -> Patches:
    pixels = np.ascontiguousarray(p.pixels)
    if factor > 1:
        pixels = np.asarray(cv2.resize(pixels, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA))
    low, high = p.boxes[:, :2] / factor, p.boxes[:, 2:] / factor
    col, row = ((low + high) / 2 - 0.5).T
    marks = Marks(row, col, (high - low).max(1, initial=1), p.counted)
    return cut(pixels.transpose(2, 0, 1).astype(np.float32), p.gsd_m * factor, marks, model)


def of_examples(
    places: ground.Ground, bank: Bank, drawn: tuple[Picture, ...], model: Model, seeds: range
) -> Iterator[Patches]:
    """Look at crops that are mostly furnished with renders, so that lorries and armour count too."""
    recipe = replace(RECIPES["vehicle"], busy=0.75, bare=0.12, scenes=0.25)
    for seed in seeds:
        e = example(places, bank, recipe, seed, SIDE_PX, drawn)
        items = e.items[e.items[:, 0] > 0].astype(float)
        marks = Marks(items[:, 3], items[:, 2], items[:, 4], items[:, 1] > 0)
        yield cut(e.picture.transpose(2, 0, 1).astype(np.float32), gsd_of(recipe, seed), marks, model, BORDER_PX)


def taught(patches: Patches, *, seed: int, epochs: int = 15) -> Closer:
    """Teach the head."""
    torch.manual_seed(seed)
    model = Closer()
    pretrained.load(model.encoder)
    features, real = _features(model, patches.pixels), torch.from_numpy(patches.real.astype(np.float32))
    mean, spread = features.mean(0), features.std(0) + 1e-3
    features = (features - mean) / spread
    optimiser = torch.optim.AdamW(model.head.parameters(), 2e-3, weight_decay=0.05)
    for _ in range(epochs):
        for batch in torch.randperm(len(real)).split(256):
            loss = functional.binary_cross_entropy_with_logits(model.head(features[batch])[:, 0], real[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    _absorb(model.head[1], mean, spread)
    model.eval()
    return model


@torch.no_grad()
def _features(model: Closer, pixels: NDArray[np.uint8]) -> Tensor:
    model.eval()
    parts = torch.from_numpy(pixels).split(32)
    found = torch.cat([model.pooled(model.encoder.early((p.float() - 127) / 128)) for p in parts])
    model.train()
    return found


@torch.no_grad()
def _absorb(layer: nn.Linear, mean: Tensor, spread: Tensor) -> None:
    """Let a layer take features as they come."""
    layer.weight /= spread
    layer.bias -= layer.weight @ mean


def export(model: Closer, file: Path) -> None:
    """Write it as ONNX; the first layers are those of the detector."""
    fine = torch.zeros(1, 24, SIDE // 4, SIDE // 4)
    names = {"input_names": ["image"], "output_names": ["maps"]}
    torch.onnx.export(model.eval(), (fine,), str(file), **names, opset_version=17, dynamo=False)


def main() -> None:
    """Look, teach, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("bank", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=280)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    places, model = ground.vehicles(args.data, args.cache), replace(VEHICLE, closer=None)
    seeds = range(args.seed * 10**6, args.seed * 10**6 + args.examples)
    drawn = scenes.read(args.scenes, "vehicle")
    every = [
        *of_pictures(places.main, model, args.seed),
        *of_pictures(drawn, model, args.seed, DRAWN_FACTORS),
        *of_examples(places, Bank.load(args.bank), drawn, model, seeds),
    ]
    whole = Patches(np.concatenate([p.pixels for p in every]), np.concatenate([p.real for p in every]))
    export(taught(whole, seed=args.seed), args.out / "vehicle_closer.onnx")


if __name__ == "__main__":
    main()

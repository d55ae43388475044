"""A fixed set of crops whose features and whose maps by the former model are computed once."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sitedelta.learning.adapt.crops import RENDERED, Stock, furnished_crop, own_crop, rendered_crop
from sitedelta.learning.detect.network import MAPS, STRIDE, Detector
from sitedelta.learning.detect.sampler import MOST, Example

CHANNELS = {"fine": (24, 4), "middle": (40, 8), "coarse": (112, 16)}
"""Of the encoder's features, and their strides."""
ITEM = 13
"""Numbers of an item."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many crops of each kind; the same plan gives the same crops."""

    own: int
    """Of each of the user's images."""
    furnished: int
    """Of each of the user's images, with rendered things upon it."""
    rendered: int
    """In all."""
    side: int
    seed: int

    def jobs(self, images: int) -> list[tuple[str, int, int]]:
        """Give kind, image and seed of every crop, in an order that any part of it is a fair mix of."""
        wanted = [("own", k) for k in range(images) for _ in range(self.own)]
        wanted += [("furnished", k) for k in range(images) for _ in range(self.furnished)]
        wanted += [("rendered", RENDERED)] * self.rendered
        order = np.random.default_rng(self.seed).permutation(len(wanted))
        return [(*wanted[i], self.seed * 10**6 + int(i)) for i in order]


@dataclass(frozen=True, slots=True)
class Pool:
    """Crops as files mapped into memory; the first axis of each counts the crops."""

    fine: NDArray[np.float16]
    """The encoder's features at stride 4, shape (n, channels, cells, cells)."""
    middle: NDArray[np.float16]
    """At stride 8."""
    coarse: NDArray[np.float16]
    """At stride 16."""
    former: NDArray[np.float16]
    """Maps of the former model, shape (n, len(MAPS), cells, cells)."""
    items: NDArray[np.float32]
    """Shape (n, MOST, ITEM)."""
    source: NDArray[np.int64]
    """Number of the user's image, or RENDERED."""
    plain: NDArray[np.bool_]
    """True where nothing rendered stands on an image of the user's."""

    def __len__(self) -> int:
        return len(self.source)

    @classmethod
    def create(cls, folder: Path, count: int, side: int) -> "Pool":
        """Make the files of an empty pool."""
        cells = side // STRIDE
        shapes = {
            **{name: ((count, n, side // s, side // s), np.float16) for name, (n, s) in CHANNELS.items()},
            "former": ((count, len(MAPS), cells, cells), np.float16),
            "items": ((count, MOST, ITEM), np.float32),
            "source": ((count,), np.int64),
            "plain": ((count,), np.bool_),
        }
        for name, (shape, dtype) in shapes.items():
            np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape).flush()
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> "Pool":
        """Map the files of a pool."""
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r+") for name in cls.__slots__))


def fill(pool: Pool, stock: Stock, jobs: list[tuple[str, int, int]], first: int, former: Detector, side: int) -> None:
    """Make crops and put them into a pool, from row `first` on."""
    for n, (kind, image, seed) in enumerate(jobs, first):
        made = _made(stock, kind, image, seed, side)
        pixels = torch.from_numpy(np.ascontiguousarray(made.picture.transpose(2, 0, 1)))[None].float()
        with torch.no_grad():
            levels = former.encoder((pixels - 127) / 128)
            pool.former[n] = former.top(levels)[0].numpy()
        pool.fine[n], pool.middle[n], pool.coarse[n] = (level[0].numpy() for level in levels)
        pool.items[n], pool.source[n], pool.plain[n] = made.items, image, kind == "own"


def _made(stock: Stock, kind: str, image: int, seed: int, side: int) -> Example:
    if kind == "own":
        return own_crop(stock, image, seed, side)
    return furnished_crop(stock, image, seed, side) if kind == "furnished" else rendered_crop(stock, seed, side)

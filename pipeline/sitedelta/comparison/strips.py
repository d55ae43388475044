"""Tiles of a change map as strips: whole rows, one below the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Plane
from sitedelta.running.tiles import Tile

UNSEEN = 255
"""Value of a change map where not both dates show the ground."""
_CELLS = 2**20
"""Most cells of a strip of more than one row."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Some rows of a pair's change, in cells of the comparison."""

    row0: int
    """The first row's number."""
    change: NDArray[np.uint8]
    """0 unchanged, 1 changed, 255 not observable; shape (row, column)."""
    score: Plane
    """Change statistic in units of the threshold, NaN where not observable."""


class Part(Protocol):
    """A finished tile."""

    @property
    def tile(self) -> Tile:
        """Where it lies."""

    def load(self) -> tuple[NDArray[np.uint8], Plane]:
        """Give its change and its score."""


def strips_of(parts: Iterable[Part]) -> Iterator[Strip]:
    """Join tiles, which come row by row, to strips; only one row of tiles is loaded at a time."""
    for row0, across in groupby(parts, key=lambda p: p.tile.row0):
        loaded = [p.load() for p in across]
        changes, scores = zip(*loaded, strict=True)
        alone = len(loaded) == 1
        change, score = loaded[0] if alone else (np.hstack(changes), np.hstack(scores))
        for rows in low(row0, row0 + len(change), change.shape[1]):
            own = slice(rows.start - row0, rows.stop - row0)
            yield Strip(rows.start, change[own], score[own])


def low(row0: int, row1: int, width: int) -> list[slice]:
    """Cut rows so that what is made of a strip stays small, however wide the map is."""
    most = max(1, _CELLS // max(1, width))
    return [slice(row, min(row + most, row1)) for row in range(row0, row1, most)]


def with_context(strips: Iterable[Strip], halo: int) -> Iterator[tuple[Strip, NDArray[np.uint8], slice]]:
    """Give each strip with its change and that of `halo` rows above and below, as far as there are any.

    Returns
    -------
    iterator of (strip, change, inner)
        `inner` are the strip's own rows within `change`.
    """
    above: list[NDArray[np.uint8]] = []
    waiting: list[Strip] = []
    for strip in chain(strips, (None,)):
        if strip is not None:
            waiting.append(strip)
        while waiting and (strip is None or sum(len(s.change) for s in waiting[1:]) >= halo):
            first = waiting.pop(0)
            before, own = sum(map(len, above)), len(first.change)
            window = np.concatenate([*above, first.change, *(s.change for s in waiting)])[: before + own + halo]
            yield first, window, slice(before, before + own)
            above = [window[: before + own][-halo:].copy()] if halo else []
            del first, window
        del strip

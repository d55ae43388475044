"""Compare a pair in one pass over its files: reading runs ahead of comparing, in threads, in bounded memory."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Plane
from sitedelta.comparison.joint import OpenPair, Reading
from sitedelta.comparison.pairs import PairEstimate
from sitedelta.comparison.strips import Strip, low
from sitedelta.imagery.overview import Overviews
from sitedelta.progress import Progress, silent
from sitedelta.raster import Span
from sitedelta.running.tiles import Tile, cut_behind

_Row = deque[Strip]
"""The strips of a row of tiles, let go one by one."""

_ROWS = 512
"""Rows of a tile, or a multiple where the model needs much context."""
_PIXELS = 2**21
"""Most pixels of a tile's core."""
_CONTEXTS = 64
"""Columns of a part of a tile that is compared at once, in widths of the model's context: little is done twice."""
_AHEAD = 2
"""Tiles under way per thread."""


def compare_in_one_pass(
    pair: PairEstimate, overviews: Overviews, *, threads: int = 0, progress: Progress = silent
) -> Iterator[Strip]:
    """Give the change of a pair strip by strip, and fill the overviews.

    Parameters
    ----------
    threads : int
        That compare; two more read. 0 means one a core.
    """
    for strips in _tile_by_tile(pair, overviews, threads or os.cpu_count() or 1, progress):
        while strips:
            yield strips.popleft()


def _tile_by_tile(pair: PairEstimate, overviews: Overviews, threads: int, progress: Progress) -> Iterator[_Row]:
    """Give for each tile in order the strips that it was the last part of, if it was."""
    tiles = list(_cut(pair))
    progress(0, len(tiles), "tiles")
    with OpenPair(pair.joint) as reader, ThreadPoolExecutor(threads) as pool:
        under_way: deque[Future[_Row]] = deque()
        try:
            for done, tile in enumerate(tiles):
                if len(under_way) >= _AHEAD * threads:
                    yield under_way.popleft().result()
                if tile.col0 == 0:
                    strips = _empty(tile.row0, tile.row1, pair.joint.shape[1])
                raw = reader.read_ahead(pair.window(tile), keep=_shared_below(pair, tile))
                under_way.append(pool.submit(_compare, pair, tile, raw, overviews, strips))
                progress(done, len(tiles), "tiles")
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
    progress(len(tiles), len(tiles), "tiles")


def _empty(row0: int, row1: int, width: int) -> _Row:
    """Give strips that are to be filled."""
    shapes = [(rows.start, (rows.stop - rows.start, width)) for rows in low(row0, row1, width)]
    return deque(Strip(row, np.empty(shape, np.uint8), np.empty(shape, np.float32)) for row, shape in shapes)


def _cut(pair: PairEstimate) -> Iterator[Tile]:
    rows = _rows(pair)
    cols = max(_ROWS, _PIXELS // rows // _ROWS * _ROWS)
    return cut_behind(pair.joint.shape, halo=pair.model.halo, rows=rows, cols=cols)


def _rows(pair: PairEstimate) -> int:
    return -(-max(_ROWS, 8 * pair.model.halo) // _ROWS) * _ROWS


def _shared_below(pair: PairEstimate, tile: Tile) -> int:
    """Give the rows that the window of a tile and that of the tile below it share."""
    if tile.row1 == pair.joint.shape[0]:
        return 0
    return pair.window(tile)[1] - pair.window(replace(tile, row0=tile.row1, row1=tile.row1 + 1))[0]


def _compare(pair: PairEstimate, tile: Tile, reading: Reading, overviews: Overviews, strips: _Row) -> _Row:
    """Fill in strips what a tile tells; give them where this was their last tile."""
    raw, window = reading.result(), pair.window(tile)
    fresh = (window[1] - 1) // _rows(pair) * _rows(pair)
    overviews.add(raw, window=window, part=(fresh, window[1], tile.col0, tile.col1))
    for part in _parts(tile, max(_ROWS, _CONTEXTS * tile.halo)):
        _fill(strips, part, *pair.change(part, raw.part(_within(pair.window(part), window))))
    reading.done()
    return strips if tile.col1 == pair.joint.shape[1] else deque()


def _fill(strips: _Row, part: Tile, change: NDArray[np.uint8], score: Plane) -> None:
    cols = slice(part.col0, part.col1)
    for strip in strips:
        rows = slice(strip.row0 - part.row0, strip.row0 - part.row0 + len(strip.change))
        strip.change[:, cols], strip.score[:, cols] = change[rows], score[rows]


def _parts(tile: Tile, cols: int) -> Iterator[Tile]:
    """Cut a tile across, so that what is made of a part stays in cache."""
    for col0 in range(tile.col0, tile.col1, cols):
        yield replace(tile, col0=col0, col1=min(col0 + cols, tile.col1))


def _within(span: Span, window: Span) -> tuple[slice, slice]:
    return slice(span[0] - window[0], span[1] - window[0]), slice(span[2] - window[2], span[3] - window[2])

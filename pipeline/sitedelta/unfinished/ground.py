"""The ground of a scene that tiles which were given up should have told of."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sitedelta.alignment.placement import CoarseMask, Placement
from sitedelta.running.tiles import Tile

NOT_PROCESSED = "could not be processed"
"""Why nothing is said of that ground."""


def ground_of(tiles: Iterable[Tile], like: CoarseMask) -> CoarseMask | None:
    """Mark the cores of tiles, in pixels of a scene; None where there are none.

    Returns
    -------
    CoarseMask
        True = not processed; a cell counts whole where a tile touches it.
    """
    mask = np.zeros(like.mask.shape, np.bool_)
    for tile in tiles:
        rows = slice(int(tile.row0 // like.rows_per_cell), int(-(-tile.row1 // like.rows_per_cell)))
        cols = slice(int(tile.col0 // like.cols_per_cell), int(-(-tile.col1 // like.cols_per_cell)))
        mask[rows, cols] = True
    return replace(like, mask=mask) if mask.any() else None


def unseen(at: Placement, ground: CoarseMask | None) -> Placement:
    """Give a placement to which ground that was not processed is not clear."""
    if ground is None:
        return at
    own = at.clear
    rows = (np.arange(own.mask.shape[0])[:, None] + 0.5) * own.rows_per_cell - 0.5
    cols = (np.arange(own.mask.shape[1])[None] + 0.5) * own.cols_per_cell - 0.5
    return replace(at, clear=replace(own, mask=own.mask & ~ground.at(*np.broadcast_arrays(rows, cols))))

"""Read a scene on another grid: one resampling from the original, masks carried, the same for any tiling."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rasterdelta.resample import downsample, resample
from rasterdelta.types import Image, Mask, Plane
from sitedelta.placement import Coordinates, Placement
from sitedelta.raster import Reader
from sitedelta.scene import Scene

ToScene = Callable[[Coordinates, Coordinates], tuple[Coordinates, Coordinates]]

_NODES = 32
"""Grid pixels between two exact evaluations of the mapping; bilinear between them."""
_REACH = 4
"""Scene pixels that the resampling kernel may reach beyond a point."""
_FRACTIONS = 32
"""Parts of a pixel that `resample` tells apart."""


def scene_coordinates(
    to_scene: ToScene, window: tuple[int, int, int, int], *, step: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the scene's (rows, cols) for each pixel of a window (row0, row1, col0, col1) of a grid.

    The window counts cells of `step` by `step` grid pixels. The mapping is evaluated on a lattice that is fixed on
    the grid, so that any window gives the same values.
    """
    row0, row1, col0, col1 = window
    r_first, c_first = row0 // _NODES * _NODES, col0 // _NODES * _NODES
    node_rows = np.arange(r_first, row1 + _NODES, _NODES, dtype=np.float64)
    node_cols = np.arange(c_first, col1 + _NODES, _NODES, dtype=np.float64)
    rr, cc = np.meshgrid((node_rows + 0.5) * step - 0.5, (node_cols + 0.5) * step - 0.5, indexing="ij")
    nodes = to_scene(rr, cc)
    r = (np.arange(row0, row1) - r_first) / _NODES
    c = (np.arange(col0, col1) - c_first) / _NODES
    rows, cols = (_bilinear(n, r, c) for n in nodes)
    return rows, cols


def _bilinear(nodes: Coordinates, r: Coordinates, c: Coordinates) -> Coordinates:
    i, j = r.astype(np.intp), c.astype(np.intp)
    fr, fc = (r - i)[:, None], (c - j)[None, :]
    across = nodes[:, j] * (1 - fc) + nodes[:, j + 1] * fc
    return across[i] * (1 - fr) + across[i + 1] * fr


def read_placed(
    scene: Scene,
    to_scene: ToScene,
    window: tuple[int, int, int, int],
    *,
    bands: Sequence[int],
    step: float = 1.0,
) -> tuple[Image, Mask]:
    """Read a window (row0, row1, col0, col1) of a grid from the scene's original.

    Parameters
    ----------
    bands : sequence of int
        Bands of the original, counted from 0.
    step : float
        Size of the window's cells in grid pixels; where cells are larger than the scene's pixels, the scene is
        averaged first.
    """
    rows, cols = scene_coordinates(to_scene, window, step=step)
    return _read_at(scene, rows, cols, bands, _factor(to_scene, step))


def read_clear(
    placement: Placement, window: tuple[int, int, int, int], *, bands: Sequence[int], step: float = 1.0
) -> tuple[Image, Mask]:
    """Read a window of the site grid; True in the mask where there is data and no cloud."""
    rows, cols = scene_coordinates(placement.to_scene, window, step=step)
    image, valid = _read_at(placement.scene, rows, cols, bands, _factor(placement.to_scene, step))
    return image, valid & placement.clear.at(rows, cols)


def _read_at(
    scene: Scene, rows: Coordinates, cols: Coordinates, bands: Sequence[int], factor: int
) -> tuple[Image, Mask]:
    source = _source_window(rows, cols, scene, factor)
    if source is None:
        shape = rows.shape
        return np.zeros((len(bands), *shape), np.float32), np.zeros(shape, np.bool_)
    with Reader(scene.uri) as reader:
        image, valid = reader.read(source, bands=bands)
    if factor > 1:
        image, valid = downsample(image, valid, factor)
    return resample(image, valid, _within(rows, source[0], factor), _within(cols, source[2], factor))


def _within(positions: Coordinates, first: int, factor: int) -> Plane:
    """Give places in a part of the scene that begins at `first`, a multiple of `factor`.

    They are taken to the fraction that `resample` works with before they are moved: rounding then is the same wherever
    the part begins.
    """
    places = np.round(((positions + 0.5) / factor - 0.5) * _FRACTIONS) / _FRACTIONS
    return (places - first // factor).astype(np.float32)


def _factor(to_scene: ToScene, step: float) -> int:
    """Give the scene's pixels along a side of a cell, from one fixed place of the grid: the same for any window."""
    reach = _NODES * step
    rows, cols = to_scene(np.array([0.0, reach, 0.0]), np.array([0.0, 0.0, reach]))
    sides = np.hypot(rows[1:] - rows[0], cols[1:] - cols[0]) / _NODES
    return max(1, int(sides.max() + 0.25))


def _source_window(rows: Coordinates, cols: Coordinates, scene: Scene, factor: int) -> tuple[int, int, int, int] | None:
    """Give the part of the scene that the window needs, on whole multiples of `factor`; None where there is none."""
    bounds = []
    for positions, size in ((rows, scene.height), (cols, scene.width)):
        low = max(0, int(np.floor(positions.min())) - _REACH * factor) // factor * factor
        high = min(
            -(-size // factor) * factor, -(-(int(np.ceil(positions.max())) + _REACH * factor) // factor) * factor
        )
        if high <= low:
            return None
        bounds += [low, high]
    return bounds[0], bounds[1], bounds[2], bounds[3]


def fitted_size(height: float, width: float, most: int) -> tuple[int, int, float]:
    """Give the shape and the cell size of the finest reduced grid whose longer side is at most `most` cells."""
    step = max(1.0, max(height, width) / most)
    rows, cols = (max(1, int(np.ceil(side / step - 1e-9))) for side in (height, width))
    return rows, cols, step

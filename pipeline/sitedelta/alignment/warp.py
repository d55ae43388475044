"""Read a scene on another grid: one resampling from the original, masks carried, the same for any tiling."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rasterdelta.resample import downsample, resample
from rasterdelta.types import Image, Mask, Plane
from sitedelta.alignment.placement import CoarseMask, Coordinates, Placement
from sitedelta.raster import Reader, Span
from sitedelta.scene import Scene

ToScene = Callable[[Coordinates, Coordinates], tuple[Coordinates, Coordinates]]

_NODES = 32
"""Grid pixels between two exact evaluations of the mapping; bilinear between them."""
_REACH = 4
"""Scene pixels that the resampling kernel may reach beyond a point."""
_FRACTIONS = 32
"""Parts of a pixel that `resample` tells apart."""
_SAME = 1e-4
"""Distance in pixels below which two places are the same: rounding of coordinates."""


def scene_coordinates(
    to_scene: ToScene, window: Span, *, step: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the scene's (rows, cols) for each pixel of a window (row0, row1, col0, col1) of a grid.

    The window counts cells of `step` by `step` grid pixels. The mapping is evaluated on a lattice that is fixed on
    the grid, so that any window gives the same values.
    """
    nodes = _nodes(to_scene, window, step)
    r = (np.arange(window[0], window[1]) - window[0] // _NODES * _NODES) / _NODES
    c = (np.arange(window[2], window[3]) - window[2] // _NODES * _NODES) / _NODES
    rows, cols = (_bilinear(n, r, c) for n in nodes)
    return rows, cols


def _nodes(to_scene: ToScene, window: Span, step: float) -> tuple[Coordinates, Coordinates]:
    """Give the scene's rows and columns at the lattice points around a window."""
    row0, row1, col0, col1 = window
    node_rows = np.arange(row0 // _NODES * _NODES, row1 + _NODES, _NODES, dtype=np.float64)
    node_cols = np.arange(col0 // _NODES * _NODES, col1 + _NODES, _NODES, dtype=np.float64)
    rr, cc = np.meshgrid((node_rows + 0.5) * step - 0.5, (node_cols + 0.5) * step - 0.5, indexing="ij")
    return to_scene(rr, cc)


def _bilinear(nodes: Coordinates, r: Coordinates, c: Coordinates) -> Coordinates:
    i, j = r.astype(np.intp), c.astype(np.intp)
    fr, fc = (r - i)[:, None], (c - j)[None, :]
    across = nodes[:, j] * (1 - fc) + nodes[:, j + 1] * fc
    return across[i] * (1 - fr) + across[i + 1] * fr


class PlacedReader:
    """A scene's original, open to be read on another grid. One thread uses it, and closes it.

    Parameters
    ----------
    bands : sequence of int
        Bands of the original, counted from 0.
    step : float
        Size of the cells that are read in grid pixels; where cells are larger than the scene's pixels, the scene is
        averaged first.
    clear : CoarseMask, optional
        Where the scene shows the ground.
    supported : callable, optional
        Tells for (rows, cols) of the grid, broadcast together, whether the mapping is borne out there.
    """

    def __init__(
        self,
        scene: Scene,
        to_scene: ToScene,
        *,
        bands: Sequence[int],
        step: float = 1.0,
        clear: CoarseMask | None = None,
        supported: Callable[[Coordinates, Coordinates], Mask] | None = None,
    ) -> None:
        self._scene, self._to_scene, self._bands, self._step, self._clear = scene, to_scene, tuple(bands), step, clear
        self._supported = supported
        self._factor = _factor(to_scene, step)
        self._reader = Reader(scene.uri)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    @property
    def stored_block(self) -> tuple[int, int]:
        """Rows and columns of the blocks that the file stores; single pixels where cells are not its pixels."""
        return self._reader.stored_block if self._own_pixels((0, 1, 0, 1)) else (1, 1)

    def read(self, window: Span) -> tuple[Image, Mask]:
        """Read a window (row0, row1, col0, col1) of cells, which may reach beyond the scene.

        Returns
        -------
        image : float32 array of shape (band, row, column)
        valid : bool array of shape (row, column)
            True where there is data, and clear ground where that is known, under a mapping that is borne out.
        """
        rows, cols = scene_coordinates(self._to_scene, window, step=self._step)
        image, valid = self._resampled(rows, cols)
        if self._supported is not None:
            valid = valid & self._borne(window)
        return image, valid if self._clear is None else valid & self._clear.at(rows, cols)

    def _borne(self, window: Span) -> Mask:
        """Tell for the cells of a window whether the mapping is borne out there."""
        if self._supported is None:
            return np.ones((1, 1), np.bool_)
        rows, cols = ((np.arange(*window[k : k + 2], dtype=np.float64) + 0.5) * self._step - 0.5 for k in (0, 2))
        return self._supported(rows[:, None], cols[None])

    def stored(self, window: Span, *, out: NDArray[Any] | None = None) -> tuple[NDArray[Any], Mask]:
        """Read a window as `read` does, but in the file's own data type where cells are its very pixels; into `out`."""
        own = self._own_pixels(window)
        if own is None:
            return self.read(window)
        image, valid = self._reader.stored(own, bands=self._bands, out=out)
        if self._supported is not None:
            valid = valid & self._borne(window)
        return image, valid if self._clear is None else self._clear.keep(valid, own)

    def is_own_pixels(self, shape: tuple[int, int]) -> bool:
        """Tell whether the cells of a grid of this shape are pixels of the scene."""
        return self._own_pixels((0, shape[0], 0, shape[1])) is not None

    def _own_pixels(self, window: Span) -> Span | None:
        """Give the scene's window whose pixels are the cells of a window; None where they are not, or reach beyond."""
        if self._step != 1:
            return None
        rows, cols = _nodes(self._to_scene, window, 1.0)
        first = window[0] // _NODES * _NODES, window[2] // _NODES * _NODES
        rows -= first[0] + _NODES * np.arange(len(rows))[:, None]
        cols -= first[1] + _NODES * np.arange(cols.shape[1])
        shift = round(float(rows[0, 0])), round(float(cols[0, 0]))
        if max(np.abs(rows - shift[0]).max(), np.abs(cols - shift[1]).max()) > _SAME:
            return None
        own = window[0] + shift[0], window[1] + shift[0], window[2] + shift[1], window[3] + shift[1]
        inside = own[0] >= 0 and own[2] >= 0 and own[1] <= self._scene.height and own[3] <= self._scene.width
        return own if inside else None

    def _resampled(self, rows: Coordinates, cols: Coordinates) -> tuple[Image, Mask]:
        source = _source_window(rows, cols, self._scene, self._factor)
        if source is None:
            shape = rows.shape
            return np.zeros((len(self._bands), *shape), np.float32), np.zeros(shape, np.bool_)
        image, valid = self._reader.read(source, bands=self._bands)
        if self._factor > 1:
            image, valid = downsample(image, valid, self._factor)
        return resample(image, valid, _within(rows, source[0], self._factor), _within(cols, source[2], self._factor))


def read_placed(
    scene: Scene, to_scene: ToScene, window: Span, *, bands: Sequence[int], step: float = 1.0
) -> tuple[Image, Mask]:
    """Read one window of a grid from the scene's original; see `PlacedReader`."""
    with PlacedReader(scene, to_scene, bands=bands, step=step) as reader:
        return reader.read(window)


def open_clear(placement: Placement, *, bands: Sequence[int], step: float = 1.0) -> PlacedReader:
    """Open a placed scene to be read on the site grid.

    Valid is where there is data and no cloud, and where tie points bear its alignment out.
    """
    return PlacedReader(
        placement.scene,
        placement.to_scene,
        bands=bands,
        step=step,
        clear=placement.clear,
        supported=placement.supported_at if placement.bounded else None,
    )


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

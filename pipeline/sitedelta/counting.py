"""Find the objects of a scene, a tile at a time, in its own pixels: no resampling, any size of image."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.protocol import Detections, Detector
from rasterdelta.detect.shipped import shipped_detector
from rasterdelta.intervals import CountInterval, count_interval
from sitedelta.bands import display_bands
from sitedelta.claims import Claim
from sitedelta.context import load_context, save_context
from sitedelta.engine import run_tasks
from sitedelta.placement import Coordinates
from sitedelta.prepare import Prepared
from sitedelta.progress import Progress
from sitedelta.raster import Reader
from sitedelta.store import write_text
from sitedelta.tiles import Tile, cut

_LENIENCY = 0.8
"""A measured length may fall this much short of the claim's before an object is left out."""


@dataclass(frozen=True, slots=True)
class CountContext:
    """What the tiles of one scene share."""

    prepared: Prepared
    claims: tuple[Claim, ...]
    """Of the classes that can be observed."""


@dataclass(frozen=True, slots=True)
class CountTask:
    """The objects whose centre lies in the core of one tile."""

    context: Path
    """A saved `CountContext`."""
    tile: Tile
    part: Path
    """JSON: one list a field of `Detections`."""

    def run(self) -> None:
        context = load_context(self.context, CountContext)
        found = detect_tile(context, self.tile, shipped_detector())
        columns = {f.name: getattr(found, f.name).tolist() for f in fields(Detections)}
        write_text(self.part, json.dumps(columns))


def count_context(prepared: Prepared, claims: Sequence[Claim]) -> CountContext:
    """Give what the tiles of a scene share; classes that cannot be observed cost nothing."""
    return CountContext(prepared, tuple(c for c in claims if c.observable))


def count_tasks(context: CountContext, folder: Path, name: str) -> tuple[CountTask, ...]:
    """Plan the counting of one scene; its parts in `folder` begin with `name`."""
    if not context.claims:
        return ()
    scene, detector = context.prepared.scene, shipped_detector()
    halo = int(np.ceil(max(detector.halo_m(c.label) for c in context.claims) / context.prepared.pixel_m))
    saved = save_context(context, folder / f"{name}.context")
    tiles = cut((scene.height, scene.width), halo=halo)
    return tuple(CountTask(saved, t, folder / f"{name}-{t.row0}-{t.col0}.json") for t in tiles)


def count_scenes(
    scenes: Sequence[Prepared], claims: Sequence[Sequence[Claim]], *, jobs: int, progress: Progress
) -> list[Detections]:
    """Find the objects of several scenes, each in its own pixels."""
    with TemporaryDirectory(prefix="sitedelta-") as folder:
        plans = [
            count_tasks(count_context(p, c), Path(folder), str(k))
            for k, (p, c) in enumerate(zip(scenes, claims, strict=True))
        ]
        run_tasks([t for tasks in plans for t in tasks], jobs=jobs, progress=progress)
        return [read_parts([t.part for t in tasks]) for tasks in plans]


def detect_tile(context: CountContext, tile: Tile, detector: Detector) -> Detections:
    """Find the objects of the classes that can be observed, with their centre in the tile's core."""
    prepared = context.prepared
    bands = display_bands(prepared.scene)
    with Reader(prepared.scene.uri) as reader:
        image, valid = reader.read(tile.window, bands=bands)
    rows, cols = _pixel_positions(tile)
    clear = valid & prepared.clear.at(rows, cols)
    if not clear.any():
        return Detections.none()
    labels = tuple(c.label for c in context.claims)
    found = detector.detect(prepared.stretch.apply(image), clear, gsd_m=prepared.pixel_m, classes=labels)
    found = found.shifted(tile.window[0], tile.window[2])
    return found.take(_owned(found, tile) & _long_enough(found, context.claims))


def _pixel_positions(tile: Tile) -> tuple[Coordinates, Coordinates]:
    row0, row1, col0, col1 = tile.window
    rows, cols = np.meshgrid(np.arange(row0, row1, dtype=float), np.arange(col0, col1, dtype=float), indexing="ij")
    return rows, cols


def _owned(found: Detections, tile: Tile) -> NDArray[np.bool_]:
    """Tell whose centre lies in the tile's core, which begins half a pixel before the centre of its first pixel."""
    row, col = found.row + 0.5, found.col + 0.5
    owned: NDArray[np.bool_] = (row >= tile.row0) & (row < tile.row1) & (col >= tile.col0) & (col < tile.col1)
    return owned


def _long_enough(found: Detections, claims: Sequence[Claim]) -> NDArray[np.bool_]:
    shortest = {c.label: _LENIENCY * c.min_length_m for c in claims}
    enough: NDArray[np.bool_] = found.length_m >= np.array([shortest[str(c)] for c in found.label], float)
    return enough


def read_parts(parts: Sequence[Path]) -> Detections:
    """Join the objects of finished tiles, in a fixed order."""
    found = Detections.join([_read_part(p) for p in parts])
    return found.take(np.lexsort((found.col, found.row, found.label)))


def _read_part(path: Path) -> Detections:
    columns = json.loads(path.read_text(encoding="utf-8"))
    dtypes = {"label": "<U16"}
    return Detections(**{f.name: np.array(columns[f.name], dtypes.get(f.name, "f8")) for f in fields(Detections)})


def interval_of(found: int, label: str, gsd_m: float) -> CountInterval:
    """Give the 90 % interval of the true number, from the detector's measured accuracy at this gsd."""
    measured = shipped_detector().accuracy(label, gsd_m)
    return count_interval(found, precision=measured.precision, recall=measured.recall, objects=measured.objects)


def box_of(row: float, col: float, half_length: float, half_width: float, heading_deg: float) -> tuple[float, ...]:
    """Give row_min, col_min, row_max, col_max of an oriented box, all in pixels."""
    turn = np.radians(heading_deg)
    down = abs(half_length * np.cos(turn)) + abs(half_width * np.sin(turn))
    across = abs(half_length * np.sin(turn)) + abs(half_width * np.cos(turn))
    return float(row - down), float(col - across), float(row + down), float(col + across)

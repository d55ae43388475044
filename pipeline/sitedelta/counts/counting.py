"""Find the objects of a scene, a tile at a time, in its own pixels: no resampling, any size of image."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.protocol import Detections, Detector
from rasterdelta.intervals import CountInterval, count_interval
from sitedelta.counts.claims import Claim
from sitedelta.detectors.models import detector
from sitedelta.engine import run_tasks
from sitedelta.files.store import write_text
from sitedelta.imagery.bands import display_bands
from sitedelta.imagery.prepare import Prepared
from sitedelta.progress import Progress
from sitedelta.raster import Reader
from sitedelta.running.context import load_context, save_context
from sitedelta.running.tiles import Tile, cut

CORE = 2048
"""Pixels on a side of a tile's core: detectors need much context."""


@dataclass(frozen=True, slots=True)
class CountTask:
    """The objects whose centre lies in the core of one tile."""

    context: Path
    """A saved `Prepared`."""
    claim: Claim
    """Of the class to look for."""
    tile: Tile
    part: Path
    """JSON: one list a field of `Detections`."""
    model: Path | None = None
    """Of the user's own; None is the shipped one."""

    def run(self) -> None:
        prepared = load_context(self.context, Prepared)
        found = detect_tile(prepared, self.claim, self.tile, detector(self.model))
        columns = {f.name: getattr(found, f.name).tolist() for f in fields(Detections)}
        write_text(self.part, json.dumps(columns))


def count_tasks(
    prepared: Prepared, claims: Sequence[Claim], folder: Path, name: str, model: Path | None = None
) -> tuple[CountTask, ...]:
    """Plan the counting of one scene, class by class; what cannot be observed costs nothing.

    The parts in `folder` begin with `name`.
    """
    observable = [c for c in claims if c.observable]
    if not observable:
        return ()
    saved = save_context(prepared, folder / f"{name}.context")
    shape, finder = (prepared.scene.height, prepared.scene.width), detector(model)

    def tiles(label: str) -> Iterator[Tile]:
        return cut(shape, halo=int(np.ceil(finder.halo_m(label, prepared.pixel_m) / prepared.pixel_m)), core=CORE)

    return tuple(
        CountTask(saved, c, t, folder / f"{name}-{c.label}-{t.row0}-{t.col0}.json", model)
        for c in observable
        for t in tiles(c.label)
    )


def count_scenes(
    scenes: Sequence[Prepared],
    claims: Sequence[Sequence[Claim]],
    *,
    jobs: int,
    progress: Progress,
    model: Path | None = None,
    weak: bool = False,
) -> list[Detections]:
    """Find the objects of several scenes, each in its own pixels; with `weak`, also what is too weak to count."""
    pairs = list(zip(scenes, claims, strict=True))
    with TemporaryDirectory(prefix="sitedelta-") as folder:
        plans = [count_tasks(p, c, Path(folder), str(k), model) for k, (p, c) in enumerate(pairs)]
        run_tasks([t for tasks in plans for t in tasks], jobs=jobs, progress=progress)
        found = [read_parts([t.part for t in tasks]) for tasks in plans]
    return found if weak else [f.take(f.sure) for f in found]


def detect_tile(prepared: Prepared, wanted: Claim, tile: Tile, finder: Detector) -> Detections:
    """Find the objects of a class with their centre in the tile's core."""
    scene = prepared.scene
    window = tile.window((scene.height, scene.width), snap=finder.snap_px(wanted.label, prepared.pixel_m))
    with Reader(scene.uri) as reader:
        image, valid = reader.read(window, bands=display_bands(scene))
    clear = prepared.clear.keep(valid, window)
    if not clear.any():
        return Detections.none()
    shown = prepared.stretch.apply(image)
    found = finder.detect(shown, valid, gsd_m=prepared.pixel_m, classes=(wanted.label,), weak=True)
    found = found.take(_on(clear, found)).shifted(window[0], window[2])
    return found.take(_owned(found, tile) & (found.length_m >= wanted.least_m))


def _on(clear: NDArray[np.bool_], found: Detections) -> NDArray[np.bool_]:
    """Tell whose centre can be seen: the detector sees through what is hidden, whose edges would look like objects."""
    row, col = (
        np.clip(np.rint(at).astype(int), 0, n - 1) for at, n in zip((found.row, found.col), clear.shape, strict=True)
    )
    on: NDArray[np.bool_] = clear[row, col]
    return on


def _owned(found: Detections, tile: Tile) -> NDArray[np.bool_]:
    """Tell whose centre lies in the tile's core, which begins half a pixel before the centre of its first pixel."""
    row, col = found.row + 0.5, found.col + 0.5
    owned: NDArray[np.bool_] = (row >= tile.row0) & (row < tile.row1) & (col >= tile.col0) & (col < tile.col1)
    return owned


def read_parts(parts: Sequence[Path]) -> Detections:
    """Join what was found in finished tiles, in a fixed order; what is not `sure` does not count."""
    found = Detections.join([_read_part(p) for p in parts])
    return found.take(np.lexsort((found.col, found.row, found.label)))


def _read_part(path: Path) -> Detections:
    columns = json.loads(path.read_text(encoding="utf-8"))
    dtypes = {"label": "<U16", "sure": "?", "subclass": "<U24"}
    return Detections(**{f.name: np.array(columns[f.name], dtypes.get(f.name, "f8")) for f in fields(Detections)})


def interval_of(found: int, label: str, gsd_m: float, model: Path | None = None) -> CountInterval:
    """Give the 90 % interval of the true number, from the detector's measured accuracy at this gsd."""
    measured = detector(model).accuracy(label, gsd_m)
    return count_interval(found, precision=measured.precision, recall=measured.recall, objects=measured.objects)


def box_of(row: float, col: float, half_length: float, half_width: float, heading_deg: float) -> tuple[float, ...]:
    """Give row_min, col_min, row_max, col_max of an oriented box, all in pixels."""
    turn = np.radians(heading_deg)
    down = abs(half_length * np.cos(turn)) + abs(half_width * np.sin(turn))
    across = abs(half_length * np.sin(turn)) + abs(half_width * np.cos(turn))
    return float(row - down), float(col - across), float(row + down), float(col + across)

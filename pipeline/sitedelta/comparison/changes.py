"""The change map of a pair, gathered strip by strip, and its regions."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from rasterdelta.regions import Regions, min_pixels, regions_of_runs, tidy, tidy_halo
from rasterdelta.runs import Runs, joined, paint, runs_of
from rasterdelta.types import Mask, Plane
from sitedelta.areas.zones import Zone
from sitedelta.comparison.joint import Joint
from sitedelta.comparison.strips import UNSEEN, Strip, with_context
from sitedelta.files.rasterfile import Layout, write_cog
from sitedelta.grid import SiteGrid
from sitedelta.records import ChangeRegion

Cells = NDArray[np.uint8] | NDArray[np.float32]

_STRIP = 1024
"""Rows of a raster that are written at once."""
_DIGITS = 8
"""Decimals of a degree: about a millimetre."""


@dataclass(frozen=True, slots=True)
class ChangeMap:
    """A pair's change, in cells of the comparison. As large as what changed, not as the map."""

    shape: tuple[int, int]
    cell_m: float
    """Side of a cell in metres."""
    regions: Regions
    """What changed."""
    unseen: Runs
    """What was not observable."""

    def rows(self, rows: slice) -> NDArray[np.uint8]:
        """Give rows of the map: 0 unchanged, 1 changed, 255 not observable."""
        change = self.regions.mask(rows, self.shape[1]).view(np.uint8)
        if len(self.unseen):
            change += paint(self.unseen, np.full(len(self.unseen), UNSEEN, np.uint8), rows, self.shape[1])
        return change

    @property
    def seen_px(self) -> int:
        return self.shape[0] * self.shape[1] - int(self.unseen.length.sum())

    @property
    def changed_px(self) -> int:
        return int(self.regions.runs.length.sum())

    @property
    def share_observed(self) -> float:
        return self.seen_px / max(1, self.shape[0] * self.shape[1])

    @property
    def share_changed(self) -> float:
        """Of what both dates show."""
        return self.changed_px / max(1, self.seen_px)

    @property
    def changed_m2(self) -> float:
        return self.changed_px * self.cell_m**2


def gather(
    strips: Iterable[Strip],
    shape: tuple[int, int],
    *,
    cell_m: float,
    min_area_m2: float,
) -> ChangeMap:
    """Clean the strips of a pair, join them, and drop what is too small to be a change of its own."""
    area = {"gsd_m": cell_m, "min_area_m2": min_area_m2}
    changed, unseen = [], []
    for strip, window, inner in with_context(strips, tidy_halo(**area)):
        hidden = window == UNSEEN
        kept = tidy(window == 1, ~hidden, **area)[inner]
        changed.append(runs_of(kept, strip.score, row0=strip.row0))
        unseen.append(runs_of(hidden[inner], row0=strip.row0))
        del strip, window, hidden, kept
    return ChangeMap(shape, cell_m, regions_of_runs(_taken(changed), min_px=min_pixels(**area)), _taken(unseen))


def _taken(parts: list[Runs]) -> Runs:
    """Join runs, and let go of what they were made of."""
    whole = joined(parts)
    parts.clear()
    return whole


def write_change(path: Path, found: ChangeMap, grid: SiteGrid, *, step: int, key: str) -> None:
    """Write the change map on the site grid."""
    layout = Layout(1, "uint8", ("change",), nodata=UNSEEN)
    _write(path, (found.rows(rows) for rows in _spans(found.shape[0])), grid, layout, step=step, key=key)


class ScoreFile:
    """A pair's change statistic on its way to a raster: kept on disk until it is known what was observable."""

    def __init__(self, folder: Path, shape: tuple[int, int]) -> None:
        self._path = folder / "score.raw"
        self._shape = shape

    def through(self, strips: Iterable[Strip]) -> Iterator[Strip]:
        """Pass strips on, and keep their scores."""
        with self._path.open("wb") as file:
            for strip in strips:
                strip.score.tofile(file)
                yield strip
                del strip

    def write(self, path: Path, found: ChangeMap, grid: SiteGrid, *, step: int) -> None:
        """Write the change statistic, in units of its threshold, on the site grid."""
        layout = Layout(1, "float32", ("score",), nodata=float("nan"))
        _write(path, self._observed(found), grid, layout, step=step, key="")

    def _observed(self, found: ChangeMap) -> Iterator[Plane]:
        with self._path.open("rb") as file:
            for rows in _spans(self._shape[0]):
                score = np.fromfile(file, np.float32, (rows.stop - rows.start) * self._shape[1])
                score = score.reshape(-1, self._shape[1])
                yield np.where(found.rows(rows) == UNSEEN, np.float32(np.nan), score)


@contextmanager
def score_file(shape: tuple[int, int]) -> Iterator[ScoreFile]:
    """Give a place for scores that is gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix="sitedelta-"))
    try:
        yield ScoreFile(folder, shape)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _spans(height: int) -> list[slice]:
    return [slice(row, min(row + _STRIP, height)) for row in range(0, height, _STRIP)]


def _write(path: Path, strips: Iterable[Cells], grid: SiteGrid, layout: Layout, *, step: int, key: str) -> None:
    def blocks() -> Iterator[tuple[int, int, Cells, None]]:
        row = 0
        for cells in strips:
            spread = _on_grid(cells, min(len(cells) * step, grid.shape[0] - row), grid.shape[1], step)
            yield row, 0, spread[None], None
            row += len(spread)

    write_cog(path, blocks(), grid, layout, tags={"SITEDELTA_KEY": key} if key else {})


def _on_grid(cells: Cells, height: int, width: int, step: int) -> Cells:
    """Give rows of the site grid from cells that are `step` grid pixels wide."""
    if step == 1:
        return cells
    found: Cells = cells[np.arange(height) // step][:, np.arange(width) // step]
    return found


def without(found: ChangeMap, clear: Mask, factor: int, *, min_area_m2: float) -> ChangeMap:
    """Take out what was not seen clearly after all.

    Parameters
    ----------
    clear
        True = seen clearly, for squares of `factor` cells.
    """
    if clear.all():
        return found
    changed, unseen = [], []
    runs = found.regions.runs
    mean = (runs.total / np.maximum(runs.scored, 1)).astype(np.float32)
    for rows in _spans(found.shape[0]):
        seen = clear[np.arange(rows.start, rows.stop) // factor][:, np.arange(found.shape[1]) // factor]
        kept, score = found.regions.mask(rows, found.shape[1]) & seen, paint(runs, mean, rows, found.shape[1])
        changed.append(runs_of(kept, score, row0=rows.start))
        unseen.append(runs_of((found.rows(rows) == UNSEEN) | ~seen, row0=rows.start))
    least = min_pixels(gsd_m=found.cell_m, min_area_m2=min_area_m2)
    return ChangeMap(found.shape, found.cell_m, regions_of_runs(joined(changed), min_px=least), joined(unseen))


def regions_of(found: ChangeMap, pair: Joint, grid: SiteGrid, zones: Sequence[Zone]) -> tuple[ChangeRegion, ...]:
    """Give the changed regions, largest first."""
    regions = sorted(found.regions.measured, key=lambda r: (-r.area_px, r.row, r.col))
    shapes = _polygons(found.regions, pair.step)
    placed = _placed(shapes, grid)
    places = (np.array([[r.row, r.col] for r in regions]).reshape(-1, 2) + 0.5) * pair.step - 0.5
    lonlat = grid.lonlat(*places.T)
    before, after = pair.before.scene, pair.after.scene
    return tuple(
        ChangeRegion(
            id=f"{before.id}--{after.id}-{number:04d}",
            before=before.id,
            after=after.id,
            date_before=before.date,
            date_after=after.date,
            area_m2=region.area_px * found.cell_m**2,
            compactness=region.compactness,
            score=region.score,
            site_row=float(places[number - 1, 0]),
            site_col=float(places[number - 1, 1]),
            zones=";".join(z.id for z in zones if z.polygon.intersects(shapes[region.label - 1])),
            lon=None if lonlat is None else float(lonlat[0][number - 1]),
            lat=None if lonlat is None else float(lonlat[1][number - 1]),
            polygon=placed[region.label - 1],
        )
        for number, region in enumerate(regions, 1)
    )


def _polygons(regions: Regions, step: int) -> NDArray[np.object_]:
    """Give each region's outline in pixels (column, row) of the site grid; pixel corners are at halves."""
    found = regions.outlines()
    if not len(found.label):
        return np.zeros(0, object)
    rings = shapely.linearrings(found.vertices * step - 0.5, indices=found.ring)
    polygons: NDArray[np.object_] = shapely.polygons(rings, indices=found.label - 1)
    return polygons


def _placed(shapes: NDArray[np.object_], grid: SiteGrid) -> NDArray[np.object_]:
    """Bring outlines to longitude and latitude where the grid has a place on the Earth."""
    if not grid.georeferenced:
        return shapes

    def to_lonlat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        found = grid.lonlat(points[:, 1], points[:, 0])
        return points if found is None else np.column_stack(found).round(_DIGITS)

    placed: NDArray[np.object_] = shapely.transform(shapes, to_lonlat)
    return placed

"""From finished tiles to the change map of a pair and its regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from rasterdelta.regions import clean, label, measure, outlines
from rasterdelta.types import Mask, Plane
from sitedelta.grid import SiteGrid
from sitedelta.pairs import UNSEEN, ChangeTask, PairEstimate
from sitedelta.rasterfile import Layout, write_cog
from sitedelta.records import ChangeRegion
from sitedelta.zones import Zone

Cells = NDArray[np.uint8] | NDArray[np.float32]

_STRIP = 1024
"""Rows of a raster that are written at once."""


@dataclass(frozen=True, slots=True)
class ChangeMap:
    """A pair's change, in cells of the comparison."""

    change: NDArray[np.uint8]
    """0 unchanged, 1 changed, 255 not observable; shape of the comparison."""
    score: Plane
    """Change statistic in units of the threshold, NaN where not observable."""
    cell_m: float
    """Side of a cell in metres."""

    @property
    def seen(self) -> Mask:
        found: Mask = self.change != UNSEEN
        return found

    @property
    def changed(self) -> Mask:
        found: Mask = self.change == 1
        return found

    @property
    def share_observed(self) -> float:
        return float(self.seen.mean())

    @property
    def share_changed(self) -> float:
        """Of what both dates show."""
        return float(self.changed.sum() / max(1, self.seen.sum()))

    @property
    def changed_m2(self) -> float:
        return float(self.changed.sum() * self.cell_m**2)


def merge_change(pair: PairEstimate, tasks: Sequence[ChangeTask], grid: SiteGrid, *, min_area_m2: float) -> ChangeMap:
    """Join the tiles of a pair and drop what is too small to be a change of its own."""
    change = np.full(pair.shape, UNSEEN, np.uint8)
    score = np.full(pair.shape, np.nan, np.float32)
    for task in tasks:
        t = task.tile
        with np.load(task.part) as part:
            change[t.row0 : t.row1, t.col0 : t.col1] = part["change"]
            score[t.row0 : t.row1, t.col0 : t.col1] = part["score"]
    cell_m = grid.gsd_m * pair.step
    seen = change != UNSEEN
    kept = clean(change == 1, seen, gsd_m=cell_m, min_area_m2=min_area_m2)
    return ChangeMap(np.where(seen, kept, UNSEEN).astype(np.uint8), score, cell_m)


def write_change(path: Path, found: ChangeMap, grid: SiteGrid, *, step: int, key: str) -> None:
    """Write the change map on the site grid."""
    layout = Layout(1, "uint8", ("change",), nodata=UNSEEN)
    _write(path, found.change, grid, layout, step=step, key=key)


def write_score(path: Path, found: ChangeMap, grid: SiteGrid, *, step: int, key: str) -> None:
    """Write the change statistic, in units of its threshold, on the site grid."""
    layout = Layout(1, "float32", ("score",), nodata=float("nan"))
    _write(path, found.score, grid, layout, step=step, key=key)


def _write(path: Path, cells: Cells, grid: SiteGrid, layout: Layout, *, step: int, key: str) -> None:
    height, width = grid.shape
    strips = (
        (row, 0, on_grid(cells, slice(row, min(row + _STRIP, height)), width, step)[None], None)
        for row in range(0, height, _STRIP)
    )
    write_cog(path, strips, grid, layout, tags={"SITEDELTA_KEY": key} if key else {})


def on_grid(cells: Cells, rows: slice, width: int, step: int) -> Cells:
    """Give rows of the site grid from cells that are `step` grid pixels wide."""
    found: Cells = cells[np.arange(rows.start, rows.stop) // step][:, np.arange(width) // step]
    return found


def regions_of(found: ChangeMap, pair: PairEstimate, grid: SiteGrid, zones: Sequence[Zone]) -> tuple[ChangeRegion, ...]:
    """Give the changed regions, largest first."""
    labels, _ = label(found.changed)
    shapes = _shapes(labels, pair.step)
    before, after = pair.before.scene, pair.after.scene
    order = sorted(measure(labels, found.score), key=lambda r: (-r.area_px, r.row, r.col))
    regions = []
    for number, region in enumerate(order, 1):
        outline = shapes[region.label]
        row, col = (region.row + 0.5) * pair.step - 0.5, (region.col + 0.5) * pair.step - 0.5
        lonlat = grid.lonlat(np.array([row]), np.array([col]))
        regions.append(
            ChangeRegion(
                id=f"{before.id}--{after.id}-{number:04d}",
                before=before.id,
                after=after.id,
                date_before=before.date,
                date_after=after.date,
                area_m2=region.area_px * found.cell_m**2,
                score=region.score,
                site_row=row,
                site_col=col,
                zones=_zones_touched(outline, zones),
                lon=None if lonlat is None else float(lonlat[0][0]),
                lat=None if lonlat is None else float(lonlat[1][0]),
                polygon_wkt=shapely.to_wkt(_placed(outline, grid), rounding_precision=8 if lonlat else 1),
            )
        )
    return tuple(regions)


def _shapes(labels: NDArray[np.int32], step: int) -> dict[int, shapely.Geometry]:
    """Give each region's outline in pixels (column, row) of the site grid; pixel corners are at halves."""
    parts: dict[int, list[shapely.Geometry]] = {}
    for number, rings in outlines(labels):
        scaled = [np.asarray(ring) * step - 0.5 for ring in rings]
        parts.setdefault(number, []).append(shapely.Polygon(scaled[0], scaled[1:]))
    return {k: v[0] if len(v) == 1 else shapely.MultiPolygon(v) for k, v in parts.items()}


def _zones_touched(outline: shapely.Geometry, zones: Sequence[Zone]) -> str:
    return ";".join(z.id for z in zones if z.polygon.intersects(outline))


def _placed(outline: shapely.Geometry, grid: SiteGrid) -> shapely.Geometry:
    if not grid.georeferenced:
        return outline

    def to_lonlat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        found = grid.lonlat(points[:, 1], points[:, 0])
        return points if found is None else np.column_stack(found)

    return shapely.transform(outline, to_lonlat)

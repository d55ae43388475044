"""Zones as cells of a comparison, drawn a few rows at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from rasterio.features import rasterize

from rasterdelta.types import Mask
from sitedelta.areas.zones import WHOLE_SITE, Zone
from sitedelta.grid import SiteGrid

_FEW = 9.0
"""Zones of fewer cells have every cell that they touch, larger ones those whose centre they hold."""


@dataclass(frozen=True, slots=True)
class ZoneCells:
    """The cells of a zone, or of the whole site."""

    zone: str
    rows: slice
    cols: slice
    """What they lie within."""
    within: float
    """Share of the zone that lies on the site grid: nothing is said of the rest."""
    polygon: shapely.Geometry | None
    """In cells, integers are corners; None for the whole site."""

    def part(self, rows: slice) -> slice:
        """Give those of some rows that the zone reaches; they may be none."""
        first = min(max(rows.start, self.rows.start), rows.stop)
        return slice(first, max(first, min(rows.stop, self.rows.stop)))

    def inside(self, rows: slice) -> Mask:
        """Give which cells of some rows and the zone's columns it holds; True = inside."""
        shape = rows.stop - rows.start, self.cols.stop - self.cols.start
        if self.polygon is None or 0 in shape:
            return np.ones(shape, np.bool_)
        drawn = rasterize(
            [self.polygon],
            shape,
            transform=Affine.translation(self.cols.start, rows.start),
            all_touched=self.polygon.area < _FEW,
            dtype="uint8",
        )
        mask: Mask = drawn.view(np.bool_)
        return mask


def zone_cells(grid: SiteGrid, zones: Sequence[Zone], shape: tuple[int, int], step: int) -> tuple[ZoneCells, ...]:
    """Give the site and its zones in cells of `step` grid pixels, of which there are `shape`."""
    whole = ZoneCells(WHOLE_SITE, slice(0, shape[0]), slice(0, shape[1]), 1.0, None)
    return whole, *(_cells(zone, grid, shape, step) for zone in zones)


def _cells(zone: Zone, grid: SiteGrid, shape: tuple[int, int], step: int) -> ZoneCells:
    site = shapely.box(-0.5, -0.5, grid.shape[1] - 0.5, grid.shape[0] - 0.5)
    here = shapely.intersection(zone.polygon, site)
    polygon = shapely.transform(here, lambda points: (points + 0.5) / step)
    left, top, right, bottom = polygon.bounds
    rows = slice(int(top), min(shape[0], int(np.ceil(bottom))))
    cols = slice(int(left), min(shape[1], int(np.ceil(right))))
    return ZoneCells(zone.id, rows, cols, float(here.area / zone.polygon.area), polygon)

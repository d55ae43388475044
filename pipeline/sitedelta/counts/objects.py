"""From detections in a scene's pixels to objects on the site grid."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from rasterdelta.detect.protocol import Detections
from sitedelta.alignment.placement import Placement
from sitedelta.areas.zones import Zone, zones_at
from sitedelta.counts.describe import describe
from sitedelta.grid import SiteGrid
from sitedelta.records import SiteObject


@dataclass(frozen=True, slots=True)
class Seen:
    """What one scene shows."""

    objects: tuple[SiteObject, ...] = ()
    weak: tuple[SiteObject, ...] = ()
    """Too weak to count: they bear out what another date shows at the same place."""


def seen_objects(found: Detections, placement: Placement, grid: SiteGrid, zones: Sequence[Zone]) -> Seen:
    """Place what was found in a scene on the site grid and keep what lies within it."""
    sure, rest = found.take(found.sure), found.take(~found.sure)
    return Seen(site_objects(sure, placement, grid, zones), site_objects(rest, placement, grid, zones, mark="weak-"))


def site_objects(
    found: Detections, placement: Placement, grid: SiteGrid, zones: Sequence[Zone], *, mark: str = ""
) -> tuple[SiteObject, ...]:
    """Place the objects of a scene on the site grid and keep those within it; `mark` stands in their ids."""
    scene = placement.scene
    rows, cols = placement.to_grid(found.row, found.col)
    lonlat = grid.lonlat(rows, cols)
    inside = (rows >= -0.5) & (rows < grid.shape[0] - 0.5) & (cols >= -0.5) & (cols < grid.shape[1] - 0.5)
    where = zones_at(zones, rows, cols)
    numbers = dict.fromkeys(found.label.tolist(), 0)
    objects = []
    for i in np.flatnonzero(inside):
        name = str(found.label[i])
        numbers[name] += 1
        row, col, heading = float(found.row[i]), float(found.col[i]), float(found.heading_deg[i])
        objects.append(
            SiteObject(
                id=f"{scene.id}-{name}-{mark}{numbers[name]:04d}",
                scene=scene.id,
                date=scene.date,
                label=name,
                score=float(found.score[i]),
                row=row,
                col=col,
                site_row=float(rows[i]),
                site_col=float(cols[i]),
                length_m=float(found.length_m[i]),
                width_m=float(found.width_m[i]),
                heading_deg=placement.heading_on_grid(row, col, heading),
                zones=where[i],
                lon=None if lonlat is None else float(lonlat[0][i]),
                lat=None if lonlat is None else float(lonlat[1][i]),
                **asdict(describe(found, int(i), scene)),
            )
        )
    return tuple(objects)

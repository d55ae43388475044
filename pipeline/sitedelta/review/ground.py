"""Places of a site as its results have them: on the grid, on the Earth and in each image."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from sitedelta.alignment.placement import Frame, ScaledFrame
from sitedelta.areas.zones import WHOLE_SITE, Zone
from sitedelta.errors import InputError
from sitedelta.grid import SiteGrid, locate
from sitedelta.raster.groundsize import WGS84, transformer
from sitedelta.review.decision import Look, Spot
from sitedelta.running.manifest import Manifest, SceneRecord
from sitedelta.scene import Scene

Floats = NDArray[np.float64]
_DIGITS = 8
"""Decimals of a degree that are kept: about a millimetre."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The grid, the zones and the images of a site."""

    root: Path
    grid: SiteGrid
    zones: tuple[Zone, ...]
    records: tuple[SceneRecord, ...]

    def record(self, scene: str) -> SceneRecord:
        """Give the record of an image by its id."""
        return next(r for r in self.records if r.scene.id == scene)

    def look(self, scene: str) -> Look:
        """Describe an image so that it is known again."""
        s = self.record(scene).scene
        return Look(s.id, s.date, s.sha256)

    def known(self, look: Look) -> str | None:
        """Give the id that an image has here: by its bytes, by id and date, or by a date of its own."""
        scenes = [r.scene for r in self.records]
        same = [s for s in scenes if look.image and s.sha256 == look.image]
        named = [s for s in scenes if (s.id, s.date) == (look.scene, look.date)]
        dated = [s for s in scenes if s.date == look.date]
        found = same or named or (dated if len(dated) == 1 else [])
        return found[0].id if found else None

    def holds(self, look: Look) -> bool:
        """Tell whether the very bytes of an image are here."""
        return bool(look.image) and any(r.scene.sha256 == look.image for r in self.records)

    def spots(self, scene: str, rows: Floats, cols: Floats) -> list[Spot]:
        """Describe places on the grid, in one image."""
        lonlat, own = self.grid.lonlat(rows, cols), self.in_image(scene, rows, cols)
        return [
            Spot(
                float(rows[i]),
                float(cols[i]),
                self.grid.gsd_m,
                *((round(float(v[i]), _DIGITS) for v in lonlat) if lonlat else (None, None)),
                *((round(float(v[i]), 3) for v in own) if own else (None, None)),
            )
            for i in range(len(rows))
        ]

    def site_place(self, look: Look, spot: Spot) -> tuple[float, float]:
        """Give row and column on the grid of a place that was described on another grid, or by another alignment."""
        scene = self.known(look)
        if scene and spot.row is not None and spot.col is not None and self.holds(look):
            frame = self._frame(scene)
            if frame is not None:
                row, col = self._to_grid(scene, frame, spot.row, spot.col)
                return row, col
        if spot.lon is not None and spot.lat is not None and self.grid.crs_wkt:
            x, y = transformer(WGS84, self.grid.crs_wkt).transform(spot.lon, spot.lat)
            rows, cols = self.grid.rowcol(np.array([x]), np.array([y]))
            return float(rows[0]), float(cols[0])
        factor = spot.gsd_m / self.grid.gsd_m
        return (spot.site_row + 0.5) * factor - 0.5, (spot.site_col + 0.5) * factor - 0.5

    def in_image(self, scene: str, rows: Floats, cols: Floats) -> tuple[Floats, Floats] | None:
        """Give rows and columns in an image of places on the grid; None where the image is gone or was not placed."""
        frame = self._frame(scene)
        if frame is None:
            return None
        m = _matrix(self.record(scene))
        at = m[:, :2] @ np.stack([cols, rows]) + m[:, 2:]
        return frame.to_scene(at[1], at[0])

    def outline(self, zone: str) -> shapely.Geometry:
        """Give the outline of a zone, or of the site, in pixels (column, row) of the grid."""
        height, width = self.grid.shape
        site = shapely.box(-0.5, -0.5, width - 0.5, height - 0.5)
        if zone == WHOLE_SITE:
            return site
        return shapely.intersection(next(z.polygon for z in self.zones if z.id == zone), site)

    def to_wkt(self, outline: shapely.Geometry) -> str:
        """Write an outline so that another grid can read it."""
        if not self.grid.georeferenced:
            return str(shapely.to_wkt(outline, rounding_precision=2))
        return str(shapely.to_wkt(shapely.transform(outline, self._lonlat), rounding_precision=7))

    def from_wkt(self, text: str, gsd_m: float) -> shapely.Geometry:
        """Read an outline into pixels of the grid; `gsd_m` is that of the grid it was written on."""
        outline = shapely.from_wkt(text)
        if self.grid.crs_wkt is None:
            return shapely.transform(outline, lambda p: (p + 0.5) * gsd_m / self.grid.gsd_m - 0.5)
        return shapely.transform(outline, self._pixels)

    def _lonlat(self, points: Floats) -> Floats:
        found = self.grid.lonlat(points[:, 1], points[:, 0])
        return np.column_stack(found) if found else points

    def _pixels(self, points: Floats) -> Floats:
        x, y = transformer(WGS84, str(self.grid.crs_wkt)).transform(points[:, 0], points[:, 1])
        rows, cols = self.grid.rowcol(x, y)
        return np.column_stack([cols, rows])

    def _frame(self, scene: str) -> Frame | None:
        record = self.record(scene)
        if record.alignment.status == "refused":
            return None
        return _frame_of(replace(record.scene, uri=str(self.root / record.scene.uri)), self.grid)

    def _to_grid(self, scene: str, frame: Frame, row: float, col: float) -> tuple[float, float]:
        m = _matrix(self.record(scene))
        rows, cols = frame.to_grid(np.array([row]), np.array([col]))
        at = np.linalg.solve(m[:, :2], np.stack([cols, rows]) - m[:, 2:])
        return float(at[1, 0]), float(at[0, 0])


@cache
def _frame_of(scene: Scene, grid: SiteGrid) -> Frame | None:
    """Give the nominal grid of an image; None where its file is gone."""
    if not grid.georeferenced or not scene.georeferenced:
        return ScaledFrame(scene.gsd_m / grid.gsd_m)
    try:
        return locate(scene, grid)
    except InputError:
        return None


def _matrix(record: SceneRecord) -> Floats:
    return np.array(record.alignment.matrix, np.float64).reshape(2, 3)


def ground_of(manifest: Manifest, root: Path) -> Ground:
    """Give the places of a site from the record of its last run."""
    g = manifest.grid
    grid = SiteGrid((g.height, g.width), Affine(*g.affine), g.crs_wkt, g.gsd_m)
    zones = tuple(Zone(z.id, z.name, shapely.from_wkt(z.polygon_wkt), z.area_m2) for z in manifest.zones)
    return Ground(root, grid, zones, manifest.scenes)

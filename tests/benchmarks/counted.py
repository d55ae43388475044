"""Images of a small rendered site through what `run` does: read, masked, placed, counted, compared with the one before.

Each step is done by the code that `run` calls; only pictures, tables and reports are not written.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.transform import Affine
from tests.benchmarks.series import FIRST

from rasterdelta.errors import NotEnoughData
from rasterdelta.registration.trust import SUPPORT
from rasterdelta.render.light import Illumination
from rasterdelta.types import Image, Mask
from sitedelta.alignment.align import frame_of
from sitedelta.alignment.placement import Placement
from sitedelta.alignment.testimony import Witnesses
from sitedelta.areas.zonecells import zone_cells
from sitedelta.areas.zones import WHOLE_SITE
from sitedelta.comparison.changes import gather
from sitedelta.comparison.joint import OpenPair
from sitedelta.comparison.pairs import PairEstimate, estimate_pair
from sitedelta.comparison.strips import Strip
from sitedelta.comparison.tally import ScoreTally
from sitedelta.comparison.zonechange import Measured, unseen, zone_changes, zone_shares
from sitedelta.counts.claims import claim
from sitedelta.counts.counting import detect_tile
from sitedelta.counts.objects import seen_objects
from sitedelta.counts.observing import extents, observe
from sitedelta.detectors.models import detector
from sitedelta.grid import SiteGrid, scene_grid
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import Prepared, prepare
from sitedelta.records import Observation, ZoneChange
from sitedelta.running.tiles import cut

MIN_AREA_M2 = 4.0
"""As the configuration has it where it says nothing."""
_UDM_CLOUD = 2
_CORNER = 600000.0, 5600000.0


@dataclass(frozen=True, slots=True)
class _Placed:
    prepared: Prepared
    placement: Placement

    @property
    def matched(self) -> bool:
        """Whether registration would be borne out: images of which less is clear are counted, and not compared."""
        return float(self.prepared.clear.mask.mean()) >= SUPPORT


def write_image(path: Path, image: Image, clouded: Mask, *, gsd_m: float, day: int, light: Illumination) -> None:
    """Write an image as it would be delivered: georeferenced, dated, with the sun's place and its provider's mask."""
    profile = {
        "driver": "GTiff",
        "dtype": "uint8",
        "height": image.shape[1],
        "width": image.shape[2],
        "crs": "EPSG:32632",
        "transform": Affine(gsd_m, 0, _CORNER[0], 0, -gsd_m, _CORNER[1]),
    }
    date = FIRST + timedelta(days=day)
    with rasterio.open(path, "w", count=len(image), **profile) as file:
        file.write(image.astype("uint8"))
        file.update_tags(
            ACQUISITION_DATE=f"{date:%Y-%m-%dT%H:%M:%SZ}",
            SUN_AZIMUTH=f"{light.sun_azimuth_deg:.1f}",
            SUN_ELEVATION=f"{light.sun_elevation_deg:.1f}",
        )
        file.colorinterp = [ColorInterp[b] for b in ("red", "green", "blue")]
    with rasterio.open(path.with_name(f"{path.stem}_udm.tif"), "w", count=1, **profile) as file:
        file.write(np.where(clouded, np.uint8(_UDM_CLOUD), np.uint8(0)), 1)


class Watched:
    """One site whose images come one after the other, all on one grid."""

    def __init__(self, site: str, label: str) -> None:
        self._site, self._label = site, label
        self._grid: SiteGrid | None = None
        self._last: _Placed | None = None
        self._witnesses = Witnesses()

    def look(self, path: Path) -> tuple[Observation, ZoneChange | None]:
        """Give what an image shows of the class, and what changed since the one before; None at the first.

        Images lie where they should, and are not registered, which would cost more than all the rest; one that is
        mostly under cloud is refused, as registration refuses it.
        """
        prepared = prepare(scene_from_file(path, hashed=False))
        self._grid = self._grid or scene_grid(prepared.scene)
        placed = _Placed(prepared, Placement(prepared.scene, frame_of(prepared, self._grid), None, prepared.clear))
        row = self._count(placed, self._grid)
        change = None if self._last is None else self._compare(self._last, placed, self._grid)
        self._last = placed
        return row, change

    def _count(self, placed: _Placed, grid: SiteGrid) -> Observation:
        prepared = placed.prepared
        scene, wanted = prepared.scene, claim(self._label, prepared.scene.gsd_m)
        (tile,) = cut((scene.height, scene.width), halo=0, core=2048)
        found = detect_tile(prepared, wanted, tile, detector(None))
        objects = seen_objects(found, placed.placement, grid, ()).objects
        (row,) = observe(
            self._site, scene, placed.placement, prepared.data, None, (wanted,), objects, extents(grid, ()),
            hidden_by=prepared.hidden_by,
        )  # fmt: skip
        return row

    def _compare(self, before: _Placed, after: _Placed, grid: SiteGrid) -> ZoneChange:
        scenes = before.prepared.scene, after.prepared.scene
        if not (before.matched and after.matched):
            return unseen(self._site, WHOLE_SITE, *scenes, "registration: most of an image is under cloud")
        both = self._witnesses.hear((before.placement, after.placement), (before.prepared, after.prepared), grid)
        try:
            pair = estimate_pair(*both, grid)
        except NotEnoughData as error:
            return unseen(self._site, WHOLE_SITE, *scenes, str(error))
        (change,) = zone_changes(self._site, *scenes, _measured(pair, grid), (), min_area_m2=MIN_AREA_M2)
        return change


def _measured(pair: PairEstimate, grid: SiteGrid) -> Measured:
    joint = pair.joint
    (tile,) = cut(joint.shape, halo=pair.model.halo)
    with OpenPair(joint) as reader:
        change, score = pair.change(tile, reader.read(pair.window(tile)))
    zones = zone_cells(grid, (), joint.shape, joint.step)
    tally, area = ScoreTally(zones, joint.shape), {"cell_m": joint.gsd_m, "min_area_m2": MIN_AREA_M2}
    found = gather(tally.through([Strip(0, change, score)]), joint.shape, **area)
    return Measured(pair.model.method, joint.gsd_m, zone_shares(found, zones), tally.false_alarms(**area))

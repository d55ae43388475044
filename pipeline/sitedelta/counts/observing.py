"""What was seen of each class in each zone on each date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from sitedelta.alignment.placement import CoarseMask, Placement
from sitedelta.alignment.warp import fitted_size
from sitedelta.areas.zones import WHOLE_SITE, Zone
from sitedelta.counts.claims import Claim
from sitedelta.counts.counting import interval_of
from sitedelta.grid import SiteGrid
from sitedelta.records import Observation, SiteObject, Status
from sitedelta.scene import Scene
from sitedelta.unfinished import NOT_PROCESSED

WHOLE = 0.95
"""From this share of a zone on, its count stands for the zone."""
NOTHING = 0.05
"""Below this share of a zone, nothing is said of it."""
_MOST = 512


@dataclass(frozen=True, slots=True)
class Extent:
    """A zone, or the whole site, as sample points on the site grid."""

    zone: str
    rows: NDArray[np.float64]
    cols: NDArray[np.float64]
    within: float = 1.0
    """Share of the zone that lies on the site grid: nothing is said of the rest."""

    def share(self, seen: NDArray[np.bool_]) -> float:
        """Give the share of the zone that is seen, from whether the points are."""
        return self.within * float(seen.mean()) if seen.size else 0.0


def extents(grid: SiteGrid, zones: Sequence[Zone]) -> tuple[Extent, ...]:
    """Give the site and its zones as sample points."""
    height, width, step = fitted_size(*grid.shape, _MOST)
    rows, cols = np.meshgrid(
        (np.arange(height) + 0.5) * step - 0.5, (np.arange(width) + 0.5) * step - 0.5, indexing="ij"
    )
    rows, cols = rows.ravel(), cols.ravel()
    found = [Extent(WHOLE_SITE, rows, cols)]
    site = shapely.box(-0.5, -0.5, grid.shape[1] - 0.5, grid.shape[0] - 0.5)
    for zone in zones:
        here = shapely.intersection(zone.polygon, site)
        within = float(here.area / zone.polygon.area)
        inside = shapely.contains_xy(here, cols, rows)
        if inside.any():
            found.append(Extent(zone.id, rows[inside], cols[inside], within))
        else:
            point = here.representative_point()
            found.append(Extent(zone.id, np.array([point.y]), np.array([point.x]), within))
    return tuple(found)


def observe(
    site: str,
    scene: Scene,
    placement: Placement | None,
    data: CoarseMask,
    refusal: str | None,
    claims: Iterable[Claim],
    objects: Sequence[SiteObject],
    where: Sequence[Extent],
    *,
    hidden_by: str | None = None,
    model: Path | None = None,
    lost: CoarseMask | None = None,
) -> tuple[Observation, ...]:
    """State what one scene shows of each class in each extent.

    Parameters
    ----------
    data : CoarseMask
        Where the scene has data, cloud or not: tells cloud from the edge of the image.
    refusal : str, optional
        Why the scene could not be placed.
    hidden_by : str, optional
        What hides its ground, in words (`Prepared.hidden_by`).
    model : Path, optional
        The detector that counted, where it is not the shipped one.
    lost : CoarseMask, optional
        True = could not be processed.
    """
    found = []
    for extent in where:
        share, why = _share(hidden_by or scene.hidden_by, placement, data, refusal, extent, lost)
        for c in claims:
            here = [o for o in objects if o.label == c.label and inside(o, extent.zone)]
            found.append(_observation(site, scene, c, extent.zone, share, why, len(here), model))
    return tuple(found)


def inside(item: SiteObject, zone: str) -> bool:
    """Tell whether an object lies in a zone, or in the whole site."""
    return zone == WHOLE_SITE or zone in item.zones.split(";")


def _share(
    hidden_by: str,
    placement: Placement | None,
    data: CoarseMask,
    refusal: str | None,
    extent: Extent,
    lost: CoarseMask | None,
) -> tuple[float, str | None]:
    if placement is None:
        return 0.0, f"registration: {refusal}"
    scene_rows, scene_cols = placement.to_scene(extent.rows, extent.cols)
    seen = placement.clear.at(scene_rows, scene_cols)
    done = seen if lost is None else seen & ~lost.at(scene_rows, scene_cols)
    clear = extent.share(done)
    if clear >= WHOLE:
        return clear, None
    outside = 1 - extent.share(data.at(scene_rows, scene_cols))
    undone = extent.share(seen & ~done)
    cloud = 1 - outside - clear - undone
    causes = [
        f"{share:.0%} {what}"
        for share, what in ((undone, NOT_PROCESSED), (cloud, hidden_by), (outside, "outside the image"))
        if share > 0.005
    ]
    return clear, ", ".join(causes) or None


def _observation(
    site: str,
    scene: Scene,
    claim: Claim,
    zone: str,
    share: float,
    why: str | None,
    count: int,
    model: Path | None,
) -> Observation:
    def row(status: Status, n: int | None, low: int | None, high: int | None, reason: str | None) -> Observation:
        return Observation(
            site,
            zone,
            scene.id,
            scene.date,
            claim.label,
            status,
            n,
            low,
            high,
            share,
            claim.min_length_m,
            reason,
            scene.gsd_m,
        )

    if not claim.observable:
        return row(Status.NOT_OBSERVABLE, None, None, None, claim.reason)
    if share < NOTHING:
        return row(Status.NOT_OBSERVABLE, None, None, None, why)
    interval = interval_of(count, claim.label, scene.gsd_m, model)
    if share < WHOLE:
        return row(Status.PARTLY, count, interval.low, None, why)
    status = Status.COUNTED if count else Status.OBSERVED_ZERO
    return row(status, count, interval.low, interval.high, None)

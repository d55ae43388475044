"""Cut-outs before and after, side by side: what arrived, what departed, where the ground changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from rasterdelta.dimensions import NOTHING
from sitedelta.records import ChangeRegion, Event, EventKind, SiteObject
from sitedelta.report import geometry, images
from sitedelta.report.findings import Findings
from sitedelta.running.manifest import GridRecord, PairRecord

ChipKind = Literal["arrived", "departed", "changed"]
MOST_OBJECTS, MOST_REGIONS = 18, 6
"""A pair shows this many; the map files hold all."""
_SIDE, _LEAST = 160, 48
_QUALITY = 84


@dataclass(frozen=True, slots=True)
class Chip:
    """One place on two dates."""

    name: str
    """Unique in the report; safe as a file name."""
    kind: ChipKind
    label: str
    before: bytes | None
    """JPEG; None where the scene has no image on the site grid."""
    after: bytes | None
    side_m: float
    """Width of the ground shown."""
    mark: float
    """Length of the object as a share of the chip's side, 0 to 1; 0 for a region."""
    row: float
    col: float
    place: str
    """Coordinates in a reader's words."""
    size: str
    score: float
    says: str = ""
    """What the size is compatible with; empty where it tells nothing."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The chips of a pair, and how many more there are."""

    chips: tuple[Chip, ...]
    objects_left_out: int
    regions_left_out: int


def gallery(findings: Findings, pair: PairRecord, number: int) -> Gallery:
    """Cut the chips of one pair: objects by falling length, then regions by falling area."""
    moved = [e for e in findings.events_of(pair) if e.kind in (EventKind.ARRIVED, EventKind.DEPARTED)]
    events = sorted(moved, key=lambda e: (-e.length_m, -e.score, e.site_row, e.site_col))
    regions = sorted(findings.changes_of(pair), key=lambda c: (-c.area_m2, c.id))
    shown = _fair(events)
    sources = (_raster(findings, pair.before), _raster(findings, pair.after))
    chips = [_event_chip(findings, e, sources, f"pair{number}-object{n}") for n, e in enumerate(shown)]
    chips += [
        _region_chip(findings, c, sources, f"pair{number}-region{n}") for n, c in enumerate(regions[:MOST_REGIONS])
    ]
    return Gallery(tuple(chips), len(events) - len(shown), max(0, len(regions) - MOST_REGIONS))


def _fair(events: list[Event]) -> list[Event]:
    """Keep the first of each kind, up to half of the places each; what one kind leaves free the other takes."""
    arrived = [e for e in events if e.kind is EventKind.ARRIVED]
    departed = [e for e in events if e.kind is EventKind.DEPARTED]
    half = MOST_OBJECTS // 2
    a = min(len(arrived), max(half, MOST_OBJECTS - len(departed)))
    return [*arrived[:a], *departed[: MOST_OBJECTS - a]]


def _raster(findings: Findings, scene: str) -> Path | None:
    raster = findings.scene(scene).raster
    return findings.root / raster if raster else None


def _event_chip(findings: Findings, e: Event, sources: Iterable[Path | None], name: str) -> Chip:
    grid = findings.manifest.grid
    side = max(_LEAST, round(2.4 * e.length_m / grid.gsd_m))
    window = images.Window(e.site_row, e.site_col, side)
    before, after = (_cut(s, window) for s in sources)
    told = findings.told_of(e)
    return Chip(
        name=name,
        kind="arrived" if e.kind is EventKind.ARRIVED else "departed",
        label=named(told, e.label),
        before=before,
        after=after,
        side_m=side * grid.gsd_m,
        mark=min(1.0, e.length_m / grid.gsd_m / side),
        row=e.site_row,
        col=e.site_col,
        place=geometry.coordinates(grid, row=e.site_row, col=e.site_col, lon=e.lon, lat=e.lat),
        size=f"{e.length_m:.0f} m long",
        score=e.score,
        says="" if told is None or told.size_says == NOTHING else told.size_says,
    )


def named(told: SiteObject | None, label: str) -> str:
    """Name an object by its sub-class, where that is told and is a thing."""
    if told is None or told.subclass is None:
        return label
    return f"{label}, {told.subclass}" if told.subclass.startswith("larger") else told.subclass


def _region_chip(findings: Findings, c: ChangeRegion, sources: Iterable[Path | None], name: str) -> Chip:
    from sitedelta.words.wording import area

    grid = findings.manifest.grid
    ring = np.concatenate(region_rings(grid, c))
    (left, top), (right, bottom) = ring.min(axis=0), ring.max(axis=0)
    side = max(_LEAST, round(1.5 * max(right - left, bottom - top)))
    window = images.Window((top + bottom) / 2, (left + right) / 2, side)
    before, after = (_cut(s, window) for s in sources)
    return Chip(
        name=name,
        kind="changed",
        label="ground",
        before=before,
        after=after,
        side_m=side * grid.gsd_m,
        mark=0.0,
        row=window.row,
        col=window.col,
        place=geometry.coordinates(grid, row=c.site_row, col=c.site_col, lon=c.lon, lat=c.lat),
        size=area(c.area_m2),
        score=c.score,
    )


def region_outlines(grid: GridRecord, regions: Sequence[ChangeRegion], scale: float) -> list[np.ndarray]:
    """Give the rings of all regions in pixels of the site grid times a scale below 1, without what that hides.

    Returns
    -------
    list of ndarray of shape (N, 2)
        (column, row) of pixels of the site grid, not yet scaled; bends of less than half a scaled pixel are left out.
    """
    import shapely

    polygons = np.array([r.polygon for r in regions], object)
    if grid.crs_wkt is not None:
        polygons = shapely.transform(polygons, lambda places: geometry.pixels(grid, places))
    rings = shapely.get_rings(shapely.simplify(polygons, 0.5 / scale, preserve_topology=False))
    places, which = shapely.get_coordinates(rings, return_index=True)
    return np.split(places, np.flatnonzero(np.diff(which)) + 1) if len(places) else []


def region_rings(grid: GridRecord, region: ChangeRegion) -> list[np.ndarray]:
    """Give the rings of a region's polygon in pixels (column, row) of the site grid; each of shape (N, 2)."""
    shape = region.polygon
    rings = [np.asarray(r.coords, np.float64)[:, :2] for r in (shape.exterior, *shape.interiors)]
    return rings if grid.crs_wkt is None else [geometry.pixels(grid, r) for r in rings]


def _cut(source: Path | None, window: images.Window) -> bytes | None:
    if source is None:
        return None
    return images.jpeg(images.chip(source, window, most=_SIDE), quality=_QUALITY)

"""What is drawn over the images of a pair: changed regions, what arrived, departed and stayed, unseen ground, zones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sitedelta.files.rasterfile import open_raster
from sitedelta.records import ChangeRegion, Event, EventKind, SiteObject
from sitedelta.report.chips import region_rings
from sitedelta.report.findings import Findings
from sitedelta.running.manifest import GridRecord, PairRecord, ZoneRecord
from sitedelta.words.wording import area, many

_UNSEEN_SIDE = 800
_LEAST_MARK = 0.008
"""Radius of the smallest mark, as a share of the picture's long side."""
_CROWD, _PATCHWORK = 150, 400
"""More marks, or more changed regions, than this hide the picture."""
_LOOKS = {
    EventKind.STAYED: ("stayed", "stayed"),
    EventKind.DEPARTED: ("departed", "departed"),
    EventKind.ARRIVED: ("arrived", "arrived"),
    EventKind.NOT_OBSERVABLE: ("unknown", "could not be observed"),
}
"""CSS class and words of each kind of event, in drawing order."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One SVG path in pixels of the site grid (outer corner of the first pixel at 0, 0), and what it says."""

    d: str
    title: str


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes that are shown and hidden together."""

    key: str
    """Its own name among the layers of a pair."""
    look: str
    """The CSS class: layers of one kind look alike."""
    text: str
    """For the legend."""
    shapes: tuple[Shape, ...]
    shown: bool
    """False where it starts hidden, because its marks would hide the picture."""


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """A zone's outline and where its name stands."""

    d: str
    name: str
    x: float
    y: float


def layers(findings: Findings, pair: PairRecord) -> tuple[Layer, ...]:
    """Give the layers of a pair that hold something."""
    grid = findings.manifest.grid
    regions = tuple(_region(findings, c) for c in findings.changes_of(pair))
    unseen = _unseen(findings.root / pair.raster if pair.raster else None, (grid.height, grid.width))
    found = (
        Layer("unseen", "unseen", "not seen on both dates", unseen, shown=True),
        Layer("regions", "regions", "changed ground", regions, shown=len(regions) <= _PATCHWORK),
        *_event_layers(findings.events_of(pair), grid),
    )
    return tuple(layer for layer in found if layer.shapes)


def _event_layers(events: Sequence[Event], grid: GridRecord) -> Iterator[Layer]:
    """Give a layer for each class and what became of it."""
    least = _LEAST_MARK * max(grid.height, grid.width)
    for label in sorted({e.label for e in events}):
        for kind, (look, text) in _LOOKS.items():
            own = [e for e in events if e.label == label and e.kind is kind]
            marks = tuple(Shape(_mark(e, max(least, 0.62 * e.length_m / grid.gsd_m)), _told(e)) for e in own)
            yield Layer(f"{look}-{label}", look, f"{many(label)} {text}", marks, shown=len(marks) <= _CROWD)


def object_shapes(objects: Iterable[SiteObject], gsd_m: float) -> tuple[Shape, ...]:
    """Outline everything that was found in one image, as long and wide as it was measured; one shape a class."""
    by_label: dict[str, list[SiteObject]] = {}
    for o in objects:
        by_label.setdefault(o.label, []).append(o)
    return tuple(
        Shape("".join(_outline(o, gsd_m) for o in found), f"{many(label)} found")
        for label, found in sorted(by_label.items())
    )


def _outline(o: SiteObject, gsd_m: float) -> str:
    turn = np.radians(o.heading_deg)
    along = np.array([np.sin(turn), -np.cos(turn)]) * o.length_m / gsd_m / 2
    aside = np.array([np.cos(turn), np.sin(turn)]) * o.width_m / gsd_m / 2
    middle = np.array([o.site_col, o.site_row])
    corners = np.array([along + aside, along - aside, -along - aside, -along + aside, along + aside])
    return path([middle + corners])


def zone_shapes(zones: Iterable[ZoneRecord]) -> tuple[ZoneShape, ...]:
    """Give the outlines of the zones."""
    from shapely import from_wkt

    found = []
    for zone in zones:
        shape = from_wkt(zone.polygon_wkt)
        rings = [
            np.asarray(r.coords)[:, :2] for p in getattr(shape, "geoms", [shape]) for r in (p.exterior, *p.interiors)
        ]
        left, top = rings[0].min(axis=0)
        found.append(ZoneShape(path(rings), zone.name, float(left), float(top)))
    return tuple(found)


def path(rings: Sequence[np.ndarray]) -> str:
    """Draw closed rings of (column, row), integers being pixel centres."""
    return "".join("M" + "L".join(f"{x + 0.5:.1f} {y + 0.5:.1f}" for x, y in ring[:-1]) + "Z" for ring in rings)


def _region(findings: Findings, c: ChangeRegion) -> Shape:
    return Shape(path(region_rings(findings.manifest.grid, c)), f"changed ground, {area(c.area_m2)}")


def _told(e: Event) -> str:
    if e.kind is EventKind.NOT_OBSERVABLE:
        return f"{e.label}: could not be observed ({e.reason or 'no reason recorded'})"
    return f"{e.label} {e.kind}, {e.length_m:.0f} m long, score {e.score:.2f}"


def _mark(e: Event, r: float) -> str:
    """Draw a circle for an arrival, a square for a departure, a diamond for a stay, a triangle for what is unknown."""
    x, y = e.site_col + 0.5, e.site_row + 0.5
    if e.kind is EventKind.ARRIVED:
        return f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0Z"
    if e.kind is EventKind.DEPARTED:
        return f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}Z"
    if e.kind is EventKind.STAYED:
        return f"M{x - r:.1f} {y:.1f}L{x:.1f} {y - r:.1f}L{x + r:.1f} {y:.1f}L{x:.1f} {y + r:.1f}Z"
    return f"M{x:.1f} {y - r:.1f}L{x + r:.1f} {y + r:.1f}H{x - r:.1f}Z"


def _unseen(raster: Path | None, shape: tuple[int, int]) -> tuple[Shape, ...]:
    """Outline the ground that a change map marks as not observable, at a reduced resolution."""
    if raster is None:
        return ()

    scale = min(1.0, _UNSEEN_SIDE / max(shape))
    height, width = (max(1, round(n * scale)) for n in shape)
    with open_raster(raster) as d:
        unseen = (d.read(1, out_shape=(height, width)) == 255).astype(np.uint8)
    contours, _ = cv2.findContours(np.pad(unseen, 1), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    size = np.array([shape[1] / width, shape[0] / height])
    rings = [(c[:, 0] - 0.5) * size - 0.5 for c in contours if len(c) > 2]
    text = path([np.concatenate([r, r[:1]]) for r in rings])
    return (Shape(text, "not seen on both dates"),) if text else ()

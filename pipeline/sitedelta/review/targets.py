"""What a reviewer can decide on: the findings of the results that stand."""

from dataclasses import dataclass

from sitedelta.records import ChangeRegion, Event, SiteObject
from sitedelta.report.findings import Findings
from sitedelta.review.decision import Kind, Look, Said, Size, Spot
from sitedelta.review.ground import Ground
from sitedelta.running.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Target:
    """One finding."""

    kind: Kind
    look: Look
    """The image; the later one of two."""
    before: Look | None
    spot: Spot
    size: Size
    said: Said

    @property
    def id(self) -> str:
        return self.said.finding


def targets(findings: Findings, ground: Ground) -> tuple[Target, ...]:
    """Give all findings: objects, changed regions, events."""
    m = findings.manifest
    looks = {r.scene.id: ground.look(r.scene.id) for r in m.scenes}
    methods = {(p.before, p.after): p.method for p in m.pairs}
    objects = [_object(o, looks, m) for o in findings.objects]
    changes = [_change(c, looks, m, methods[c.before, c.after]) for c in findings.changes]
    return (*objects, *changes, *(_event(e, looks, m) for e in findings.events))


def event_id(e: Event) -> str:
    """Name an event by the objects that it links."""
    return f"{e.object_before or 'none'}--{e.object_after or 'none'}"


def _object(o: SiteObject, looks: dict[str, Look], m: Manifest) -> Target:
    spot = Spot(o.site_row, o.site_col, m.grid.gsd_m, o.lon, o.lat, o.row, o.col)
    size = Size(o.length_m, o.width_m, o.heading_deg)
    return Target(Kind.OBJECT, looks[o.scene], None, spot, size, Said(o.id, o.label, o.score, m.model.name))


def _change(c: ChangeRegion, looks: dict[str, Look], m: Manifest, method: str) -> Target:
    spot = Spot(c.site_row, c.site_col, m.grid.gsd_m, c.lon, c.lat)
    said = Said(c.id, "ground", c.score, method)
    return Target(Kind.CHANGE, looks[c.after], looks[c.before], spot, Size(area_m2=c.area_m2), said)


def _event(e: Event, looks: dict[str, Look], m: Manifest) -> Target:
    spot = Spot(e.site_row, e.site_col, m.grid.gsd_m, e.lon, e.lat)
    said = Said(event_id(e), f"{e.kind} {e.label}", e.score, m.model.name)
    size = Size(e.length_m, heading_deg=e.heading_deg)
    return Target(Kind.EVENT, looks[e.after], looks[e.before], spot, size, said)

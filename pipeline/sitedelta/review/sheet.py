"""A site's findings as rows for a reviewer: what the machine says, what people said, and columns to fill in."""

from collections.abc import Iterator
from typing import Any

from sitedelta.records import Status
from sitedelta.report.plain import iso
from sitedelta.review.apply import State
from sitedelta.review.decision import Decision, Kind, Look, Size, Spot, Verdict
from sitedelta.review.rows import ASKED, MACHINE
from sitedelta.review.standing import Reviewed

COLUMNS = (*MACHINE, "standing", "chip", *ASKED)
Row = dict[str, Any]


def sheet(s: State) -> tuple[Row, ...]:
    """Give a row for each finding, each thing that people added, and each zone that can be searched for more."""
    said = {r.target.id: r for r in s.reviewed if r.target and r.target.kind is not Kind.SEARCH}
    found = [
        _row(s, t.kind, t.id, t.look, t.before, t.spot, t.size)
        | {"class": t.said.label, "score": _rounded(t.said.score, 4), "standing": standing(said.get(t.id))}
        for t in s.targets
    ]
    return (*found, *_added(s), *_searches(s))


def standing(r: Reviewed | None) -> str:
    """Say what stands of a thing, e.g. `disputed: accept by A; reject by B`."""
    if r is None or not r.voices:
        return ""
    text = "; ".join(f"{spoken(d)} by {d.reviewer}" for d in r.voices)
    return f"disputed: {text}" if r.disputed else text


def spoken(d: Decision) -> str:
    """Give a verdict in words, with the class that it gives."""
    return f"{d.verdict} as {d.label}" if d.verdict is Verdict.RECLASS else str(d.verdict)


def _row(s: State, kind: Kind, name: str, look: Look, before: Look | None, spot: Spot, size: Size) -> Row:
    row: Row = dict.fromkeys(COLUMNS)
    row |= {"site": s.findings.manifest.site, "kind": str(kind), "id": name}
    row |= {"scene": look.scene, "date": iso(look.date), "image": look.image}
    if before:
        row |= {"before": before.scene, "date_before": iso(before.date), "image_before": before.image}
    row |= {k: _rounded(getattr(size, k), 2) for k in ("length_m", "width_m", "heading_deg", "area_m2")}
    row |= {k: _rounded(getattr(spot, k), 8) for k in ("lon", "lat")}
    return row | {k: _rounded(getattr(spot, k), 3) for k in ("site_row", "site_col", "row", "col")}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _added(s: State) -> Iterator[Row]:
    """Give what people say is there and these results do not hold."""
    for r in s.reviewed:
        d = r.subject.anchor
        if r.target is None and r.scene and d.kind is not Kind.SEARCH and r.voices:
            before = d.before and s.ground.known(d.before)
            look, first = s.ground.look(r.scene), s.ground.look(before) if before else None
            place = Spot(
                r.site_row, r.site_col, s.ground.grid.gsd_m, d.where.lon, d.where.lat, d.where.row, d.where.col
            )
            yield _row(s, d.kind, r.subject.id, look, first, place, d.size) | {
                "class": r.label,
                "standing": standing(r),
            }


def _searches(s: State) -> Iterator[Row]:
    """Give a row for each zone, image and class that can be looked through for what the machine missed."""
    done = {(r.scene, r.label, r.last.zone): r for r in s.reviewed if r.subject.kind is Kind.SEARCH}
    for o in s.findings.observations:
        if o.status is not Status.NOT_OBSERVABLE:
            point = s.ground.outline(o.zone).representative_point()
            spot = Spot(point.y, point.x, s.ground.grid.gsd_m)
            row = _row(s, Kind.SEARCH, f"{o.zone}/{o.scene}/{o.label}", s.ground.look(o.scene), None, spot, Size())
            said = standing(done.get((o.scene, o.label, o.zone)))
            yield row | {"class": o.label, "zone": o.zone, "standing": said}

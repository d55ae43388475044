"""What the page lets a reader decide on: rows of a review sheet, and close pictures where its own are too coarse."""

import json
from dataclasses import dataclass
from typing import Any

from sitedelta.counts.claims import CLASSES
from sitedelta.files.store import SiteStore
from sitedelta.records import SiteObject
from sitedelta.report import images
from sitedelta.report.findings import Findings
from sitedelta.review.apply import State, state_of
from sitedelta.review.decision import Kind
from sitedelta.review.ledger import read_ledger
from sitedelta.review.reading import FORMAT
from sitedelta.review.rows import OTHER
from sitedelta.review.sheet import Row, sheet
from sitedelta.review.standing import Reviewed
from sitedelta.running.manifest import SceneRecord
from sitedelta.words.sentences import place_names
from sitedelta.words.wording import moment

CLOSE_BYTES = 4_000_000
"""Close pictures hold no more than this in all; the most doubtful findings go first."""
_AROUND, _LEAST = 2.6, 40
"""Side of a close picture: lengths of the object; pixels of the grid."""
_MOST = 320
_QUALITY = 78
_KINDS = (Kind.OBJECT, Kind.CHANGE, Kind.SEARCH)


@dataclass(frozen=True, slots=True)
class Closeup:
    """A piece of a scene in full resolution."""

    scene: str
    left: int
    top: int
    side: int
    """In pixels of the site grid."""
    uri: str


@dataclass(frozen=True, slots=True)
class Reviewable:
    """All that the page's review needs."""

    data: dict[str, Any]
    """Plain values, written into the page as JSON."""
    findings: int
    """Objects and changed regions."""

    @property
    def text(self) -> str:
        """The data as JSON that is safe within HTML: no character of it can end a script."""
        text = json.dumps(self.data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def reviewable(findings: Findings, pixels: dict[str, int]) -> Reviewable:
    """Gather what can be decided on.

    Parameters
    ----------
    pixels
        Width of each scene's picture in the page.
    """
    s = state_of(findings, read_ledger(SiteStore(findings.root).review))
    rows = [_row(r, _zones(s), _stands(s)) for r in sheet(s) if r["kind"] in _KINDS]
    m = findings.manifest
    data: dict[str, Any] = {
        "format": FORMAT,
        "site": m.site,
        "classes": list(CLASSES),
        "others": [*CLASSES, OTHER],
        "grid": {"width": m.grid.width, "height": m.grid.height, "gsd": m.grid.gsd_m},
        "scenes": [_scene(n, r) for n, r in enumerate(m.scenes)],
        "zones": [{"id": i, "name": n} for i, n in place_names(m).items()],
        "rows": rows,
        "close": [_close(c) for c in closeups(findings, pixels)],
    }
    return Reviewable(data, sum(r["kind"] != Kind.SEARCH for r in rows))


def _zones(s: State) -> dict[str, str]:
    """Give the zones that hold each thing, by its id."""
    known = {o.id: o.zones for o in s.findings.objects} | {c.id: c.zones for c in s.findings.changes}
    return known | {r.subject.id: ";".join(r.zones) for r in s.reviewed}


def _stands(s: State) -> dict[str, str]:
    """Say in a word what stands of each thing that anybody decided on, by its id in the sheet."""
    said = [r for r in s.reviewed if r.voices]
    return {_sheet_id(r): "disputed" if r.disputed else str(r.last.verdict) for r in said}


def _sheet_id(r: Reviewed) -> str:
    if r.subject.kind is Kind.SEARCH:
        return f"{r.last.zone}/{r.scene}/{r.label}"
    return r.target.id if r.target else r.subject.id


def _row(row: Row, zones: dict[str, str], stands: dict[str, str]) -> Row:
    name = str(row["id"])
    told = {k: v for k, v in row.items() if v not in (None, "") and k not in ("site", "zone")}
    within = str(row["zone"]) if row["kind"] == Kind.SEARCH else zones.get(name, "")
    told["zones"] = within.split(";") if within else []
    return told | ({"stands": stands[name]} if name in stands else {})


def _scene(number: int, r: SceneRecord) -> dict[str, Any]:
    s = r.scene
    return {
        "id": s.id,
        "number": number,
        "date": s.date.isoformat(),
        "image": s.sha256,
        "said": moment(s.date, s.date_precision),
        "gsd": s.gsd_m,
        "shown": r.raster is not None,
    }


def _close(c: Closeup) -> list[Any]:
    return [c.scene, c.left, c.top, c.side, c.uri]


def closeups(findings: Findings, pixels: dict[str, int]) -> tuple[Closeup, ...]:
    """Cut pictures around objects of scenes that show more than the page's picture of them, within a limit of bytes."""
    grid = findings.manifest.grid
    finer = {
        r.scene.id: findings.root / r.raster
        for r in findings.manifest.scenes
        if r.raster and r.scene.gsd_m < 0.9 * grid.gsd_m * grid.width / pixels[r.scene.id]
    }
    wanted = sorted((o for o in findings.objects if o.scene in finer), key=_surety)
    windows = [images.Window(o.site_row, o.site_col, _side(o, grid.gsd_m)) for o in wanted]
    cut = images.chips([(finer[o.scene], w) for o, w in zip(wanted, windows, strict=True)], most=_MOST)
    found: list[Closeup] = []
    room = CLOSE_BYTES
    for o, window, picture in zip(wanted, windows, cut, strict=True):
        data = images.jpeg(picture, quality=_QUALITY)
        room -= len(data)
        if room < 0:
            break
        top, left = window.corner
        found.append(Closeup(o.scene, left, top, window.side, images.data_uri(data)))
    return tuple(found)


def _surety(o: SiteObject) -> tuple[float, str]:
    return abs(o.score - 0.5), o.id


def _side(o: SiteObject, gsd_m: float) -> int:
    return min(_MOST, max(_LEAST, round(_AROUND * o.length_m / gsd_m)))

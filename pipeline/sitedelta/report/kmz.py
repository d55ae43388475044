"""KMZ for Google Earth and its like: findings in time, images laid on the ground, chips in balloons."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np

from sitedelta.records import ChangeRegion, Event, SiteObject
from sitedelta.report import geometry
from sitedelta.report.chips import Chip, Gallery, named
from sitedelta.report.findings import Findings
from sitedelta.report.geojson import geometries
from sitedelta.report.plain import iso, xml
from sitedelta.running.manifest import PairRecord, SceneRecord, ZoneRecord
from sitedelta.words.sentences import headlines
from sitedelta.words.wording import area, day, metres, span

_KML, _GX = "http://www.opengis.net/kml/2.2", "http://www.google.com/kml/ext/2.2"
_COLOURS = {
    "arrived": "ffffc85e",
    "departed": "ff00b0ff",
    "stayed": "ffffffff",
    "not_observable": "ffffa8e6",
    "object": "ffd0d0d0",
    "changed": "ff4df0ff",
    "zone": "ffffffff",
    "rejected": "ff969696",
}
"""KML writes colours as alpha, blue, green, red."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Time of every entry, so that the same findings give the same bytes."""
Places = dict[str, dict[tuple[float, float], Chip]]


def kmz(findings: Findings, pictures: Mapping[str, bytes], galleries: Sequence[Gallery]) -> bytes:
    """Give the archive; a site without georeference gives a document that says so and shows nothing."""
    document = _document(findings)
    entries: dict[str, bytes] = {}
    if findings.georeferenced:
        for folder in _folders(findings, galleries):
            document.append(folder)
        document.append(_overlays(findings, pictures))
        entries |= {f"images/{n}.jpg": p for n, p in _numbered(findings, pictures)}
        entries |= {name: data for g in galleries for c in g.chips for name, data in _chip_files(c)}
    root = ET.Element("kml", {"xmlns": _KML, "xmlns:gx": _GX})
    root.append(document)
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return _zip({"doc.kml": text, **entries})


def _zip(entries: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name, _MOMENT)
            info.external_attr = 0o644 << 16
            kind = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compress_type=kind)
    return out.getvalue()


def _child(parent: ET.Element, tag: str, text: str | None = None) -> ET.Element:
    found = ET.SubElement(parent, tag)
    found.text = None if text is None else xml(text)
    return found


def _document(findings: Findings) -> ET.Element:
    m = findings.manifest
    document = ET.Element("Document")
    _child(document, "name", m.name)
    _child(document, "open", "1")
    regions = [(c.before, c.after) for c in findings.changes]
    told = [s.text for s in headlines(m, findings.observations, findings.events, regions, findings.zone_changes)]
    if not findings.georeferenced:
        told.insert(0, "This site has no georeference: its findings have no place on the map. See the report.")
    _child(document, "description", _html("<p>{}</p>" * len(told), *told))
    for name, colour in _COLOURS.items():
        document.append(_style(name, colour))
    return document


def _html(pattern: str, *values: object) -> str:
    """Fill a pattern with escaped values; the whole is escaped once more as XML text."""
    from markupsafe import Markup

    return str(Markup(pattern).format(*(xml(str(v)) for v in values)))  # noqa: S704 - patterns are constants of this file


def _style(name: str, colour: str) -> ET.Element:
    style = ET.Element("Style", {"id": name})
    icon = _child(style, "IconStyle")
    _child(icon, "color", colour)
    _child(icon, "scale", "0.7")
    label = _child(style, "LabelStyle")
    _child(label, "scale", "0.7")
    line = _child(style, "LineStyle")
    _child(line, "color", colour)
    _child(line, "width", "2")
    fill = _child(style, "PolyStyle")
    _child(fill, "color", f"{'30' if name == 'changed' else '00'}{colour[2:]}")
    return style


def _folders(findings: Findings, galleries: Sequence[Gallery]) -> Iterable[ET.Element]:
    m = findings.manifest
    chips: Places = {}
    for g in galleries:
        for c in g.chips:
            chips.setdefault(c.name.partition("-")[0], {})[c.row, c.col] = c
    if m.zones:
        yield _folder("Zones", (_zone(findings, z) for z in m.zones))
    for n, pair in enumerate(m.pairs):
        first, last = (findings.scene(s).scene for s in (pair.before, pair.after))
        name = f"Between {span(first.date, last.date)}, {metres(max(first.gsd_m, last.gsd_m))} per pixel"
        yield _pair_folder(findings, pair, name, chips.get(f"pair{n}", {}), shown=n == len(m.pairs) - 1)
    yield _folder("Objects found, by image", (_objects(findings, r) for r in m.scenes), shown=False)


def _folder(name: str, children: Iterable[ET.Element], *, shown: bool = True) -> ET.Element:
    folder = ET.Element("Folder")
    _child(folder, "name", name)
    _child(folder, "visibility", str(int(shown)))
    for child in children:
        if not shown:
            _hide(child)
        folder.append(child)
    return folder


def _hide(element: ET.Element) -> None:
    visibility = element.find("visibility")
    if visibility is None:
        visibility = ET.Element("visibility")
        element.insert(1, visibility)
    visibility.text = "0"


def _pair_folder(
    findings: Findings, pair: PairRecord, name: str, chips: Mapping[tuple[float, float], Chip], *, shown: bool
) -> ET.Element:
    events = [_event(e, chips.get((e.site_row, e.site_col))) for e in findings.events_of(pair)]
    regions = [_region(c) for c in findings.changes_of(pair)]
    folders = [
        _folder("Arrived, departed, stayed", events, shown=shown),
        _folder("Changed ground", regions, shown=shown),
    ]
    return _folder(name, folders, shown=shown)


def _objects(findings: Findings, record: SceneRecord) -> ET.Element:
    s = record.scene
    return _folder(_named(record), (_object(o) for o in findings.objects_of(s.id)), shown=False)


def _named(record: SceneRecord) -> str:
    return f"{day(record.scene.date)}, {metres(record.scene.gsd_m)} per pixel"


def _placemark(name: str, description: str, style: str) -> ET.Element:
    mark = ET.Element("Placemark")
    _child(mark, "name", name)
    _child(mark, "description", description)
    mark.append(ET.Element("TimeSpan"))
    _child(mark, "styleUrl", f"#{style}")
    return mark


def _time(mark: ET.Element, begin: datetime | None, end: datetime | None) -> None:
    when = mark.find("TimeSpan")
    if when is None:
        return
    if begin:
        _child(when, "begin", iso(begin))
    if end:
        _child(when, "end", iso(end))
    if begin is None and end is None:
        mark.remove(when)


def _point(mark: ET.Element, lon: float | None, lat: float | None) -> None:
    if lon is not None and lat is not None:
        _child(_child(mark, "Point"), "coordinates", f"{lon:.7f},{lat:.7f},0")


def _object(o: SiteObject) -> ET.Element:
    name = named(o, o.label)
    text = _html("{} on {}, {} m long, score {}", name, day(o.date), f"{o.length_m:.0f}", f"{o.score:.2f}")
    text += _html("<p>{}</p>", o.size_says) + _where(o)
    mark = _decided(_placemark(name, text, "object"), o)
    when = mark.find("TimeSpan")
    if when is not None:
        when.tag = "TimeStamp"
        _child(when, "when", iso(o.date))
    _point(mark, o.lon, o.lat)
    return mark


def _where(finding: SiteObject | Event | ChangeRegion) -> str:
    """Give the place for the balloon: what is copied from there is read by every map."""
    if finding.lon is None or finding.lat is None:
        return ""
    grid_square = geometry.mgrs(finding.lon, finding.lat)
    return _html(
        "<p>{}, {} (latitude, longitude); MGRS {}</p>", f"{finding.lat:.6f}", f"{finding.lon:.6f}", grid_square
    )


def _decided(mark: ET.Element, finding: SiteObject | Event | ChangeRegion) -> ET.Element:
    """Say in a placemark what people decided; what they rejected is grey, and says so in its name."""
    name, text, style = (mark.find(t) for t in ("name", "description", "styleUrl"))
    if finding.review is None or name is None or text is None or style is None:
        return mark
    text.text = (text.text or "") + _html("<p>Review: {} by {}</p>", finding.review, finding.reviewers or "")
    if finding.review == "reject":
        name.text, style.text = f"{name.text} (rejected)", "#rejected"
    return mark


def _event(e: Event, chip: Chip | None) -> ET.Element:
    text = _html(
        "<p>{} {} between {}; {} m long, score {}</p>",
        e.label,
        e.kind.replace("_", " "),
        span(e.date_before, e.date_after),
        f"{e.length_m:.0f}",
        f"{e.score:.2f}",
    )
    text += _where(e)
    if chip:
        text += "".join(_html('<img src="{}" width="160" alt=""> ', name) for name, _ in _chip_files(chip))
    mark = _decided(_placemark(f"{e.label} {e.kind.replace('_', ' ')}", text, e.kind), e)
    _time(mark, e.date_before if e.kind != "arrived" else e.date_after, e.date_after if e.kind != "arrived" else None)
    _point(mark, e.lon, e.lat)
    return mark


def _region(c: ChangeRegion) -> ET.Element:
    text = _html("Changed ground, {}, between {}", area(c.area_m2), span(c.date_before, c.date_after)) + _where(c)
    mark = _decided(_placemark(f"changed, {area(c.area_m2)}", text, "changed"), c)
    _time(mark, c.date_after, None)
    (text,) = geometries([c], georeferenced=True)
    _polygons(mark, [json.loads(text)["coordinates"]])
    return mark


def _zone(findings: Findings, zone: ZoneRecord) -> ET.Element:
    from shapely import from_wkt

    shape = from_wkt(zone.polygon_wkt)
    mark = _placemark(zone.name, _html("Zone of {}", area(zone.area_m2)), "zone")
    _time(mark, None, None)
    polygons = getattr(shape, "geoms", [shape])
    _polygons(mark, [[_placed(findings, r) for r in (p.exterior, *p.interiors)] for p in polygons])
    return mark


def _placed(findings: Findings, ring: object) -> list[tuple[float, float]]:
    places = np.asarray(ring.coords, np.float64)  # type: ignore[attr-defined]  # a shapely ring
    return [(float(x), float(y)) for x, y in geometry.lonlat(findings.manifest.grid, places[:, 0], places[:, 1])]


def _polygons(mark: ET.Element, parts: Sequence[Sequence[Sequence[tuple[float, float]]]]) -> None:
    holder = _child(mark, "MultiGeometry") if len(parts) > 1 else mark
    for rings in parts:
        polygon = _child(holder, "Polygon")
        _child(polygon, "tessellate", "1")
        for n, ring in enumerate(rings):
            side = _child(_child(polygon, "innerBoundaryIs" if n else "outerBoundaryIs"), "LinearRing")
            _child(side, "coordinates", " ".join(f"{x:.7f},{y:.7f},0" for x, y in ring))


def _numbered(findings: Findings, pictures: Mapping[str, bytes]) -> Iterable[tuple[int, bytes]]:
    ids = [r.scene.id for r in findings.manifest.scenes]
    return [(n, pictures[s]) for n, s in enumerate(ids) if s in pictures]


def _overlays(findings: Findings, pictures: Mapping[str, bytes]) -> ET.Element:
    """Lay each image on the ground by its four corners, from its own date to the next."""
    records = findings.manifest.scenes
    ends: list[datetime | None] = [*(b.scene.date for _, b in pairwise(records)), None]
    quad = " ".join(f"{lon:.8f},{lat:.8f}" for lon, lat in geometry.corners(findings.manifest.grid))
    overlays = []
    for n, _ in _numbered(findings, pictures):
        overlays.append(_overlay(records[n], n, ends[n], quad))
    return _folder("Images", overlays)


def _overlay(record: SceneRecord, number: int, end: datetime | None, quad: str) -> ET.Element:
    overlay = ET.Element("GroundOverlay")
    _child(overlay, "name", _named(record))
    source = record.scene.source or "not given"
    _child(overlay, "description", _html("{}; source: {}", record.scene.sensor or "sensor not given", source))
    when = _child(overlay, "TimeSpan")
    _child(when, "begin", iso(record.scene.date))
    if end:
        _child(when, "end", iso(end))
    _child(overlay, "drawOrder", str(number))
    _child(_child(overlay, "Icon"), "href", f"images/{number}.jpg")
    _child(_child(overlay, "gx:LatLonQuad"), "coordinates", quad)
    return overlay


def _chip_files(chip: Chip) -> list[tuple[str, bytes]]:
    sides = (("before", chip.before), ("after", chip.after))
    return [(f"chips/{chip.name}-{side}.jpg", data) for side, data in sides if data]

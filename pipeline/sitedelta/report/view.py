"""What the page shows, prepared for its template."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sitedelta.alerts.shown import AlertsShown, alerts_shown
from sitedelta.counts.observing import inside
from sitedelta.counts.series import CountSeries, count_series
from sitedelta.records import Observation, Track, ZoneChange
from sitedelta.report import geometry, images
from sitedelta.report.chart import Chart, chart
from sitedelta.report.chips import Chip, Gallery
from sitedelta.report.findings import Findings
from sitedelta.report.overlay import Layer, Shape, ZoneShape, layers, object_shapes, zone_shapes
from sitedelta.report.reviewable import Reviewable
from sitedelta.report.stays import repeated, stay_sentences
from sitedelta.running.manifest import PairRecord, SceneRecord
from sitedelta.words.sentences import (
    SITE_ZONE,
    Sentence,
    change_sentence,
    count_sentence,
    event_sentences,
    headlines,
    place_names,
    site_change,
    things,
)
from sitedelta.words.statements import Beside, beside
from sitedelta.words.wording import counted, days, grouped, interval, metres, moment, percent, span

_MOST_STAYS = 12
"""The page lists this many stays a class; the tables hold all."""
_ALIGNMENT = {
    "reference": "the reference: all other images are aligned to it",
    "aligned": "aligned to the reference",
    "georeference": "placed by its own georeference only: used for counts, not for change",
    "refused": "could not be aligned: not used",
}


@dataclass(frozen=True, slots=True)
class Furniture:
    """What every picture carries besides its date and source."""

    bar_share: float
    """Length of the scale bar as a share of the picture's width."""
    bar_text: str
    north_deg: float | None
    """None where north is unknown."""


@dataclass(frozen=True, slots=True)
class SceneView:
    """One image."""

    number: int
    record: SceneRecord
    uri: str | None
    """The picture itself as a data URI."""
    date: str
    facts: str
    alignment: str
    found: int
    """Objects found."""
    objects: tuple[Shape, ...]
    """Their outlines."""

    @property
    def originals(self) -> str:
        """Names of the files, the first of many."""
        names = [p.name for p in self.record.scene.originals]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more files" if names else "no file"


@dataclass(frozen=True, slots=True)
class ChipView:
    """A place before and after."""

    chip: Chip
    before: str | None
    after: str | None
    furniture: Furniture
    marked: bool


@dataclass(frozen=True, slots=True)
class ZoneView:
    """The change of one zone."""

    name: str
    change: ZoneChange


@dataclass(frozen=True, slots=True)
class PairView:
    """Two dates."""

    number: int
    record: PairRecord
    before: SceneView
    after: SceneView
    heading: str
    sentences: tuple[Sentence, ...]
    zones: tuple[ZoneView, ...]
    layers: tuple[Layer, ...]
    chips: tuple[ChipView, ...]
    gallery: Gallery


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One zone and class over time."""

    zone: str
    what: str
    """The class, with the least length counted where that leaves some out."""
    sentence: Sentence
    ground: str
    """First and last count, and why it is answered so."""
    chart: Chart


@dataclass(frozen=True, slots=True)
class RowsView:
    """All observations of one zone and class."""

    zone: str
    label: str
    rows: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class StaysView:
    """How long the things of one class stayed."""

    label: str
    sentence: Sentence
    repeated: int
    """Tracks that more than one day shows."""
    longest: tuple[Track, ...]
    """Of those, the longest stays."""


@dataclass(frozen=True, slots=True)
class PageView:
    """The whole page."""

    findings: Findings
    headlines: tuple[Sentence, ...]
    said: tuple[Beside, ...]
    scenes: tuple[SceneView, ...]
    pairs: tuple[PairView, ...]
    series: tuple[SeriesView, ...]
    stays: tuple[StaysView, ...]
    observations: tuple[RowsView, ...]
    zones: tuple[ZoneShape, ...]
    furniture: Furniture
    extent: str
    centre: str | None
    review: Reviewable | None
    """What a reader can decide on; None where the page is only read."""
    alerts: AlertsShown

    @property
    def reviewed(self) -> bool:
        """Tell whether people looked at findings of any observation."""
        return any(o.reviewed_count is not None for o in self.findings.observations)


def page_view(
    findings: Findings, pictures: dict[str, bytes], galleries: Sequence[Gallery], review: Reviewable | None = None
) -> PageView:
    """Prepare the page from the findings, the scenes' pictures (JPEG by scene id) and the chips of each pair."""
    m = findings.manifest
    scenes = tuple(_scene(findings, n, r, pictures.get(r.scene.id)) for n, r in enumerate(m.scenes))
    regions = [(c.before, c.after) for c in findings.changes]
    by_id = {s.record.scene.id: s for s in scenes}
    said, alerts = beside(m, findings.observations), alerts_shown(findings.root)
    pairs = [_pair(findings, n, p, by_id, g) for n, (p, g) in enumerate(zip(m.pairs, galleries, strict=True))]
    return PageView(
        findings=findings,
        headlines=headlines(m, findings.observations, findings.events, regions, findings.zone_changes),
        said=said,
        scenes=scenes,
        pairs=tuple(reversed(pairs)),
        series=tuple(
            _series(findings, s, said, alerts) for s in count_series(findings.observations, list(place_names(m)))
        ),
        stays=_stays(findings.tracks),
        observations=_rows(findings),
        zones=zone_shapes(m.zones),
        furniture=furniture(findings, m.grid.width * m.grid.gsd_m),
        extent=f"{metres_of(m.grid.width * m.grid.gsd_m)} by {metres_of(m.grid.height * m.grid.gsd_m)}",
        centre=_centre(findings),
        review=review,
        alerts=alerts,
    )


def metres_of(length: float) -> str:
    """Give the side of a site."""
    return f"{length / 1000:.1f} km" if length >= 1000 else f"{length:.0f} m"


def furniture(findings: Findings, width_m: float) -> Furniture:
    """Give the scale bar and the north of a picture of the site grid that is `width_m` wide."""
    bar = geometry.scale_bar_m(width_m)
    return Furniture(
        bar / width_m, metres(bar) if bar >= 10 else f"{bar:g} m", geometry.north_deg(findings.manifest.grid)
    )


def _centre(findings: Findings) -> str | None:
    grid = findings.manifest.grid
    place = geometry.centre(grid)
    if place is None:
        return None
    return geometry.coordinates(grid, row=(grid.height - 1) / 2, col=(grid.width - 1) / 2, lon=place[0], lat=place[1])


def _scene(findings: Findings, number: int, record: SceneRecord, picture: bytes | None) -> SceneView:
    s = record.scene
    found = findings.objects_of(s.id)
    facts = [s.sensor, f"{metres(s.gsd_m)} per pixel"]
    return SceneView(
        number=number,
        record=record,
        uri=images.data_uri(picture) if picture else None,
        date=moment(s.date, s.date_precision),
        facts=", ".join(filter(None, facts)),
        alignment=_ALIGNMENT[record.alignment.status],
        found=len(found),
        objects=object_shapes(found, findings.manifest.grid.gsd_m),
    )


def _pair(
    findings: Findings, number: int, record: PairRecord, scenes: dict[str, SceneView], gallery: Gallery
) -> PairView:
    m = findings.manifest
    before, after = scenes[record.before], scenes[record.after]
    zones, names = findings.zone_changes_of(record), place_names(m) | {SITE_ZONE: "whole site"}
    change = change_sentence(m, record, len(findings.changes_of(record)), site_change(zones, record))
    events = event_sentences(m, record, findings.events, findings.observations)
    return PairView(
        number=number,
        record=record,
        before=before,
        after=after,
        heading=span(before.record.scene.date, after.record.scene.date),
        sentences=(change, *(events if record.status == "compared" else ())),
        zones=tuple(ZoneView(names.get(z.zone, z.zone), z) for z in zones),
        layers=layers(findings, record),
        chips=tuple(_chip(findings, c) for c in gallery.chips),
        gallery=gallery,
    )


def _chip(findings: Findings, chip: Chip) -> ChipView:
    before, after = (images.data_uri(b) if b else None for b in (chip.before, chip.after))
    return ChipView(chip, before, after, furniture(findings, chip.side_m), marked=chip.mark > 0)


def _series(findings: Findings, series: CountSeries, said: Sequence[Beside], alerts: AlertsShown) -> SeriesView:
    first = series.rows[0]
    place = place_names(findings.manifest).get(first.zone, first.zone)
    what = things(series.compared or series.rows)
    told = count_sentence(series, place)
    ends = f"{_counted(series.compared[0])}, then {_counted(series.compared[-1])}: " if series.compared[1:] else ""
    drawn = chart(series, said, alerts.flags.get((first.zone, first.label), ()))
    return SeriesView(_names(findings)[first.zone], what, told, f"{ends}{told.ground}", drawn)


def _counted(o: Observation) -> str:
    return f"{grouped(o.count)} ({interval(o.low, o.high)})"


def _names(findings: Findings) -> dict[str, str]:
    """Give the names of the zones for headings and tables, where the site's own would only be repeated."""
    known = {o.zone: o.zone for o in findings.observations}
    return known | place_names(findings.manifest) | {SITE_ZONE: "whole site"}


def _rows(findings: Findings) -> tuple[RowsView, ...]:
    names = _names(findings)
    rank = {zone: n for n, zone in enumerate(names)}
    rows = sorted(findings.observations, key=lambda o: (rank.get(o.zone, len(rank)), o.zone, o.label, o.date, o.scene))
    groups = groupby(rows, key=lambda o: (o.zone, o.label))
    return tuple(RowsView(names.get(zone, zone), label, tuple(group)) for (zone, label), group in groups)


def _stays(tracks: Sequence[Track]) -> tuple[StaysView, ...]:
    found = []
    for sentence in stay_sentences(tracks):
        again = repeated(tracks, str(sentence.label))
        found.append(StaysView(str(sentence.label), sentence, len(again), tuple(again[:_MOST_STAYS])))
    return tuple(found)


def iso_days(text: str) -> str:
    """Give the days of a record, joined by `;`, as a reader expects them."""
    return days([datetime.fromisoformat(d) for d in text.split(";") if d])


def dwelling(track: Track) -> str:
    """Say how long something stayed, at least and at most."""
    least, most = track.dwell_min_days, track.dwell_max_days
    return f"{least:.0f}" + (" or more" if most is None else f" to {most:.0f}")


def seen(record: SceneRecord) -> str:
    """Say how much of the site a scene shows."""
    cloud = f", {percent(record.share_cloud)} under cloud" if record.share_cloud >= 0.005 else ""
    return f"{percent(record.share_observed)} of the site seen clearly{cloud}"


def subclasses(findings: Findings, o: Observation) -> str:
    """Count the sub-classes that are told of what an observation counts; empty where none is."""
    mine = [x for x in findings.objects_of(o.scene) if x.label == o.label and inside(x, o.zone)]
    told = Counter(x.subclass or "not told" for x in mine)
    names = sorted(told, key=lambda n: (n == "not told", n))
    return "" if set(names) <= {"not told"} else ", ".join(counted(told[n], n) for n in names)

"""The page over all sites: how each count went, when each site was last seen, and where they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sitedelta.alerts.shown import alerts_shown
from sitedelta.counts.series import CountSeries, count_series
from sitedelta.errors import InputError
from sitedelta.files.store import SiteStore, write_text
from sitedelta.records import Observation
from sitedelta.report.findings import Findings, read_findings
from sitedelta.report.geometry import centre, nice_step
from sitedelta.report.page import dressed, environment
from sitedelta.report.sitekept import kept
from sitedelta.report.siteview import HIGH, WIDE, CountView, SiteView, Spark
from sitedelta.site import Site, open_site
from sitedelta.words.sentences import SITE_ZONE, count_sentence, place_names, things
from sitedelta.words.wording import day, grouped, interval

_EDGE = 5
_MAP_WIDE, _MAP_HIGH = 720, 360
_MARGIN_DEG = 0.4
"""Least room around the sites on the map."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A site on the map."""

    x: float
    y: float
    name: str
    href: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Graticule:
    """A line of the map, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class SitesMap:
    """Where the sites lie: longitude and latitude, to scale in the middle."""

    dots: tuple[Dot, ...]
    meridians: tuple[Graticule, ...]
    parallels: tuple[Graticule, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SitesView:
    """The whole page."""

    sites: tuple[SiteView, ...]
    map: SitesMap | None
    """None where no site has a place on the Earth."""


def write_sites_page(folder: Path, sites: Sequence[Site]) -> Path:
    """Write `<folder>/index.html` over sites whose folders lie in it, and give its path."""
    return _write(folder, tuple(site_view(s) for s in sites))


def write_page_over(folder: Path, stores: Sequence[SiteStore]) -> int:
    """Write the same over those folders that hold readable results, and give how many do."""
    views = tuple(v for v in map(view_kept, stores) if v)
    _write(folder, views)
    return len(views)


def view_kept(store: SiteStore) -> SiteView | None:
    """Give a site's part; None without results, or with those of another version: the next run makes them anew."""
    try:
        return kept(store, lambda: site_view(open_site(store.root)))
    except InputError:
        return None


def _write(folder: Path, views: tuple[SiteView, ...]) -> Path:
    path = folder / "index.html"
    write_text(path, dressed(environment(), "sites.html.j2", page=SitesView(views, sites_map(views))))
    return path


def site_view(site: Site) -> SiteView:
    """Read what the page shows of a site; its report is named from the folder that holds the site's."""
    f = read_findings(site)
    m = f.manifest
    place = centre(m.grid)
    seen = [r.scene.date for r in m.scenes if r.share_observed > 0]
    return SiteView(
        id=m.site,
        name=m.name,
        href=site.store.page.relative_to(site.store.root.parent).as_posix(),
        images=len(m.scenes),
        last_look=day(max(seen)) if seen else "never seen",
        lon=None if place is None else place[0],
        lat=None if place is None else place[1],
        counts=_counts(f),
        alerts=alerts_shown(site.store.root).summary,
    )


def _counts(f: Findings) -> tuple[CountView, ...]:
    own = [o for o in f.observations if o.zone == SITE_ZONE]
    name = place_names(f.manifest)[SITE_ZONE]
    return tuple(
        CountView(things(s.compared or s.rows), count_sentence(s, name), _last(s), spark(s))
        for s in count_series(own, [SITE_ZONE])
    )


def _last(series: CountSeries) -> str:
    if not series.compared:
        return "not observable" if not series.parts else "only a part seen"
    o = series.compared[-1]
    told = f"{grouped(o.count)} ({interval(o.low, o.high)}) on {day(o.date)}"
    return f"{told}; reviewed {o.reviewed_count} ({interval(o.reviewed_low, o.reviewed_high)})" if o.reviewers else told


def spark(series: CountSeries) -> Spark | None:
    """Draw a series small; None where it has no count."""
    rows = series.compared
    if not rows:
        return None
    dates = [o.date for o in sorted((*rows, *series.gaps), key=lambda o: o.date)]
    top = max(1, *(_high(o) for o in rows))
    xs = [_across(o.date, dates[0], dates[-1]) for o in rows]
    ys, lows, highs = ([_down(v, top) for v in values] for values in _values(rows))
    outline = [*zip(xs, highs, strict=True), *reversed(list(zip(xs, lows, strict=True)))]
    return Spark(
        band=_points(outline),
        line=_points(list(zip(xs, ys, strict=True))),
        dots=tuple(zip(xs, ys, strict=True)),
        gaps=tuple(_across(o.date, dates[0], dates[-1]) for o in series.gaps),
    )


def _values(rows: Sequence[Observation]) -> tuple[list[int], list[int], list[int]]:
    counts = [o.count or 0 for o in rows]
    lows = [c if o.low is None else o.low for o, c in zip(rows, counts, strict=True)]
    return counts, lows, [_high(o) for o in rows]


def _high(o: Observation) -> int:
    return o.high if o.high is not None else o.count or 0


def _across(date: datetime, first: datetime, last: datetime) -> float:
    whole = (last - first).total_seconds()
    share = (date - first).total_seconds() / whole if whole else 0.5
    return round(_EDGE + (WIDE - 2 * _EDGE) * share, 1)


def _down(value: int, top: int) -> float:
    return round(HIGH - _EDGE - (HIGH - 2 * _EDGE) * value / top, 1)


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def sites_map(views: Sequence[SiteView]) -> SitesMap | None:
    """Lay the sites out by longitude and latitude, with a graticule."""
    import math

    placed = [(v, v.lon, v.lat) for v in views if v.lon is not None and v.lat is not None]
    if not placed:
        return None
    lons, lats = [lon for _, lon, _ in placed], [lat for _, _, lat in placed]
    mid_lon, mid_lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    shrink = max(0.1, math.cos(math.radians(mid_lat)))
    half_lat = max(_MARGIN_DEG, 0.62 * (max(lats) - min(lats)), 0.62 * (max(lons) - min(lons)) * shrink / 2)
    scale = _MAP_HIGH / 2 / half_lat
    half_lon = _MAP_WIDE / 2 / (scale * shrink)

    def x(lon: float) -> float:
        return round(_MAP_WIDE / 2 + (lon - mid_lon) * shrink * scale, 1)

    def y(lat: float) -> float:
        return round(_MAP_HIGH / 2 - (lat - mid_lat) * scale, 1)

    dots = [
        Dot(x(lon), y(lat), v.name, v.href, "end" if x(lon) > 0.7 * _MAP_WIDE else "start") for v, lon, lat in placed
    ]
    meridians = [Graticule(x(d), _degrees(d, "E", "W")) for d in _round_degrees(mid_lon - half_lon, mid_lon + half_lon)]
    parallels = [Graticule(y(d), _degrees(d, "N", "S")) for d in _round_degrees(mid_lat - half_lat, mid_lat + half_lat)]
    return SitesMap(tuple(dots), tuple(meridians), tuple(parallels), _MAP_WIDE, _MAP_HIGH)


def _round_degrees(low: float, high: float) -> list[float]:
    """Give some round degrees within bounds; hundredths at the finest."""
    step = nice_step(round((high - low) * 100), 5)
    first = -(-round(low * 100) // step) * step
    return [hundredths / 100 for hundredths in range(first, round(high * 100), step)]


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):g}\N{DEGREE SIGN} {positive if value >= 0 else negative}"

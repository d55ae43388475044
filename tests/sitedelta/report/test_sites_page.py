"""The page over all sites."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitedelta.counts.series import count_series
from sitedelta.records import Observation, Status
from sitedelta.report.sitespage import SiteView, sites_map, spark, write_sites_page
from sitedelta.site import open_site


@pytest.fixture(scope="module")
def html(site, pixel_site, hostile_site):
    folder = site.store.root.parent
    return write_sites_page(folder, [site, pixel_site, hostile_site]).read_text()


def test_it_shows_every_site_and_leads_to_its_report(html, site, pixel_site):
    links = re.findall(r'<a href="([^"#]+)"', html)
    assert {f"{s.store.root.name}/report/index.html" for s in (site, pixel_site)} <= set(links)
    assert all((site.store.root.parent / link).exists() for link in links)
    assert "Test air base" in html
    assert html.count('class="spark"') == 6
    assert "13 December 2024" in html


def test_it_asks_for_nothing_and_hostile_text_stays_text(html):
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append(tag)
            assert not [n for n, v in attrs if n.startswith("on") or n in ("src", "style")], (tag, attrs)

    Tags().feed(html)
    assert (tags.count("script"), tags.count("style"), tags.count("b")) == (0, 1, 0)
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in unescape(html)


def test_the_same_sites_give_the_same_bytes(html, site, pixel_site, hostile_site):
    again = [open_site(s.store.root) for s in (site, pixel_site, hostile_site)]
    assert write_sites_page(site.store.root.parent, again).read_text() == html


def view(name: str, lon: float | None, lat: float | None) -> SiteView:
    return SiteView(name, name, f"{name}/report/index.html", 1, "never seen", lon, lat, ())


@given(st.lists(st.tuples(st.floats(-179, 179), st.floats(-80, 80)), min_size=1, max_size=6))
def test_the_map_holds_every_site_on_its_right_side(places):
    drawn = sites_map([view(str(n), *place) for n, place in enumerate(places)])
    assert drawn is not None
    assert all(0 <= d.x <= drawn.width and 0 <= d.y <= drawn.height for d in drawn.dots)
    for a, (lon_a, lat_a) in zip(drawn.dots, places, strict=True):
        for b, (lon_b, lat_b) in zip(drawn.dots, places, strict=True):
            assert (lon_a <= lon_b) <= (a.x <= b.x)
            assert (lat_a <= lat_b) <= (a.y >= b.y)


def test_sites_without_a_place_have_no_map():
    assert sites_map([view("a", None, None)]) is None


def day(n: int) -> datetime:
    return datetime(2024, 12, n, tzinfo=UTC)


def seen(n: int, count: int | None) -> Observation:
    status = Status.NOT_OBSERVABLE if count is None else Status.COUNTED if count else Status.OBSERVED_ZERO
    return Observation("s", "site", f"s{n}", day(n), "aircraft", status, count, count, count, 1.0, 4.0, "cloud", 0.5)


def test_a_small_chart_is_true_to_time_and_shows_gaps():
    (series,) = count_series([seen(1, 0), seen(3, None), seen(5, 10)], ["site"])
    drawn = spark(series)
    assert drawn is not None
    assert drawn.dots == ((5.0, 35.0), (145.0, 5.0))
    assert drawn.gaps == (75.0,)
    (hidden,) = count_series([seen(3, None)], ["site"])
    assert spark(hidden) is None
    lone = spark(replace(series, compared=series.compared[:1], hidden=()))
    assert lone is not None
    assert lone.dots == ((75.0, 35.0),)

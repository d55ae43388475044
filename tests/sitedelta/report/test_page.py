import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from sitedelta.report.chips import gallery
from sitedelta.report.findings import read_findings
from sitedelta.report.page import render
from sitedelta.report.view import page_view
from sitedelta.words.wording import DASH


class Page(HTMLParser):
    """Collects tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module", params=["site", "pixel_site", "hostile_site"])
def html(request):
    return (request.getfixturevalue(request.param).store.report / "index.html").read_text()


@pytest.fixture(scope="module")
def page(site):
    return Page((site.store.report / "index.html").read_text())


@pytest.fixture(scope="module")
def hostile(hostile_site):
    return Page((hostile_site.store.report / "index.html").read_text())


def test_asks_for_nothing_outside_itself(html):
    for tag, attrs in Page(html).tags:
        for name, value in attrs.items():
            if name in ("href", "src", "srcset", "action", "data", "poster", "xlink:href"):
                assert value.startswith(("#", "data:image/jpeg;base64,")), (tag, name, value[:80])
    assert not re.search(r"@import|url\((?!#)", html)


def test_policy_allows_this_style_and_script_alone(html):
    policy = next(a["content"] for t, a in Page(html).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        known = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{known}'" in policy


def test_the_library_is_the_one_that_its_authors_publish():
    """D3 7.9.2 as npm has it, with its licence; to replace it, replace both files and this."""
    vendor = files("sitedelta.report").joinpath("assets", "vendor")
    found = hashlib.sha256(vendor.joinpath("d3.min.js").read_bytes()).hexdigest()
    assert found == "912111098ea99503a6f4967361d2bbdc9dbf58cf9c678c8e27e5b02d1a07f0c1"
    assert "Permission to use, copy, modify" in vendor.joinpath("d3.LICENSE").read_text()


def test_no_inline_handlers_or_styles(html):
    for tag, attrs in Page(html).tags:
        assert not [n for n in attrs if n.startswith("on") or n == "style"], (tag, attrs)


def test_ids_are_unique_and_uses_point_at_them(html):
    found = Page(html)
    ids = [a["id"] for _, a in found.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for t, a in found.tags if t in ("use", "a")} <= set(ids)


def test_hostile_text_stays_text(hostile):
    tags = [t for t, a in hostile.tags if a.get("type") != "application/json"]
    assert (tags.count("script"), tags.count("style"), tags.count("b")) == (1, 1, 0)
    assert all(a["src"].startswith("data:") for t, a in hostile.tags if t == "img")
    assert '<script>alert("name")</script>' in hostile.text
    assert "{{ 7 * 7 }}" in hostile.text
    assert not any(n.startswith("on") for _, a in hostile.tags for n in a)
    assert not any("evil.example" in (v or "") for t, a in hostile.tags for n, v in a.items() if n in ("src", "href"))


def test_headlines_say_what_rose_and_what_changed(page):
    rise = f"aircraft at Test air base rose from 4 to 6 (90 % intervals 4{DASH}5 and 6{DASH}7)."
    assert f"Between 6 and 13 December 2024 {rise}" in page.text
    assert "Between 6 and 13 December 2024, 2 places changed" in page.text
    assert (
        "No change was found between 6 and 10 December 2024 over the 97 % of the site that both dates show."
        in page.text
    )


def test_not_observable_is_never_a_number(site):
    html = (site.store.report / "index.html").read_text()
    table = html[html.index('<section id="observations"') : html.index('<section id="method"')]
    rows = [re.sub(r"<[^>]+>", "|", r) for r in re.findall(r"<tr.*?</tr>", table, re.DOTALL)]
    hidden = [r for r in rows if "✕" in r]
    assert len(hidden) == 9
    assert all(not re.search(r"\|\d+\|", r) for r in hidden)
    zero = [r for r in rows if "observed, none seen" in r]
    assert zero
    assert all("|0|" in r for r in zero)


def test_every_image_is_stored_once(site):
    html = (site.store.report / "index.html").read_text()
    big = re.findall(r'<image id="scene-\d+" href="(data:image/jpeg;base64,[^"]+)"', html)
    assert len(big) == 4
    assert all(html.count(uri) == 1 for uri in big)


def test_pictures_carry_date_source_scale_and_north(site, pixel_site):
    for found, north in ((site, 'class="north"'), (pixel_site, "north unknown")):
        html = (found.store.report / "index.html").read_text()
        frames = len(re.findall(r'class="frame"[ >]', html))
        assert frames == html.count('class="bar"') == html.count(north) > 20
        assert "Source: Example Publisher, CC BY 4.0" in html


def test_pixel_site_says_so(pixel_site):
    html = (pixel_site.store.report / "index.html").read_text()
    text = Page(html[html.index("<body>") :]).text
    assert "place not given" in text
    assert "row 90, column 260" in text
    assert "°" not in text.replace("° off nadir", "").replace("° high", "")


def test_what_people_counted_stands_beside_the_machine(site, page):
    assert "Reviewed" not in page.text
    found = read_findings(site)
    seen = {"reviewed": 4, "reviewed_count": 5, "reviewed_low": 5, "reviewed_high": 6, "disputed": 1}
    looked = tuple(
        replace(o, **seen, reviewers="<b>A. Analyst</b>") if o.count and o.label == "aircraft" else o
        for o in found.observations
    )
    found = replace(found, observations=looked)
    chips = [gallery(found, pair, n) for n, pair in enumerate(found.manifest.pairs)]
    html = render(page_view(found, {}, chips))
    told = Page(html)
    assert f"5 (5{DASH}6); 4 looked at by <b>A. Analyst</b>, 1 disputed" in told.text
    assert "b" not in [tag for tag, _ in told.tags]
    assert (
        "With review by <b>A. Analyst</b>, 12 of 14 findings looked at: Between 6 and 13 December 2024 aircraft at "
        f"Test air base showed no change: 5 and 5 (90 % intervals 5{DASH}6 and 5{DASH}6)." in told.text
    )
    assert "rose from 4 to 6" in told.text
    assert html.count('<g class="second">') == 6
    answers = Page(html[html.index('class="answers"') : html.index("Counts are made")]).text
    assert f"whole site aircraft \N{BLACK UP-POINTING TRIANGLE} increase 4 (4{DASH}5), then 6 (6{DASH}7)" in answers
    assert "the intervals do not overlap = no change" in answers

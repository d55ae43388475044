"""Figures for print: as files and as functions."""

import base64
import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest

from sitedelta.errors import InputError
from sitedelta.records import Status
from sitedelta.report.canvas import to_png, to_svg
from sitedelta.report.closeup import closeup, whole
from sitedelta.report.figures import counts_figure
from sitedelta.report.findings import read_findings
from sitedelta.report.sidebyside import as_figure, as_svg, side_by_side

SVG = "{http://www.w3.org/2000/svg}"


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def said(root: ET.Element) -> str:
    return "\n".join(e.get("aria-label") for e in root.iter(f"{SVG}path") if e.get("aria-label"))


@pytest.mark.parametrize("which", ["site", "pixel_site"])
def test_a_pair_says_dates_sources_scale_and_north(which, request):
    one = request.getfixturevalue(which)
    text = said(ET.fromstring((one.store.report / "figures/s06--s13.svg").read_bytes()))
    assert "Before: 6 December 2024" in text
    assert "After: 13 December 2024" in text
    assert text.count("Source: Example Publisher, CC BY 4.0") == 2
    assert "50 m" in text
    assert "stayed: 3 aircraft, 1 vehicle" in text
    assert ("north unknown" in text) == (which == "pixel_site")
    assert ("MGRS 36S" in text) == (which == "site")


def test_a_pair_as_svg_asks_for_nothing_and_holds_both_images(site):
    root = ET.fromstring((site.store.report / "figures/s06--s13.svg").read_bytes())
    pictures = [e.get("{http://www.w3.org/1999/xlink}href") for e in root.iter(f"{SVG}image")]
    assert len(pictures) == 2
    for uri in pictures:
        head, _, data = uri.partition(",")
        assert head == "data:image/jpeg;base64"
        assert decoded(base64.b64decode(data)).shape == (360, 480, 3)
    assert not [e for e in root.iter() if e.tag.endswith(("script", "foreignObject", "style"))]
    clips = {e.get("id") for e in root.iter(f"{SVG}clipPath")}
    used = {m for e in root.iter() if (m := re.sub(r"url\(#(.*)\)", r"\1", e.get("clip-path", "")))}
    assert clips == used
    assert len(clips) == 2


def test_hostile_words_are_letters_in_the_svg(hostile_site):
    data = (hostile_site.store.report / "figures/s06--s13.svg").read_bytes()
    root = ET.fromstring(data)
    assert '<script>alert("name")</script>' in said(root)
    assert b"<script" not in data
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", said(root))


def test_pixels_lines_and_a_figure_are_one_picture(site):
    findings = read_findings(site)
    sides = whole(findings, next(p for p in site.manifest.pairs if p.after == "s13"))
    first = decoded(side_by_side(sides)).astype(float)
    second = decoded(to_png(as_figure(sides))).astype(float)
    assert first.shape == second.shape
    assert np.abs(first - second).mean() < 8
    yellow = [(np.abs(p - (77, 240, 255)).max(axis=-1) < 40).sum() for p in (first, second)]
    assert min(yellow) > 400
    assert as_svg(sides) == as_svg(sides)
    assert to_svg(as_figure(sides)) == to_svg(as_figure(sides))


def test_the_reports_figures_are_functions(site):
    counts, pair = site.counts_figure(), site.pair_figure("s06", "2024-12-13")
    assert len(counts.axes) == 6
    assert counts.get_suptitle().startswith("Test air base")
    words = [t.get_text() for t in pair.axes[0].texts]
    assert "Before: 6 December 2024" in words
    assert decoded(pair._repr_png_()).shape[1] == 1920
    pdf = io.BytesIO()
    pair.savefig(pdf, format="pdf")
    assert pdf.getvalue().startswith(b"%PDF")


@pytest.mark.parametrize("which", ["site", "pixel_site"])
def test_a_place_is_shown_alone(which, request):
    one = request.getfixturevalue(which)
    arrived = one.events.query("kind == 'arrived' and label == 'aircraft'").iloc[0]
    at = (arrived.geometry.x, arrived.geometry.y)
    findings = read_findings(one)
    pair = next(p for p in one.manifest.pairs if p.after == "s13")
    sides = closeup(findings, pair, at, 40)
    assert (sides.grid.height, sides.grid.width) == (80, 80)
    (event,) = [e for e in sides.events if (e.label, e.kind) == ("aircraft", "arrived")]
    assert abs(event.site_row - 39.5) < 1
    assert abs(event.site_col - 39.5) < 1
    before, after = (i[30:50, 30:50].mean() for i in sides.images)
    assert after > before + 5
    text = said(ET.fromstring(as_svg(sides)))
    assert ("° N" in text) == (which == "site")
    assert ("Centre row" in text) == (which == "pixel_site")
    assert one.pair_figure("s06", "s13", at=at, side_m=40).axes


def test_what_was_not_compared_or_lies_elsewhere_is_said(site):
    with pytest.raises(InputError, match="s09 was not compared with s13; these were: s06 with"):
        site.pair_figure("s09", "s13")
    with pytest.raises(InputError, match="not on site test-base"):
        site.pair_figure("s06", "s13", at=(10.0, 50.0))
    with pytest.raises(InputError, match="no image 2020-01-01; its dates are 2024-12-06"):
        site.pair_figure("2020-01-01", "s13")


def test_a_georeferenced_image_knows_where_it_lies(site, pixel_site):
    import odc.geo.xr  # noqa: F401 - adds .odc

    image = site.image("2024-12-13")
    assert image.odc.crs.epsg == 32636
    left, _, _, top = image.odc.geobox.boundingbox
    assert (left, top) == (767_900.0, 3_921_500.0)
    assert site.change("2024-12-06", "2024-12-13").odc.crs.epsg == 32636
    assert "spatial_ref" not in pixel_site.image("s13").coords


def test_a_long_reason_leaves_the_counts_their_height(site):
    findings = read_findings(site)
    why = "registration: no places that look alike were found in enough parts of both images to bring them together"
    gaps = [replace(o, status=Status.NOT_OBSERVABLE, count=None, reason=why) for o in findings.observations]
    heights = []
    for observations in (findings.observations, (*findings.observations[:-1], gaps[-1])):
        figure = counts_figure(replace(findings, observations=observations))
        to_png(figure)
        heights.append([axes.get_position().height for axes in figure.axes])
    np.testing.assert_allclose(heights[1], heights[0], rtol=0.1)

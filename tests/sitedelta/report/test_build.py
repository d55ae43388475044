import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from sitedelta.files.tables import to_frame, to_geoframe, write_table
from sitedelta.records import ChangeRegion, Event, Observation, SiteObject
from sitedelta.report.build import build
from sitedelta.site import Site


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_report_holds_exactly_the_promised_files(site):
    assert set(contents(site.store.report)) == {
        "index.html",
        "site.gpkg",
        "site.kmz",
        "observations.csv",
        "zone_changes.csv",
        "tracks.csv",
        "objects.geojson",
        "events.geojson",
        "changes.geojson",
        "evidence.json",
        "evidence.sha256",
        "evidence.tsq",
        "figures/counts.png",
        "figures/counts.svg",
        "figures/s06--s09.png",
        "figures/s06--s10.png",
        "figures/s06--s13.png",
        "figures/s06--s09.svg",
        "figures/s06--s10.svg",
        "figures/s06--s13.svg",
    }


@pytest.mark.parametrize("georeferenced", [True, False])
def test_same_findings_give_the_same_bytes(make_site, site, pixel_site, georeferenced):
    again = make_site(georeferenced=georeferenced)
    build(again)
    assert contents(again.store.report) == contents((site if georeferenced else pixel_site).store.report)


def test_stale_files_go_and_a_users_own_stay(make_site):
    site = make_site()
    page = build(site)
    (page.parent / "figures" / "old--pair.png").write_bytes(b"old")
    (page.parent / "notes.txt").write_text("mine")
    build(site)
    assert not (page.parent / "figures" / "old--pair.png").exists()
    assert (page.parent / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["figures/counts.png", "figures/s06--s13.png"])
def test_figures_are_pictures(site, name):
    import cv2

    picture = cv2.imread(str(site.store.report / name))
    assert min(picture.shape[:2]) > 300
    assert picture.std() > 10


def test_the_chart_for_print_is_a_drawing_without_a_link(site, hostile_site):
    for one in (site, hostile_site):
        data = (one.store.report / "figures/counts.svg").read_bytes()
        root = ET.fromstring(data)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 100
        assert not [e for e in root.iter() if e.tag.endswith(("image", "script"))]
        links = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
        assert all(v.startswith("#") for v in links)


def test_a_site_of_one_image_where_nothing_was_asked_still_reports(make_site):
    site = make_site(georeferenced=False)
    first = site.manifest.scenes[0]
    bare = replace(site.manifest, scenes=(first,), pairs=(), zones=(), detectors=(), notes=())
    write_table(to_frame([], Observation), site.store.observations)
    for kind, path in (
        (SiteObject, site.store.objects),
        (Event, site.store.events),
        (ChangeRegion, site.store.changes),
    ):
        write_table(to_geoframe([], kind, georeferenced=False), path)
    text = build(Site(site.store, bare)).read_text()
    assert "there are no two dates to compare" in text
    assert "No class was asked to be counted" in text
    assert json.loads((site.store.report / "objects.geojson").read_text())["features"] == []


def test_a_scene_that_could_not_be_placed_is_shown_as_such(make_site):
    site = make_site()
    *others, last = site.manifest.scenes
    refused = replace(last.alignment, status="refused", reason="too little in common")
    lost = replace(last, alignment=refused, raster=None)
    text = build(Site(site.store, replace(site.manifest, scenes=(*others, lost)))).read_text()
    assert "No image on the site grid: too little in common" in text
    assert "could not be aligned: not used" in text

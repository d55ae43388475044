import csv
import io
import json
import shutil
import subprocess
import zipfile
from xml.etree import ElementTree as ET

import geopandas
import numpy as np
import pytest

KML = "{http://www.opengis.net/kml/2.2}"


@pytest.mark.parametrize(("name", "rows"), [("objects", 18), ("events", 14), ("changes", 2)])
def test_geojson_is_read_as_wgs84(site, name, rows):
    found = geopandas.read_file(site.store.report / f"{name}.geojson")
    assert len(found) == rows
    assert found.crs.to_epsg() == 4326
    assert found.geometry.is_valid.all()
    west, south, east, north = found.total_bounds
    assert 35.9 < west < east < 36.0
    assert 35.3 < south < north < 35.5
    table = getattr(site, name)
    np.testing.assert_allclose(found.geometry.bounds, table.geometry.bounds, atol=1e-7)


def test_geojson_follows_rfc_7946(site):
    text = json.loads((site.store.report / "changes.geojson").read_text())
    assert set(text) == {"type", "features"}
    ring = np.array(text["features"][0]["geometry"]["coordinates"][0])
    x, y = ring[:-1].T
    area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
    assert area > 0, "outer rings run counter-clockwise"
    np.testing.assert_array_equal(ring[0], ring[-1])


def test_pixel_geojson_says_so(pixel_site):
    text = json.loads((pixel_site.store.report / "objects.geojson").read_text())
    first = text["features"][0]
    assert first["properties"]["crs"] == "pixel"
    assert first["geometry"]["coordinates"] == [first["properties"]["site_col"], first["properties"]["site_row"]]
    assert first["properties"]["lon"] is None


def test_csv_tells_zero_from_not_observable(site):
    rows = list(csv.DictReader(io.StringIO((site.store.report / "observations.csv").read_text())))
    assert len(rows) == 24
    by_status = {r["status"]: r["count"] for r in rows}
    assert by_status["observed_zero"] == "0"
    assert by_status["not_observable"] == ""
    assert rows[0]["date"] == "2024-12-06T00:00:00Z"


def test_csv_cells_are_no_formulas(hostile_site):
    rows = csv.DictReader(io.StringIO((hostile_site.store.report / "observations.csv").read_text()))
    cells = [c for r in rows for c in r.values()]
    assert any(c == '\'=cmd|"/C calc"!A1' for c in cells)
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t"))]


def document(site) -> ET.Element:
    with zipfile.ZipFile(site.store.report / "site.kmz") as archive:
        assert archive.namelist()[0] == "doc.kml"
        assert archive.testzip() is None
        root = ET.fromstring(archive.read("doc.kml"))
        for href in root.iter(f"{KML}href"):
            assert href.text in archive.namelist()
    return root.find(f"{KML}Document")


def test_kmz_holds_findings_in_time_and_images_on_the_ground(site):
    found = document(site)
    marks = list(found.iter(f"{KML}Placemark"))
    assert len(marks) == 2 + 14 + 2 + 18
    assert len(list(found.iter(f"{KML}GroundOverlay"))) == 4
    quad = found.find(".//{http://www.google.com/kml/ext/2.2}LatLonQuad/" + KML + "coordinates").text
    corners = np.array([[float(v) for v in p.split(",")] for p in quad.split()])
    assert corners.shape == (4, 2)
    assert corners[0, 1] < corners[3, 1], "lower left comes first"
    assert corners[0, 0] < corners[1, 0]
    arrived = [m for m in marks if m.findtext(f"{KML}styleUrl") == "#arrived"]
    assert {m.findtext(f"{KML}TimeSpan/{KML}begin") for m in arrived} == {"2024-12-13T00:00:00Z"}
    assert any("<img" in m.findtext(f"{KML}description") for m in arrived)


def test_kmz_of_a_pixel_site_says_that_it_has_no_place(pixel_site):
    found = document(pixel_site)
    assert not list(found.iter(f"{KML}Placemark"))
    assert "no georeference" in found.findtext(f"{KML}description")


def test_kml_texts_are_inert(hostile_site):
    found = document(hostile_site)
    assert found.findtext(f"{KML}name") == '<script>alert("name")</script>'
    description = found.findtext(f"{KML}description")
    assert "<script" not in description
    assert "&lt;script&gt;" in description
    overlay = found.find(f".//{KML}GroundOverlay/{KML}description").text
    assert "<img" not in overlay
    assert "]]&gt;&amp;undefined;" in overlay


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="ogrinfo (GDAL's programs) is not installed")
@pytest.mark.parametrize("which", ["site", "pixel_site", "hostile_site"])
def test_kmz_opens_in_gdal(which, request):
    path = request.getfixturevalue(which).store.report / "site.kmz"
    said = subprocess.run(["ogrinfo", "-ro", "-al", "-so", str(path)], capture_output=True, text=True, check=True)
    assert "successful" in said.stdout
    assert "ERROR" not in said.stderr
    assert ("Changed ground" in said.stdout) == (which != "pixel_site")

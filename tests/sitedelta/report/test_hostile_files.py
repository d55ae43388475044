"""Names and sources that attack whoever opens a file of the report: nothing of them acts, or reads other than it is."""

import csv
import io
import re
import sqlite3
import zipfile
from contextlib import closing
from xml.etree import ElementTree as ET

import geopandas
import pytest

from sitedelta.report.build import build
from sitedelta.report.plain import cell
from sitedelta.report.tablefile import csv_text
from sitedelta.site import open_site

TURNED = "\u202egnp.exe\u2066\x07\x1b[2J"
STEERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ENTITY = '<!DOCTYPE x [<!ENTITY lol SYSTEM "file:///etc/passwd">]>&lol;]]><script>1</script>'
SQL = "'); DROP TABLE zones; --"
KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def turned(make_site, texts):
    """A site whose texts turn the direction of reading, steer terminals and break out of XML and SQL."""
    hostile = texts(
        name=f"{ENTITY}{TURNED}",
        source=f"=1+1{TURNED}$\\frac$",
        zone=f"{SQL}{TURNED}[% 1 + 1 %]",
        statement=f"+said{TURNED}",
        original=f"before{TURNED}.png",
    )
    site = make_site(texts=hostile)
    build(site)
    return open_site(site.store.root)


def test_text_files_hold_nothing_that_steers(turned):
    for path in sorted(turned.store.report.rglob("*")):
        if path.suffix in (".csv", ".geojson", ".svg"):
            assert not STEERS.search(path.read_text()), path.name


def test_the_kml_is_text_and_nothing_else(turned):
    with zipfile.ZipFile(turned.store.report / "site.kmz") as archive:
        data = archive.read("doc.kml")
        assert not [n for n in archive.namelist() if STEERS.search(n) or n.startswith(("/", ".."))]
    assert b"<!DOCTYPE" not in data
    assert b"<!ENTITY" not in data
    root = ET.fromstring(data)
    assert root.findtext(f"{KML}Document/{KML}name").startswith("<!DOCTYPE x")
    for e in root.iter():
        assert not STEERS.search(e.text or "")
    shown = "".join(d.text for d in root.iter(f"{KML}description"))
    assert "<script" not in shown
    assert not re.search("<(?!/?p>|img src=.chips/)", shown)


def test_a_geopackage_keeps_its_layers_and_their_names_are_text(turned):
    path = turned.store.report / "site.gpkg"
    zones = geopandas.read_file(path, layer="zones")
    assert zones["name"][0].startswith(SQL)
    assert not STEERS.search("".join(zones["name"]))
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for (qml,) in file.execute("SELECT styleQML FROM layer_styles"):
            ET.fromstring(qml.partition("\n")[2])


def test_figures_write_what_they_are_given(turned):
    for path in sorted((turned.store.report / "figures").glob("s*.svg")):
        root = ET.fromstring(path.read_bytes())
        labels = [e.get("aria-label") for e in root.iter() if e.get("aria-label")]
        assert any(t.startswith("<!DOCTYPE x") for t in labels)
        assert any("=1+1gnp.exe[2J$\\frac$" in t for t in labels)
    assert turned.counts_figure()._repr_png_()


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "\uff1d1", "\u202e=1", "\x00=1", "=1\u202e"]
)
def test_no_cell_begins_like_a_formula(text):
    found = str(cell(text))
    assert found.startswith("'")
    assert not STEERS.search(found)


def test_what_no_formula_is_stays_as_it_is():
    assert cell("a=1") == "a=1"
    assert cell("Хмеймим حميميم 基地") == "Хмеймим حميميم 基地"
    assert cell(-3.5) == -3.5


def test_reviewers_are_cells_too(turned):
    from dataclasses import replace

    from sitedelta.records import Observation
    from sitedelta.report.findings import read_findings

    rows = [replace(o, reviewers=f"=A{TURNED}") for o in read_findings(turned).observations]
    cells = {r["reviewers"] for r in csv.DictReader(io.StringIO(csv_text(rows, Observation)))}
    assert cells == {"'=Agnp.exe[2J"}

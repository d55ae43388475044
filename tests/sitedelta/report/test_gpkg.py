"""The findings as a GeoPackage."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from xml.etree import ElementTree as ET

import geopandas
import numpy as np
import pytest
import shapely

from sitedelta.report.findings import read_findings
from sitedelta.report.gpkg import geopackage
from sitedelta.site import open_site


@pytest.mark.parametrize(("layer", "rows"), [("objects", 18), ("events", 14), ("changes", 2), ("zones", 2)])
def test_each_layer_is_read_in_wgs84(site, layer, rows):
    found = geopandas.read_file(site.store.report / "site.gpkg", layer=layer)
    assert len(found) == rows
    assert found.crs.to_epsg() == 4326
    west, south, east, north = found.total_bounds
    assert 35.9 < west < east < 36.0
    assert 35.3 < south < north < 35.5


def test_it_holds_what_the_tables_hold(site):
    found = geopandas.read_file(site.store.report / "site.gpkg", layer="events").sort_values("site_row")
    table = site.events.sort_values("site_row")
    np.testing.assert_allclose(found["length_m"], table["length_m"])
    assert found["kind"].tolist() == table["kind"].tolist()
    assert (found["date_after"].to_numpy() == table["date_after"].to_numpy()).all()


def test_zones_lie_where_they_were_drawn(site, pixel_site):
    """The projection is conformal: areas in the site's own zone agree with those of the manifest."""
    found = geopandas.read_file(site.store.report / "site.gpkg", layer="zones").to_crs(32636)
    np.testing.assert_allclose(found.area, [z.area_m2 for z in site.manifest.zones], rtol=1e-6)
    drawn = geopandas.read_file(pixel_site.store.report / "site.gpkg", layer="zones")
    assert drawn.crs is None or "Undefined" in drawn.crs.name
    assert drawn.geometry[0].equals(shapely.from_wkt(pixel_site.manifest.zones[0].polygon_wkt))


def test_each_layer_has_a_style_that_is_taken_by_default(site):
    with closing(sqlite3.connect(site.store.report / "site.gpkg")) as file:
        rows = file.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        columns = {
            n: file.execute(f"SELECT column_name FROM gpkg_geometry_columns WHERE table_name = '{n}'").fetchone()[0]
            for n, *_ in rows
        }
    assert {(name, default) for name, _, default, _ in rows} == {
        (n, 1) for n in ("zones", "changes", "objects", "events")
    }
    for name, geometry, _, qml in rows:
        assert geometry == columns[name]
        root = ET.fromstring(qml.partition("\n")[2])
        symbols = {s.get("name") for s in root.iter("symbol")}
        used = {c.get("symbol") for c in root.iter("category")} or {"0"}
        assert symbols == used
    events = next(ET.fromstring(q.partition("\n")[2]) for n, _, _, q in rows if n == "events")
    assert {c.get("value") for c in events.iter("category")} == {
        *("arrived", "departed", "stayed", "not_observable", "rejected"),
    }


def test_the_same_findings_give_the_same_bytes(site):
    again = read_findings(open_site(site.store.root))
    assert geopackage(again) == geopackage(again) == (site.store.report / "site.gpkg").read_bytes()


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="ogrinfo (gdal-bin) is not installed")
def test_ogrinfo_opens_it_without_a_warning(hostile_site):
    told = subprocess.run(
        ["ogrinfo", "-so", "-al", str(hostile_site.store.report / "site.gpkg")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stderr == ""
    assert told.stdout.count("Feature Count:") == 5

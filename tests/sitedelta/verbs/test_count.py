"""Counting in images, each in its own pixels."""

import csv
import json
from dataclasses import replace

import cv2
import geopandas
import numpy as np
import pytest
from pyproj import Transformer

import sitedelta
from sitedelta.errors import InputError
from sitedelta.verbs.count import count_files
from sitedelta.verbs.marked import COLOURS

pytestmark = [
    pytest.mark.usefixtures("spotter"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]
COLUMNS = [
    *("image", "class", "score", "row", "col", "length_m", "width_m", "heading_deg"),
    *("row_min", "col_min", "row_max", "col_max", "lon", "lat"),
    *("subclass", "subclass_score", "length_sd_m", "width_sd_m", "size_says"),
]


@pytest.fixture
def image(ground, marks):
    """Give ground with three aircraft (one of them lying across) and two vehicles."""
    found = ground(200, 240)
    for row, col in ((40, 50), (120, 60)):
        marks(found, row, col, 40, 20, marks.AIRCRAFT)
    marks(found, 60, 180, 21, 41, marks.AIRCRAFT)
    for row in (150, 170):
        marks(found, row, 200, 12, 5, marks.VEHICLE)
    return found


@pytest.fixture
def earth(place, image):
    return place.write("base.tif", image)


def rows_of(path):
    with path.open(newline="") as text:
        return list(csv.DictReader(text))


def test_the_table_has_the_columns_of_the_contract(earth, tmp_path):
    out = tmp_path / "out" / "found.csv"
    count_files([earth], out=out, jobs=1)
    assert out.read_text().splitlines()[0] == ",".join(COLUMNS)
    rows = rows_of(out)
    assert [r["class"] for r in rows] == ["aircraft"] * 3 + ["vehicle"] * 2
    assert {r["image"] for r in rows} == {str(earth)}
    across = min(rows, key=lambda r: abs(float(r["row"]) - 60))
    numbers = {k: float(v) for k, v in across.items() if k not in {"image", "class"} and v and k != "size_says"}
    lon, lat = Transformer.from_crs("EPSG:32636", "EPSG:4326", always_xy=True).transform(
        767_900 + 180.5 * 0.5, 3_921_500 - 60.5 * 0.5
    )
    expected = {
        "score": 0.9,
        "row": 60,
        "col": 180,
        "length_m": 20.5,
        "width_m": 10.5,
        "heading_deg": 90,
        "row_min": 49.5,
        "row_max": 70.5,
        "col_min": 159.5,
        "col_max": 200.5,
    }
    assert {k: numbers[k] for k in expected} == pytest.approx(expected, abs=0.011)
    assert (numbers["lon"], numbers["lat"]) == pytest.approx((lon, lat), abs=2e-7)
    assert sorted(p.name for p in out.parent.iterdir()) == ["found.csv", "found.csv.summary.json"]


def test_the_summary_states_what_was_seen(earth, tmp_path):
    done = count_files([earth], out=tmp_path / "found.csv", jobs=1)
    said = json.loads((tmp_path / "found.csv.summary.json").read_text())
    assert said == json.loads(json.dumps(done.summary))
    (one,) = said["images"]
    assert (one["image"], one["gsd_m"]) == (str(earth), 0.5)
    aircraft = one["classes"]["aircraft"]
    assert (aircraft["status"], aircraft["count"], aircraft["reason"]) == ("counted", 3, None)
    assert aircraft["low"] <= 3 <= aircraft["high"]
    assert {"status", "count", "low", "high", "reason"} <= set(aircraft)
    assert one["classes"]["vehicle"]["count"] == 2


def test_what_the_image_cannot_show_is_not_zero(place, image):
    coarse = place.write("coarse.png", image, corner=None)
    done = count_files([coarse], gsd=3.0, jobs=1)
    classes = done.summary["images"][0]["classes"]
    assert classes["vehicle"] == {
        "status": "not_observable", "count": None, "low": None, "high": None,
        "reason": "gsd 3 m > 0.6 m", "min_length_m": 0.0,
    }  # fmt: skip
    assert classes["aircraft"]["status"] == "counted"
    assert {r.label for r in done.rows} == {"aircraft"}
    assert all(r.lon is None for r in done.rows)


def test_an_empty_place_is_an_observed_zero(place, ground, tmp_path):
    path = place.write("empty.tif", ground(100, 100))
    done = count_files([path], out=tmp_path / "found.csv", classes=("aircraft",), jobs=1)
    said = done.summary["images"][0]["classes"]["aircraft"]
    assert (said["status"], said["count"], said["low"]) == ("observed_zero", 0, 0)
    assert (tmp_path / "found.csv").read_text().splitlines() == [",".join(COLUMNS)]


def test_cloud_makes_a_count_partial(place, ground, marks):
    under = ground(500, 500, seed=3)
    marks(under, 450, 450, 40, 20, marks.AIRCRAFT)
    rows, cols = np.mgrid[0:500, 0:500]
    share = np.clip(1.6 - np.hypot(rows - 150, cols - 150) / 150, 0, 1)
    cloudy = (under * (1 - share) + np.array([236, 238, 242])[:, None, None] * share).astype(np.uint8)
    done = count_files([place.write("c.tif", cloudy, gsd=1.0)], jobs=1)
    said = done.summary["images"][0]["classes"]["aircraft"]
    assert (said["status"], said["count"], said["high"]) == ("partly_observable", 1, None)
    assert said["reason"].endswith("% under cloud")


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "parquet"])
def test_tables_for_maps(earth, tmp_path, ending):
    out = tmp_path / f"found.{ending}"
    count_files([earth], out=out, jobs=1)
    table = geopandas.read_parquet(out) if ending == "parquet" else geopandas.read_file(out)
    assert [c for c in table.columns if c != "geometry"] == COLUMNS
    assert table.crs.to_epsg() == 4326
    assert len(table) == 5
    np.testing.assert_allclose(table.geometry.x, table["lon"], atol=1e-6)
    assert (tmp_path / f"found.{ending}.summary.json").exists()
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith((".", "found"))) == [
        f"found.{ending}", f"found.{ending}.summary.json",
    ]  # fmt: skip


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "parquet"])
@pytest.mark.parametrize("empty", [True, False])
def test_tables_in_pixels(place, image, ground, tmp_path, ending, empty):
    path = place.write("base.png", ground(90, 90) if empty else image, corner=None)
    out = tmp_path / f"found.{ending}"
    count_files([path], out=out, gsd=0.5, jobs=1)
    table = geopandas.read_parquet(out) if ending == "parquet" else geopandas.read_file(out)
    assert len(table) == (0 if empty else 5)
    if not empty:
        assert (table["crs"] == "pixel").all()
        np.testing.assert_allclose(table.geometry.x, table["col"], atol=0.01)
        np.testing.assert_allclose(table.geometry.y, table["row"], atol=0.01)


def test_several_images_are_counted_each_by_itself(earth, place, image):
    plain = place.write("plain.png", image[:, :100], corner=None)
    done = count_files([earth, plain, earth], gsd=0.5, jobs=1)
    assert [i["image"] for i in done.summary["images"]] == [str(earth), str(plain), str(earth)]
    assert [i["classes"]["aircraft"]["count"] for i in done.summary["images"]] == [3, 2, 3]
    assert [r.image for r in done.rows] == [str(earth)] * 5 + [str(plain)] * 2 + [str(earth)] * 5


def test_the_function_returns_what_the_files_hold(earth, tmp_path):
    found = sitedelta.count(str(earth), out=str(tmp_path / "a.csv"), jobs=1)
    assert list(found.columns) == [*COLUMNS, "geometry"]
    rows = rows_of(tmp_path / "a.csv")
    assert [f"{v:.2f}" for v in found["row"]] == [r["row"] for r in rows]
    assert found.crs.to_epsg() == 4326
    assert found.attrs["summary"] == json.loads((tmp_path / "a.csv.summary.json").read_text())


def test_a_stated_coarser_distance_limits_the_claim(earth):
    """An image that was enlarged shows no more for it."""
    done = count_files([earth], gsd=1.0, jobs=1)
    classes = done.summary["images"][0]["classes"]
    assert classes["vehicle"]["reason"] == "gsd 1 m > 0.6 m"
    # Lengths stay those of the pixels on the ground.
    assert max(r.length_m for r in done.rows) == pytest.approx(20.5)


def test_input_that_cannot_be_used(earth, place, image, tmp_path):
    plain = place.write("plain.png", image, corner=None)
    for images, options, message in [
        ([plain], {}, "give metres a pixel with `gsd:` .--gsd."),
        ([earth], {"classes": ("tank",)}, "unknown class 'tank'"),
        ([earth], {"out": tmp_path / "found.xlsx"}, "a table ends in .csv, .geojson, .gpkg, .parquet"),
        ([earth], {"gsd": -1.0}, "greater than 0"),
        ([tmp_path / "none.tif"], {}, "none.tif"),
    ]:
        with pytest.raises(InputError, match=message) as caught:
            count_files(images, jobs=1, **options)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "found.xlsx").exists()


def test_a_grey_image_is_counted_too(place, ground):
    grey = place.write("grey.tif", ground(80, 80)[:1])
    done = count_files([grey], classes=("aircraft",), jobs=1)
    assert done.summary["images"][0]["classes"]["aircraft"]["status"] == "observed_zero"


def test_what_is_told_beside_the_class_follows_the_columns_of_the_contract(earth, spotter, tmp_path, monkeypatch):
    plain = type(spotter).detect

    def told(self, image, valid, **asked):
        found = plain(self, image, valid, **asked)
        n = len(found)
        return replace(
            found, subclass=np.full(n, "aeroplane"), subclass_score=np.full(n, 0.97),
            length_sd_m=0.03 * found.length_m, width_sd_m=0.03 * found.width_m,
        )  # fmt: skip

    monkeypatch.setattr(type(spotter), "detect", told)
    done = count_files([earth], out=tmp_path / "found.csv", classes=("aircraft",), jobs=1)
    for r in rows_of(tmp_path / "found.csv"):
        assert (r["subclass"], r["subclass_score"]) == ("aeroplane", "0.9700")
        assert float(r["length_sd_m"]) == pytest.approx(0.03 * float(r["length_m"]), abs=0.02)
        assert r["size_says"].startswith("length ")
    (image,) = done.summary["images"]
    assert image["classes"]["aircraft"]["subclasses"] == {"aeroplane": 3}


def test_pictures_show_a_box_about_each_object(earth, place, image, tmp_path):
    shot = place.write("other/base.png", image, corner=None)
    count_files([earth, shot], gsd=0.5, pictures=tmp_path / "looks", jobs=1)
    assert sorted(p.name for p in (tmp_path / "looks").iterdir()) == ["base-objects-2.png", "base-objects.png"]
    for name in ("base-objects.png", "base-objects-2.png"):
        drawn = cv2.imread(str(tmp_path / "looks" / name))[..., ::-1]
        ground = drawn[-200:]
        assert ground.shape == (200, 240, 3)
        # Aircraft of 40 x 20 pixels at (40, 50): the box is 1.2 times as large, what is in it is left as it was.
        assert np.abs(ground[40, 62].astype(int) - COLOURS["aircraft"]).max() < 40
        assert np.abs(ground[16, 50].astype(int) - COLOURS["aircraft"]).max() < 40
        assert ground[40, 50, 0] > 200
        assert ground[40, 50, 1] < 50
        assert np.abs(ground[150, 203].astype(int) - COLOURS["vehicle"]).max() < 40


def test_a_picture_of_nothing_found_says_so(place, ground, tmp_path):
    path = place.write("empty.png", ground(120, 120), corner=None)
    count_files([path], gsd=0.5, pictures=tmp_path / "looks", jobs=1)
    assert cv2.imread(str(tmp_path / "looks" / "empty-objects.png")).shape[1] == 120

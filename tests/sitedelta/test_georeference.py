"""A place of known coordinates is found there in every result, whatever way the images lie on the Earth."""

import csv
import json

import numpy as np
import pytest
import rasterio
import yaml
from affine import Affine
from pyproj import Transformer

from sitedelta.running.runs import run
from sitedelta.verbs.change import change_files
from sitedelta.verbs.count import count_files
from sitedelta.verbs.register import register_files

EAST, NORTH = 768_000.0, 3_921_400.0
DEGREE = 1 / 111_000
WAYS = {
    "projected": ("EPSG:32636", Affine(1, 0, EAST, 0, -1, NORTH)),
    "geographic": ("EPSG:4326", Affine(DEGREE / 0.815, 0, 35.95, 0, -DEGREE, 35.4)),
    "rotated": ("EPSG:32636", Affine.translation(EAST, NORTH) @ Affine.rotation(25) @ Affine.scale(1, -1)),
    "south up": ("EPSG:32636", Affine(1, 0, EAST, 0, 1, NORTH)),
    "feet": ("EPSG:2263", Affine(3.2808, 0, 980_000, 0, -3.2808, 200_000)),
}
ROW, COL = 140, 230
"""Centre of what arrives."""


@pytest.fixture(params=WAYS, ids=lambda name: name.replace(" ", "-"))
def pair(request, place, ground, marks):
    return write_pair(request.param, place, ground, marks)


def write_pair(way, place, ground, marks):
    crs, transform = WAYS[way]
    before = ground(300, 400)
    after = np.clip(before * 0.95 + 6, 0, 255).astype(np.uint8)
    marks(after, ROW, COL, 40, 14, marks.AIRCRAFT)
    paths = [
        place.write(f"{day}.tif", image, crs=crs, transform=transform)
        for day, image in (("2024-12-13", before), ("2024-12-17", after))
    ]
    return paths, crs, transform


def lonlat(crs, transform, row=ROW, col=COL):
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(*(transform @ (col + 0.5, row + 0.5)))


def metres(a, b):
    return np.hypot((a[0] - b[0]) * 111_320 * np.cos(np.radians(a[1])), (a[1] - b[1]) * 111_320)


def value_at(path, place):
    with rasterio.open(path) as file:
        x, y = Transformer.from_crs("EPSG:4326", file.crs, always_xy=True).transform(*place)
        return next(file.sample([(x, y)]))


def test_change(pair, tmp_path):
    (before, after), crs, transform = pair
    change_files(before, after, out=tmp_path / "out")
    with rasterio.open(tmp_path / "out" / "change.tif") as file:
        assert file.crs == rasterio.crs.CRS.from_string(crs)
        assert file.transform.almost_equals(transform, precision=1e-9)
    place = lonlat(crs, transform)
    assert value_at(tmp_path / "out" / "change.tif", place)[0] == 1
    regions = json.loads((tmp_path / "out" / "changes.geojson").read_text())["features"]
    largest = max(regions, key=lambda f: f["properties"]["area_m2"])
    ring = np.array(largest["geometry"]["coordinates"][0])
    assert metres(ring.mean(axis=0), place) < 15


def test_register(pair, tmp_path, place):
    (before, after), crs, transform = pair
    moved = transform @ Affine.translation(-6, 4)
    with rasterio.open(after) as file:
        other = place.write("other.tif", np.roll(file.read(), (4, -6), (1, 2)), crs=crs, transform=moved)
    register_files(before, other, out=tmp_path / "on.tif", model="shift")
    with rasterio.open(tmp_path / "on.tif") as file, rasterio.open(after) as truth:
        assert file.transform.almost_equals(transform, precision=1e-9)
        assert file.crs == truth.crs
    red, green, blue = value_at(tmp_path / "on.tif", lonlat(crs, transform))
    assert red > 200 > 60 > max(green, blue)


@pytest.mark.usefixtures("spotter")
def test_count(pair, tmp_path):
    (_, after), crs, transform = pair
    count_files([after], out=tmp_path / "o.csv", classes=["aircraft"], jobs=1)
    (row,) = csv.DictReader((tmp_path / "o.csv").read_text().splitlines())
    assert metres((float(row["lon"]), float(row["lat"])), lonlat(crs, transform)) < 1
    assert (float(row["row"]), float(row["col"])) == (pytest.approx(ROW, abs=1), pytest.approx(COL, abs=1))


@pytest.mark.slow
@pytest.mark.usefixtures("spotter")
def test_run(pair, tmp_path):

    check_run(*pair, tmp_path)


@pytest.mark.usefixtures("spotter")
def test_run_of_rotated_images(place, ground, marks, tmp_path):
    check_run(*write_pair("rotated", place, ground, marks), tmp_path)


def check_run(paths, crs, transform, tmp_path):
    import geopandas

    site = {"id": "place", "imagery": [{"path": str(p)} for p in paths], "count": ["aircraft"]}
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump({"output": str(tmp_path / "out"), "sites": [site]}))
    run(config, jobs=1)
    folder, place = tmp_path / "out" / "place", lonlat(crs, transform)
    objects = geopandas.read_parquet(folder / "objects.parquet").to_crs("EPSG:4326")
    assert metres((objects.geometry[0].x, objects.geometry[0].y), place) < 2
    (raster,) = folder.rglob("change-*.tif")
    assert value_at(raster, place)[0] == 1
    shown = next(p for p in folder.rglob("scene-*17*.tif"))
    red, green, blue, *_ = value_at(shown, place)
    assert red > 180 > 90 > max(green, blue)

import json

import numpy as np
import pytest
from affine import Affine
from shapely import Polygon, box

from sitedelta.areas.zones import Zone, load_zones, zones_at
from sitedelta.errors import InputError
from sitedelta.grid import earth_grid, pixel_grid

GRID = earth_grid((200, 300), Affine(0.5, 0, 766000, 0, -0.5, 3921500), "EPSG:32636", 0.5)
PLAIN = pixel_grid((200, 300), 0.5)


def zone(polygon, name="z") -> Zone:
    return Zone(name, name, polygon, polygon.area * 0.25)


def ring(col0, row0, col1, row1, *, grid=GRID):
    cols, rows = np.array([col0, col1, col1, col0, col0], float), np.array([row0, row0, row1, row1, row0], float)
    if not grid.georeferenced:
        return np.column_stack([cols, rows]).tolist()
    return np.column_stack(grid.lonlat(rows, cols)).tolist()


def feature(properties, *rings, kind="Polygon", **extra):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": [*rings]}, **extra}


@pytest.fixture
def load(tmp_path):
    def write_and_load(*features, grid=GRID, **extra):
        path = tmp_path / "zones.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [*features], **extra}))
        return load_zones(path, grid)

    return write_and_load


def test_no_file_no_zones():
    assert load_zones(None, GRID) == ()


def test_degrees_become_grid_pixels(load):
    (found,) = load(feature({"id": "apron", "name": "Main apron"}, ring(10, 20, 110, 70)))
    assert (found.id, found.name) == ("apron", "Main apron")
    np.testing.assert_allclose(found.polygon.bounds, (10, 20, 110, 70), atol=1e-3)
    assert found.area_m2 == pytest.approx(100 * 50 * 0.25, rel=1e-4)


def test_ids_come_from_names_and_features(load):
    found = load(
        feature({"name": "Nördlich, 2"}, ring(0, 0, 9, 9)),
        feature({}, ring(0, 0, 9, 9)),
        feature({"Name": "South"}, ring(0, 0, 9, 9)),
        feature({"id": "x1"}, ring(0, 0, 9, 9)),
    )
    assert [z.id for z in found] == ["nordlich-2", "zone-2", "south", "x1"]


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".shp"])
def test_other_formats_and_systems(tmp_path, suffix):
    import geopandas as gpd

    shapes = gpd.GeoDataFrame({"name": ["Apron"]}, geometry=[Polygon(ring(10, 20, 110, 70))], crs="EPSG:4326")
    path = tmp_path / f"zones{suffix}"
    shapes.to_crs("EPSG:3857").to_file(path)
    (found,) = load_zones(path, GRID)
    assert found.id == "apron"
    np.testing.assert_allclose(found.polygon.bounds, (10, 20, 110, 70), atol=1e-2)


def test_a_kml_with_folders(tmp_path):
    def folder(name, *place):
        corners = " ".join(f"{lon},{lat},0" for lon, lat in ring(*place))
        outline = f"<outerBoundaryIs><LinearRing><coordinates>{corners}</coordinates></LinearRing></outerBoundaryIs>"
        return f"<Folder><Placemark><name>{name}</name><Polygon>{outline}</Polygon></Placemark></Folder>"

    text = folder("North apron", 10, 20, 110, 70) + folder("South", 10, 120, 110, 170)
    path = tmp_path / "zones.kml"
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{text}</Document></kml>')
    found = load_zones(path, GRID)
    assert [z.id for z in found] == ["north-apron", "south"]
    np.testing.assert_allclose(found[1].polygon.bounds, (10, 120, 110, 170), atol=1e-2)


def test_multipolygons_and_holes(load):
    outer, hole, other = ring(10, 10, 50, 50), ring(20, 20, 30, 30), ring(100, 100, 120, 120)
    (found,) = load(feature({"name": "a"}, [outer, hole], [other], kind="MultiPolygon"))
    assert found.area_m2 == pytest.approx((1600 - 100 + 400) * 0.25, rel=1e-4)
    assert zones_at([found], np.array([25.0, 15.0, 110.0]), np.array([25.0, 15.0, 110.0])) == ["", "a", "a"]


@pytest.mark.parametrize("where", ["top", "property"])
def test_pixels_for_images_without_georeference(load, where):
    properties = {"name": "a"} | ({"crs": "pixel"} if where == "property" else {})
    extra = {"crs": "pixel"} if where == "top" else {}
    (found,) = load(feature(properties, ring(10, 20, 110, 70, grid=PLAIN)), grid=PLAIN, **extra)
    assert found.polygon.equals(box(10, 20, 110, 70))


@pytest.mark.parametrize(
    ("features", "extra", "grid", "words"),
    [
        ([feature({"name": "a"}, ring(0, 0, 9, 9))], {}, PLAIN, '"crs": "pixel"'),
        ([feature({"name": "East"}, ring(400, 0, 500, 90))], {}, GRID, "zone 'East' lies outside"),
        (
            [feature({"name": "P"}, [[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]])],
            {"crs": "pixel"},
            PLAIN,
            "'P' is not a valid",
        ),
        ([feature({"name": "L"}, [0, 0], [1, 1], kind="LineString")], {"crs": "pixel"}, PLAIN, "'L' is a LineString"),
        ([feature({"name": "a"}, ring(0, 0, 9, 9))] * 2, {}, GRID, "two zones have the id 'a'"),
        ([feature({"name": "a", "id": "../b"}, ring(0, 0, 9, 9))], {}, GRID, "its id '../b' must be"),
        ([feature({"name": "site"}, ring(0, 0, 9, 9))], {}, GRID, "not be 'site'"),
        ([], {}, GRID, "holds no features"),
        ([{"type": "Feature", "properties": {"name": "n"}, "geometry": None}], {}, GRID, ""),
        ([feature({"name": "a"}, [[0, "x"]])], {"crs": "pixel"}, PLAIN, "cannot be read"),
        ([{"type": "Feature", "geometry": None}], {"crs": "pixel"}, PLAIN, "cannot be read"),
    ],
)
def test_zones_that_cannot_be_used_are_named_in_one_line(load, features, extra, grid, words):
    with pytest.raises(InputError) as caught:
        load(*features, grid=grid, **extra)
    assert words in str(caught.value)
    assert "zones.geojson: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("z.geojson", b"{", "not valid JSON"),
        ("z.geojson", b"[]", "not GeoJSON"),
        ("z.geojson", json.dumps(feature({}, [[0, 0], [1, 1], [1, 0], [0, 1]])).encode(), "not readable"),
        ("z.geojson", b"\xff\xfe", "not valid JSON"),
        ("z.gpkg", b"text", "not readable"),
        ("z.txt", b"text", "not a vector format"),
        ("z.kml", b"<kml", ""),
        ("z.geojson", b" " * 10_000_001, "larger than 10 MB"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        load_zones(path, GRID)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_zones(tmp_path / "none.geojson", GRID)


def test_places_name_all_their_zones():
    zones = [zone(box(0, 0, 10, 10), "a"), zone(box(5, 5, 20, 20), "b")]
    rows, cols = np.array([1.0, 7.0, 15.0, 50.0, 10.0]), np.array([1.0, 7.0, 15.0, 50.0, 10.0])
    assert zones_at(zones, rows, cols) == ["a", "a;b", "b", "", "a;b"]
    assert zones_at([], rows, cols) == [""] * 5

import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from sitedelta.errors import InputError
from sitedelta.grid import SiteGrid, choose_grid, earth_grid, locate, pixel_grid, scene_grid
from sitedelta.grid.choice import nice_gsd, utm_crs
from sitedelta.scene import Scene

UTM = "EPSG:32636"
LEFT, TOP = 766000.0, 3921500.0
"""Near 35.40 N 35.93 E in UTM zone 36."""


@pytest.fixture
def scene(tmp_path):
    def make(name="a", *, crs=UTM, transform=None, gsd=None, shape=(120, 160)) -> Scene:
        path = tmp_path / f"{name}.tif"
        transform = transform or Affine(0.5, 0, LEFT, 0, -0.5, TOP)
        extra = {"crs": crs, "transform": transform} if crs else {}
        size = {"count": 1, "height": shape[0], "width": shape[1], "dtype": "uint8"}
        with rasterio.open(path, "w", driver="GTiff", **size, **extra) as sink:
            sink.write(np.ones((1, *shape), np.uint8))
        return Scene(
            id=name,
            uri=str(path),
            originals=(path,),
            sha256="0" * 64,
            date=datetime(2024, 12, 13, tzinfo=UTC),
            date_precision="day",
            gsd_m=gsd or abs(transform.a),
            width=shape[1],
            height=shape[0],
            bands=("band1",),
            kind="optical",
            georeferenced=crs is not None,
            dtype="uint8",
        )

    return make


def in_degrees(*, left=LEFT, top=TOP, gsd=0.5, rows=120, cols=160) -> Affine:
    """Give a north-up transform in degrees over about the ground of the default scene."""
    to_lonlat = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform([left, left + cols * gsd], [top, top - rows * gsd])
    return Affine((lon[1] - lon[0]) / cols, 0, lon[0], 0, (lat[1] - lat[0]) / rows, lat[0])


def utm_grid(shape=(120, 160), gsd=0.5, left=LEFT, top=TOP) -> SiteGrid:
    return earth_grid(shape, Affine(gsd, 0, left, 0, -gsd, top), UTM, gsd)


def test_integers_are_pixel_centres():
    grid = utm_grid()
    x, y = grid.xy(np.array([0.0, -0.5]), np.array([0.0, -0.5]))
    np.testing.assert_allclose(x, [LEFT + 0.25, LEFT])
    np.testing.assert_allclose(y, [TOP - 0.25, TOP])
    with rasterio.MemoryFile() as file:
        size = {"count": 1, "height": 120, "width": 160, "dtype": "uint8"}
        with file.open(driver="GTiff", **size, crs=UTM, transform=grid.transform) as dataset:
            np.testing.assert_allclose(np.ravel(grid.xy(np.array([7.0]), np.array([11.0]))), dataset.xy(7, 11))


@given(st.floats(-500, 500), st.floats(-500, 500))
def test_rowcol_inverts_xy(row, col):
    grid = earth_grid((100, 200), Affine(0.3, 0.1, LEFT, 0.1, -0.3, TOP), UTM, 0.316)
    back = grid.rowcol(*grid.xy(np.array([row]), np.array([col])))
    np.testing.assert_allclose(np.ravel(back), [row, col], atol=1e-6)


def test_lonlat_agrees_with_pyproj():
    lon, lat = utm_grid().lonlat(np.array([-0.5]), np.array([-0.5]))
    expected = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(LEFT, TOP)
    np.testing.assert_allclose([lon[0], lat[0]], expected)
    assert 35.9 < lon[0] < 36.0
    assert 35.3 < lat[0] < 35.5


def test_without_georeference_there_is_no_lonlat():
    grid = pixel_grid((10, 20), 0.5)
    assert (grid.shape, grid.crs_wkt, grid.georeferenced) == ((10, 20), None, False)
    assert grid.lonlat(np.zeros(1), np.zeros(1)) is None


@pytest.mark.parametrize("grid", [utm_grid(), pixel_grid((10, 20), 0.5), utm_grid(gsd=1 / 3, left=0.1 + 0.2)])
def test_grids_survive_pickle(grid):
    assert pickle.loads(pickle.dumps(grid)) == grid


def test_an_absurd_grid_is_refused():
    with pytest.raises(InputError, match="smaller `aoi:`"):
        pixel_grid((10, 300_000), 0.5)


def test_scene_grid_is_that_of_the_file(scene):
    grid = scene_grid(scene())
    assert (grid.shape, grid.gsd_m, grid.transform) == ((120, 160), 0.5, Affine(0.5, 0, LEFT, 0, -0.5, TOP))
    assert scene_grid(scene("plain", crs=None, gsd=0.3)) == pixel_grid((120, 160), 0.3)


class TestChoice:
    def test_scenes_in_one_utm_zone_keep_the_finest_pixels(self, scene):
        fine = scene("fine", transform=Affine(0.5, 0, LEFT + 0.13, 0, -0.5, TOP - 0.21))
        coarse = scene("coarse", transform=Affine(3, 0, LEFT - 100, 0, -3, TOP + 100))
        grid = choose_grid([coarse, fine], None)
        assert grid.gsd_m == 0.5
        rows, cols = grid.rowcol(*scene_grid(fine).xy(np.array([0.0]), np.array([0.0])))
        np.testing.assert_allclose([rows[0] % 1, cols[0] % 1], 0, atol=1e-6)
        assert grid.shape == (721, 961)

    def test_an_odd_pixel_size_is_kept(self, scene):
        odd = Affine(0.3127, 0, LEFT, 0, -0.3127, TOP)
        assert choose_grid([scene(transform=odd)], None).gsd_m == 0.3127

    def test_one_scene_gives_its_own_pixels(self, scene):
        only = scene()
        grid = choose_grid([only], None)
        assert grid.shape == (120, 160)
        assert grid.transform.almost_equals(scene_grid(only).transform, 1e-4)

    def test_degrees_become_utm(self, scene):
        grid = choose_grid([scene(crs="EPSG:4326", transform=in_degrees(), gsd=0.4981)], None)
        assert grid.geobox.crs.to_epsg() == 32636
        assert grid.gsd_m == 0.5
        assert 118 <= grid.shape[0] <= 132
        assert 158 <= grid.shape[1] <= 166

    def test_the_area_of_interest_is_cut_to_what_the_images_show(self, scene):
        t = in_degrees()
        west, south, east, north = t.c - 1, t.f + 120 * t.e - 1, t.c + 80 * t.a, t.f + 1
        grid = choose_grid([scene()], (west, south, east, north))
        assert 118 <= grid.shape[0] <= 121
        assert 78 <= grid.shape[1] <= 86

    def test_a_vector_file_gives_the_area(self, scene, tmp_path):
        import geopandas as gpd
        from shapely import box

        t = in_degrees()
        area = gpd.GeoDataFrame(geometry=[box(t.c, t.f + 60 * t.e, t.c + 80 * t.a, t.f)], crs="EPSG:4326")
        area.to_crs("EPSG:3857").to_file(tmp_path / "aoi.gpkg")
        rows, cols = choose_grid([scene()], tmp_path / "aoi.gpkg").shape
        assert 58 <= rows <= 66
        assert 78 <= cols <= 86

    def test_images_that_do_not_show_the_area_are_refused(self, scene):
        with pytest.raises(InputError, match=r"images without overlap: none shows .* a\.tif lies at"):
            choose_grid([scene()], (30.0, 52.0, 31.0, 53.0))

    def test_images_of_two_places_are_refused(self, scene):
        far = scene("far", transform=Affine(0.5, 0, LEFT + 9000, 0, -0.5, TOP))
        with pytest.raises(InputError, match=r"images without overlap: a\.tif .* far\.tif"):
            choose_grid([scene(), far], None)
        assert choose_grid([scene(), far], (35.9, 35.3, 35.95, 35.5)).shape == (120, 160)

    def test_plain_images_use_the_pixels_of_the_first(self, scene):
        first = scene("a", crs=None, gsd=0.5)
        assert choose_grid([first, scene("b", crs=None, gsd=0.3)], None) == pixel_grid((120, 160), 0.5)

    def test_georeferenced_images_fix_the_grid_for_plain_ones(self, scene):
        plain = scene("plain", crs=None, gsd=0.5)
        grid = choose_grid([plain, scene()], None)
        assert grid.georeferenced
        assert locate(plain, grid) is None

    def test_no_images(self):
        with pytest.raises(InputError, match="no images"):
            choose_grid([], None)


@pytest.mark.parametrize(
    ("place", "crs"),
    [
        *(((35.95, 35.4), "EPSG:32636"), ((30.39, 52.37), "EPSG:32636"), ((-70.6, -33.4), "EPSG:32719")),
        *(((180, 0), "EPSG:32660"), ((-180, 0), "EPSG:32601"), ((0, 85), "EPSG:5041"), ((0, -85), "EPSG:5042")),
    ],
)
def test_utm_zones(place, crs):
    assert utm_crs(*place) == crs


@pytest.mark.parametrize(("given", "nice"), [(0.4987, 0.5), (0.3149, 0.315), (3.0, 3.0), (3.125, 3.1), (9.99, 10)])
def test_nice_gsd(given, nice):
    assert nice_gsd(given) == pytest.approx(nice)


class TestLocate:
    def test_same_system_is_an_affine(self, scene):
        shifted = scene(transform=Affine(0.25, 0, LEFT + 10, 0, -0.25, TOP - 5))
        rows, cols = locate(shifted, utm_grid()).to_scene(np.array([10.0, 30.0]), np.array([20.0, 40.0]))
        np.testing.assert_allclose(rows, [0.5, 40.5], atol=1e-6)
        np.testing.assert_allclose(cols, [0.5, 40.5], atol=1e-6)

    @pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32637"])
    def test_places_go_there_and_back(self, scene, crs):
        wgs = in_degrees()
        corners = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(
            [wgs.c, wgs.c + 160 * wgs.a], [wgs.f, wgs.f + 120 * wgs.e]
        )
        (x0, x1), (y0, y1) = corners
        other = scene(crs=crs, transform=Affine((x1 - x0) / 160, 0, x0, 0, (y1 - y0) / 120, y0), gsd=0.5)
        rows, cols = (a.astype(float).ravel() for a in np.mgrid[0:120:7, 0:160:9])
        place = locate(other, utm_grid())
        there = place.to_scene(rows, cols)
        np.testing.assert_allclose(place.to_grid(*there), [rows, cols], atol=1e-4)
        x, y = scene_grid(other).xy(*there)
        lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
        np.testing.assert_allclose([lon, lat], utm_grid().lonlat(rows, cols), atol=1e-9)

    def test_plain_images_are_laid_corner_on_corner(self, scene):
        plain = scene(crs=None, gsd=0.25)
        place = locate(plain, pixel_grid((60, 80), 0.5))
        rows, cols = place.to_scene(np.array([-0.5, 0.0, 59.5]), np.array([-0.5, 0.0, 79.5]))
        np.testing.assert_allclose(rows, [-0.5, 0.5, 119.5])
        np.testing.assert_allclose(cols, [-0.5, 0.5, 159.5])

    def test_a_georeferenced_image_has_no_place_on_a_plain_grid(self, scene):
        assert locate(scene(), pixel_grid((60, 80), 0.5)) is None

    def test_maps_are_picklable(self, scene):
        place = locate(scene(crs="EPSG:4326", transform=in_degrees()), utm_grid())
        assert pickle.loads(pickle.dumps(place)) == place

    def test_a_pixel_is_read_where_the_map_says(self, scene):
        """The whole chain against GDAL's own reading of coordinates."""
        marked = scene(transform=Affine(0.5, 0, LEFT, 0, -0.5, TOP))
        with rasterio.open(marked.uri, "r+") as sink:
            data = np.zeros((1, 120, 160), np.uint8)
            data[0, 30, 40] = 9
            sink.write(data)
        grid = utm_grid(left=LEFT + 5, top=TOP - 5)
        rows, cols = locate(marked, grid).to_grid(np.array([30.0]), np.array([40.0]))
        x, y = grid.xy(rows, cols)
        with rasterio.open(marked.uri) as source:
            assert next(source.sample([(x[0], y[0])]))[0] == 9
        np.testing.assert_allclose([rows[0], cols[0]], [20, 30])


def test_a_scene_whose_file_has_gone_is_one_line(scene):
    gone = replace(scene(), uri="/nowhere/a.tif", originals=(Path("/nowhere/a.tif"),))
    with pytest.raises(InputError, match="no such file"):
        choose_grid([gone], None)

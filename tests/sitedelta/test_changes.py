"""From tiles to a change map and its regions."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from sitedelta.changes import ChangeMap, merge_change, on_grid, regions_of, write_change, write_score
from sitedelta.grid import SiteGrid, pixel_grid
from sitedelta.tiles import cut
from sitedelta.zones import Zone

EARTH = SiteGrid(GeoBox((120, 160), Affine(0.5, 0, 767_900, 0, -0.5, 3_921_500), "EPSG:32636"), 0.5)
PLAIN = pixel_grid((120, 160), 0.5)


def pair(shape=(120, 160), step=1):
    scenes = [SimpleNamespace(id=n, date=datetime(2024, 12, d, tzinfo=UTC)) for n, d in (("a", 6), ("b", 13))]
    before, after = (SimpleNamespace(scene=s) for s in scenes)
    return SimpleNamespace(shape=shape, step=step, before=before, after=after)


def changed(*boxes, shape=(120, 160), cell_m=0.5):
    change = np.zeros(shape, np.uint8)
    for r0, r1, c0, c1 in boxes:
        change[r0:r1, c0:c1] = 1
    return ChangeMap(change, np.where(change == 1, 2.0, 0.5).astype(np.float32), cell_m)


def saved(folder, change, score, core):
    tasks = []
    for t in cut(change.shape, halo=0, core=core):
        part = np.s_[t.row0 : t.row1, t.col0 : t.col1]
        path = folder / f"{core}-{t.row0}-{t.col0}.npz"
        np.savez(path, change=change[part], score=score[part])
        tasks.append(SimpleNamespace(tile=t, part=path))
    return tasks


def test_tiles_are_joined_and_specks_dropped(tmp_path):
    truth = changed((10, 40, 20, 60), (80, 82, 100, 102))
    truth.change[100:, :] = 255
    maps = [
        merge_change(pair(), saved(tmp_path, truth.change, truth.score, core), PLAIN, min_area_m2=20.0)
        for core in (37, 200)
    ]
    np.testing.assert_array_equal(maps[0].change, maps[1].change)
    np.testing.assert_array_equal(maps[0].score, truth.score)
    found = maps[0]
    assert (found.change[100:] == 255).all()
    assert not found.changed[75:90, 95:110].any()
    assert found.changed[12:38, 22:58].all()
    assert found.share_observed == pytest.approx(100 / 120)
    assert found.share_changed == pytest.approx(found.changed.sum() / (100 * 160))
    assert found.changed_m2 == pytest.approx(found.changed.sum() * 0.25)


def test_nothing_seen_has_no_share():
    found = ChangeMap(np.full((4, 4), 255, np.uint8), np.full((4, 4), np.nan, np.float32), 0.5)
    assert (found.share_observed, found.share_changed, found.changed_m2) == (0.0, 0.0, 0.0)


def test_cells_spread_over_the_grid():
    cells = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(on_grid(cells, slice(0, 5), 7, 2), np.kron(cells, np.ones((2, 2), np.uint8))[:5, :7])
    np.testing.assert_array_equal(on_grid(cells, slice(3, 5), 7, 2), np.kron(cells, np.ones((2, 2), int))[3:5, :7])


def test_rasters_lie_on_the_site_grid(tmp_path):
    found = changed((5, 10, 5, 15), shape=(40, 54), cell_m=1.5)
    found.score[0, 0] = np.nan
    write_change(tmp_path / "change.tif", found, EARTH, step=3, key="k")
    write_score(tmp_path / "score.tif", found, EARTH, step=3, key="")
    with rasterio.open(tmp_path / "change.tif") as d:
        assert (d.shape, d.dtypes, d.nodata) == ((120, 160), ("uint8",), 255)
        assert d.transform == EARTH.transform
        assert d.tags()["SITEDELTA_KEY"] == "k"
        expected = np.zeros((120, 160), np.uint8)
        expected[15:30, 15:45] = 1
        np.testing.assert_array_equal(d.read(1), expected)
    with rasterio.open(tmp_path / "score.tif") as d:
        assert d.dtypes == ("float32",)
        assert np.isnan(d.nodata)
        assert np.isnan(d.read(1)[:3, :3]).all()
        assert "SITEDELTA_KEY" not in d.tags()


def test_regions_are_listed_largest_first():
    found = changed((10, 20, 10, 20), (50, 90, 60, 90))
    zones = [Zone("a", "A", shapely.box(0, 0, 40, 40), 1), Zone("b", "B", shapely.box(15, 15, 100, 100), 1)]
    large, small = regions_of(found, pair(), PLAIN, zones)
    assert (large.id, small.id) == ("a--b-0001", "a--b-0002")
    assert (large.area_m2, small.area_m2) == (300.0, 25.0)
    assert (large.site_row, large.site_col) == pytest.approx((69.5, 74.5))
    assert (large.zones, small.zones) == ("b", "a;b")
    assert large.score == pytest.approx(2.0)
    assert (large.before, large.after, large.lon, large.lat) == ("a", "b", None, None)
    assert shapely.from_wkt(small.polygon_wkt).equals(shapely.box(9.5, 9.5, 19.5, 19.5))


def test_regions_of_coarse_cells_are_in_grid_pixels():
    found = changed((5, 10, 5, 15), shape=(40, 54), cell_m=1.5)
    (region,) = regions_of(found, pair((40, 54), 3), PLAIN, ())
    assert shapely.from_wkt(region.polygon_wkt).bounds == (14.5, 14.5, 44.5, 29.5)
    assert (region.site_row, region.site_col) == pytest.approx((22.0, 29.5))
    assert region.area_m2 == pytest.approx(50 * 2.25)


def test_regions_lie_where_they_are_on_the_earth():
    (region,) = regions_of(changed((10, 30, 40, 70)), pair(), EARTH, ())
    to_lonlat = Transformer.from_crs("EPSG:32636", "EPSG:4326", always_xy=True).transform
    lon, lat = to_lonlat(767_900 + 55 * 0.5, 3_921_500 - 20 * 0.5)
    assert (region.lon, region.lat) == pytest.approx((lon, lat), abs=1e-8)
    polygon = shapely.from_wkt(region.polygon_wkt)
    corners = [to_lonlat(767_900 + c * 0.5, 3_921_500 - r * 0.5) for c, r in ((40, 10), (70, 10), (70, 30), (40, 30))]
    for corner in corners:
        assert polygon.boundary.distance(shapely.Point(corner)) < 1e-7
    assert polygon.contains(shapely.Point(lon, lat))


def test_a_region_with_a_hole_keeps_it():
    found = changed((10, 40, 10, 40))
    found.change[20:30, 20:30] = 0
    (region,) = regions_of(found, pair(), PLAIN, ())
    polygon = shapely.from_wkt(region.polygon_wkt)
    assert len(polygon.interiors) == 1
    assert polygon.area == 800


def test_no_change_has_no_region():
    assert regions_of(changed(), pair(), PLAIN, ()) == ()

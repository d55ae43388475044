"""From tiles to a change map and its regions."""

import weakref
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from rasterdelta.regions import find_regions
from rasterdelta.runs import runs_of
from sitedelta.areas.zones import Zone
from sitedelta.comparison.changes import ChangeMap, gather, regions_of, score_file, without, write_change
from sitedelta.comparison.strips import UNSEEN, Strip, low, strips_of, with_context
from sitedelta.comparison.tally import ScoreTally
from sitedelta.grid import earth_grid, pixel_grid
from sitedelta.running.tiles import cut

EARTH = earth_grid((120, 160), Affine(0.5, 0, 767_900, 0, -0.5, 3_921_500), "EPSG:32636", 0.5)
PLAIN = pixel_grid((120, 160), 0.5)


def pair(shape=(120, 160), step=1):
    scenes = [SimpleNamespace(id=n, date=datetime(2024, 12, d, tzinfo=UTC)) for n, d in (("a", 6), ("b", 13))]
    before, after = (SimpleNamespace(scene=s) for s in scenes)
    return SimpleNamespace(shape=shape, step=step, before=before, after=after)


def boxes_of(*boxes, shape=(120, 160)):
    change = np.zeros(shape, np.uint8)
    for r0, r1, c0, c1 in boxes:
        change[r0:r1, c0:c1] = 1
    return change


def mapped(change, cell_m=0.5):
    score = np.where(change == 1, 2.0, 0.5).astype(np.float32)
    return ChangeMap(change.shape, cell_m, find_regions(change == 1, score), runs_of(change == UNSEEN))


def changed(*boxes, shape=(120, 160), cell_m=0.5):
    return mapped(boxes_of(*boxes, shape=shape), cell_m)


def whole(found):
    return found.rows(slice(0, found.shape[0]))


def parts(change, score, core):
    for t in cut(change.shape, halo=0, core=core):
        part = np.s_[t.row0 : t.row1, t.col0 : t.col1]
        yield SimpleNamespace(tile=t, load=lambda part=part: (change[part], score[part]))


@pytest.mark.parametrize("core", [9, 37, 200])
def test_tiles_are_joined_cleaned_and_specks_dropped(core):
    truth = boxes_of((10, 40, 20, 60), (80, 82, 100, 102), (50, 51, 0, 160))
    truth[25, 30] = 0
    truth[100:, :] = UNSEEN
    score = np.where(truth == 1, 2.0, 0.5).astype(np.float32)
    found = gather(strips_of(parts(truth, score, core)), truth.shape, cell_m=0.5, min_area_m2=20.0)
    change = whole(found)
    assert (change[100:] == UNSEEN).all()
    assert (change[:100] != UNSEEN).all()
    assert not change[45:95].any()
    assert (change[12:38, 22:58] == 1).all()
    once = gather(strips_of(parts(truth, score, 120)), truth.shape, cell_m=0.5, min_area_m2=20.0)
    np.testing.assert_array_equal(change, whole(once))
    (region,) = found.regions.measured
    assert region.score == pytest.approx(2.0, abs=0.01)
    assert found.share_observed == pytest.approx(100 / 120)
    assert found.share_changed == pytest.approx((change == 1).sum() / (100 * 160))
    assert found.changed_m2 == pytest.approx((change == 1).sum() * 0.25)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 12))
def test_strips_come_with_the_rows_around_them(heights, halo):
    plane = np.arange(sum(heights), dtype=np.uint8)[:, None]
    edges = np.cumsum([0, *heights])
    strips = [Strip(int(a), plane[a:b], plane[a:b].astype(np.float32)) for a, b in pairwise(edges)]
    found = list(with_context(strips, halo))
    assert [s.row0 for s, _, _ in found] == edges[:-1].tolist()
    for strip, window, inner in found:
        np.testing.assert_array_equal(window[inner], strip.change)
        first, last = max(0, strip.row0 - halo), min(len(plane), strip.row0 + len(strip.change) + halo)
        np.testing.assert_array_equal(window, plane[first:last])


@given(st.integers(0, 5000), st.integers(1, 3000), st.integers(1, 3_000_000))
def test_strips_are_low_where_they_are_wide(row0, height, width):
    spans = low(row0, row0 + height, width)
    assert [row for s in spans for row in range(s.start, s.stop)] == list(range(row0, row0 + height))
    assert all((s.stop - s.start) * width <= 2**20 or s.stop - s.start == 1 for s in spans)


def test_a_strip_is_let_go_before_the_next_but_one_is_made():
    alive: list[weakref.ref[np.ndarray]] = []

    def strips():
        for row in range(0, 320, 40):
            assert sum(r() is not None for r in alive) <= 1
            strip = Strip(row, np.ones((40, 50), np.uint8), np.full((40, 50), 2, np.float32))
            alive.append(weakref.ref(strip.score))
            yield strip
            del strip

    tally = ScoreTally((), (320, 50))
    with score_file((320, 50)) as scores:
        found = gather(scores.through(tally.through(strips())), (320, 50), cell_m=0.5, min_area_m2=20.0)
    assert len(alive) == 8
    assert found.changed_px == 320 * 50


def test_nothing_seen_has_no_share():
    found = mapped(np.full((4, 4), UNSEEN, np.uint8))
    assert (found.share_observed, found.share_changed, found.changed_m2) == (0.0, 0.0, 0.0)


def test_what_turns_out_to_be_under_cloud_is_not_observable():
    found = changed((10, 40, 20, 60), (80, 100, 100, 120))
    clear = np.ones((30, 40), bool)
    clear[:5] = False  # 20 rows of 4 cells' squares
    kept = without(found, clear, 4, min_area_m2=20.0)
    expected = boxes_of((20, 40, 20, 60), (80, 100, 100, 120))
    expected[:20] = UNSEEN
    np.testing.assert_array_equal(whole(kept), expected)
    assert [r.score for r in kept.regions.measured] == [2.0, 2.0]
    assert without(found, np.ones((30, 40), bool), 4, min_area_m2=20.0) is found
    clear[:10] = False
    clear[10:, :14] = False  # leaves one row of two cells of the first box
    assert len(without(changed((10, 41, 55, 58)), clear, 4, min_area_m2=20.0).regions.measured) == 0


def test_rasters_lie_on_the_site_grid(tmp_path):
    change = boxes_of((5, 10, 5, 15), shape=(40, 54))
    change[0, 0] = UNSEEN
    found = mapped(change, 1.5)
    strips = [Strip(r, change[r : r + 16], np.full((len(change[r : r + 16]), 54), r, np.float32)) for r in (0, 16, 32)]
    write_change(tmp_path / "change.tif", found, EARTH, step=3, key="k")
    with score_file((40, 54)) as scores:
        assert [s.row0 for s in scores.through(strips)] == [0, 16, 32]
        scores.write(tmp_path / "score.tif", found, EARTH, step=3)
    with rasterio.open(tmp_path / "change.tif") as d:
        assert (d.shape, d.dtypes, d.nodata) == ((120, 160), ("uint8",), UNSEEN)
        assert d.transform == EARTH.transform
        assert d.tags()["SITEDELTA_KEY"] == "k"
        np.testing.assert_array_equal(d.read(1), np.kron(change, np.ones((3, 3), np.uint8))[:120, :160])
    with rasterio.open(tmp_path / "score.tif") as d:
        assert d.dtypes == ("float32",)
        assert np.isnan(d.nodata)
        found = d.read(1)
        assert np.isnan(found[:3, :3]).all()
        assert (found[[3, 47, 48, 119], 9] == [0, 0, 16, 32]).all()
        assert "SITEDELTA_KEY" not in d.tags()


def test_regions_are_listed_largest_first():
    found = changed((10, 20, 10, 20), (50, 90, 60, 90))
    zones = [Zone("a", "A", shapely.box(0, 0, 40, 40), 1), Zone("b", "B", shapely.box(15, 15, 100, 100), 1)]
    large, small = regions_of(found, pair(), PLAIN, zones)
    assert (large.id, small.id) == ("a--b-0001", "a--b-0002")
    assert (large.area_m2, small.area_m2) == (300.0, 25.0)
    assert (large.site_row, large.site_col) == pytest.approx((69.5, 74.5))
    assert (large.zones, small.zones) == ("b", "a;b")
    assert small.compactness == pytest.approx(np.pi / 4)
    assert large.score == pytest.approx(2.0)
    assert (large.before, large.after, large.lon, large.lat) == ("a", "b", None, None)
    assert small.polygon.equals(shapely.box(9.5, 9.5, 19.5, 19.5))


def test_regions_of_coarse_cells_are_in_grid_pixels():
    found = changed((5, 10, 5, 15), shape=(40, 54), cell_m=1.5)
    (region,) = regions_of(found, pair((40, 54), 3), PLAIN, ())
    assert region.polygon.bounds == (14.5, 14.5, 44.5, 29.5)
    assert (region.site_row, region.site_col) == pytest.approx((22.0, 29.5))
    assert region.area_m2 == pytest.approx(50 * 2.25)


def test_regions_lie_where_they_are_on_the_earth():
    (region,) = regions_of(changed((10, 30, 40, 70)), pair(), EARTH, ())
    to_lonlat = Transformer.from_crs("EPSG:32636", "EPSG:4326", always_xy=True).transform
    lon, lat = to_lonlat(767_900 + 55 * 0.5, 3_921_500 - 20 * 0.5)
    assert (region.lon, region.lat) == pytest.approx((lon, lat), abs=1e-8)
    polygon = region.polygon
    corners = [to_lonlat(767_900 + c * 0.5, 3_921_500 - r * 0.5) for c, r in ((40, 10), (70, 10), (70, 30), (40, 30))]
    for corner in corners:
        assert polygon.boundary.distance(shapely.Point(corner)) < 1e-7
    assert polygon.contains(shapely.Point(lon, lat))


def test_a_region_with_a_hole_keeps_it():
    change = boxes_of((10, 40, 10, 40))
    change[20:30, 20:30] = 0
    (region,) = regions_of(mapped(change), pair(), PLAIN, ())
    polygon = region.polygon
    assert len(polygon.interiors) == 1
    assert polygon.area == 800


def test_no_change_has_no_region():
    assert regions_of(changed(), pair(), PLAIN, ()) == ()

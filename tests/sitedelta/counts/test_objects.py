"""From detections in a scene to objects on the site grid."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from affine import Affine
from pyproj import Transformer

from rasterdelta.detect.protocol import Detections
from sitedelta.alignment.placement import CoarseMask, Placement, ScaledFrame
from sitedelta.areas.zones import Zone
from sitedelta.counts.objects import site_objects
from sitedelta.grid import earth_grid, pixel_grid

SCENE = SimpleNamespace(id="s1", date=datetime(2024, 12, 13, tzinfo=UTC), georeferenced=True)
EARTH = earth_grid((100, 100), Affine(0.5, 0, 767_900, 0, -0.5, 3_921_500), "EPSG:32636", 0.5)


def found(*places, label="aircraft"):
    n = len(places)
    row, col = np.array(places, float).reshape(n, 2).T
    return Detections.plain(row, col, np.full(n, 30.0), np.full(n, 28.0), np.full(n, 45.0), np.linspace(0.5, 0.9, n),
                      np.full(n, label, "<U16"))  # fmt: skip


def placed(factor=1.0):
    return Placement(SCENE, ScaledFrame(factor), None, CoarseMask(np.ones((2, 2), bool), 50.0, 50.0))


def test_objects_keep_their_own_pixels_and_get_those_of_the_site():
    (item,) = site_objects(found((10.0, 4.5)), placed(6.0), pixel_grid((100, 100), 0.5), ())
    assert (item.row, item.col) == (10.0, 4.5)
    assert (item.site_row, item.site_col) == pytest.approx((62.5, 29.5))
    assert (item.length_m, item.width_m, item.label, item.scene) == (30.0, 28.0, "aircraft", "s1")
    assert item.heading_deg == pytest.approx(45.0)
    assert (item.lon, item.lat, item.zones) == (None, None, "")


def test_objects_beyond_the_site_are_left_out():
    items = site_objects(found((-1, 5), (5, -0.4), (99.4, 99.4), (99.6, 5)), placed(), pixel_grid((100, 100), 0.5), ())
    assert [(i.site_row, i.site_col) for i in items] == [(5, -0.4), (99.4, 99.4)]
    assert [i.id for i in items] == ["s1-aircraft-0001", "s1-aircraft-0002"]


def test_ids_count_a_class_each():
    both = Detections.join([found((1, 1), (2, 2)), found((3, 3), label="vehicle")])
    items = site_objects(both, placed(), pixel_grid((100, 100), 0.5), ())
    assert [i.id for i in items] == ["s1-aircraft-0001", "s1-aircraft-0002", "s1-vehicle-0001"]


def test_objects_lie_where_they_are_on_the_earth():
    (item,) = site_objects(found((20, 30)), placed(), EARTH, ())
    lon, lat = Transformer.from_crs("EPSG:32636", "EPSG:4326", always_xy=True).transform(
        767_900 + 30.5 * 0.5, 3_921_500 - 20.5 * 0.5
    )
    assert (item.lon, item.lat) == pytest.approx((lon, lat), abs=1e-9)


def test_objects_name_their_zones():
    zones = [Zone("a", "A", shapely.box(0, 0, 50, 50), 1), Zone("b", "B", shapely.box(20, 0, 80, 50), 1)]
    items = site_objects(found((10, 10), (10, 30), (90, 90)), placed(), EARTH, zones)
    assert [i.zones for i in items] == ["a", "a;b", ""]


def test_nothing_found_is_no_object():
    assert site_objects(Detections.none(), placed(), EARTH, ()) == ()

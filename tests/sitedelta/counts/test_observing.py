"""Statements on what was seen, and what could not be."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from sitedelta.alignment.placement import CoarseMask, Placement, ScaledFrame
from sitedelta.areas.zones import Zone
from sitedelta.counts.claims import claim
from sitedelta.counts.observing import extents, observe
from sitedelta.grid import pixel_grid
from sitedelta.records import SiteObject, Status

pytestmark = pytest.mark.usefixtures("spotter")
GRID = pixel_grid((100, 200), 0.5)
DATE = datetime(2024, 12, 13, tzinfo=UTC)
SCENE = SimpleNamespace(hidden_by="under cloud", id="s", date=DATE, gsd_m=0.5)


def zone(name, *box):
    polygon = shapely.box(*box)
    return Zone(name, name, polygon, polygon.area * 0.25)


LEFT, RIGHT = zone("left", -0.5, -0.5, 99.5, 99.5), zone("right", 99.5, -0.5, 199.5, 99.5)


def item(label, zones="", number=1):
    return SiteObject(f"s-{label}-{number}", "s", DATE, label, 0.9, 1, 1, 1, 1, 20, 18, 0, zones, None, None)


def whole(value=True):
    return np.full((100, 200), value)


def mask(array):
    return CoarseMask(array, 1.0, 1.0)


def watch(clear=None, data=None, *, objects=(), zones=(), classes=("aircraft",), gsd_m=0.5, refusal=None, placed=True):
    clear, data = whole() if clear is None else clear, whole() if data is None else data
    at = Placement(SCENE, ScaledFrame(1.0), None, mask(clear)) if placed else None
    claims = [claim(c, gsd_m) for c in classes]
    return observe("base", SCENE, at, mask(data), refusal, claims, objects, extents(GRID, zones))


def test_objects_in_full_view_are_counted():
    (seen,) = watch(objects=[item("aircraft", number=k) for k in range(12)])
    assert (seen.status, seen.count, seen.zone, seen.share_observed) == (Status.COUNTED, 12, "site", 1.0)
    assert seen.low <= 12 <= seen.high
    assert seen.reason is None
    assert (seen.site, seen.scene, seen.date, seen.label, seen.gsd_m) == ("base", "s", DATE, "aircraft", 0.5)


def test_an_empty_place_in_full_view_is_an_observed_zero():
    (seen,) = watch()
    assert (seen.status, seen.count, seen.low) == (Status.OBSERVED_ZERO, 0, 0)
    assert seen.high >= 0


def test_cloud_leaves_a_lower_bound():
    clear = whole()
    clear[:, :60] = False
    (seen,) = watch(clear, objects=[item("aircraft")])
    assert (seen.status, seen.count, seen.high) == (Status.PARTLY, 1, None)
    assert seen.share_observed == pytest.approx(0.7)
    assert seen.reason == "30% under cloud"


def test_cloud_and_the_edge_of_the_image_are_told_apart():
    data, clear = whole(), whole()
    data[:20] = clear[:20] = False
    clear[20:50] = False
    (seen,) = watch(clear, data)
    assert (seen.status, seen.reason) == (Status.PARTLY, "30% under cloud, 20% outside the image")


def test_a_place_that_is_not_shown_has_no_count():
    none = whole(False)
    (seen,) = watch(none, none)
    assert (seen.status, seen.count, seen.low, seen.high) == (Status.NOT_OBSERVABLE, None, None, None)
    assert seen.reason == "100% outside the image"
    (seen,) = watch(none)
    assert (seen.status, seen.reason) == (Status.NOT_OBSERVABLE, "100% under cloud")


def test_too_coarse_an_image_has_no_count():
    seen = watch(classes=("aircraft", "vehicle"), gsd_m=3.0)
    assert [(s.status, s.count) for s in seen] == [(Status.OBSERVED_ZERO, 0), (Status.NOT_OBSERVABLE, None)]
    assert seen[1].reason == "gsd 3 m > 0.6 m"
    assert seen[0].min_length_m > 20


def test_a_refused_registration_is_a_reason():
    (seen,) = watch(placed=False, refusal="no match")
    assert (seen.status, seen.count, seen.share_observed) == (Status.NOT_OBSERVABLE, None, 0.0)
    assert seen.reason == "registration: no match"


def test_zones_have_their_own_counts_and_shares():
    clear = whole()
    clear[:, :100] = False
    objects = [item("aircraft", "right", 1), item("aircraft", "right;other", 2), item("aircraft", "", 3)]
    found = {s.zone: s for s in watch(clear, objects=objects, zones=(LEFT, RIGHT))}
    assert (found["left"].status, found["left"].reason) == (Status.NOT_OBSERVABLE, "100% under cloud")
    assert (found["right"].status, found["right"].count) == (Status.COUNTED, 2)
    assert (found["site"].status, found["site"].count) == (Status.PARTLY, 3)


def test_a_zone_beyond_the_site_is_only_partly_seen():
    half = zone("half", 149.5, -0.5, 249.5, 99.5)
    found = {s.zone: s for s in watch(zones=(half,))}
    assert found["half"].status is Status.PARTLY
    assert found["half"].share_observed == pytest.approx(0.5)
    assert found["half"].reason == "50% outside the image"


def test_a_tiny_zone_is_looked_at_in_one_point():
    dot = zone("dot", 30.1, 40.1, 30.3, 40.3)
    clear = whole()
    clear[40, 30] = False
    assert {s.zone: s.status for s in watch(clear, zones=(dot,))}["dot"] is Status.NOT_OBSERVABLE
    assert {s.zone: s.status for s in watch(zones=(dot,))}["dot"] is Status.OBSERVED_ZERO


def test_large_sites_are_sampled_evenly():
    site, left = extents(pixel_grid((3000, 6000), 0.5), (zone("left", -0.5, -0.5, 2999.5, 2999.5),))
    assert len(site.rows) <= 512 * 512
    assert site.rows.mean() == pytest.approx(1499.5, abs=1)
    assert len(left.rows) / len(site.rows) == pytest.approx(0.5, abs=0.01)

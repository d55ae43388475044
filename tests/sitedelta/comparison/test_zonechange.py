from itertools import pairwise

import numpy as np
import pytest
from shapely import Point, Polygon, box

from rasterdelta.controls import FalseAlarms, untold
from sitedelta.areas.zonecells import zone_cells
from sitedelta.areas.zones import Zone
from sitedelta.comparison.changes import gather
from sitedelta.comparison.strips import UNSEEN, Strip
from sitedelta.comparison.tally import ScoreTally
from sitedelta.comparison.zonechange import Measured, ZoneShare, from_controls, zone_changes, zone_shares
from sitedelta.grid.sitegrid import pixel_grid
from sitedelta.records import ZoneStatus

SHAPE = (300, 400)
GRID = pixel_grid(SHAPE, 0.5)


def zone(name, polygon):
    return Zone(name, name, polygon, polygon.area * 0.25)


WEST = zone("west", box(-0.5, -0.5, 99.5, 299.5))
ROUND = zone("round", Point(250, 150).buffer(60))
BEYOND = zone("beyond", box(350, 0, 450, 299))
SPECK = zone("speck", box(10.1, 10.1, 10.3, 10.3))


def strips(score, cuts):
    edges = [0, *cuts, len(score)]
    for first, last in pairwise(edges):
        part = score[first:last]
        yield Strip(first, np.where(np.isnan(part), UNSEEN, part > 1).astype(np.uint8), part)


@pytest.fixture(scope="module")
def score():
    rng = np.random.default_rng(3)
    plane = (np.sqrt((rng.normal(size=(4, *SHAPE)) ** 2).sum(0)) / 4.2).astype(np.float32)
    plane[40:60, 20:50] = 5
    plane[:, 380:] = np.nan
    return plane


def measured(score, cuts=(), zones=(WEST, ROUND, BEYOND, SPECK)):
    cells = zone_cells(GRID, zones, SHAPE, 1)
    tally = ScoreTally(cells, SHAPE)
    area = {"cell_m": 0.5, "min_area_m2": 20.0}
    found = gather(tally.through(strips(score, cuts)), SHAPE, **area)
    return Measured("irmad", 0.5, zone_shares(found, cells), tally.false_alarms(**area))


def test_zones_hold_the_cells_whose_centres_lie_in_them():
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    cells = zone_cells(GRID, (ROUND,), SHAPE, 1)[1]
    drawn = np.zeros(SHAPE, bool)
    drawn[cells.rows, cells.cols] = cells.inside(cells.rows)
    disc = np.hypot(rows - 150, cols - 250)
    assert drawn[disc < 59].all()
    assert not drawn[disc > 61].any()
    parts = [cells.inside(cells.part(slice(r, r + 7))) for r in range(0, SHAPE[0], 7)]
    np.testing.assert_array_equal(np.concatenate(parts), cells.inside(cells.rows))


@pytest.mark.parametrize("step", [2, 6])
def test_coarser_cells_hold_the_same_ground(step):
    shape = tuple(-(-n // step) for n in SHAPE)
    cells = zone_cells(GRID, (WEST, ROUND), shape, step)
    areas = [c.inside(c.rows).sum() * step**2 for c in cells[1:]]
    assert areas[0] == pytest.approx(100 * 300, rel=0.03)
    assert areas[1] == pytest.approx(np.pi * 3600, rel=0.05)


def test_shares_are_exact(score):
    site, west, circle, beyond, speck = measured(score).shares
    assert site.share_observed == pytest.approx(0.95)
    assert (west.share_observed, west.regions) == (1.0, 1)
    assert west.changed_m2 == pytest.approx(20 * 30 * 0.25, rel=0.05)
    assert west.share_changed == pytest.approx(west.changed_m2 / (100 * 300 * 0.25))
    assert (circle.changed_m2, circle.regions) == (0.0, 0)
    assert beyond.share_observed == pytest.approx(0.5 * 0.6, abs=0.01)
    assert speck.seen_m2 == 0.25


@pytest.mark.parametrize("cuts", [(100, 200), (1, 2, 150), tuple(range(13, 300, 13))])
def test_strips_do_not_matter(score, cuts):
    assert measured(score, cuts) == measured(score)


def test_large_zones_are_counted_on_a_lattice_that_strips_do_not_move(score, monkeypatch):
    monkeypatch.setattr("sitedelta.comparison.tally._MOST", 5000)
    assert measured(score, (77, 131)) == measured(score)


class Named:
    def __init__(self, name):
        self.id, self.date = name, None


def states(pair, controls=()):
    return zone_changes("base", Named("a"), Named("b"), pair, controls, min_area_m2=20)


def test_small_zones_cannot_be_told_and_large_ones_can(score):
    pair = measured(score)
    site, west, _, _, speck = states(pair)
    assert (site.status, site.false_alarm_source) == (ZoneStatus.CHANGED, "bulk")
    assert 0 <= site.false_alarm_rate <= site.false_alarm_high < site.share_changed
    assert west.status is ZoneStatus.CHANGED
    assert (speck.status, speck.false_alarm_rate) == (ZoneStatus.NO_CHANGE, None)
    assert speck.reason


def test_what_was_not_seen_has_no_numbers(score):
    hidden = score.copy()
    hidden[:, :99] = np.nan
    west = states(measured(hidden))[1]
    assert (west.status, west.changed_m2, west.share_changed, west.regions) == ("not_observable", None, None, None)
    assert (west.false_alarm_rate, west.false_alarm_source) == (None, "none")
    assert west.reason == "only 1% of it is clear on both dates"


def one(flagged, *, method="irmad", gsd=0.5, bulk=None, regions=3, observed=1.0):
    share = ZoneShare("site", observed, 1e5, flagged * 1e5, regions)
    return Measured(method, gsd, (share,), (bulk or untold("no bulk"),))


def test_controls_explain_what_they_show_too():
    controls = [one(0.010), one(0.012), one(0.009)]
    (within,), (beyond,) = states(one(0.011), controls), states(one(0.1), controls)
    assert (within.status, beyond.status) == (ZoneStatus.WITHIN_FALSE_ALARMS, ZoneStatus.CHANGED)
    assert (within.false_alarm_source, within.control_pairs) == ("controls", 3)
    assert within.false_alarm_rate == pytest.approx(0.0103, abs=1e-3)
    assert within.false_regions == pytest.approx(3)


def test_only_comparable_controls_that_show_the_zone_count():
    others = [one(0.01), one(0.01, method="cva"), one(0.01, gsd=3.0), one(0.01, observed=0.01)]
    found = from_controls("irmad", 0.5, others, 0, min_area_m2=20)
    assert (found.rate, found.pairs) == (None, 1)


@pytest.mark.parametrize(
    ("low", "share", "status"),
    [
        (0.0, 0.015, ZoneStatus.CANNOT_TELL),
        (0.0, 0.025, ZoneStatus.CHANGED),
        (0.005, 0.015, ZoneStatus.WITHIN_FALSE_ALARMS),
        (0.005, 0.025, ZoneStatus.CHANGED),
    ],
)
def test_a_bound_does_not_explain_a_change(low, share, status):
    bulk = FalseAlarms(0.01, low, 0.02, "bulk", 0, None)
    assert states(one(share, bulk=bulk))[0].status is status


def test_the_bulk_stands_in_where_controls_are_too_few():
    bulk = FalseAlarms(0.01, 0.005, 0.02, "bulk", 0, None)
    (found,) = states(one(0.1, bulk=bulk), [one(0.01)])
    assert (found.false_alarm_source, found.control_pairs) == ("bulk", 0)


def test_a_zone_with_holes_has_none_of_their_cells():
    ring = Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(30, 30), (60, 30), (60, 60), (30, 60)]])
    cells = zone_cells(GRID, (zone("ring", ring),), SHAPE, 1)[1]
    inside = cells.inside(cells.rows)
    assert inside[10, 10]
    assert not inside[45, 45]

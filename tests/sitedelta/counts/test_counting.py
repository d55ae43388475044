"""Counting tile by tile: every object once, whatever the tiling."""

import json

import numpy as np
import pytest

from rasterdelta.detect.protocol import Accuracy, Detections
from sitedelta.counts import counting
from sitedelta.counts.claims import claim
from sitedelta.counts.counting import box_of, count_scenes, count_tasks, detect_tile, interval_of, read_parts
from sitedelta.imagery.prepare import prepare
from sitedelta.progress import silent
from sitedelta.running.tiles import Tile, cut

PLACES = [(20, 30), (20, 100), (99, 60), (100, 140), (160, 99), (161, 160)]


@pytest.fixture
def prepared(place, ground, marks):
    image = ground(200, 220)
    for row, col in PLACES:
        marks(image, row, col, 21, 11, marks.AIRCRAFT)
    return prepare(place.scene("a.tif", image))


def places(found):
    return sorted(zip(found.row.round().tolist(), found.col.round().tolist(), strict=True))


@pytest.mark.parametrize("core", [40, 63, 100, 300])
def test_every_object_is_found_once(prepared, spotter, core):
    wanted = claim("aircraft", 0.5)
    found = [detect_tile(prepared, wanted, t, spotter) for t in cut((200, 220), halo=40, core=core)]
    assert places(Detections.join(found)) == sorted(PLACES)


def test_an_object_on_a_seam_belongs_to_one_tile(prepared, spotter):
    wanted = claim("aircraft", 0.5)
    halves = [detect_tile(prepared, wanted, t, spotter) for t in cut((200, 220), halo=40, core=100)]
    assert [len(h) for h in halves] == [3, 0, 1, 2]


def test_what_is_far_too_short_is_left_out(prepared, spotter):
    # The marks are 10.5 m long.
    whole = next(cut((200, 220), halo=0, core=500))
    for least, n in ((10.0, 6), (13.0, 6), (14.0, 0)):
        wanted = counting.Claim("aircraft", observable=True, min_length_m=least, reason=None)
        assert len(detect_tile(prepared, wanted, whole, spotter)) == n


def test_nothing_is_found_where_nothing_is_seen(place, ground, marks, spotter):
    image = ground(200, 220)
    marks(image, 100, 40, 21, 11, marks.AIRCRAFT)
    image[:, :, 110:] = 0
    at = prepare(place.scene("a.tif", image, nodata=0))
    assert len(detect_tile(at, claim("aircraft", 0.5), Tile(0, 200, 0, 220, 0), spotter)) == 1
    calls = spotter.calls
    assert len(detect_tile(at, claim("aircraft", 0.5), Tile(0, 200, 112, 220, 0), spotter)) == 0
    assert spotter.calls == calls


@pytest.mark.usefixtures("spotter")
def test_what_cannot_be_observed_costs_nothing(prepared, tmp_path):
    assert count_tasks(prepared, [claim("vehicle", 3.0)], tmp_path, "x") == ()
    assert list(tmp_path.glob("x*")) == []
    tasks = count_tasks(prepared, [claim("vehicle", 3.0), claim("aircraft", 3.0)], tmp_path, "x")
    assert [t.claim.label for t in tasks] == ["aircraft"]


@pytest.mark.usefixtures("spotter")
def test_parts_are_json_and_join_in_order(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(counting, "CORE", 70)
    tasks = count_tasks(prepared, [claim("aircraft", 0.5)], tmp_path, "x")
    assert len(tasks) == 9
    for t in tasks:
        t.run()
    assert set(json.loads(tasks[0].part.read_text())) == {
        "row", "col", "length_m", "width_m", "heading_deg", "score", "label",
        "sure", "subclass", "subclass_score", "length_sd_m", "width_sd_m",
    }  # fmt: skip
    forth, back = read_parts([t.part for t in tasks]), read_parts([t.part for t in reversed(tasks)])
    for name in ("row", "col", "length_m", "score", "label"):
        np.testing.assert_array_equal(getattr(forth, name), getattr(back, name))
    assert list(zip(forth.row.round(), forth.col.round(), strict=True)) == sorted(PLACES)


def test_no_parts_are_no_objects():
    assert len(read_parts([])) == 0


@pytest.mark.usefixtures("spotter")
def test_scenes_are_counted_each_by_itself(prepared):
    wanted = (claim("aircraft", 0.5),)
    found = count_scenes([prepared, prepared], [wanted, ()], jobs=1, progress=silent)
    assert [len(f) for f in found] == [6, 0]


def test_intervals_come_from_the_measured_accuracy(monkeypatch, spotter):
    sure = interval_of(20, "aircraft", 0.5)
    assert sure.low <= 20 <= sure.high
    monkeypatch.setattr(spotter, "accuracy", lambda *_: Accuracy(0.5, 0.5, 20, "poor"))
    poor = interval_of(20, "aircraft", 0.5)
    assert poor.high - poor.low > sure.high - sure.low


@pytest.mark.parametrize(
    ("heading", "box"),
    [(0, (-10, -4, 10, 4)), (90, (-4, -10, 4, 10)), (180, (-10, -4, 10, 4)), (45, (-9.9, -9.9, 9.9, 9.9))],
)
def test_boxes_hold_their_object(heading, box):
    found = box_of(100, 200, 10, 4, heading)
    np.testing.assert_allclose(found, np.add((100, 200, 100, 200), box), atol=0.01)

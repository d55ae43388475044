"""What arrived, what left, what stayed, and what cannot be told."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.registration.result import IDENTITY, Alignment, TiePoints
from sitedelta.alignment.placement import CoarseMask, Placement, ScaledFrame
from sitedelta.counts.claims import claim
from sitedelta.counts.events import find_events
from sitedelta.counts.objects import Seen
from sitedelta.grid import pixel_grid
from sitedelta.records import EventKind, SiteObject

GRID = pixel_grid((400, 400), 0.5)
DATES = datetime(2024, 12, 6, tzinfo=UTC), datetime(2024, 12, 13, tzinfo=UTC)


def at(side, row, col, length=20.0, label="aircraft", score=0.9, zones="apron"):
    name = f"{'ba'[side]}-{label}-{row}-{col}"
    return SiteObject(
        name, "ba"[side], DATES[side], label, score, row, col, row, col, length, length * 0.9, 30.0, zones, None, None
    )


def placed(side, clear=None, gsd_m=0.5, residual=None):
    scene = SimpleNamespace(id="ba"[side], date=DATES[side], gsd_m=gsd_m)
    empty = np.zeros(0)
    points = TiePoints(empty, empty, empty, empty, empty, np.zeros(0, bool))
    found = None if residual is None else Alignment("shift", IDENTITY, residual, 1.0, points)
    mask = np.ones((40, 40), bool) if clear is None else clear
    return Placement(scene, ScaledFrame(1.0), found, CoarseMask(mask, 10.0, 10.0))


def told(before, after, placements=None, gsds=(0.5, 0.5), classes=("aircraft",), weak=((), ())):
    claims = tuple([claim(c, g) for c in classes] for g in gsds)
    sides = (Seen(tuple(s), tuple(w)) for s, w in zip((before, after), weak, strict=True))
    return find_events(*sides, placements or (placed(0), placed(1)), claims, GRID)


def kinds(events):
    return [(e.kind, e.site_row, e.site_col) for e in events]


def test_arrived_departed_and_stayed():
    before = [at(0, 50, 50), at(0, 100, 100, score=0.6)]
    after = [at(1, 51, 49), at(1, 200, 300)]
    events = told(before, after)
    assert kinds(events) == [
        (EventKind.ARRIVED, 200, 300),
        (EventKind.DEPARTED, 100, 100),
        (EventKind.STAYED, 50, 50),
    ]
    arrived, departed, stayed = events
    assert (arrived.object_before, arrived.object_after) == (None, after[1].id)
    assert (departed.object_before, departed.object_after, departed.score) == (before[1].id, None, 0.6)
    assert (stayed.object_before, stayed.object_after) == (before[0].id, after[0].id)
    for e in events:
        assert (e.before, e.after, e.date_before, e.date_after) == ("b", "a", *DATES)
        assert (e.label, e.zones, e.reason) == ("aircraft", "apron", None)


def test_nothing_before_and_nothing_after():
    assert told([], []) == ()
    assert kinds(told([], [at(1, 9, 9)])) == [(EventKind.ARRIVED, 9, 9)]
    assert kinds(told([at(0, 9, 9)], [])) == [(EventKind.DEPARTED, 9, 9)]


@pytest.mark.parametrize(("moved_m", "kind"), [(6.0, EventKind.STAYED), (8.0, EventKind.ARRIVED)])
def test_the_same_place_is_within_a_share_of_the_length(moved_m, kind):
    # 0.3 of 20 m and half a metre for the pixels.
    events = told([at(0, 100, 100)], [at(1, 100, 100 + moved_m / 0.5)])
    assert events[0].kind is kind


def test_a_poor_alignment_widens_the_place():
    poor = placed(0, residual=1.0), placed(1, residual=2.0)
    assert told([at(0, 100, 100)], [at(1, 100, 116)])[0].kind is EventKind.ARRIVED
    assert told([at(0, 100, 100)], [at(1, 100, 116)], poor)[0].kind is EventKind.STAYED


def test_a_small_one_in_the_place_of_a_large_one_is_another():
    assert sorted(e.kind for e in told([at(0, 100, 100, 40)], [at(1, 100, 100, 12)])) == [
        EventKind.ARRIVED,
        EventKind.DEPARTED,
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_under_the_other_dates_cloud_nothing_is_told(side):
    clear = np.ones((40, 40), bool)
    clear[10:20, 10:20] = False
    placements = [placed(0), placed(1)]
    placements[1 - side] = placed(1 - side, clear)
    objects = [[], []]
    objects[side] = [at(side, 150, 150), at(side, 300, 300)]
    events = told(*objects, tuple(placements))
    sure = EventKind.DEPARTED if side == 0 else EventKind.ARRIVED
    found = {(e.site_row, e.kind): e.reason for e in events}
    assert set(found) == {(150, EventKind.NOT_OBSERVABLE), (300, sure)}
    assert found[300, sure] is None
    assert found[150, EventKind.NOT_OBSERVABLE] == f"its place is not shown clearly in {'ab'[side]}"


def test_beyond_the_other_image_nothing_is_told():
    other = replace(placed(1), clear=CoarseMask(np.ones((20, 20), bool), 10.0, 10.0))
    events = told([at(0, 300, 300)], [], (placed(0), other))
    assert kinds(events) == [(EventKind.NOT_OBSERVABLE, 300, 300)]


def test_classes_do_not_mix():
    events = told([at(0, 50, 50)], [at(1, 50, 50, label="vehicle")], classes=("aircraft", "vehicle"))
    assert {(e.label, e.kind) for e in events} == {
        ("aircraft", EventKind.DEPARTED),
        ("vehicle", EventKind.ARRIVED),
    }


def test_a_class_that_one_date_cannot_show_gives_no_event():
    pair = placed(0), placed(1, gsd_m=3.0)
    objects = [at(0, 50, 50, 40), at(0, 90, 90, 6, "vehicle")]
    events = told(objects, [], pair, gsds=(0.5, 3.0), classes=("aircraft", "vehicle"))
    assert {e.label for e in events} == {"aircraft"}


def test_what_the_coarser_date_cannot_show_is_left_out():
    pair = placed(0), placed(1, gsd_m=3.0)
    objects = [at(0, 50, 50, 40), at(0, 200, 200, 18)]
    events = told(objects, [], pair, gsds=(0.5, 3.0))
    assert kinds(events) == [(EventKind.DEPARTED, 50, 50)]


def weakly(side, row, col, **more):
    found = at(side, row, col, score=0.2, **more)
    return replace(found, id=f"{'ba'[side]}-weak")


@pytest.mark.parametrize("side", [0, 1])
def test_what_is_seen_weakly_at_the_place_stayed(side):
    objects, weak = [[], []], [[], []]
    objects[side], weak[1 - side] = [at(side, 100, 100)], [weakly(1 - side, 102, 101)]
    (event,) = told(*objects, weak=weak)
    assert event.kind is EventKind.STAYED
    assert (event.site_row, event.site_col, event.score) == (100, 100, 0.9)
    ids = (objects[0][0].id, "a-weak") if side == 0 else ("b-weak", objects[1][0].id)
    assert (event.object_before, event.object_after) == ids
    assert event.reason == f"too weak to count in {'ab'[side]}"


@pytest.mark.parametrize("other", [{"length": 60.0}, {"label": "vehicle"}])
def test_weak_evidence_of_another_thing_is_none(other):
    events = told([at(0, 100, 100)], [], weak=((), [weakly(1, 100, 100, **other)]))
    assert [e.kind for e in events] == [EventKind.DEPARTED]


def test_weak_evidence_speaks_for_one_object_only():
    parked = [at(0, 100, 100), at(0, 100, 106)]
    events = told(parked, [], weak=((), [weakly(1, 100, 104)]))
    assert sorted(e.kind for e in events) == [EventKind.DEPARTED, EventKind.STAYED]


def test_weak_alone_is_nothing():
    assert told([], [], weak=([weakly(0, 50, 50)], [weakly(1, 50, 50)])) == ()


places = st.lists(
    st.tuples(st.floats(0, 399), st.floats(0, 399), st.floats(10, 60), st.booleans()), max_size=12, unique=True
)


@settings(deadline=None, max_examples=60)
@given(places, places)
def test_swapping_the_dates_swaps_arrived_and_departed(first, second):
    def sides(one, other):
        made = []
        for side, things in enumerate((one, other)):
            all_ = [(at(side, r, c, length), sure) for r, c, length, sure in things]
            made.append(Seen(tuple(o for o, s in all_ if s), tuple(o for o, s in all_ if not s)))
        return made

    claims = ([claim("aircraft", 0.5)],) * 2
    there = find_events(*sides(first, second), (placed(0), placed(1)), claims, GRID)
    back = find_events(*sides(second, first), (placed(0), placed(1)), claims, GRID)

    def gone(events, kind):
        return sorted((e.site_row, e.site_col) for e in events if e.kind is kind)

    assert gone(there, EventKind.ARRIVED) == gone(back, EventKind.DEPARTED)
    assert gone(there, EventKind.DEPARTED) == gone(back, EventKind.ARRIVED)
    stays = [e for e in there if e.kind is EventKind.STAYED]
    assert len(stays) == sum(e.kind is EventKind.STAYED for e in back)
    for name in ("object_before", "object_after"):
        ids = [getattr(e, name) for e in there if getattr(e, name)]
        assert len(ids) == len(set(ids))
    sure = sum(s for *_, s in (*first, *second))
    assert len(stays) + sum(e.object_before is not None and e.object_after is not None for e in stays) >= 2 * len(stays)
    assert sum(e.kind in (EventKind.ARRIVED, EventKind.DEPARTED) for e in there) <= sure

"""Objects followed over the dates of a site."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sitedelta.alignment.placement import CoarseMask, Placement, ScaledFrame
from sitedelta.counts.claims import claim
from sitedelta.counts.objects import Seen
from sitedelta.counts.tracks import Look, find_tracks
from sitedelta.grid import pixel_grid
from sitedelta.records import SiteObject

GRID = pixel_grid((400, 400), 0.5)
FIRST = datetime(2024, 12, 1, 9, tzinfo=UTC)


def item(day, row, col, length=20.0, label="aircraft", weak=False, subclass=None):
    name, date = f"d{day}", FIRST + timedelta(days=day)
    number = f"{name}-{'weak-' * weak}{row:g}-{col:g}"
    return SiteObject(
        number, name, date, label, 0.9, row, col, row, col, length, 15, 0, "z", None, None, subclass=subclass
    )


def look(day, *objects, clear=None, gsd=0.5, placed=True, hour=0, classes=("aircraft",)):
    date = FIRST + timedelta(days=day, hours=hour)
    scene = SimpleNamespace(id=f"d{day}" + (f"h{hour}" if hour else ""), date=date, gsd_m=gsd)
    mask = np.ones((40, 40), bool) if clear is None else clear
    at = Placement(scene, ScaledFrame(1.0), None, CoarseMask(mask, 10.0, 10.0))
    mine = [replace(o, scene=scene.id, date=date, id=o.id + (f"h{hour}" if hour else "")) for o in objects]
    weak = tuple(o for o in mine if "weak" in o.id)
    claims = tuple(claim(c, gsd) for c in classes)
    return Look(scene, Seen(tuple(o for o in mine if o not in weak), weak), at if placed else None, claims)


def cloudy(row, col):
    clear = np.ones((40, 40), bool)
    clear[row // 10 - 2 : row // 10 + 3, col // 10 - 2 : col // 10 + 3] = False
    return clear


def one(*looks):
    (track,) = find_tracks(looks, GRID).tracks
    return track


def days(text):
    return [int(d[-2:]) - 1 for d in text.split(";") if d]


def test_a_stay_is_bounded_by_the_dates_around_it():
    track = one(look(0), look(2, item(2, 50, 50)), look(5, item(5, 51, 50)), look(9))
    assert (track.first_seen.day, track.last_seen.day) == (3, 6)
    assert (track.absent_before.day, track.absent_after.day) == (1, 10)
    assert (track.dwell_min_days, track.dwell_max_days) == (3, 9)
    assert days(track.seen_dates) == [2, 5]
    assert (track.weak_dates, track.hidden_dates, track.zones) == ("", "", "z")


def test_without_a_date_before_or_after_there_is_no_upper_bound():
    track = one(look(0, item(0, 50, 50)), look(4, item(4, 50, 50)))
    assert (track.absent_before, track.absent_after, track.dwell_max_days) == (None, None, None)
    assert track.dwell_min_days == 4


def test_a_cloud_does_not_end_a_stay():
    track = one(look(0, item(0, 50, 50)), look(1, clear=cloudy(50, 50)), look(2, item(2, 50, 50)), look(3))
    assert days(track.seen_dates) == [0, 2]
    assert days(track.hidden_dates) == [1]
    assert track.absent_after.day == 4


def test_an_image_that_cannot_show_it_neither_ends_nor_begins_a_stay():
    coarse, unplaced = look(1, gsd=3.0), look(5, placed=False)
    track = one(look(0), coarse, look(3, item(3, 50, 50, 18.0)), replace(coarse, scene=look(4).scene), unplaced)
    assert track.absent_before.day == 1
    assert track.absent_after is None
    assert days(track.hidden_dates) == [4, 5]


def test_weak_sightings_go_on_and_go_before():
    weak = [look(d, item(d, 50, 50, weak=True)) for d in (1, 3)]
    track = one(look(0), weak[0], look(2, item(2, 50, 50)), weak[1], look(4))
    assert days(track.seen_dates) == [1, 2, 3]
    assert days(track.weak_dates) == [1, 3]
    assert (track.absent_before.day, track.absent_after.day, track.dwell_min_days) == (1, 5, 2)


def test_weak_sightings_alone_are_no_track():
    assert find_tracks([look(0, item(0, 50, 50, weak=True)), look(1, item(1, 50, 50, weak=True))], GRID).tracks == ()


def test_another_size_at_the_stand_is_another_track():
    found = find_tracks([look(0, item(0, 50, 50, 40.0)), look(1, item(1, 50, 50, 20.0))], GRID)
    first, second = found.tracks
    assert (first.length_m, second.length_m) == (40.0, 20.0)
    assert (first.absent_after.day, second.absent_before.day) == (2, 1)
    assert found.of_object == {"d0-50-50": "aircraft-track-0001", "d1-50-50": "aircraft-track-0002"}


def test_two_images_of_one_day_are_looks_at_one_state():
    track = one(look(0, item(0, 50, 50)), look(0, hour=3), look(1, item(1, 50, 50)))
    assert days(track.seen_dates) == [0, 1]
    assert track.absent_after is None


def test_the_finest_image_of_a_day_is_believed():
    coarse = [look(d, *objects, gsd=3.0, hour=-1) for d, objects in ((0, []), (1, []), (2, [item(2, 90, 90, 40.0)]))]
    fine = [look(d, item(d, 50, 50, 30.0)) for d in range(3)]
    looks = [x for pair in zip(coarse, fine, strict=True) for x in pair]
    track = one(*looks)
    assert days(track.seen_dates) == [0, 1, 2]
    assert track.hidden_dates == ""


def test_a_coarser_image_ends_only_what_it_cannot_overlook():
    large, small = item(0, 50, 50, 60.0), item(0, 150, 150, 26.0)
    found = {t.length_m: t for t in find_tracks([look(0, large, small), look(1, gsd=3.0)], GRID).tracks}
    assert found[60.0].absent_after.day == 2
    assert (found[26.0].absent_after, days(found[26.0].hidden_dates)) == (None, [1])


def test_the_subclass_is_that_of_most_dates_and_objects_name_their_track():
    told = [item(d, 50, 50, subclass=s) for d, s in enumerate(("helicopter", None, "aeroplane", "helicopter"))]
    found = find_tracks([look(d, o) for d, o in enumerate(told)], GRID)
    assert found.tracks[0].subclass == "helicopter"
    assert {o.track for o in found.named(told)} == {"aircraft-track-0001"}


places = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=8, unique=True)


@settings(deadline=None, max_examples=60)
@given(st.lists(places, min_size=1, max_size=5))
def test_every_object_is_in_one_track_and_bounds_are_in_order(dates):
    looks = [look(d, *(item(d, r * 10, c * 10) for r, c in spots)) for d, spots in enumerate(dates)]
    found = find_tracks(looks, GRID)
    objects = [o for x in looks for o in x.seen.objects]
    assert set(found.of_object) == {o.id for o in objects}
    ids = [t.id for t in found.tracks]
    assert len(ids) == len(set(ids))
    for t in found.tracks:
        mine = [o for o in objects if found.of_object[o.id] == t.id]
        assert len({o.scene for o in mine}) == len(mine)
        assert t.first_seen == mine[0].date <= mine[-1].date == t.last_seen
        assert t.absent_before is None or t.absent_before < t.first_seen
        assert t.absent_after is None or t.absent_after > t.last_seen
        assert t.dwell_max_days is None or t.dwell_max_days > t.dwell_min_days
    assert len(found.tracks) >= max(map(len, dates))

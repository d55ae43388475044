"""Which scenes are compared with which."""

from datetime import UTC, datetime
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from sitedelta.comparison.pairing import Pair, consecutive_pairs


def scene(day, gsd_m=0.5, hour=8, kind="optical"):
    return SimpleNamespace(date=datetime(2024, 12, day, hour, tzinfo=UTC), gsd_m=gsd_m, kind=kind)


def test_each_date_is_compared_with_the_one_before():
    assert consecutive_pairs([scene(1), scene(2), scene(4)]) == (Pair(0, 1), Pair(1, 2))


def test_scenes_of_like_detail_are_preferred():
    scenes = [scene(1, 0.5), scene(2, 3.0), scene(3, 0.6), scene(4, 3.7)]
    assert consecutive_pairs(scenes) == (Pair(0, 1), Pair(0, 2), Pair(1, 3))


def test_the_factor_of_like_detail_is_two():
    assert consecutive_pairs([scene(1, 0.5), scene(2, 3.0), scene(3, 1.0)])[-1] == Pair(0, 2)
    assert consecutive_pairs([scene(1, 0.5), scene(2, 3.0), scene(3, 1.01)])[-1] == Pair(1, 2)


def test_without_like_detail_the_latest_of_another_day_serves():
    assert consecutive_pairs([scene(1, 0.5), scene(2, 3.0)]) == (Pair(0, 1),)


def test_scenes_of_one_day_are_looks_at_one_state():
    scenes = [scene(1, hour=7), scene(1, hour=9), scene(2, hour=7), scene(2, hour=9)]
    assert consecutive_pairs(scenes) == (Pair(1, 2), Pair(1, 3))


def test_what_cloud_hides_is_passed_over():
    scenes = [scene(1), scene(2), scene(3), scene(4)]
    assert consecutive_pairs(scenes, hidden={1, 2}) == (Pair(0, 1), Pair(1, 2), Pair(0, 3))
    assert consecutive_pairs(scenes, hidden={0}) == (Pair(0, 1), Pair(1, 2), Pair(2, 3))
    coarse = [scene(1, 3.0), scene(2), scene(3)]
    assert consecutive_pairs(coarse, hidden={1}) == (Pair(0, 1), Pair(0, 2))


def test_radar_is_not_compared_with_optical():
    assert consecutive_pairs([scene(1), scene(2, kind="sar"), scene(3), scene(4, kind="sar")]) == (
        Pair(0, 2),
        Pair(1, 3),
    )


def test_one_scene_or_none_make_no_pair():
    assert consecutive_pairs([]) == ()
    assert consecutive_pairs([scene(1)]) == ()


@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from([0.3, 0.5, 1.2, 3.0, 10.0]))))
def test_pairs_go_forward_in_time_and_leave_no_date_out(given_scenes):
    scenes = [scene(d, g) for d, g in sorted(given_scenes)]
    pairs = consecutive_pairs(scenes)
    for p in pairs:
        assert scenes[p.before].date.date() < scenes[p.after].date.date()
    later = [k for k, s in enumerate(scenes) if s.date.date() > scenes[0].date.date()]
    assert [p.after for p in pairs] == later

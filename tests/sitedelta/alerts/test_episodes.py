"""When rules are met, by what is sure."""

from dataclasses import replace

import numpy as np
import pytest

from sitedelta.alerts.areas import area_episodes
from sitedelta.alerts.episodes import count_episodes
from sitedelta.alerts.looks import looks_of
from sitedelta.records import ZoneChange, ZoneStatus


def met(rule, rows):
    return count_episodes(rule, looks_of(rows, "site", "aircraft"))


def test_a_level_is_passed_by_the_interval_not_by_the_count(rule, series, day):
    near = met(rule("above", n=10), series([5, 11, 5]))
    (sure,) = met(rule("above", n=10), series([5, 11, 16, 15, 4, 5]))
    assert near == ()
    assert (sure.begin, sure.end, sure.number) == (day(8), day(16), 16)
    assert sure.low > 10
    assert "16 aircraft" in sure.says
    (few,) = met(rule("below", n=10), series([15, None, 3]))
    assert (few.begin, few.lasts) == (day(8), True)


def test_nothing_observable_is_neither_few_nor_none(rule, series):
    assert met(rule("below", n=10), series([15, None, None, None])) == ()
    assert met(rule("appears"), series([15, None, 12])) == ()
    assert met(rule("above", n=3), series([None, None])) == ()


def test_something_appears_where_nothing_was(rule, series, day):
    (found,) = met(rule("appears"), series([6, 0, None, 5, 6]))
    assert found.begin == day(12)
    assert "where none were seen before" in found.says


def test_a_change_names_both_ends(rule, series, day):
    rise, fall = met(rule("change", n=5), series([10, 10, None, 25, 24, 8]))
    assert (rise.direction, rise.after, rise.begin) == ("rise", day(0), day(12))
    assert (fall.direction, fall.after, fall.begin) == ("fall", day(12), day(20))
    assert rise.says.startswith("rose from 10 aircraft (")
    assert "on 13 March 2024 to 8 aircraft" in fall.says
    (half,) = met(rule("change", percent=50), series([30, 29, 9]))
    assert half.direction == "fall"


def test_the_usual_number_drifts(rule, series):
    rng = np.random.default_rng(0)
    usual, more = rng.poisson(8, 30), rng.poisson(14, 15)
    (found,) = met(rule("drift"), series([*usual.tolist(), *more.tolist()]))
    assert found.direction == "rise"
    assert 30 <= found.begin.timetuple().tm_yday // 4 - 15 <= 45
    assert met(rule("drift"), series(usual.tolist())) == ()
    assert met(rule("drift"), series([8] * 10)) == ()


def test_two_images_of_one_instant_are_one_look(rule, look, day):
    pair = [look(4, 20), replace(look(4, 3), scene="other", gsd_m=0.55)]
    rows = [look(0, 5), *pair, look(8, 5)]
    (found,) = met(rule("above", n=10), rows)
    assert found.begin == day(4)
    assert len(looks_of(rows, "site", "aircraft").rows) == 3
    assert met(rule("above", n=10, looks=2), rows) == ()


def test_what_people_decided_takes_the_place_of_the_machine(rule, look):
    rows = [look(0, 5), look(4, 20, reviewed_count=6, reviewed_low=6, reviewed_high=6)]
    assert met(rule("above", n=10), rows) == ()


def test_a_part_that_shows_enough_is_enough(rule, look):
    (found,) = met(rule("above", n=10), [look(0, 5), look(4, 20, share=0.5)])
    assert found.high is None
    assert "at least" in found.says


def change(day, n, changed, *, high=0.01, status=ZoneStatus.CHANGED):
    share = None if changed is None else changed / 1e6
    told = (None,) * 2 if high is None else (high / 3, high)
    return ZoneChange(
        "base", "site", f"s{n}", f"s{n + 1}", day(4 * n), day(4 * n + 4), status, 0.0 if changed is None else 1.0,
        changed, share, 3, high and high / 2, *told, "bulk", 0, None, None,
    )  # fmt: skip


def test_a_camp_is_more_ground_than_false_alarms_explain(rule, day):
    pairs = [change(day, 0, 12_000.0), change(day, 1, None), change(day, 2, 32_000.0), change(day, 3, 3_000.0)]
    (found,) = area_episodes(rule("area", area_m2=20_000), pairs)
    assert (found.after, found.begin, found.end) == (day(8), day(12), day(16))
    assert "3.2 ha changed between" in found.says
    assert "at least 2.2 ha of it beyond what false alarms explain" in found.says
    assert area_episodes(rule("area", area_m2=25_000), pairs) == ()


def test_where_false_alarms_cannot_be_told_the_change_is_told_with_that(rule, day):
    (found,) = area_episodes(rule("area", area_m2=20_000), [change(day, 0, 32_000.0, high=None)])
    assert "cannot be told" in found.says
    assert area_episodes(rule("area", area_m2=20_000), []) == ()


@pytest.mark.parametrize(
    ("when", "keys", "said"),
    [
        ("above", {"n": 20}, "more than 20 aircraft at the base"),
        ("below", {"n": 3, "looks": 2}, "fewer than 3 aircraft at the base, on 2 images in a row"),
        ("change", {"n": 5}, "a change of more than 5 aircraft at the base"),
        ("change", {"percent": 50.0}, "a change of more than 50 % of the aircraft at the base"),
        ("appears", {}, "aircraft where there were none at the base"),
        ("drift", {"factor": 2.0}, "a usual number of aircraft that rises or falls 2 times at the base"),
        ("area", {"area_m2": 20_000.0}, "more than 2.0 ha of changed ground at the base"),
    ],
)
def test_a_rule_in_words(rule, when, keys, said):
    assert rule(when, **keys).words == said

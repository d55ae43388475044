from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sitedelta.records import Event, EventKind, Observation, Status, ZoneChange, ZoneStatus
from sitedelta.running.manifest import (
    AlignmentRecord,
    GridRecord,
    Manifest,
    ModelRecord,
    PairRecord,
    SceneRecord,
    ZoneRecord,
)
from sitedelta.scene import Scene
from sitedelta.words.sentences import change_sentence, count_sentences, event_sentences, headlines
from sitedelta.words.wording import DASH


def day(n: int) -> datetime:
    return datetime(2024, 12, n, tzinfo=UTC)


def scene(n: int) -> SceneRecord:
    s = Scene(
        id=f"s{n}", uri="x", originals=(Path("x.png"),), sha256="0" * 64, date=day(n), date_precision="day", gsd_m=0.5,
        width=10, height=10, bands=("red",), kind="optical", georeferenced=False, dtype="uint8",
    )  # fmt: skip
    return SceneRecord(s, AlignmentRecord("reference", "shift", (), None, None, None), 1.0, 0.0, None)


PAIR = PairRecord("s6", "s13", "compared", None, 0.5, "irmad", "", 1.0, 0.001, "", 1240.0, 0.012, 0.92, "c.tif")
SITE = Manifest(
    format=1, key="k", site="base", name="the base", grid=GridRecord(10, 10, 0.5, None, (1, 0, 0, 0, 1, 0)),
    zones=(ZoneRecord("apron", "Main apron", 1.0, "POLYGON ((0 0, 1 0, 1 1, 0 0))"),),
    scenes=tuple(scene(n) for n in (6, 9, 13)), pairs=(PAIR,),
    model=ModelRecord("d 1", {}), detectors=(), statements=(), parameters={}, software={}, notes=(),
    files={},
)  # fmt: skip


def seen(n: int, count: int, low: int, high: int | None, **kw) -> Observation:
    status = Status.COUNTED if count else Status.OBSERVED_ZERO
    row = Observation(
        "base", "site", f"s{n}", day(n), "aircraft", status, count, low, high, 1.0, 4.1, None, 0.5
    )  # fmt: skip
    return replace(row, **kw)


def hidden(n: int, reason: str, **kw) -> Observation:
    row = seen(n, 0, 0, 0, status=Status.NOT_OBSERVABLE, reason=reason)
    return replace(row, count=None, low=None, high=None, **kw)


def told(*rows: Observation) -> str:
    (sentence,) = count_sentences(SITE, rows)
    return sentence.whole


def answer(*rows: Observation) -> str | None:
    (sentence,) = count_sentences(SITE, rows)
    return sentence.answer


def test_increase():
    rows = (seen(6, 4, 3, 5), seen(13, 12, 11, 14))
    ends = f"12 (90 % intervals 3{DASH}5 and 11{DASH}14)"
    assert told(*rows) == f"Between 6 and 13 December 2024 aircraft at the base rose from 4 to {ends}."
    assert answer(*rows) == "increase"


def test_decrease_in_a_zone_names_the_zone():
    rows = (seen(6, 12, 11, 14, zone="apron"), seen(13, 0, 0, 1, zone="apron"))
    ends = f"0 (90 % intervals 11{DASH}14 and 0{DASH}1)"
    assert told(*rows) == f"Between 6 and 13 December 2024 aircraft at Main apron fell from 12 to {ends}."


def test_no_change_is_a_finding():
    rows = (seen(6, 4, 4, 5), seen(13, 4, 4, 5))
    ends = f"4 and 4 (90 % intervals 4{DASH}5 and 4{DASH}5)"
    assert told(*rows) == f"Between 6 and 13 December 2024 aircraft at the base showed no change: {ends}."
    assert answer(*rows) == "no_change"


def test_none_seen_says_how_many_could_have_been_missed():
    text = told(seen(6, 0, 0, 1), seen(13, 0, 0, 2))
    assert "no aircraft at the base were seen on either date" in text
    assert "at most 2" in text


def test_cannot_tell_gives_numbers_and_ground():
    rows = (seen(6, 4, 1, 9), seen(13, 8, 3, 15))
    assert answer(*rows) == "cannot_tell"
    text = told(*rows)
    assert text.startswith(
        "Whether aircraft at the base changed between 6 and 13 December 2024 cannot be told: 4 and 8"
    )
    assert "anything from 4 fewer to 12 more would fit" in text


def test_one_date_cannot_tell():
    rows = (seen(6, 4, 3, 6),)
    assert answer(*rows) == "cannot_tell"
    assert told(*rows).startswith(f"On 6 December 2024, 4 aircraft were counted at the base (90 % interval 3{DASH}6)")


def test_too_coarse_is_not_observable_and_never_zero():
    rows = (hidden(6, "gsd 3 m > 0.6 m", label="vehicle"), hidden(13, "gsd 3 m > 0.6 m", label="vehicle"))
    assert told(*rows) == (
        "Vehicles at the base could not be observed at 3.0 m (limit 0.6 m) on 6 and 13 December 2024."
    )
    assert answer(*rows) == "not_observable"


def test_different_reasons_are_named_by_date():
    text = told(hidden(6, "gsd 3 m > 0.6 m"), hidden(9, "97% under cloud"))
    assert "on 6 December 2024 at 3.0 m (limit 0.6 m); on 9 December 2024 (97% under cloud)" in text


def test_cloud_between_is_an_aside():
    text = told(seen(6, 4, 4, 5), hidden(9, "97% under cloud"), seen(13, 9, 8, 10))
    assert text.endswith("Not observable on 9 December 2024 (97% under cloud).")
    assert "rose from 4 to 9" in text


def test_a_dip_between_equal_ends_is_told():
    text = told(seen(6, 2, 2, 2), seen(9, 0, 0, 0), seen(13, 2, 2, 2))
    assert "showed no change: 2 and 2" in text
    assert f"In between it was 0 on 9 December 2024 (0{DASH}0)." in text


def test_a_part_is_a_least_number_and_not_compared():
    part = seen(13, 3, 2, None, status=Status.PARTLY, share_observed=0.4)
    rows = (seen(6, 4, 4, 5), part)
    assert answer(*rows) == "cannot_tell"
    assert "On 13 December 2024 only a part of it could be seen (40 %): 3 found there, so at least 2 in all." in told(
        *rows
    )


def test_only_parts():
    text = told(seen(6, 3, 2, None, status=Status.PARTLY, share_observed=0.4))
    assert text.startswith("Aircraft at the base could never be observed in full.")
    assert "at least 2" in text


def test_counts_of_different_lengths_are_not_compared():
    rows = (seen(6, 9, 8, 10), seen(9, 10, 8, 11), seen(13, 2, 2, 2, min_length_m=24.9, gsd_m=3.0))
    assert answer(*rows) == "no_change"
    assert f"Counted apart, from 25 m in length at 3.0 m per pixel: 2 on 13 December 2024 (2{DASH}2)." in told(*rows)


def test_a_limit_of_length_is_said():
    text = told(*(seen(n, 2, 2, 2, min_length_m=24.9, gsd_m=3.0) for n in (6, 13)))
    assert "aircraft of at least 25 m at the base" in text


@pytest.mark.parametrize(("gsds", "same"), [((2.5, 4.1), True), ((4.1, 24.9), False)])
def test_limits_below_the_smallest_object_are_alike(gsds, same):
    rows = (seen(6, 4, 4, 4, min_length_m=gsds[0]), seen(13, 8, 8, 8, min_length_m=gsds[1]))
    assert (answer(*rows) == "increase") == same


def test_no_cause_is_ever_named():
    rows = (seen(6, 4, 3, 5), hidden(9, "cloud"), seen(13, 12, 11, 14))
    assert not {"withdraw", "because", "deploy", "attack"} & set(told(*rows).lower().split())


def test_change_found():
    text = change_sentence(SITE, PAIR, 3).text
    assert text == (
        "Between 6 and 13 December 2024, 3 places changed, 1,240 m² in all: "
        "1.2 % of the 92 % of the site that both dates show."
    )


def test_change_none():
    text = change_sentence(SITE, replace(PAIR, changed_m2=0.0, share_changed=0.0), 0).text
    assert text == "No change was found between 6 and 13 December 2024 over the 92 % of the site that both dates show."


BULK = "judged by the unchanged ground of the pair itself"


def zone_change(status: ZoneStatus, *alarms: object) -> ZoneChange:
    found = ("base", "site", "s6", "s13", day(6), day(13), status, 0.92, 1240.0, 0.012, 3)
    return ZoneChange(*found, *alarms, None, "the zone is small" if alarms[0] is None else None)


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (
            zone_change(ZoneStatus.CHANGED, 0.004, 0.002, 0.009, "controls", 3),
            "False alarms alone: about 0.4 % (0.2 % to 0.9 %), from 3 control pairs.",
        ),
        (
            zone_change(ZoneStatus.WITHIN_FALSE_ALARMS, 0.01, 0.005, 0.02, "controls", 2),
            "That is no more than false alarms explain: about 1 % (0.5 % to 2 %), from 2 control pairs.",
        ),
        (
            zone_change(ZoneStatus.WITHIN_FALSE_ALARMS, 0.01, 0.005, 0.02, "bulk", 0),
            f"That is no more than false alarms explain: about 1 % (0.5 % to 2 %), {BULK}.",
        ),
        (
            zone_change(ZoneStatus.CANNOT_TELL, 0.013, 0.0, 0.02, "bulk", 0),
            f"Without control pairs it cannot be ruled out that false alarms alone show as much: at most 2 %, {BULK}.",
        ),
        (
            zone_change(ZoneStatus.CHANGED, 0.0, 0.0, 3e-7, "bulk", 0),
            f"False alarms alone: less than 0.001 %, {BULK}.",
        ),
        (
            zone_change(ZoneStatus.CHANGED, None, None, None, "none", 0),
            "False alarms alone: cannot be told (the zone is small).",
        ),
    ],
)
def test_a_change_stands_beside_its_false_alarms(whole, said):
    assert change_sentence(SITE, PAIR, 3, whole).text.endswith(f"that both dates show. {said}")
    assert said in headlines(SITE, (), (), [("s6", "s13")], [whole])[-1].text


def test_no_change_needs_no_false_alarms():
    whole = zone_change(ZoneStatus.NO_CHANGE, 0.004, 0.002, 0.009, "controls", 3)
    assert "alarms" not in change_sentence(SITE, replace(PAIR, changed_m2=0.0), 0, whole).text


def test_change_not_observable():
    pair = replace(PAIR, status="not_observable", reason="97% under cloud", share_observed=0.0)
    text = change_sentence(SITE, pair, 0).text
    assert text == "Change between 6 and 13 December 2024 could not be observed (97% under cloud)."


def event(kind: EventKind, label: str = "aircraft") -> Event:
    return Event("s6", "s13", day(6), day(13), label, kind, 1, 1, 0.9, 20, 0, None, None, "", None, None, None)


def test_events_are_counted_by_kind():
    events = [event(EventKind.ARRIVED)] * 2 + [event(EventKind.DEPARTED)] + [event(EventKind.NOT_OBSERVABLE)]
    rows = (seen(6, 4, 4, 4), seen(13, 5, 5, 5))
    (sentence,) = event_sentences(SITE, PAIR, events, rows)
    assert sentence.text == (
        "Between 6 and 13 December 2024, 2 aircraft arrived, 1 departed, none stayed; for 1 it could not be observed."
    )


def test_events_of_a_class_that_was_not_observable():
    rows = (seen(6, 4, 4, 4), hidden(13, "gsd 3 m > 0.6 m"))
    (sentence,) = event_sentences(SITE, PAIR, [], rows)
    assert "could not be observed: aircraft were not observable on 13 December 2024 at 3.0 m" in sentence.text


def test_headlines_start_with_the_site_and_end_with_the_latest_pair():
    rows = (seen(6, 4, 4, 4), seen(13, 9, 9, 9), seen(6, 1, 1, 1, zone="apron"), seen(13, 1, 1, 1, zone="apron"))
    found = headlines(SITE, rows, [event(EventKind.ARRIVED)], [("s6", "s13")])
    assert [s.topic for s in found] == ["count", "change", "event"]
    assert found[0].supports == ("site/s6/aircraft", "site/s13/aircraft")


def test_headlines_of_nothing():
    assert headlines(replace(SITE, pairs=(), scenes=()), (), (), ()) == ()


def test_parts_of_another_limit_are_a_sentence_of_their_own():
    coarse = [seen(n, 2, 2, 2, min_length_m=24.9, gsd_m=3.0, scene=f"c{n}") for n in (6, 13)]
    fine = [seen(n, 30, 25, None, status=Status.PARTLY, share_observed=0.6) for n in (6, 13)]
    large, small = count_sentences(SITE, [*coarse, *fine])
    assert "aircraft of at least 25 m at the base showed no change" in large.whole
    assert "30" not in large.whole
    assert "On 6 and 13 December 2024 only a part of it could be seen (60 %): 30 and 30 found" in small.whole


def test_a_zone_speaks_where_the_site_could_not():
    site = [seen(n, 3, 2, None, status=Status.PARTLY, share_observed=0.4) for n in (6, 13)]
    zone = [seen(n, 1, 1, 1, zone="apron") for n in (6, 13)]
    assert [s.zone for s in headlines(SITE, [*site, *zone], [], [])[:2]] == ["site", "apron"]

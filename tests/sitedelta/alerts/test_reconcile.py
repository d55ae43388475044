"""Each alert is told once; late, removed and recounted images correct it, and that is said."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitedelta.alerts.entry import read_entry
from sitedelta.alerts.episodes import count_episodes
from sitedelta.alerts.ledger import append, read_ledger
from sitedelta.alerts.looks import looks_of
from sitedelta.alerts.quote import Quote
from sitedelta.alerts.reconcile import Case, reconcile
from sitedelta.errors import InputError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUOTE = Quote(1 / 7, at_most=False, basis="from 40 images over 6 months")


@pytest.fixture
def judge(rule):
    """Judge a rule by rows after what a ledger holds; give the ledger and what is new."""

    def run(rows, ledger=(), *, when="above", **keys):
        one = rule(when, **(keys or {"n": 10}))
        looks = looks_of(rows, "site", "aircraft")
        known = [d for d, e in zip(looks.dates, looks.exposure, strict=True) if e > 0]
        found = count_episodes(one, looks)
        new = reconcile(Case("base", one, found, max(known, default=None), QUOTE, NOW, "Many"), ledger)
        return (*ledger, *new), new

    return run


def kinds(lines):
    return [e.kind for e in lines]


def test_an_alert_fires_once_and_is_cleared_once(judge, series):
    ledger, new = judge(series([5, 5]))
    assert kinds(new) == ["began"]
    ledger, new = judge(series([5, 5, 20]), ledger)
    assert kinds(new) == ["fired"]
    assert new[0].text == (
        "Many: 9 March 2024: 20 aircraft (18\N{EN DASH}23). About one false alert in 7 months at this setting "
        "(from 40 images over 6 months)."
    )
    for counts in ([5, 5, 20], [5, 5, 20, 21], [5, 5, 20, 21, None]):
        ledger, new = judge(series(counts), ledger)
        assert new == ()
    ledger, new = judge(series([5, 5, 20, 21, None, 5]), ledger)
    assert kinds(new) == ["cleared"]
    assert "met no more on 21 March 2024" in new[0].text
    ledger, new = judge(series([5, 5, 20, 21, None, 5, 20]), ledger)
    assert kinds(new) == ["fired"]
    assert len({e.alert for e in ledger if e.kind == "fired"}) == 2


def test_what_was_before_is_not_news(judge, series):
    _, new = judge(series([5, 20, 5, 5]))
    assert kinds(new) == ["began", "earlier"]
    _, new = judge(series([5, 20, 5, 20, 21]))
    assert kinds(new) == ["began", "earlier", "fired"]


def test_a_late_image_corrects_the_beginning_and_does_not_fire_again(judge, look):
    rows = [look(0, 5), look(20, 20)]
    ledger, _ = judge([look(0, 5)])
    ledger, new = judge(rows, ledger)
    assert kinds(new) == ["fired"]
    ledger, new = judge([*rows, look(10, 19)], ledger)
    assert kinds(new) == ["corrected"]
    assert "met on 11 March 2024, not 21 March 2024" in new[0].text
    assert judge([*rows, look(10, 19)], ledger)[1] == ()


def test_a_late_image_that_shows_something_on_its_own_fires_late(judge, look):
    ledger, _ = judge([look(0, 5), look(20, 5)])
    _, new = judge([look(0, 5), look(10, 20), look(20, 5)], ledger)
    assert kinds(new) == ["fired"]
    assert new[0].late
    assert "later dates were known already" in new[0].text


def test_a_late_image_between_makes_two_of_one_without_a_second_alert(judge, look):
    rows = [look(0, 5), look(10, 20), look(30, 20)]
    ledger, _ = judge(rows[:1])
    ledger, _ = judge(rows, ledger)
    ledger, new = judge([*rows, look(20, 4)], ledger)
    assert kinds(new) == ["cleared", "corrected"]
    assert judge([*rows, look(20, 4)], ledger)[1] == ()
    ledger, new = judge(rows, ledger)  # and taken away again
    assert sorted(kinds(new)) == ["corrected", "merged"]
    assert judge(rows, ledger)[1] == ()


def test_a_removed_image_withdraws_its_alert_and_one_that_comes_back_restores_it(judge, look):
    rows = [look(0, 5), look(10, 20), look(20, 5)]
    ledger, _ = judge(rows[:1])
    ledger, _ = judge(rows, ledger)
    ledger, new = judge([rows[0], rows[2]], ledger)
    assert kinds(new) == ["withdrawn"]
    assert "is not met with the images that there are now" in new[0].text
    assert judge([rows[0], rows[2]], ledger)[1] == ()
    ledger, new = judge(rows, ledger)
    assert kinds(new) == ["restored"]
    assert judge(rows, ledger)[1] == ()


def test_an_image_delivered_again_with_another_count_is_a_correction(judge, look):
    ledger, _ = judge([look(0, 5)])
    ledger, _ = judge([look(0, 5), look(10, 20)], ledger)
    _, new = judge([look(0, 5), look(10, 24)], ledger)
    assert kinds(new) == ["corrected"]
    assert "counted again" in new[0].text


def test_changes_are_told_once(judge, look):
    known = {"when": "change", "n": 5}
    rows = [look(0, 10), look(10, 25), look(20, 26), look(30, 8)]
    ledger, _ = judge(rows[:1], **known)
    for upto, want in ((2, ["fired"]), (3, []), (4, ["fired"])):
        ledger, new = judge(rows[:upto], ledger, **known)
        assert kinds(new) == want
    ledger, new = judge([*rows, look(5, 24)], ledger, **known)
    assert kinds(new) == ["corrected", "corrected"] or kinds(new) == ["corrected"]
    assert judge([*rows, look(5, 24)], ledger, **known)[1] == ()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([None, 0, 4, 9, 20, 25])), min_size=1, max_size=12))
def test_whatever_order_images_come_in_the_ledger_settles_and_ids_fire_once(judge_once, arrivals):
    ledger, rows = (), {}
    for day, count in arrivals:
        rows[day] = (day, count)
        ledger, _ = judge_once(list(rows.values()), ledger)
        assert judge_once(list(rows.values()), ledger)[1] == ()
    fired = [e.alert for e in ledger if e.kind == "fired"]
    assert len(fired) == len(set(fired))


@pytest.fixture(scope="module")
def judge_once(rule, look):
    def run(rows, ledger):
        one = rule("above", n=10)
        looks = looks_of([look(d, c) for d, c in rows], "site", "aircraft")
        known = [d for d, e in zip(looks.dates, looks.exposure, strict=True) if e > 0]
        case = Case("base", one, count_episodes(one, looks), max(known, default=None), QUOTE, NOW, "Many")
        new = reconcile(case, ledger)
        return (*ledger, *new), new

    return run


def test_lines_are_only_ever_added_and_read_back(judge, series, tmp_path):
    ledger, _ = judge(series([5, 20]))
    path = tmp_path / "alerts.jsonl"
    append(path, ledger[:1])
    first = path.read_bytes()
    append(path, ledger[1:])
    append(path, ())
    assert path.read_bytes().startswith(first)
    assert read_ledger(path) == ledger
    assert [read_entry(line) for line in path.read_bytes().splitlines()] == list(ledger)
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(InputError, match="line 3: is no alert"):
        read_ledger(path)
    assert read_ledger(tmp_path / "none") == ()

"""Alarms: set and cleared by what is sure, never by what was not observable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.errors import KernelError
from rasterdelta.latch import above, appears, begins, below, latch, moves

NAN, INF = np.nan, np.inf


@st.composite
def intervals(draw):
    looks = draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8), st.integers(0, 9)), min_size=1, max_size=25))
    low = np.array([NAN if k == 0 else float(a) for a, _, k in looks])
    high = np.array([INF if k == 1 else float(a + b) for a, b, k in looks])
    return low, high


def test_it_is_set_by_the_sure_and_cleared_by_the_sure():
    low, high = [3, 11, 9, 11, 7, 4], [6, 15, 12, 14, 11, 8]
    assert above(low, high, level=10, clear=8).tolist() == [False, True, True, True, True, False]
    assert above(low, high, level=10, clear=8, looks=2).tolist() == [False] * 6
    assert below(low, high, level=7, clear=9).tolist() == [True, False, False, False, False, False]


def test_looks_in_a_row_pass_over_those_that_show_nothing():
    low, high = [11, NAN, 12, NAN, 0, NAN, 0], [15, NAN, 16, NAN, 2, NAN, 2]
    assert above(low, high, level=10, clear=10, looks=2).tolist() == [False, False, True, True, True, True, False]


def test_a_least_number_sets_an_alarm_above_and_clears_none():
    assert above([12, 3], [INF, INF], level=10, clear=10).tolist() == [True, True]
    assert below([0, 0], [INF, 2], level=5, clear=5).tolist() == [False, True]


def test_nothing_appears_before_it_was_seen_empty():
    low, empty = [4, NAN, 0, 0, 3, 0, 2], [False, False, False, True, False, True, False]
    state = appears(low, empty)
    assert begins(state, initial=True).tolist() == [False, False, False, False, True, False, True]
    assert appears(low, empty, looks=2).all()


def test_a_change_is_told_once_and_settles_the_level():
    low, high = [9, 10, 20, 21, NAN, 19, 4, 5], [11, 12, 24, 25, NAN, 23, 6, 7]
    assert moves(low, high, number=5).tolist() == [0, 0, 1, 0, 0, 0, -1, 0]
    assert moves(low, high, number=12).tolist() == [0] * 8
    assert moves(low, high, share=0.5).tolist() == [0, 0, 1, 0, 0, 0, -1, 0]
    assert moves(low, high, number=5, looks=2).tolist() == [0, 0, 0, 1, 0, 0, 0, -1]


def test_a_change_to_a_least_number_is_told_once():
    low, high = [2, 20, 19, 30, 45], [3, INF, 23, 34, 50]
    assert moves(low, high, number=5).tolist() == [0, 1, 0, 1, 1]
    low, high = [2, 10, 4], [INF, 11, 5]
    assert moves(low, high, number=3).tolist() == [0, 0, -1]


@given(intervals(), st.integers(0, 25), st.integers(0, 8), st.integers(1, 3), st.integers(0, 25))
def test_what_was_not_observable_says_nothing(looks, level, slack, number, place):
    low, high = looks
    place = min(place, len(low))
    more = np.insert(low, place, NAN), np.insert(high, place, NAN)
    clear = max(0, level - slack)
    for rule in (
        lambda a, b: above(a, b, level=level, clear=clear, looks=number),
        lambda a, b: below(a, b, level=clear, clear=level, looks=number),
        lambda a, b: moves(a, b, number=level, looks=number),
    ):
        found, wanted = rule(*more), rule(low, high)
        np.testing.assert_array_equal(np.delete(found, place), wanted)
    assert moves(*more, number=level)[place] == 0


@given(intervals(), st.integers(0, 25), st.integers(1, 3))
def test_many_series_at_once_are_each_as_alone(looks, level, number):
    low, high = looks
    both = np.stack([low, low[::-1]]), np.stack([high, high[::-1]])
    for rule in (
        lambda a, b: above(a, b, level=level, clear=level, looks=number),
        lambda a, b: moves(a, b, number=level, looks=number),
    ):
        np.testing.assert_array_equal(rule(*both), [rule(a, b) for a, b in zip(*both, strict=True)])


@given(intervals(), st.integers(0, 25))
def test_a_higher_level_is_passed_no_earlier(looks, level):
    lower, higher = (above(*looks, level=n, clear=0) for n in (level, level + 3))
    assert not (higher & ~lower).any()


def test_states_begin_where_they_were_not():
    assert begins([True, True, False, True]).tolist() == [True, False, False, True]
    assert begins([True, True, False, True], initial=True).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: above([1.0], [2.0], level=3, clear=4),
        lambda: below([1.0], [2.0], level=3, clear=2),
        lambda: above([3.0], [2.0], level=3, clear=3),
        lambda: latch([True], [False], [True], looks=0),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(KernelError):
        wrong()

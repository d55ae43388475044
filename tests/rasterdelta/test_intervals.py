import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.errors import KernelError
from rasterdelta.intervals import count_interval

rates = st.floats(0.05, 1.0)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 300), rates, rates, st.one_of(st.none(), st.integers(0, 500)))
def test_the_estimate_lies_in_the_interval_and_ends_grow_with_found(found, precision, recall, objects):
    here = count_interval(found, precision=precision, recall=recall, objects=objects)
    more = count_interval(found + 1, precision=precision, recall=recall, objects=objects)
    assert 0 <= here.low <= here.estimate <= here.high
    assert here.low <= more.low
    assert here.high <= more.high


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 100), rates, rates)
def test_a_higher_level_and_fewer_labels_never_narrow_it(found, precision, recall):
    at = {n: count_interval(found, precision=precision, recall=recall, level=n) for n in (0.5, 0.9, 0.99)}
    assert at[0.99].low <= at[0.9].low <= at[0.5].low
    assert at[0.5].high <= at[0.9].high <= at[0.99].high


def test_few_labels_widen_it():
    exact, many, few = (count_interval(40, precision=0.9, recall=0.8, objects=n) for n in (None, 2000, 30))
    assert exact.high - exact.low <= many.high - many.low < few.high - few.low


def test_perfect_rates_leave_no_doubt_downwards():
    got = count_interval(7, precision=1.0, recall=1.0)
    assert (got.low, got.estimate, got.high) == (7, 7.0, 7)


def test_nothing_found_says_how_many_could_have_been_missed():
    good, poor = (count_interval(0, precision=0.9, recall=r) for r in (0.95, 0.3))
    assert (good.low, good.estimate, good.high) == (0, 0.0, 0)
    # Missed numbers are geometric: 0.7 ** (8 + 1) < 0.05 <= 0.7 ** 8.
    assert (poor.low, poor.high) == (0, 8)


def test_no_precision_at_all_still_has_an_interval():
    got = count_interval(5, precision=0.0, recall=0.5)
    assert got.low == 0


@pytest.mark.parametrize(("precision", "recall"), [(0.95, 0.9), (0.8, 0.7), (0.6, 0.5)])
@pytest.mark.parametrize("true", [3, 20, 120])
def test_it_covers_the_true_number_as_often_as_it_says(precision, recall, true):
    rng = np.random.default_rng(17)
    hits = rng.binomial(true, recall, 400)
    false = rng.poisson(hits * (1 - precision) / precision)
    ends = {n: count_interval(n, precision=precision, recall=recall) for n in set((hits + false).tolist())}
    covered = np.mean([ends[n].low <= true <= ends[n].high for n in (hits + false).tolist()])
    assert covered >= 0.86


def test_it_covers_when_the_rates_are_only_estimated():
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(300):
        seen = max(rng.binomial(40, 0.8) / 40, 0.05)
        found = rng.binomial(60, 0.8)
        got = count_interval(int(found), precision=1.0, recall=float(seen), objects=40)
        inside.append(got.low <= 60 <= got.high)
    assert np.mean(inside) >= 0.86


def test_large_counts_stay_fast():
    got = count_interval(50_000, precision=0.9, recall=0.8, objects=500)
    assert got.low < 56_250 < got.high


@pytest.mark.parametrize(
    "change", [{"found": -1}, {"precision": 1.1}, {"recall": 0.0}, {"level": 1.0}, {"objects": -1}]
)
def test_bad_input_is_refused(change):
    with pytest.raises(KernelError):
        count_interval(**({"found": 3, "precision": 0.9, "recall": 0.8} | change))

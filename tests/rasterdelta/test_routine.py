"""More of the same: level, spread and persistence of a history, found and made again."""

import numpy as np
import pytest

from rasterdelta.errors import KernelError
from rasterdelta.routine import Routine, fit_routine, simulate

DAYS = np.arange(0, 1200, 4.0)
SURE = 1e6
"""Looks of a history that leaves nothing open."""


def made(mean, variance, alike, *, series=40, exposure=1.0, seed=3):
    routine = Routine(mean, variance, alike, 300, SURE)
    return simulate(routine, np.full(len(DAYS), exposure), DAYS, series=series, seed=seed)


@pytest.mark.parametrize(
    ("mean", "variance", "alike"), [(8.0, 14.0, 20.0), (3.0, 3.0, 0.0), (12.0, 4.0, 30.0), (0.3, 0.5, 0.0)]
)
def test_what_is_made_is_found_again(mean, variance, alike):
    counts = made(mean, variance, alike)
    assert counts.mean() == pytest.approx(mean, rel=0.12)
    assert counts.var() == pytest.approx(variance, rel=0.2)
    found = [fit_routine(row, np.ones(len(DAYS)), DAYS) for row in counts]
    assert np.mean([f.mean for f in found]) == pytest.approx(mean, rel=0.12)
    assert np.median([f.variance for f in found]) == pytest.approx(variance, rel=0.25)
    assert np.median([f.days_alike for f in found]) == pytest.approx(alike, rel=0.35, abs=1.5)


def test_counts_are_whole_and_the_same_for_the_same_seed():
    counts = made(5.0, 9.0, 10.0, series=3)
    np.testing.assert_array_equal(counts, np.round(counts))
    np.testing.assert_array_equal(counts, made(5.0, 9.0, 10.0, series=3))
    assert (counts != made(5.0, 9.0, 10.0, series=3, seed=4)).any()


def test_parts_of_a_zone_show_parts():
    assert made(20.0, 30.0, 0.0, exposure=0.25).mean() == pytest.approx(5.0, rel=0.1)


def test_a_short_history_leaves_more_open():
    short, long = (
        simulate(Routine(8.0, 12.0, 0.0, n, float(n)), np.ones(50), DAYS[:50], series=300, seed=0).mean(1).std()
        for n in (8, 800)
    )
    assert short > 2 * long


def test_persistent_counts_are_worth_fewer_looks():
    lone = fit_routine(made(8.0, 14.0, 0.0, series=1)[0], np.ones(len(DAYS)), DAYS)
    persistent = fit_routine(made(8.0, 14.0, 40.0, series=1)[0], np.ones(len(DAYS)), DAYS)
    assert lone.independent > 5 * persistent.independent


def test_gaps_are_passed_over():
    counts = made(8.0, 14.0, 0.0, series=1)[0]
    holes = counts.copy()
    holes[::3] = np.nan
    kept = np.isfinite(holes)
    assert fit_routine(holes, np.ones(len(DAYS)), DAYS) == fit_routine(counts[kept], np.ones(kept.sum()), DAYS[kept])


def test_always_none_is_a_routine_too():
    found = fit_routine(np.zeros(20), np.ones(20), DAYS[:20])
    assert 0 < found.mean < 0.1
    assert simulate(found, np.ones(20), DAYS[:20], series=50, seed=0).mean() < 0.3


def test_too_few_looks_are_refused():
    with pytest.raises(KernelError, match="3 observable looks"):
        fit_routine([1.0, np.nan, 2.0], np.ones(3), np.arange(3.0))

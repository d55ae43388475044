"""Cumulative sums of counts: against the formulas, against simulation, and what gaps must not do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from rasterdelta.cusum import InControl, cusum, fit_counts, log_ratio, run_length, threshold_for
from rasterdelta.errors import KernelError

means = st.floats(0.2, 40)
dispersions = st.sampled_from([0.0, 0.02, 0.3, 2.0])
factors = st.sampled_from([0.4, 0.7, 1.3, 2.0, 4.0])
series = st.lists(st.one_of(st.integers(0, 60).map(float), st.just(np.nan)), min_size=1, max_size=30)


def draw(rng, mean, dispersion, shape):
    if not dispersion:
        return rng.poisson(mean, shape)
    return rng.poisson(rng.gamma(1 / dispersion, mean * dispersion, shape))


@given(means, dispersions, factors, st.integers(0, 80))
def test_the_ratio_is_that_of_the_probabilities(mean, dispersion, factor, count):
    def log_chance(m):
        if not dispersion:
            return poisson.logpmf(count, m)
        return nbinom.logpmf(count, 1 / dispersion, 1 / (1 + dispersion * m))

    want = log_chance(factor * mean) - log_chance(mean)
    np.testing.assert_allclose(log_ratio(count, mean, dispersion, factor), want, rtol=1e-6, atol=1e-7)


@given(series, means, dispersions, factors, st.floats(0.5, 6))
def test_it_stays_within_bounds_and_is_the_textbook_recursion(counts, mean, dispersion, factor, threshold):
    control = InControl(mean, dispersion, 20)
    found = cusum(counts, 1.0, control=control, factor=factor, threshold=threshold)
    at, want = 0.0, []
    for y in counts:
        step = 0.0 if np.isnan(y) else float(log_ratio(y, mean, dispersion, factor))
        at = min(max(at + step, 0.0), threshold)
        want.append(at)
    np.testing.assert_allclose(found, want, rtol=1e-9, atol=1e-9)


@given(series, means, st.integers(0, 29))
def test_a_look_that_shows_nothing_changes_nothing(counts, mean, place):
    control = InControl(mean, 0.1, 20)
    without = cusum(counts, 1.0, control=control, factor=2.0)
    place = min(place, len(counts))
    more = cusum([*counts[:place], np.nan, *counts[place:]], 1.0, control=control, factor=2.0)
    np.testing.assert_array_equal(np.delete(more, place), without)
    unseen = cusum(
        np.insert(counts, place, 7.0), np.insert(np.ones(len(counts)), place, 0.0), control=control, factor=2.0
    )
    np.testing.assert_array_equal(unseen, more)


def test_a_part_of_the_zone_counts_for_that_part():
    control = InControl(8.0, 0.1, 20)
    half = cusum([6.0], [0.5], control=control, factor=2.0)
    assert half == pytest.approx(float(log_ratio(6.0, 4.0, 0.1, 2.0)))
    assert cusum([6.0], [1.0], control=control, factor=2.0) == 0.0


@pytest.mark.parametrize(
    ("mean", "dispersion", "factor", "threshold"),
    [(8.0, 0.1, 1.5, 2.4), (0.5, 0.5, 2.0, 1.6), (3.0, 0.0, 2.0, 2.0), (20.0, 0.05, 0.6, 2.5)],
)
def test_run_lengths_are_those_of_a_simulation(mean, dispersion, factor, threshold):
    control = InControl(mean, dispersion, 20)
    rng = np.random.default_rng(4)
    for true in (1.0, factor):
        counts = draw(rng, mean * true, dispersion, (1500, 900))
        over = cusum(counts, 1.0, control=control, factor=factor, threshold=threshold) >= threshold
        first = np.where(over.any(1), over.argmax(1) + 1.0, np.inf)
        want = run_length(control, factor=factor, threshold=threshold, true_factor=true)
        assert np.isfinite(first).all()
        assert first.mean() == pytest.approx(want, rel=0.12)


@pytest.mark.parametrize("looks", [30, 300, 2000])
@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_a_threshold_gives_the_run_length_that_was_asked_for(looks, factor):
    control = InControl(6.0, 0.2, 20)
    threshold = threshold_for(control, factor=factor, looks=looks)
    found = run_length(control, factor=factor, threshold=threshold)
    assert looks * 0.999 <= found <= looks * 1.15  # counts are whole numbers, so that run lengths jump


@pytest.mark.parametrize(("mean", "dispersion"), [(12.0, 0.2), (3.0, 0.0), (0.4, 1.0)])
def test_level_and_dispersion_are_found_with_parts_and_gaps(mean, dispersion):
    rng = np.random.default_rng(1)
    whole = draw(rng, mean, dispersion, 4000)
    exposure = rng.choice([0.0, 0.4, 1.0], 4000)
    counts = np.where(exposure > 0, rng.binomial(whole, exposure), np.nan)
    found = fit_counts(counts, exposure)
    assert found.mean == pytest.approx(mean, rel=0.08)
    assert found.dispersion == pytest.approx(dispersion, abs=0.03 + 0.2 * dispersion)
    assert found.looks == np.isfinite(counts).sum()


def test_a_place_that_was_always_empty_has_a_rate_above_zero():
    assert fit_counts(np.zeros(10), np.ones(10)).mean == pytest.approx(0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: InControl(0.0, 0.1, 3),
        lambda: InControl(1.0, -0.1, 3),
        lambda: fit_counts([np.nan], [1.0]),
        lambda: fit_counts([1.0, 2.0], [1.0]),
        lambda: cusum([1.0], 1.0, control=InControl(1.0, 0.0, 3), factor=1.0),
        lambda: threshold_for(InControl(1.0, 0.0, 3), factor=2.0, looks=1.0),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(KernelError):
        wrong()

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f as f_distribution
from scipy.stats import kstest

from rasterdelta.difference.omnibus import omnibus
from rasterdelta.errors import KernelError


def series(levels, looks=4, seed=0, shape=(60, 60), bands=1):
    """Gamma intensities whose mean at each date is given."""
    rng = np.random.default_rng(seed)
    mean = np.asarray(levels, float)[:, None, None, None]
    return mean * rng.gamma(looks, 1 / looks, (len(levels), bands, *shape))


@pytest.mark.parametrize(("dates", "looks", "bands"), [(2, 4, 1), (6, 4, 1), (5, 3, 2), (12, 8, 1), (4, 2, 3)])
def test_without_change_p_values_are_uniform(dates, looks, bands):
    found = omnibus(series([50] * dates, looks, bands=bands, seed=dates), looks=looks)
    assert kstest(found.p_value.ravel(), "uniform").statistic < 0.03
    for step in found.step_p_values:
        assert kstest(step.ravel(), "uniform").statistic < 0.03


def test_two_dates_agree_with_the_exact_ratio_test():
    values = series([10, 10], looks=5, shape=(30, 30))
    ratio = values[1, 0] / values[0, 0]
    tail = f_distribution.cdf(ratio, 10, 10)
    exact = 2 * np.minimum(tail, 1 - tail)
    np.testing.assert_allclose(omnibus(values, looks=5).p_value, exact, atol=2e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 8), st.floats(0.7, 30))
def test_steps_add_up_to_the_omnibus_statistic(seed, dates, looks):
    """The p-values give back -2 ln R_j only to the second order, so the factors are computed anew here."""
    values = series([20] * dates, looks, seed=seed, shape=(3, 3))[:, 0]
    sums, j = np.cumsum(values, axis=0), np.arange(1, dates + 1)[:, None, None]
    log_r = looks * (
        j[1:] * np.log(j[1:])
        - (j[1:] - 1) * np.log(np.maximum(j[1:] - 1, 1))
        + (j[1:] - 1) * np.log(sums[:-1])
        + np.log(values[1:])
        - j[1:] * np.log(sums[1:])
    )
    rho = 1 - (dates / looks - 1 / (looks * dates)) / (6 * (dates - 1))
    found = omnibus(values[:, None], looks=looks)
    np.testing.assert_allclose(found.statistic, -2 * rho * log_r.sum(axis=0), rtol=1e-4, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)), st.floats(1e-3, 1e6))
def test_the_omnibus_test_knows_no_order_and_no_unit(order, gain):
    values = series([20, 20, 50, 20, 20], shape=(4, 4), bands=2)
    expected = omnibus(values, looks=4)
    found = omnibus(gain * values[list(order)], looks=4)
    np.testing.assert_allclose(found.statistic, expected.statistic, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.p_value, expected.p_value, rtol=1e-3, atol=1e-6)


def test_a_change_is_found_at_its_date():
    found = omnibus(series([20, 20, 20, 200, 200, 200], looks=8), looks=8)
    assert (found.p_value < 0.01).mean() > 0.99
    assert (found.first_change == 3).mean() > 0.9
    assert (found.changes == 1).mean() > 0.85


def test_changes_there_and_back_are_both_found():
    found = omnibus(series([20, 20, 200, 200, 20, 20], looks=8), looks=8)
    assert np.median(found.changes) == 2
    np.testing.assert_allclose(found.changed.mean(axis=(1, 2))[[2, 4]], 1, atol=0.1)


def test_without_change_few_pixels_are_called_changed():
    found = omnibus(series([20] * 8), looks=4, significance=0.01)
    assert (found.changes > 0).mean() < 0.015
    assert (found.first_change > 0).mean() == (found.changes > 0).mean()


def test_dates_that_are_not_valid_drop_out():
    values = series([20, 20, 90, 90], shape=(5, 6))
    valid = np.ones((4, 5, 6), bool)
    valid[1, :, :3] = False
    found = omnibus(values, valid, looks=4)
    short = omnibus(values[[0, 2, 3]], looks=4)
    np.testing.assert_array_equal(found.p_value[:, :3], short.p_value[:, :3])
    np.testing.assert_array_equal(found.step_p_values[1:, :, :3], short.step_p_values[:, :, :3])
    assert np.isnan(found.step_p_values[0, :, :3]).all()
    np.testing.assert_array_equal(found.changed[[0, 2, 3], :, :3], short.changed[:, :, :3])
    np.testing.assert_array_equal(found.p_value[:, 3:], omnibus(values, looks=4).p_value[:, 3:])
    assert found.dates.tolist() == [[3, 3, 3, 4, 4, 4]] * 5


@pytest.mark.parametrize("hole", [np.nan, np.inf, 0.0, -3.0])
def test_what_is_not_a_positive_number_counts_as_not_valid(hole):
    values = series([20, 20, 90], shape=(4, 4), bands=2)
    valid = np.ones((3, 4, 4), bool)
    valid[1, 2, 2] = False
    expected = omnibus(values, valid, looks=4)
    values[1, 1, 2, 2] = hole
    found = omnibus(values, looks=4)
    np.testing.assert_array_equal(found.p_value, expected.p_value)
    np.testing.assert_array_equal(found.changed, expected.changed)


def test_one_date_is_not_observable_which_is_not_no_change():
    values = series([20, 20, 20], shape=(4, 4))
    valid = np.ones((3, 4, 4), bool)
    valid[1:, 0, 0] = False
    valid[:, 3, 3] = False
    found = omnibus(values, valid, looks=4, significance=1e-9)
    for row, col in ((0, 0), (3, 3)):
        assert found.changes[row, col] == found.first_change[row, col] == -1
        assert np.isnan(found.p_value[row, col])
    assert found.changes[1, 1] == found.first_change[1, 1] == 0


def test_looks_are_estimated_where_not_given():
    found = omnibus(series([20, 20, 20], looks=4, shape=(150, 150)))
    assert found.looks == pytest.approx(4, rel=0.1)


def test_pixels_do_not_depend_on_each_other():
    values = series([20, 60, 20, 20], shape=(6, 6))
    whole = omnibus(values, looks=4)
    for row, col in itertools.product(range(0, 6, 2), repeat=2):
        part = omnibus(values[..., row : row + 2, col : col + 2], looks=4)
        np.testing.assert_array_equal(part.changed, whole.changed[:, row : row + 2, col : col + 2])
        np.testing.assert_array_equal(part.statistic, whole.statistic[row : row + 2, col : col + 2])


@pytest.mark.parametrize("shape", [(3, 1, 4), (1, 1, 4, 4), (4, 4)])
def test_what_is_no_series_is_refused(shape):
    with pytest.raises(KernelError, match="shape"):
        omnibus(np.ones(shape), looks=4)


def test_looks_must_be_positive():
    with pytest.raises(KernelError, match="positive"):
        omnibus(np.ones((2, 1, 4, 4)), looks=0)

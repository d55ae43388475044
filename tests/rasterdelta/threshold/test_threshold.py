import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, norm
from skimage.filters import threshold_otsu

from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold import (
    bulk_threshold,
    chi2_survival,
    chi2_threshold,
    chi_threshold,
    kittler_illingworth,
    otsu,
)


def two_classes(seed, share=0.2):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(20_000) < share, rng.normal(8, 2, 20_000), rng.normal(1, 0.5, 20_000))


@given(st.integers(1, 40), st.floats(0, 1e3))
def test_chi2_survival_agrees_with_scipy(dof, value):
    found = chi2_survival(dof, np.array([value, 0.0, np.inf, 1e300]))
    assert found[0] == pytest.approx(chi2.sf(value, dof), rel=1e-9, abs=1e-250)
    assert found[1] == 1
    assert (found[2:] < 1e-250).all()


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.95), st.integers(16, 300))
def test_otsu_agrees_with_scikit_image(seed, share, bins):
    values = two_classes(seed, share)[:500]
    assert otsu(values, bins=bins) == pytest.approx(threshold_otsu(values, nbins=bins), rel=1e-9)


def test_values_that_are_not_finite_are_left_out():
    values = two_classes(0)
    gaps = np.concatenate([values, [np.nan, np.inf, -np.inf]])
    for method in (otsu, kittler_illingworth, lambda v: bulk_threshold(v, 0.01)):
        assert method(gaps) == method(values)


@pytest.mark.parametrize("share", [0.03, 0.2, 0.5])
def test_kittler_illingworth_finds_the_crossing_of_the_two_classes(share):
    x = np.linspace(1, 8, 10_000)
    crossing = x[np.argmax(share * norm.pdf(x, 8, 2) > (1 - share) * norm.pdf(x, 1, 0.5))]
    assert kittler_illingworth(two_classes(1, share)) == pytest.approx(crossing, abs=0.5)


@pytest.mark.parametrize("method", [otsu, kittler_illingworth])
@pytest.mark.parametrize("values", [[], [1.0], [3.0, 3.0, 3.0], [np.nan, 2.0]])
def test_nothing_to_split_is_refused(method, values):
    with pytest.raises(NotEnoughData, match="differ"):
        method(values)


def test_two_values_are_split_between_them():
    assert 1 <= otsu([1, 1, 2]) < 2
    assert 1 <= kittler_illingworth([1, 1, 2]) < 2


@settings(deadline=None)
@given(st.integers(1, 12), st.floats(1e-6, 0.5))
def test_chi2_threshold_is_exceeded_at_the_rate(dof, rate):
    assert chi2.sf(chi2_threshold(dof, rate), dof) == pytest.approx(rate)


def test_chi_threshold_never_splits_the_unchanged_bulk():
    root = np.sqrt(np.random.default_rng(0).chisquare(4, 50_000))
    for values, rate in ((root, 0.001), (np.ones(10), 0.01)):
        found = chi_threshold(values, 4, rate)
        assert found.value == pytest.approx(np.sqrt(chi2.isf(rate, 4)))
        assert found.method == "false-alarm bound"


def test_bulk_threshold_holds_its_rate_and_ignores_change():
    rng = np.random.default_rng(0)
    quiet = rng.exponential(2, 100_000)
    assert (quiet > bulk_threshold(quiet, 0.01)).mean() == pytest.approx(0.01, rel=0.15)
    changed = np.concatenate([quiet, rng.normal(60, 5, 5_000)])
    assert bulk_threshold(changed, 0.01) == pytest.approx(bulk_threshold(quiet, 0.01), rel=0.2)


def test_bulk_of_a_few_values_is_refused():
    with pytest.raises(NotEnoughData, match="15 values"):
        bulk_threshold(np.arange(15), 0.01)

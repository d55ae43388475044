import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, gennorm, lognorm, nakagami, norm, weibull_min

from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold import automatic, chi_threshold, generalised_kittler_illingworth, kittler_illingworth
from rasterdelta.threshold.families import DENSITIES

FITTED = {
    "normal": norm(3, 0.5),
    "generalised normal": gennorm(1.2, 3, 0.4),
    "lognormal": lognorm(0.3, 0, 3),
    "weibull": weibull_min(2.5, 0, 3),
    "nakagami": nakagami(2.0, 0, 3),
}


@pytest.mark.parametrize("family", sorted(FITTED))
def test_fitted_densities_are_those_of_scipy(family):
    law = FITTED[family]
    values = law.ppf((np.arange(20_000) + 0.5) / 20_000)
    found = DENSITIES[family](values, np.full((1, values.size), 1 / values.size))[0]
    middle = slice(400, -400)
    np.testing.assert_allclose(found[middle], law.logpdf(values)[middle], atol=0.03)


def mixture(low, high, share=0.15, n=40_000):
    rng = np.random.default_rng(0)
    return np.where(rng.random(n) < share, high.rvs(n, random_state=rng), low.rvs(n, random_state=rng))


@pytest.mark.parametrize(
    ("family", "low", "high"),
    [
        ("normal", norm(2, 0.4), norm(6, 1.2)),
        ("generalised normal", gennorm(1, 0, 0.5), gennorm(1.5, 6, 1)),
        ("lognormal", lognorm(0.25, 0, 1.5), lognorm(0.25, 0, 6)),
        ("weibull", weibull_min(3, 0, 1), weibull_min(4, 0, 6)),
        ("nakagami", nakagami(2, 0, 2), nakagami(3, 0, 9)),
    ],
)
def test_threshold_lies_where_the_two_classes_cross(family, low, high):
    values = mixture(low, high)
    x = np.linspace(low.mean(), high.mean(), 5000)
    crossing = x[np.argmax(0.15 * high.pdf(x) > 0.85 * low.pdf(x))]
    assert generalised_kittler_illingworth(values, families=(family,)) == pytest.approx(crossing, abs=0.6)


def test_normal_family_is_kittler_illingworth_and_positive_families_pass_over_negative_values():
    values = mixture(norm(-2, 0.4), norm(6, 1.2))
    plain = kittler_illingworth(values)
    assert generalised_kittler_illingworth(values, families=("normal",)) == plain
    assert generalised_kittler_illingworth(values, families=("weibull", "normal")) == plain


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 8), st.integers(0, 100))
def test_one_class_is_not_split(dof, seed):
    values = np.sqrt(np.random.default_rng(seed).chisquare(dof, 5_000))
    found = automatic(values, bound=4.0, families=("nakagami", "normal"))
    assert (found.value, found.method) == (4.0, "false-alarm bound")
    assert found.reason.endswith(".")


def test_two_classes_are_split_and_the_reason_says_so():
    values = mixture(nakagami(2, 0, 2), nakagami(3, 0, 9))
    found = automatic(values, bound=50.0, least=1.0)
    assert found.method == "two classes"
    assert found.value == generalised_kittler_illingworth(values, families=("nakagami",))
    assert found.reason.startswith("Two nakagami classes")
    held = automatic(values, bound=50.0, least=20.0)
    assert (held.value, held.method) == (20.0, "false-alarm bound")
    assert "below the bound" in held.reason


def test_a_few_huge_values_do_not_hide_the_two_classes():
    values = mixture(nakagami(2, 0, 2), nakagami(3, 0, 9))
    plain, stretched = (automatic(v, bound=3.0) for v in (values, np.append(values, [1e9, 1e30])))
    assert stretched.method == "two classes"
    assert stretched.value == pytest.approx(plain.value, abs=0.5)


@pytest.mark.parametrize("values", [[], [2.0], [3.0] * 40, [np.nan] * 5, [1.0, 2.0]])
def test_little_falls_back_on_the_bound(values):
    assert automatic(values, bound=7.0).value == 7.0


def test_values_too_alike_for_a_histogram_split_fall_back_on_otsu():
    assert 1 <= generalised_kittler_illingworth([1, 1, 2], families=("nakagami",)) < 2
    with pytest.raises(NotEnoughData, match="differ"):
        generalised_kittler_illingworth([1, 1], families=("nakagami",))


def test_chi_threshold_bears_a_higher_rate_where_change_shows():
    rng = np.random.default_rng(0)
    quiet = np.sqrt(rng.chisquare(4, 50_000) / 3)  # narrower than chi: averaged over neighbours
    changed = np.concatenate([quiet, rng.normal(9, 2, 8_000)])
    found = chi_threshold(changed, 4, 0.01)
    assert np.sqrt(chi2.isf(0.05, 4)) <= found.value < 6
    assert chi_threshold(quiet, 4, 0.01).value == pytest.approx(np.sqrt(chi2.isf(0.01, 4)))

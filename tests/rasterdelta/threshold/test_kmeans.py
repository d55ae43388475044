import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold import kmeans, otsu


@pytest.mark.parametrize("share", [0.01, 0.1, 0.4, 0.7])
def test_agrees_with_scikit_learn(share):
    rng = np.random.default_rng(0)
    values = np.where(rng.random(5_000) < share, rng.normal(9, 2, 5_000), rng.exponential(1, 5_000))
    centres = KMeans(2, n_init=20, tol=0, random_state=0).fit(values[:, None]).cluster_centers_
    assert kmeans(values) == pytest.approx(centres.mean(), rel=1e-9)


@settings(deadline=None)
@given(st.lists(st.integers(-100, 100), min_size=2, max_size=40).filter(lambda v: len(set(v)) > 1))
def test_no_other_split_has_a_smaller_sum_of_squares(values):
    array = np.array(values, float)
    found = kmeans(array)

    def within(cut):
        return sum(((part - part.mean()) ** 2).sum() for part in (array[array <= cut], array[array > cut]))

    best = min(within(cut) for cut in np.unique(array)[:-1])
    assert within(found) == pytest.approx(best, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(1e-30, 1e30), st.floats(-10, 10))
def test_follows_scale_and_shift(seed, scale, shift):
    values = np.random.default_rng(seed).normal(0, 1, 200)
    values[:40] += 6
    assert kmeans(scale * (values + shift)) == pytest.approx(
        scale * (kmeans(values) + shift), rel=1e-6, abs=1e-6 * scale
    )


def test_is_otsu_without_bins():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(1, 0.2, 900), rng.normal(5, 1, 300)])
    split = np.sort(values)[[899, 900]]
    assert otsu(values) == pytest.approx(kmeans(values), abs=np.ptp(values) / 256 + np.ptp(split))


def test_huge_values_do_not_overflow():
    assert kmeans(np.array([1e200, 2e200, 9e200])) == pytest.approx(5.25e200)


@pytest.mark.parametrize("values", [[], [1.0], [3.0, 3.0], [np.nan, 2.0, np.inf]])
def test_nothing_to_split_is_refused(values):
    with pytest.raises(NotEnoughData, match="differ"):
        kmeans(values)

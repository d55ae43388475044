"""What looking at findings says of a count: against closed forms, simulations and the interval without any look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from rasterdelta.errors import KernelError
from rasterdelta.intervals import count_interval
from rasterdelta.reviewed import Sample, reviewed_interval, site_accuracy

PRIOR = {"precision": 0.9, "recall": 0.85, "objects": 40}


def sample(scores, looked, found=0, missed=0, **prior):
    scores = np.asarray(scores, float)
    return Sample(
        scores, np.asarray(looked, np.int8), np.ones(len(scores)), **(PRIOR | prior), found=found, missed=missed
    )


def test_a_look_that_tells_half_counts_half():
    scores = np.full(20, 0.8)
    half = Sample(scores, np.repeat([0, -1], [10, 10]), np.full(20, 0.5), **PRIOR, found=0, missed=0)
    full = sample(scores, np.repeat([0, -1], [5, 15]))
    np.testing.assert_allclose(site_accuracy(half).precision, site_accuracy(full).precision)


def test_without_a_look_it_is_the_interval_of_the_detector():
    nobody = site_accuracy(sample(np.full(30, 0.8), np.full(30, -1)))
    low, high = reviewed_interval(nobody, confirmed=0, open_scores=np.full(30, 0.8), missed=0, searched=False)
    plain = count_interval(30, **PRIOR)
    assert abs(low - plain.low) <= 1
    assert abs(high - plain.high) <= 1


def test_equal_scores_are_the_beta_binomial_model():
    """20 of 50 looked at, 14 real: what is left is beta-binomial with these added to the measured precision."""
    looked = np.repeat([1, 0, -1], [14, 6, 30])
    accuracy = site_accuracy(sample(np.full(50, 0.7), looked))
    detections = 40 * 0.85 / 0.9
    a, b = 0.9 * detections + 0.5 + 14, 0.1 * detections + 0.5 + 6
    low, high = reviewed_interval(accuracy, confirmed=14, open_scores=np.full(30, 0.7), missed=0, searched=True)
    expected = 14 + betabinom(30, a, b).ppf([0.05, 0.95])
    np.testing.assert_allclose([low, high], expected, atol=1)
    assert accuracy.precision[1] == pytest.approx(a / (a + b), abs=0.01)


def test_all_looked_at_and_searched_is_exact():
    looked = np.repeat([1, 0], [9, 3])
    accuracy = site_accuracy(sample(np.linspace(0.4, 0.99, 12), looked, found=9, missed=2))
    assert reviewed_interval(accuracy, confirmed=9, open_scores=[], missed=2, searched=True) == (11, 11)
    low, high = reviewed_interval(accuracy, confirmed=9, open_scores=[], missed=2, searched=False)
    assert low == 11
    assert high > 11


def test_searching_tells_of_the_recall():
    before, after = (site_accuracy(sample([], [], found=n, missed=0)) for n in (0, 80))
    assert after.recall[0] > before.recall[0]
    assert after.recall[2] - after.recall[0] < before.recall[2] - before.recall[0]


def test_intervals_hold_the_truth_though_doubtful_findings_are_looked_at_first():
    """Sites whose precision and recall come from the prior; the 15 lowest scores of 40 are looked at."""
    rng = np.random.default_rng(3)
    held = widths = plain = 0
    for _ in range(300):
        scores = rng.beta(6, 1.2, 40)
        odds = np.log(scores / (1 - scores)) + rng.normal(-0.2, 0.7)
        real = rng.random(40) < 1 / (1 + np.exp(-odds))
        recall = rng.beta(0.85 * 40 + 0.5, 0.15 * 40 + 0.5)
        truth = real.sum() + rng.negative_binomial(real.sum() + 1, recall)
        looked = np.full(40, -1, np.int8)
        first = np.argsort(scores)[:15]
        looked[first] = real[first]
        accuracy = site_accuracy(sample(scores, looked, precision=float(scores.mean())))
        low, high = reviewed_interval(
            accuracy, confirmed=int(real[first].sum()), open_scores=scores[looked < 0], missed=0, searched=False
        )
        held += low <= truth <= high
        widths += high - low
        wide = count_interval(40, precision=float(scores.mean()), recall=0.85, objects=40)
        plain += wide.high - wide.low
    assert 0.86 <= held / 300 <= 0.97
    assert widths < plain


@given(
    st.integers(0, 30), st.integers(0, 30), st.integers(0, 10), st.booleans(), st.floats(0.05, 0.99), st.integers(0, 9)
)
def test_the_interval_holds_what_is_known(confirmed, unseen, missed, searched, score, rejected):
    looked = np.repeat([1, 0, -1], [confirmed, rejected, unseen])
    accuracy = site_accuracy(sample(np.full(len(looked), score), looked))
    low, high = reviewed_interval(
        accuracy, confirmed=confirmed, open_scores=np.full(unseen, score), missed=missed, searched=searched
    )
    assert confirmed + missed <= low <= high
    if searched:
        assert high <= confirmed + missed + unseen
    assert np.isclose(accuracy.weights.sum(), 1)


@pytest.mark.parametrize("wrong", [{"looked": [1]}, {"precision": 1.2}, {"found": -1}])
def test_what_cannot_be_is_refused(wrong):
    given_ = {"scores": [0.5, 0.6], "looked": [1, 0]} | wrong
    with pytest.raises(KernelError):
        sample(**given_)

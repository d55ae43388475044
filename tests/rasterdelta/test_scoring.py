"""Scores against oracles: scikit-learn, a brute-force assignment, and the definition written out."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from sklearn.metrics import average_precision_score, precision_recall_curve

from rasterdelta.errors import KernelError
from rasterdelta.scoring import average_precision, judge, precision_recall, rate_interval, resamples

places = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=5)
scored = st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), min_size=1, max_size=30)


def most_pairs(labels, reach, found):
    """Give the greatest number of pairs, by trying every order of the detections."""
    if len(found) < len(labels):
        found = [*found, *[(1e6, 1e6)] * (len(labels) - len(found))]
    close = [[np.hypot(a[0] - b[0], a[1] - b[1]) <= r for b in found] for a, r in zip(labels, reach, strict=True)]
    return max(sum(close[i][j] for i, j in enumerate(p)) for p in permutations(range(len(found)), len(labels)))


@given(places, places, st.floats(2, 12))
def test_as_many_pairs_as_possible_and_each_within_reach(labels, found, size):
    said = judge(labels, [size] * len(labels), found)
    reach = max(size / 2, 1.5)
    assert len(said.hits) == most_pairs(labels, [reach] * len(labels), found)
    for i, j in said.hits:
        assert np.hypot(*(np.array(labels[i]) - found[j])) <= reach
    assert sorted([*said.hits[:, 0], *said.missed]) == list(range(len(labels)))
    assert sorted([*said.hits[:, 1], *said.false, *said.excused]) == list(range(len(found)))


@given(places, places, st.data())
def test_labels_that_do_not_count_only_excuse(labels, found, data):
    counted = np.array(data.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels))), bool)
    size = np.full(len(labels), 6.0)
    said = judge(labels, size, found, counted=counted)
    alone = judge(np.reshape(labels, (-1, 2))[counted], size[counted], found)
    assert len(said.hits) == len(alone.hits)
    assert len(said.false) + len(said.excused) == len(alone.false)
    assert counted[said.hits[:, 0]].all()
    assert counted[said.missed].all()


def test_the_nearer_one_is_the_hit():
    said = judge([(10, 10)], [8], [(13, 10), (11, 10)])
    assert said.hits.tolist() == [[0, 1]]
    assert said.false.tolist() == [0]


def test_small_labels_reach_a_little_farther_than_half_their_length():
    assert len(judge([(0, 0)], [2.0], [(0, 1.5)]).hits) == 1
    assert len(judge([(0, 0)], [2.0], [(0, 1.6)]).hits) == 0
    with pytest.raises(KernelError, match="one size"):
        judge([(0, 0)], [1, 2], [])


@given(scored)
def test_precision_and_recall_are_those_of_scikit_learn(rows):
    score, real = (np.array(c) for c in zip(*rows, strict=True))
    if not real.any():
        return
    curve = precision_recall(score, real, real.sum())
    precision, recall, threshold = precision_recall_curve(real, score)
    np.testing.assert_allclose(curve.score[::-1], threshold)
    np.testing.assert_allclose(curve.precision[::-1], precision[:-1])
    np.testing.assert_allclose(curve.recall[::-1], recall[:-1])


@given(scored, st.integers(0, 10))
def test_average_precision_is_the_definition_written_out(rows, missed):
    score, real = (np.array(c) for c in zip(*rows, strict=True))
    objects = int(real.sum()) + missed
    got = average_precision(score, real, objects)
    if objects == 0:
        assert np.isnan(got)
        return
    points = [(real[score >= t].sum() / objects, real[score >= t].mean()) for t in sorted(set(score), reverse=True)]
    expected, reached = 0.0, 0.0
    for k, (recall, _) in enumerate(points):
        expected += (recall - reached) * max(p for _, p in points[k:])
        reached = recall
    assert got == pytest.approx(expected, abs=1e-12)
    assert got <= reached + 1e-12
    if missed == 0:
        assert got >= average_precision_score(real, score) - 1e-12


def test_average_precision_equals_scikit_learn_where_precision_only_falls():
    score = np.linspace(1, 0, 40)
    real = np.r_[np.ones(20, bool), np.zeros(20, bool)]
    real[[19, 20]] = real[[20, 19]]
    assert average_precision(score[:20], real[:20], real.sum()) == pytest.approx(
        average_precision_score(real[:20], score[:20]) * real[:20].sum() / real.sum()
    )


@given(scored, st.data())
def test_weights_are_repetitions(rows, data):
    score, real = (np.array(c) for c in zip(*rows, strict=True))
    weight = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows))))
    objects = int((real * weight).sum()) + 2
    again = np.repeat(score, weight), np.repeat(real, weight)
    assert average_precision(score, real, objects, weight=weight) == pytest.approx(average_precision(*again, objects))


def test_resamples_draw_whole_groups():
    groups = ["a", "a", "b", "c", "c", "c"]
    drawn = resamples(groups, times=2000, seed=3)
    assert drawn.shape == (2000, 6)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, [0, 2, 3]].sum(axis=1) == 3).all()
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=0.06)
    np.testing.assert_array_equal(drawn, resamples(groups, times=2000, seed=3))
    assert resamples([], times=5, seed=0).shape == (5, 0)


@given(st.integers(0, 50), st.integers(0, 50))
def test_the_interval_of_a_rate_is_that_of_jeffreys(hits, misses):
    low, high = rate_interval(hits, hits + misses)
    tails = beta.ppf([0.05, 0.95], hits + 0.5, misses + 0.5)
    assert low == pytest.approx(0.0 if hits == 0 else tails[0], abs=1e-9)
    assert high == pytest.approx(1.0 if misses == 0 else tails[1], abs=1e-9)

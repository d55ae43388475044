from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.errors import KernelError
from rasterdelta.match import match_objects


def objects(seed, n, m, extent=30.0):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, extent, (n, 2)), rng.uniform(0, extent, (m, 2))
    return a, b, rng.uniform(10, 25, n), rng.uniform(10, 25, m)


def brute_force(a, b, la, lb, tolerance, size_ratio, size_share):
    """Most pairs, then least cost, over every injection of the smaller set into the larger."""
    near = (np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)) / tolerance) ** 2
    size = (np.log(la[:, None] / lb[None]) / np.log(size_ratio)) ** 2
    cost = np.where((near <= 1) & (size <= 1), (1 - size_share) * near + size_share * size, np.inf)
    if cost.shape[0] > cost.shape[1]:
        cost = cost.T
    n, m = cost.shape
    best = (0, 0.0)
    for p in permutations(range(m), n):
        each = cost[range(n), p] if n else np.zeros(0)
        ok = np.isfinite(each)
        best = min(best, (-int(ok.sum()), float(each[ok].sum())))
    return -best[0], best[1]


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10_000), st.integers(0, 5), st.integers(0, 5), st.floats(3, 25))
def test_it_finds_the_optimum_of_brute_force(seed, n, m, tolerance):
    a, b, la, lb = objects(seed, n, m)
    got = match_objects(a, b, la, lb, tolerance=tolerance, size_ratio=1.8, size_share=0.3)
    number, cost = brute_force(a, b, la, lb, tolerance, 1.8, 0.3)
    assert len(got.pairs) == number
    np.testing.assert_allclose(got.cost.sum(), cost, atol=1e-9)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(0, 60))
def test_every_object_is_once_in_a_pair_or_left_over(seed, n, m):
    a, b, la, lb = objects(seed, n, m, extent=80.0)
    got = match_objects(a, b, la, lb, tolerance=12.0)
    assert sorted([*got.pairs[:, 0], *got.unmatched_before]) == list(range(n))
    assert sorted([*got.pairs[:, 1], *got.unmatched_after]) == list(range(m))
    assert np.all((got.cost >= 0) & (got.cost <= 1))


def test_the_same_objects_match_themselves_in_any_order():
    a, _, la, _ = objects(3, 40, 0, extent=400.0)
    order = np.random.default_rng(0).permutation(40)
    got = match_objects(a, a[order], la, la[order], tolerance=5.0)
    np.testing.assert_array_equal(order[got.pairs[:, 1]], got.pairs[:, 0])
    np.testing.assert_allclose(got.cost, 0)


def test_a_shift_within_tolerance_keeps_a_dense_row_in_order():
    row = np.column_stack([np.arange(30) * 12.0, np.zeros(30)])
    got = match_objects(row, row + np.array([5.0, 0.0]), np.full(30, 18.0), np.full(30, 18.0), tolerance=8.0)
    np.testing.assert_array_equal(got.pairs, np.column_stack([np.arange(30)] * 2))


def test_place_and_size_gates_are_kept():
    far = match_objects([[0, 0]], [[0, 10.1]], [20], [20], tolerance=10.0)
    big = match_objects([[0, 0]], [[0, 0]], [20], [40], tolerance=10.0)
    unknown = match_objects([[0, 0]], [[0, 10.0]], [20], [np.nan], tolerance=10.0)
    assert (len(far.pairs), len(big.pairs), len(unknown.pairs)) == (0, 0, 1)


def test_tolerance_may_differ_by_object():
    got = match_objects([[0, 0], [100, 0]], [[8, 0], [108, 0]], [30, 30], [30, 30], tolerance=np.array([5.0, 10.0]))
    np.testing.assert_array_equal(got.pairs, [[1, 1]])
    np.testing.assert_array_equal(got.unmatched_before, [0])
    np.testing.assert_array_equal(got.unmatched_after, [0])


def test_empty_sets_leave_everything_unmatched():
    got = match_objects(np.zeros((0, 2)), [[1, 2]], [], [5], tolerance=1.0)
    assert got.pairs.shape == (0, 2)
    np.testing.assert_array_equal(got.unmatched_after, [0])


def test_thousands_of_objects_are_fast_and_complete():
    a, _, la, _ = objects(5, 5000, 0, extent=5000.0)
    moved = a + np.random.default_rng(1).uniform(-2, 2, a.shape)
    got = match_objects(a, moved, la, la, tolerance=8.0)
    assert len(got.pairs) == 5000


@pytest.mark.parametrize(
    "change", [{"tolerance": 0.0}, {"tolerance": 1.0, "size_ratio": 1.0}, {"tolerance": 1.0, "before_length": [1, 2]}]
)
def test_bad_input_is_refused(change):
    given_ = {"before_xy": [[0, 0]], "after_xy": [[0, 0]], "before_length": [1], "after_length": [1]} | change
    with pytest.raises(KernelError):
        match_objects(**given_)


def test_centres_of_the_wrong_shape_are_refused():
    with pytest.raises(KernelError, match="shape"):
        match_objects([[0, 0, 0]], [[0, 0]], [1], [1], tolerance=1.0)

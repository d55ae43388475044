import numpy as np
import pytest

from rasterdelta.errors import KernelError
from rasterdelta.series import _difference, trend


def test_intervals_apart_are_an_increase_or_a_decrease():
    up = trend([4, 20], [3, 16], [6, 25], [0, 30])
    down = trend([20, 4], [16, 3], [25, 6], [0, 30])
    assert (up.answer, up.first, up.last, up.ratio) == ("increase", 4.0, 20.0, 5.0)
    assert down.answer == "decrease"
    assert "do not overlap" in down.ground


def test_a_steady_rise_within_wide_intervals_is_an_increase():
    counts = [10, 12, 15, 17, 20, 22, 25, 27]
    got = trend(counts, [c - 9 for c in counts], [c + 9 for c in counts], range(8))
    assert got.answer == "increase"
    assert "p =" in got.ground


def test_the_same_count_with_tight_intervals_is_no_change():
    assert trend([12, 12], [11, 11], [14, 14], [0, 10]).answer == "no_change"


def test_observed_zeros_are_no_change_and_have_no_ratio():
    got = trend([0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 1, 2])
    assert (got.answer, got.ratio) == ("no_change", None)


def test_wide_intervals_cannot_tell():
    assert trend([12, 14], [5, 6], [25, 28], [0, 10]).answer == "cannot_tell"


def test_what_would_fit_is_told_both_ways():
    got = trend([54, 63], [45, 53], [64, 75], [0, 10])
    assert got.ground.endswith("anything from 6 fewer to 24 more would fit")  # hypot(10, 10) - 9 and hypot(12, 9) + 9
    got = trend([1377, 3000], [1120, 1600], [1777, 3900], [0, 10])
    assert got.ground.startswith("first 1,377 (1,120-1,777), last 3,000")


def test_the_interval_of_a_difference_holds_nine_times_in_ten():
    rng = np.random.default_rng(5)
    sd = np.array([20, 12])
    seen = rng.normal([200, 240], sd, (2000, 2))
    ends = [_difference(c, c - 1.645 * sd, c + 1.645 * sd) for c in seen]
    assert 0.88 < np.mean([low <= 40 <= high for low, high in ends]) < 0.92


@pytest.mark.parametrize(("counts", "first"), [([], None), ([None, None], None), ([None, 5], 5.0)])
def test_fewer_than_two_observable_dates_cannot_tell(counts, first):
    got = trend(counts, counts, counts, range(len(counts)))
    assert (got.answer, got.first, got.ratio) == ("cannot_tell", first, None)


def test_dates_that_were_not_observable_are_left_out():
    nan = float("nan")
    got = trend([nan, 4, nan, 20, nan], [nan, 3, nan, 16, nan], [nan, 6, nan, 25, nan], range(5))
    assert (got.answer, got.first, got.last) == ("increase", 4.0, 20.0)


def test_the_order_of_the_dates_does_not_matter():
    assert trend([20, 4], [16, 3], [25, 6], [30, 0]) == trend([4, 20], [3, 16], [6, 25], [0, 30])


def test_scatter_without_a_trend_is_rarely_called_one():
    rng = np.random.default_rng(2)
    called = 0
    for _ in range(300):
        c = rng.negative_binomial(5, 0.2, 10).astype(float)
        called += trend(c, c - 40, c + 40, range(10)).answer in ("increase", "decrease")
    assert called / 300 < 0.14


def test_unequal_lengths_and_bad_levels_are_refused():
    with pytest.raises(KernelError):
        trend([1, 2], [1], [2, 3], [0, 1])
    with pytest.raises(KernelError):
        trend([1, 2], [1, 1], [2, 3], [0, 1], level=1.0)

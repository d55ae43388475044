"""Two looks at one image, made one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.detect.decode import LOWEST, Peaks
from rasterdelta.detect.shipped import MODELS
from rasterdelta.detect.sights import Sight

GSD_M = 1.0


def seen(row, col, logit, length=20.0):
    row, col, logit = (np.asarray(v, float) for v in (row, col, logit))
    one = np.ones(len(row))
    return Peaks(row, col, length * one, 0.8 * length * one, 0 * one, logit, 0 * one)


def test_a_peak_of_both_looks_gets_a_share_of_their_mean():
    sight = Sight(2.0, 0.6, half_from_m=0.0, agree=0.5)
    both = sight.joined([seen([50, 10], [50, 90], [2.0, 1.0]), seen([52], [51], [1.0])], GSD_M)
    alone = 0.5 * 1.0 + 0.5 * (1.0 + LOWEST) / 2
    np.testing.assert_allclose(both.logit, [1.75, alone, 1.75])
    np.testing.assert_array_equal(both.row, [50, 10, 52])


def test_without_a_share_the_surer_look_counts_and_one_look_stays_as_it_is():
    first, second = seen([50], [50], [2.0]), seen([50], [50], [1.0])
    np.testing.assert_array_equal(Sight(2.0, 0.6, 30.0).joined([first, second], GSD_M).logit, [2.0, 1.0])
    np.testing.assert_array_equal(Sight(2.0, 0.6, agree=0.5).joined([first], GSD_M).logit, [2.0])


@pytest.mark.parametrize(("away", "agreed"), [(4.9, True), (5.1, False)])
def test_peaks_of_one_object_lie_within_a_quarter_of_its_length(away, agreed):
    both = Sight(2.0, 0.6, 0.0, agree=1.0).joined([seen([50], [50], [2.0]), seen([50], [50 + away], [1.0])], GSD_M)
    assert both.logit[0] == (1.5 if agreed else (2.0 + LOWEST) / 2)


places = st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60), st.floats(LOWEST, 4)), max_size=12)


@given(places, places, st.floats(0.1, 1))
def test_together_two_looks_say_what_every_pair_within_reach_says(mine, other, agree):
    first, second = (seen(*np.reshape(p, (-1, 3)).T) for p in (mine, other))
    got = Sight(2.0, 0.6, 0.0, agree=agree).joined([first, second], GSD_M)
    assert len(got.logit) == len(mine) + len(other)
    for (row, col, logit), said in zip(mine, got.logit, strict=False):
        near = sorted((np.hypot(r - row, c - col), v) for r, c, v in other)[:8]
        best = max([v for d, v in near if d <= 5.0], default=LOWEST)
        wanted = (1 - agree) * max(logit, best) + agree * (logit + best) / 2
        assert abs(said - wanted) < 1e-9 or any(abs(d - 5.0) < 1e-6 for d, _ in near) or len(other) > 8


def test_shipped_sights_are_in_order():
    for model, most in MODELS:
        edges = [s.gsd_max_m for s in model.sights]
        assert edges == sorted(edges)
        assert edges[-1] == most

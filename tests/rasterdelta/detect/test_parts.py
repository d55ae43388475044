"""Suppression of doubles, and the table of measured accuracy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.suppress import suppress
from rasterdelta.errors import KernelError

LINES = [
    "class,gsd_max_m,threshold,slope,offset,precision,recall,objects,source",
    "aircraft,4.0,1.0,1,0,0.7,0.6,100,coarse",
    "aircraft,0.8,0.5,1,0,0.9,0.8,500,fine",
]


def test_neighbours_stay_and_doubles_go():
    row, col = np.array([0.0, 0.0, 0.0, 0.3]), np.array([0.0, 2.5, 5.0, 0.4])
    keep = suppress(
        row,
        col,
        np.full(4, 4.6),
        np.full(4, 4.6),
        np.zeros(4),
        np.array([3.0, 2.0, 1.0, 2.5]),
        apart=0.4,
        apart_along=0.75,
    )
    np.testing.assert_array_equal(keep, [True, True, True, False])


def test_long_things_may_stand_side_by_side():
    row, col, length, width = np.zeros(3), np.array([0.0, 2.7, 5.4]), np.full(3, 16.0), np.full(3, 2.5)
    score = np.array([1.0, 2.0, 3.0])
    assert suppress(row, col, length, width, np.zeros(3), score, apart=0.6, apart_along=0.6).all()
    ahead = suppress(col, row, length, width, np.zeros(3), score, apart=0.6, apart_along=0.6)
    np.testing.assert_array_equal(ahead, [False, False, True])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(0, 80))
def test_suppression_does_not_depend_on_the_order(seed, n):
    rng = np.random.default_rng(seed)
    row, col, length, heading, score = (rng.uniform(0, s, n) for s in (60, 60, 20, 180, 5))
    keep = suppress(row, col, length, length, heading, score, apart=0.5, apart_along=0.7)
    order = rng.permutation(n)
    again = suppress(
        row[order], col[order], length[order], length[order], heading[order], score[order], apart=0.5, apart_along=0.7
    )
    np.testing.assert_array_equal(again, keep[order])
    if n:
        assert keep[np.argmax(score)]


def test_the_table_gives_the_band_that_holds_a_gsd():
    table = Table.from_csv(LINES)
    assert [table.band("aircraft", g).accuracy.source for g in (0.3, 0.8, 0.9, 9.0)] == [
        "fine",
        "fine",
        "coarse",
        "coarse",
    ]
    with pytest.raises(KernelError, match="vehicle"):
        table.band("vehicle", 0.3)

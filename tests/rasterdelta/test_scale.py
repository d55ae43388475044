"""Whether measured sizes can be at the ground sampling distance that was said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.errors import KernelError
from rasterdelta.scale import FEWEST, misfit

AIRLINERS = np.array([37.6, 39.5, 33.8, 44.5, 73.9, 63.7, 37.6, 31.4])
CARS = np.array([4.1, 4.4, 4.6, 4.2, 3.9, 4.8, 5.0, 4.5, 4.3, 7.1, 4.0, 4.4])
LORRIES = np.array([7.4, 7.7, 6.9, 7.6, 8.0, 7.5, 7.4, 4.0, 7.3, 7.7])
ARMOUR = np.full(12, 7.0)


def found(label, length, scale=1.0, slender=2.4):
    return misfit(label, scale * length, scale * length / slender)


@pytest.mark.parametrize(
    ("label", "length", "slender"),
    [
        ("aircraft", AIRLINERS, 1.05),
        ("aircraft", np.full(9, 75.0), 1.1),  # long-haul airliners alone
        ("aircraft", np.full(9, 11.0), 1.3),  # trainers alone
        ("aircraft", np.full(9, 8.0), 0.8),  # light aeroplanes alone
        ("vehicle", CARS, 2.4),
        ("vehicle", LORRIES, 2.6),
        ("vehicle", ARMOUR, 1.9),
        ("vehicle", np.full(12, 16.5), 6.4),  # articulated lorries alone
        ("vehicle", np.full(12, 10.3), 3.25),  # lorries on snow, with their shadows
    ],
)
def test_sizes_that_occur_raise_no_doubt(label, length, slender):
    for error in (0.95, 1.0, 1.05):
        assert found(label, length, error, slender) is None


@pytest.mark.parametrize(
    ("label", "length", "slender", "scale"),
    [("aircraft", AIRLINERS, 1.05, 2.5), ("vehicle", CARS, 2.4, 2.0), ("vehicle", LORRIES, 2.6, 2.0)],
)
def test_what_is_too_large_is_told_with_a_distance_at_most(label, length, slender, scale):
    said = found(label, length, scale, slender)
    assert said is not None
    assert said.too_coarse
    assert 1 / scale <= said.factor < 1  # the true distance is within what is said to fit
    assert said.length_m > said.limit_m


@pytest.mark.parametrize(("label", "length", "scale"), [("aircraft", AIRLINERS, 0.1), ("vehicle", CARS, 0.6)])
def test_what_is_too_small_is_told_with_a_distance_at_least(label, length, scale):
    said = found(label, length, scale)
    assert said is not None
    assert not said.too_coarse
    assert 1 < said.factor <= 1.05 / scale
    assert said.length_m < said.limit_m


def test_a_few_objects_tell_nothing_and_neither_do_other_classes():
    for label, fewest in FEWEST.items():
        assert found(label, np.full(fewest - 1, 300.0)) is None
        assert found(label, np.full(fewest, 300.0)) is not None
    assert found("tent", np.full(50, 300.0)) is None


def test_one_that_is_too_long_among_many_is_a_mistake_of_the_detector():
    assert found("aircraft", np.array([*AIRLINERS, 118.0])) is None


@given(st.lists(st.floats(1.0, 200.0), min_size=10, max_size=40), st.floats(0.05, 20.0))
def test_the_two_directions_never_meet(lengths, scale):
    length = np.array(lengths)
    first, second = found("vehicle", length), found("vehicle", length, scale)
    if first is not None and second is not None and first.too_coarse and not second.too_coarse:
        assert scale < 1


def test_widths_must_be_those_of_the_lengths():
    with pytest.raises(KernelError):
        misfit("vehicle", CARS, CARS[1:])

"""What may be said of a class at a ground sampling distance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitedelta.counts.claims import CLASSES, LIMITS, check_classes, claim
from sitedelta.errors import InputError

labels = st.sampled_from(CLASSES)
metres = st.floats(0.05, 30)


@pytest.mark.parametrize(
    ("label", "gsd_m", "observable"),
    [
        ("aircraft", 0.3, True),
        ("aircraft", 0.9, True),
        ("aircraft", 3.0, True),
        ("aircraft", 3.7, False),
        ("vehicle", 0.5, True),
        ("vehicle", 0.6, True),
        ("vehicle", 0.61, False),
        ("vehicle", 3.0, False),
    ],
)
def test_limits(label, gsd_m, observable):
    assert claim(label, gsd_m).observable is observable


def test_large_aircraft_only_at_three_metres():
    assert claim("aircraft", 3.0).min_length_m == pytest.approx(25, abs=0.5)


def test_the_reason_names_both_distances():
    assert claim("vehicle", 3.0).reason == "gsd 3 m > 0.6 m"
    assert claim("vehicle", 0.5).reason is None


def test_every_limit_names_its_source():
    assert all(limit.source and limit.label == label for label, limit in LIMITS.items())


@given(labels, metres, metres)
def test_a_user_can_narrow_a_claim_and_never_widen_it(label, gsd_m, own):
    plain, tightened = claim(label, gsd_m), claim(label, gsd_m, tightened={label: own})
    assert plain.observable or not tightened.observable
    assert tightened.observable == (plain.observable and gsd_m <= own)
    assert tightened.observable == (tightened.reason is None)


@given(labels, metres)
def test_limits_of_other_classes_do_not_matter(label, gsd_m):
    others = dict.fromkeys(set(CLASSES) - {label}, 0.01)
    assert claim(label, gsd_m, tightened=others) == claim(label, gsd_m)


@given(labels, metres, metres)
def test_coarser_images_allow_less(label, a, b):
    fine, coarse = claim(label, min(a, b)), claim(label, max(a, b))
    assert fine.observable or not coarse.observable
    if coarse.observable:
        assert fine.min_length_m <= coarse.min_length_m


@given(labels, metres)
def test_radar_is_not_counted(label, gsd_m):
    found = claim(label, gsd_m, kind="sar")
    assert not found.observable
    assert found.reason == "radar imagery is not counted"


def test_classes_are_checked():
    assert check_classes(("vehicle", "aircraft", "vehicle")) == ("vehicle", "aircraft")
    with pytest.raises(InputError, match="unknown class 'tank': the classes are aircraft, vehicle"):
        check_classes(("aircraft", "tank"))
    with pytest.raises(InputError, match="no class is given"):
        check_classes(())

"""What sizes are compatible with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.dimensions import NOTHING, compatible_kinds, kinds, size_statement
from rasterdelta.errors import KernelError


def names(*size, **kw):
    said = compatible_kinds(*size, **kw)
    return None if said is None else {k.name for k in said.compatible}


def test_a_transport_is_told_from_the_largest():
    said = size_statement("aircraft", 47.0, 1.0, 50.5, 1.5)
    assert said.startswith("length 47 m (45 to 49): compatible with Il-76/Il-78/A-50, Tu-95/Tu-142")
    assert "; not with An-124, An-22, An-12" in said
    found = names("aircraft", 47.0, 1.0, 50.5, 1.5)
    assert {"Il-76/Il-78/A-50", "Tu-95/Tu-142"} <= found
    assert not {"An-124", "An-12", "Tu-154", "Tu-22M3"} & found


def test_each_kind_is_compatible_with_itself():
    for k in kinds():
        length, width = (k.length.low + k.length.high) / 2, (k.width.low + k.width.high) / 2
        found = names(k.label, length, 0.01 * length, width, 0.01 * width, subclass=k.subclass)
        assert found is None or k.name in found


def test_each_kind_has_a_source_and_dimensions_in_order():
    for k in kinds():
        assert k.source.strip(), k.name
        if k.source.startswith("Wikipedia"):
            assert k.source.split(";")[0].endswith(", specifications, 2024"), k.name  # an article changes: as of when
        assert 0 < k.length.low <= k.length.high
        assert 0 < k.width.low <= k.width.high
    assert len({k.name for k in kinds()}) == len(kinds())


def test_dimensions_are_those_of_the_sources():
    table = {k.name: k for k in kinds()}
    feet = 0.3048
    c17 = table["C-17"]  # US Air Force fact sheet: 174 feet long, 169 feet 10 inches to the tips of the winglets
    assert c17.length.high == pytest.approx(174 * feet, abs=0.05)
    assert c17.width.high == pytest.approx((169 + 10 / 12) * feet, abs=0.05)
    lorry = table["articulated lorry or road train"]  # Directive 96/53/EC: 18.75 m long, 2.60 m wide at most
    assert (lorry.length.high, lorry.width.high) == (pytest.approx(18.75, abs=0.051), 2.6)


def test_a_wide_deviation_tells_nothing():
    assert size_statement("aircraft", 47.0, np.nan) == NOTHING
    assert size_statement("aircraft", 47.0, 20.0) == NOTHING
    assert size_statement("vehicle", 7.0, 1.4, subclass="larger than a car") == NOTHING
    assert size_statement("tent", 7.0, 0.1) == NOTHING


def test_the_subclass_narrows_what_is_asked():
    assert names("aircraft", 23.0, 0.4, subclass="helicopter") == {"Mi-8/Mi-17"}
    assert "Mi-8/Mi-17" not in names("aircraft", 23.0, 0.4, subclass="aeroplane")
    # A rotor stands any way: the measured width of a helicopter says nothing.
    assert names("aircraft", 23.0, 0.4, 4.0, 0.1, subclass="helicopter") == {"Mi-8/Mi-17"}


def test_what_fits_nothing_is_said():
    assert size_statement("aircraft", 120.0, 2.0) == "length 120 m (117 to 123): compatible with nothing that is listed"


@given(st.floats(5, 90), st.floats(0.001, 0.3), st.floats(1.0, 3.0))
def test_a_worse_measurement_excludes_no_more(length, sd, worse):
    sharp, blunt = (names("aircraft", length, length * s) for s in (sd, sd * worse))
    assert blunt is None or sharp is None or sharp <= blunt
    assert not (sharp is None and blunt is not None)


@pytest.mark.parametrize("size", [(0.0, 1.0), (-3.0, 1.0), (5.0, -1.0), (5.0, 1.0, -2.0, 0.1)])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(KernelError):
        compatible_kinds("aircraft", *size)

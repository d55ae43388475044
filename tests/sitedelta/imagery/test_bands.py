"""Which bands are shown, and which two scenes share."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from sitedelta.errors import InputError
from sitedelta.imagery.bands import CommonBands, common_bands, display_bands


def scene(*bands, name="a.tif"):
    return SimpleNamespace(bands=bands, originals=(Path("/x") / name,))


@pytest.mark.parametrize(
    ("bands", "shown"),
    [
        (("red", "green", "blue"), (0, 1, 2)),
        (("blue", "green", "red", "nir"), (2, 1, 0)),
        (("pan",), (0,)),
        (("band1", "band2", "band3", "band4"), (0, 1, 2)),
        (("band1", "band2"), (0,)),
        (("vv", "vh"), (0,)),
    ],
)
def test_display_bands(bands, shown):
    assert display_bands(scene(*bands)) == shown


def test_bands_are_paired_by_name():
    found = common_bands(scene("red", "green", "blue"), scene("blue", "green", "red", "nir"))
    assert found == CommonBands((0, 1, 2), (2, 1, 0))
    assert common_bands(scene("pan", "red"), scene("red")) == CommonBands((1,), (0,))


def test_bands_without_names_are_paired_by_order():
    found = common_bands(scene("band1", "band2", "band3"), scene("red", "green", "blue"))
    assert found == CommonBands((0, 1, 2), (0, 1, 2))
    assert common_bands(scene("pan"), scene("red")) == CommonBands((0,), (0,))


def test_bands_that_cannot_be_paired_are_an_input_error():
    with pytest.raises(InputError, match=r"a.tif has 1 bands \(pan\) and b.tif has 3 \(red, green, blue\)"):
        common_bands(scene("pan"), scene("red", "green", "blue", name="b.tif"))
    with pytest.raises(InputError, match="name them with `bands:`"):
        common_bands(scene("band1", "band2"), scene("band1", "band2", "band3"))

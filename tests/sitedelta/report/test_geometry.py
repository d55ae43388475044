"""Places in words."""

import doctest

from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from sitedelta.report import geometry
from sitedelta.running.manifest import GridRecord


def test_the_examples_are_true():
    assert doctest.testmod(geometry).failed == 0


@given(st.floats(6.1, 11.9), st.floats(-55, 55))
def test_a_grid_reference_is_the_square_metre_of_utm(lon, lat):
    """Zone 32, away from its exceptions: the digits are those of UTM within 100 km."""
    zone, square, east, north = geometry.mgrs(lon, lat).split()
    assert zone[:2] == "32"
    assert len(square) == 2
    x, y = Transformer.from_crs(4326, 32632 if lat >= 0 else 32732, always_xy=True).transform(lon, lat)
    for said, true in ((east, x), (north, y)):
        off = (int(said) - true) % 100_000
        assert min(off, 100_000 - off) <= 1.01


def test_a_place_without_georeference_is_a_pixel():
    grid = GridRecord(10, 10, 0.5, None, (1, 0, 0, 0, 1, 0))
    assert geometry.coordinates(grid, row=3.2, col=4.6, lon=None, lat=None) == "row 3, column 5"


def test_a_place_on_earth_has_both():
    grid = GridRecord(10, 10, 0.5, "WKT", (1, 0, 0, 0, 1, 0))
    told = geometry.coordinates(grid, row=0, col=0, lon=-70.1234567, lat=-33.5)
    assert told.startswith("33.50000° S, 70.12346° W, MGRS 19H ")

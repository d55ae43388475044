"""Bands by their sensor's numbers."""

import numpy as np
import pytest
import rasterio

from sitedelta.raster import describe
from sitedelta.raster.bandsets import names_of_set


@pytest.mark.parametrize(
    ("descriptions", "sensor", "names"),
    [
        (["B1", "B2", "B3", "B4", "B5", "B7", "B61", "B62"], None,
         ("blue", "green", "red", "nir", "swir1", "swir2", "thermal", "thermal2")),
        (["B02", "B03", "B04", "B08"], None, ("blue", "green", "red", "nir")),
        (["B2", "B8A", "B12"], None, ("blue", "nir2", "swir2")),
        (["SR_B2", "SR_B3", "SR_B4", "SR_B5", "ST_B10"], "LANDSAT_8", ("blue", "green", "red", "nir", "thermal")),
        (["B4", "B3", "B2"], "Sentinel-2B", ("red", "green", "blue")),
        (["B4", "B3", "B2"], "LANDSAT_5", ("nir", "red", "green")),
        (["B2", "B3", "B4"], None, None),
        (["B2", None], "LANDSAT_8", None),
        (["first", "second"], "LANDSAT_8", None),
        ([], None, None),
    ],
)  # fmt: skip
def test_numbers_are_named_where_the_sensor_is_certain(descriptions, sensor, names):
    assert names_of_set(descriptions, sensor) == names


def test_a_file_says_its_bands_by_number(place):
    path = place.write("a.tif", np.zeros((3, 20, 20), np.uint16), tags={"SPACECRAFT_ID": "LANDSAT_9"})
    with rasterio.open(path, "r+") as file:
        file.descriptions = ("B4", "B5", "B6")
    assert describe(path).band_names == ("red", "nir", "swir1")

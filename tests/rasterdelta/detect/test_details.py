"""What is said of objects beside their class."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.detect.details import SURE, Details
from rasterdelta.detect.shipped import FOLDER, MODELS

LINES = (FOLDER / "details.csv").read_text().splitlines()
SHIPPED = Details.from_csv(LINES)


def test_every_shipped_model_has_its_details():
    assert {b.label for b in SHIPPED.bands} == {m.label for m, _ in MODELS}
    assert all(0 < b.length_sd < 0.5 and 0 < b.width_sd < 0.5 and b.slope > 0 for b in SHIPPED.bands)


def test_the_band_is_that_of_the_pixel_and_none_beyond():
    assert SHIPPED.at("aircraft", 0.5).gsd_max_m == 0.8
    assert SHIPPED.at("aircraft", 3.0) is None
    assert SHIPPED.at("tent", 0.5) is None


@given(st.lists(st.floats(-10, 10), max_size=20))
def test_only_what_is_sure_is_told(logits):
    band = SHIPPED.at("aircraft", 0.5)
    names, likely = band.told(np.array(logits))
    p = 1 / (1 + np.exp(-(band.slope * np.array(logits) + band.offset)))
    assert set(names) <= {"", "helicopter", "aeroplane"}
    np.testing.assert_array_equal(names == "", np.isnan(likely))
    assert np.all(likely[names != ""] >= SURE)
    assert np.all(p[names == "helicopter"] >= SURE)
    assert np.all(p[names == "aeroplane"] <= 1 - SURE + 1e-12)

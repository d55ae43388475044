"""Codes and bits of providers' masks, each by its own table."""

import numpy as np
import pytest

from rasterdelta.errors import KernelError
from rasterdelta.masks import Kind
from rasterdelta.masks.providers import from_any, from_qa_pixel, from_scl, from_udm, from_udm2


def test_scene_classification():
    told = {0: 0, 1: "SATURATED", 2: "DARK", 3: "SHADOW", 4: 0, 5: 0, 6: "WATER", 7: 0, 8: "CLOUD", 9: "CLOUD",
            10: "HAZE", 11: "SNOW"}  # fmt: skip
    codes = np.array([list(told)], np.uint8)
    np.testing.assert_array_equal(from_scl(codes)[0], [Kind[k] if k else Kind.CLEAR for k in told.values()])


def test_quality_bits():
    # values as the product guide lists them: clear, water, cloud of high confidence, its shadow, snow, cirrus
    values = np.array([[21824, 21952, 22280, 23888, 30048, 54596, 21826]], np.uint16)
    expected = ["CLEAR", "WATER", "CLOUD", "SHADOW", "SNOW", "HAZE", "CLOUD"]
    np.testing.assert_array_equal(from_qa_pixel(values)[0], [Kind[k] for k in expected])


def test_usable_data():
    bands = np.zeros((8, 1, 6), np.uint8)
    for col, band in enumerate((1, 2, 3, 4, 5, 6)):
        bands[band - 1, 0, col] = 1
    np.testing.assert_array_equal(
        from_udm2(bands)[0], [Kind.CLEAR, Kind.SNOW, Kind.SHADOW, Kind.HAZE, Kind.HAZE, Kind.CLOUD]
    )
    np.testing.assert_array_equal(from_udm(np.array([[0, 1, 2, 66]]))[0], [0, 0, Kind.CLOUD, Kind.CLOUD])
    with pytest.raises(KernelError, match="8 bands"):
        from_udm2(bands[:1])


def test_anything_but_0_hides():
    np.testing.assert_array_equal(from_any(np.array([[0, 1, 255]])), [[0, Kind.CLOUD, Kind.CLOUD]])

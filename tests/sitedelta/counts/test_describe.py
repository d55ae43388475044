"""What is said of found objects beside their class."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rasterdelta.detect.protocol import Detections
from sitedelta.counts.describe import GIVEN_GSD_SD, describe

GEO, PLAIN = SimpleNamespace(georeferenced=True), SimpleNamespace(georeferenced=False)


def found(**known):
    one = np.ones(1)
    return replace(
        Detections.plain(one, one, 70 * one, 70 * one, one, 0.9 * one, np.array(["aircraft"])),
        **{k: np.array([v]) for k, v in known.items()},
    )


def test_what_is_not_known_is_not_told():
    said = describe(found(), 0, GEO)
    assert (said.subclass, said.subclass_score, said.length_sd_m, said.width_sd_m) == (None,) * 4
    assert said.size_says == "size tells nothing"


def test_what_is_known_is_told():
    said = describe(found(subclass="aeroplane", subclass_score=0.97, length_sd_m=3.0, width_sd_m=4.0), 0, GEO)
    assert (said.subclass, said.subclass_score, said.length_sd_m) == ("aeroplane", 0.97, 3.0)
    assert said.size_says.startswith("length 70 m (65 to 75): compatible with An-124")


def test_a_pixel_size_given_by_hand_widens_the_deviation():
    said = describe(found(length_sd_m=3.0, width_sd_m=4.0), 0, PLAIN)
    assert said.length_sd_m == pytest.approx(np.hypot(3.0, GIVEN_GSD_SD * 70))

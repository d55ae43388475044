"""What a second date adds: clouds it betrays, roofs it clears."""

import numpy as np

from rasterdelta.masks import Bands, Kind
from rasterdelta.masks.twodates import Dated, classify_two


def picture(image):
    return Dated(Bands(red=image[0], green=image[1], blue=image[2], scale="display"))


def test_a_cloud_on_one_date_stays_on_that_date(airfield, clouded, share):
    image, cover = clouded
    first, second = classify_two(picture(airfield), picture(image), np.ones(cover.shape, np.bool_), gsd_m=2.0)
    assert not (first == Kind.CLOUD).any()
    assert share(cover > 0.7, second == Kind.CLOUD) > 0.9


def test_what_is_as_bright_on_both_dates_is_ground(clouded):
    image, cover = clouded
    again = image * np.float32(0.9) + np.float32(0.03)
    for kinds in classify_two(picture(image), picture(again), np.ones(cover.shape, np.bool_), gsd_m=2.0):
        assert not (kinds == Kind.CLOUD).any()


def test_nothing_is_said_of_what_is_not_seen(airfield):
    for kinds in classify_two(picture(airfield), picture(airfield), np.zeros((400, 500), np.bool_), gsd_m=2.0):
        assert not kinds.any()

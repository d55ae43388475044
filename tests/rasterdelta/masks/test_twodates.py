"""What a second date adds: clouds it betrays, roofs it clears."""

import numpy as np
import pytest
from scipy import ndimage

from rasterdelta.masks import Bands, Kind
from rasterdelta.masks.twodates import Dated, classify_two
from rasterdelta.masks.veil import veil


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


def soft(centres, radius):
    """Give soft, slightly ragged covers (0..1) about centres."""
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(400, 500)), radius / 5)
    rows, cols = np.mgrid[0:400, 0:500]
    away = np.min([np.hypot(rows - r, cols - c) for r, c in centres], axis=0) + 0.15 * radius * noise / noise.std()
    return np.clip((radius - away) / (0.6 * radius) + 0.5, 0, 1).astype(np.float32)


def over(image, cover, white):
    return (image * (1 - cover) + np.asarray(white, np.float32)[:, None, None] * cover).astype(np.float32)


def dated(image):
    return Bands(red=image[0], green=image[1], blue=image[2], scale="display")


def found_on(later, airfield, gsd=2.0):
    return veil(dated(later), dated(airfield), np.ones(airfield.shape[1:], bool), gsd_m=gsd)


@pytest.fixture
def textured(airfield):
    """Give the airfield with fields and hedges: ground that a veil dims."""
    rng = np.random.default_rng(5)
    fields = rng.normal(0, 0.05, (40, 50)).astype(np.float32).repeat(10, 0).repeat(10, 1)
    return np.clip(airfield + fields + rng.normal(0, 0.02, fields.shape).astype(np.float32), 0.02, 0.98)


@pytest.mark.parametrize(("radius", "opacity"), [(28, 1.0), (45, 0.5)])
@pytest.mark.parametrize("gsd", [1.0, 2.0])
def test_a_small_cloud_and_a_veil_are_told_by_the_other_date(textured, radius, opacity, gsd):
    cover = opacity * soft([(90, 120), (100, 390)], radius / gsd * 2)
    found = found_on(over(textured, cover, (0.92, 0.93, 0.95)), textured, gsd)
    assert found[cover > 0.7 * opacity].mean() > 0.45
    assert not found[cover == 0].mean() > 0.01
    assert not found_on(textured, over(textured, cover, (0.92, 0.93, 0.95)), gsd).any()


@pytest.mark.parametrize("what", ["roof", "sand", "overcast", "nothing"])
def test_what_is_built_or_dug_or_may_be_snow_is_no_veil(textured, what):
    later = textured.copy()
    if what == "roof":
        later[:, 60:120, 100:180] = 0.9
    if what == "sand":
        later = over(later, soft([(90, 120)], 45), (0.9, 0.84, 0.7))
    if what == "overcast":
        later = over(later, np.full((400, 500), 0.7), (0.92, 0.93, 0.95))
    assert not found_on(later, textured).any()


def test_a_veil_needs_three_colours_and_room(textured):
    cover = soft([(90, 120)], 45)
    later, valid = over(textured, cover, (0.92, 0.93, 0.95)), np.ones((400, 500), bool)
    assert veil(dated(later), dated(textured), valid, gsd_m=2.0).any()
    assert not veil(Bands(pan=later[0]), Bands(pan=textured[0]), valid, gsd_m=2.0).any()
    part = np.s_[:, 20:190, 20:190]
    assert not veil(dated(later[part]), dated(textured[part]), valid[20:190, 20:190], gsd_m=2.0).any()

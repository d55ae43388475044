"""What is seen agrees with what was placed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.render import aircraft, structures, vehicles
from rasterdelta.render.atmosphere import Atmosphere, Cloud
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination, relief_light, relief_shadow
from rasterdelta.render.scene import illuminate, observe
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.things import Thing, body_mask, ground_shadow
from rasterdelta.render.truth import truth_of


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_same_seed_gives_the_same_image(tiny) -> None:
    things = (tiny.thing(aircraft.an26),)
    sensor = replace(tiny.sensor, noise=0.01)
    a, b = (observe(tiny.ground, things, tiny.light, tiny.air, sensor, _rng(1)) for _ in range(2))
    np.testing.assert_array_equal(a.image, b.image)
    assert a.truth == b.truth
    other = observe(tiny.ground, things, tiny.light, tiny.air, sensor, _rng(2))
    assert not np.array_equal(a.image, other.image)


def test_image_holds_whole_numbers_and_never_nodata(tiny) -> None:
    seen = observe(tiny.ground, (), tiny.light, tiny.air, replace(tiny.sensor, offset=(-200.0, 0.0, 400.0)), _rng())
    assert seen.image.dtype == np.float32
    assert seen.image.min() >= 1
    assert seen.image.max() <= 255
    np.testing.assert_array_equal(seen.image, np.round(seen.image))


def test_only_the_object_and_its_shadow_change_the_image(tiny) -> None:
    thing = tiny.thing(vehicles.truck, scheme="olive")
    empty, full = (illuminate(tiny.ground, things, tiny.light, tiny.air) for things in ((), (thing,)))
    changed = np.abs(full - empty).max(axis=0) > 0.01
    body = body_mask(thing, tiny.frame)
    shadow = ground_shadow(tiny.frame, [thing], tiny.light) > 0
    assert changed[body].mean() > 0.98
    assert not changed[~body & ~shadow].sum() > 0.02 * body.sum() + 250  # blades, edges
    assert changed.sum() < 4 * body.sum()


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 180.0, 270.0, 135.0])
@pytest.mark.parametrize("elevation", [25.0, 45.0])
def test_shadow_falls_away_from_the_sun_by_the_height(azimuth: float, elevation: float) -> None:
    frame = Frame(400, 400, 0.25)
    kind = structures.block("mast", 2.0, 2.0, 8.0, schemes=("grey",), roof="flat")
    light = Illumination(azimuth, elevation)
    shadow = ground_shadow(frame, [Thing("it", kind, 50.0, 50.0, 0.0, "grey")], light) > 0.5
    x, y = frame.coordinates()
    away = -((x - 50) * light.towards[0] + (y - 50) * light.towards[1])
    across = (x - 50) * -light.towards[1] + (y - 50) * light.towards[0]
    reach = away[shadow].max()
    assert reach == pytest.approx(8.0 / np.tan(np.deg2rad(elevation)) + 1.0 * (abs(light.towards).sum()), abs=0.6)
    assert np.abs(across[shadow]).max() < 1.9
    assert away[shadow].min() > -2.0


def test_shadow_of_a_wing_is_detached_from_it(tiny) -> None:
    thing = tiny.thing(aircraft.il76)
    shadow = ground_shadow(tiny.frame, [thing], Illumination(90.0, 30.0))
    tip = tiny.frame.pixels(thing.placed(np.array([(-24.0, -6.0)])))[0]
    assert shadow[round(tip[1]), round(tip[0])] == 0


def test_relief_shadow_agrees_with_marching_along_the_ray() -> None:
    rng = _rng(4)
    height = np.zeros((60, 90), np.float32)
    for _ in range(12):
        r, c = rng.integers(5, 55), rng.integers(5, 85)
        height[r - 2 : r + 3, c - 2 : c + 3] = rng.uniform(1, 6)
    light = Illumination(270.0, 40.0)  # the sun stands left, shadows fall right
    expected = np.zeros(height.shape, bool)
    for k in range(1, 40):
        fallen = height[:, :-k] - k * 0.5 / light.reach
        expected[:, k:] |= fallen > height[:, k:] + 0.4
    got = relief_shadow(height, 0.5, light)
    assert got[expected].mean() > 0.97
    assert got[~expected].mean() < 0.06


def test_flat_ground_has_neither_shade_nor_shadow() -> None:
    flat = np.zeros((20, 20), np.float32)
    np.testing.assert_array_equal(relief_light(flat, 0.5, Illumination(120.0, 30.0)), 1)
    np.testing.assert_array_equal(relief_shadow(flat, 0.5, Illumination(120.0, 30.0)), 0)


def test_slopes_towards_the_sun_are_brighter() -> None:
    ramp = np.tile(np.arange(30, dtype=np.float32) * 0.2, (20, 1))  # rises to the right
    facing, averted = (relief_light(ramp, 0.5, Illumination(az, 40.0))[10, 15] for az in (270.0, 90.0))
    assert facing > 1.1
    assert averted < 0.8


@settings(max_examples=15, deadline=None)
@given(
    x=st.floats(12, 88),
    y=st.floats(12, 68),
    heading=st.floats(0, 359),
    shift=st.tuples(st.floats(-4, 4), st.floats(-4, 4)),
)
def test_truth_says_where_the_object_is_in_the_picture(
    x: float, y: float, heading: float, shift: tuple[float, float]
) -> None:
    frame = Frame(320, 400, 0.25)
    sensor = Sensor(0.5, 160, 200, shift_px=shift)
    thing = Thing("it", vehicles.lorry(), x, y, heading, "car_white")
    plane = frame.fill(thing.corners())
    seen = sensor.sample(plane, frame)
    rows, cols = np.indices(seen.shape)
    (found,) = truth_of([thing], sensor.frame, np.zeros(seen.shape, np.float32))
    assert found.visible == 1
    assert (rows * seen).sum() / seen.sum() == pytest.approx(found.row, abs=0.1)
    assert (cols * seen).sum() / seen.sum() == pytest.approx(found.col, abs=0.1)
    assert found.row == pytest.approx(y / 0.5 - 0.5 + shift[0])
    assert found.col == pytest.approx(x / 0.5 - 0.5 + shift[1])


def test_shift_moves_the_image(tiny) -> None:
    things = (tiny.thing(aircraft.an26),)
    still, moved = (
        observe(tiny.ground, things, tiny.light, tiny.air, replace(tiny.sensor, shift_px=s), _rng()).image
        for s in ((0, 0), (3, -2))
    )
    np.testing.assert_allclose(moved[:, 13:150, 10:180], still[:, 10:147, 12:182], atol=2)


def test_gain_and_offset_act_by_band(tiny) -> None:
    plain, changed = (
        observe(tiny.ground, (), tiny.light, tiny.air, s, _rng()).image
        for s in (tiny.sensor, replace(tiny.sensor, gain=(1.2, 1.0, 0.8), offset=(5.0, 0.0, -5.0)))
    )
    np.testing.assert_allclose(changed[0], np.minimum(plain[0] * 1.2 + 5, 255), atol=1.5)
    np.testing.assert_allclose(changed[1], plain[1])
    np.testing.assert_allclose(changed[2], plain[2] * 0.8 - 5, atol=1.5)


def test_sensor_refuses_a_gain_too_few() -> None:
    with pytest.raises(ValueError, match="one gain and one offset a band"):
        Sensor(0.5, 10, 10, gain=(1.0, 1.0))


def test_cloud_hides_what_lies_beneath(tiny) -> None:
    thing = tiny.thing(vehicles.truck, x=30, y=40, scheme="olive")
    air = Atmosphere(0.0, (Cloud(30.0, 40.0, 20.0, 900.0, seed=1),))
    seen = observe(tiny.ground, (thing,), tiny.light, air, tiny.sensor, _rng())
    assert seen.truth[0].visible == 0
    assert not seen.clear[80, 60]
    assert seen.clear[80, 190]
    assert seen.image[:, 80, 60].min() > 220


def test_cloud_shadow_lies_where_the_sun_sends_it() -> None:
    frame = Frame(300, 300, 1.0)
    cloud = Cloud(150.0, 220.0, 30.0, 100.0, seed=2)
    shadow = cloud.shadow(frame, Illumination(180.0, 45.0))  # from below, 100 m up in the image
    rows, cols = np.nonzero(shadow > 0.5)
    assert rows.mean() == pytest.approx(120, abs=15)
    assert cols.mean() == pytest.approx(150, abs=15)


def test_haze_lowers_contrast_and_lifts_the_dark(tiny) -> None:
    things = (tiny.thing(aircraft.an26),)
    clear, hazy = (
        observe(tiny.ground, things, tiny.light, Atmosphere(h), tiny.sensor, _rng()).image for h in (0.0, 0.6)
    )
    assert hazy.std() < 0.8 * clear.std()
    assert hazy.min() > clear.min() + 15


def test_a_coarser_sensor_sees_the_mean_of_the_finer(tiny) -> None:
    lit = illuminate(tiny.ground, (tiny.thing(aircraft.il76),), tiny.light, tiny.air)
    fine, coarse = (
        Sensor(g, round(80 / g), round(100 / g), ("red",), gain=(1.0,), offset=(0.0,), largest=10000, noise=0.0)
        for g in (0.5, 2.0)
    )
    a, b = (s.observe(lit, tiny.frame, _rng()) for s in (fine, coarse))
    assert a.mean() == pytest.approx(b.mean(), rel=0.02)

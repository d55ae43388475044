"""A scene on the ground, and what a sensor sees of it."""

from dataclasses import dataclass

import numpy as np

from rasterdelta.render.atmosphere import Atmosphere
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination, relief_light, relief_shadow
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.things import Thing, draw, ground_shadow
from rasterdelta.render.truth import PlacedObject, truth_of
from rasterdelta.types import FloatArray, Image, Mask, Plane


@dataclass(frozen=True, slots=True)
class Ground:
    """Bare ground with everything that grows on it."""

    frame: Frame
    reflectance: FloatArray
    """Blue, green, red and nir, shape (4, row, column)."""
    height_m: Plane
    """Of terrain and trees above the plane."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One image with its truth."""

    image: Image
    """Whole digital numbers."""
    clear: Mask
    """False under cloud."""
    truth: tuple[PlacedObject, ...]


def illuminate(ground: Ground, things: tuple[Thing, ...], light: Illumination, air: Atmosphere) -> FloatArray:
    """Give the light that a scene reflects, shape (4, row, column), at the ground's own resolution."""
    frame = ground.frame
    fixed = relief_shadow(ground.height_m, frame.gsd_m, light)
    if air.clouds:
        fixed = np.maximum(fixed, 0.8 * air.cloud_shadow(frame, light))
    shadow = np.maximum(fixed, ground_shadow(frame, things, light))
    direct = relief_light(ground.height_m, frame.gsd_m, light) * (1 - shadow)
    lit = np.empty_like(ground.reflectance)
    for k, sky in enumerate(light.sky):
        np.multiply(ground.reflectance[k], np.float32(sky) + np.float32(1 - sky) * direct, out=lit[k])
    for thing in sorted(things, key=lambda t: t.kind.height_m):
        draw(lit, frame, thing, light, fixed)
    return lit


def observe(
    ground: Ground,
    things: tuple[Thing, ...],
    light: Illumination,
    air: Atmosphere,
    sensor: Sensor,
    rng: np.random.Generator,
) -> Observation:
    """Take one image of a scene, with its exact truth.

    Parameters
    ----------
    ground : Ground
        At a finer resolution than the sensor's.
    things : tuple of Thing
        What stands on it.
    light, air, sensor : Illumination, Atmosphere, Sensor
        How it is lit, what lies between, and what looks.
    rng : numpy.random.Generator
        Source of the sensor's noise.
    """
    above = air.seen_through(illuminate(ground, things, light, air), ground.frame)
    return record(above, ground.frame, things, air, sensor, rng)


def record(
    above: FloatArray,
    frame: Frame,
    things: tuple[Thing, ...],
    air: Atmosphere,
    sensor: Sensor,
    rng: np.random.Generator,
) -> Observation:
    """Take an image of light above the air, so that several sensors can look at one moment."""
    cover = air.cloud_cover(sensor.frame)
    image = sensor.observe(above, frame, rng)
    return Observation(image, cover < 0.2, truth_of(things, sensor.frame, cover))

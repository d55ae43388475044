"""What a sample site is and what happens there: the types that both sites share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from rasterdelta.render.atmosphere import Atmosphere
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.scene import Ground
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.site import Axes
from rasterdelta.render.things import Thing


@dataclass(frozen=True, slots=True)
class Tile:
    """One image file of a date."""

    suffix: str
    """End of the file name, e.g. `50cm`."""
    sensor_name: str
    sensor: Sensor


@dataclass(frozen=True, slots=True)
class Moment:
    """One date: what stands there, how it is lit, and who looks."""

    time: datetime
    note: str
    things: tuple[Thing, ...]
    light: Illumination
    air: Atmosphere
    off_nadir_deg: float
    tiles: tuple[Tile, ...]
    ground: str
    """Key of the ground that it is seen on."""


@dataclass(frozen=True, slots=True)
class Site:
    """A sample site over all its dates."""

    id: str
    name: str
    lon: float
    lat: float
    """Middle of the scene."""
    epsg: int
    frame: Frame
    axes: Axes
    grounds: dict[str, Callable[[np.random.Generator], Ground]]
    """How to paint each ground; one seed serves all, so that they show one place."""
    moments: tuple[Moment, ...]
    zones: dict[str, tuple[str, tuple[float, float, float, float]]]
    """Zone id to its name and its rectangle (u0, u1, v0, v1) on the site's axes."""

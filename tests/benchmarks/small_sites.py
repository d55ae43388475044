"""Small rendered sites over years: an apron or a motor pool, what stands there each day, and how each day looks.

Sun, season, snow, wet ground, haze, cloud, camera and georeference differ from image to image; the ground, its clutter
and the way of parking from site to site. Nothing here is shared with what quotes the rates of false alerts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asin, atan2, cos, degrees, pi, radians, sin
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rasterdelta.render import aircraft, structures, vehicles
from rasterdelta.render.atmosphere import Atmosphere, Cloud
from rasterdelta.render.canvas import Canvas, curve
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.markings import stains
from rasterdelta.render.paint import MATERIALS
from rasterdelta.render.parts import Kind
from rasterdelta.render.scene import Ground, observe
from rasterdelta.render.season import Season
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.site import Axes
from rasterdelta.render.surfaces import Asphalt, Loose, Meadow, Slabs
from rasterdelta.render.things import Thing
from rasterdelta.render.trees import Stand, places, plant
from rasterdelta.types import Image, Mask

SIDE = 160
"""Pixels of an image on a side."""
_MARGIN_M = 20.0
"""Rendered around the image: what casts its shadow into it, and room for the camera's aim."""
_FINER = 2
"""Rendered pixels a pixel of the image."""

Label = Literal["aircraft", "vehicle"]
Rect = tuple[float, float, float, float]
"""u0, u1, v0, v1 on the axes of a site, metres."""


@dataclass(frozen=True, slots=True)
class Look:
    """One image of a site."""

    day: int
    """Since the first of January of the first year."""
    standing: tuple[int, ...]
    """Places that are taken."""
    camp: float
    """Share of the camp that stands, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Kindred:
    """What kind of site it is."""

    label: Label
    gsd_m: float
    pitch_m: tuple[float, float]
    """Between places, across and along."""
    makers: tuple[Callable[[], Kind], ...]


APRON = Kindred("aircraft", 0.9, (18.5, 22.8), (aircraft.su24, aircraft.su35, aircraft.mig29, aircraft.su25))
POOL = Kindred(
    "vehicle", 0.55, (5.6, 12.0),
    (vehicles.truck, vehicles.open_truck, vehicles.fuel_truck, vehicles.light_truck, vehicles.wheeled_carrier,
     vehicles.infantry_carrier, vehicles.lorry),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SmallSite:
    """A place of some ten thousand square metres."""

    seed: int
    kind: Kindred
    latitude_deg: float
    axis_deg: float
    snowy: float
    """Chance of snow at a look in winter."""
    cloudy: float
    """Chance that a look in fair weather is followed by one in cloud."""

    @classmethod
    def of(cls, seed: int) -> "SmallSite":
        """Make a site of its own kind."""
        rng = np.random.default_rng([seed, 1])
        latitude = float(rng.uniform(33, 56))
        snowy = float(np.clip((latitude - 40) / 20, 0, 0.7))
        kind = APRON if rng.random() < 0.5 else POOL
        return cls(seed, kind, latitude, float(rng.uniform(-20, 20)), snowy, float(rng.uniform(0.1, 0.35)))

    @property
    def frame(self) -> Frame:
        """Give the ground that is rendered."""
        gsd = self.kind.gsd_m / _FINER
        side = SIDE * _FINER + 2 * round(_MARGIN_M / gsd)
        return Frame(side, side, gsd)

    @property
    def axes(self) -> Axes:
        return Axes.centred(self.frame, self.axis_deg)

    @property
    def half_m(self) -> float:
        """Half the side of an image."""
        return SIDE * self.kind.gsd_m / 2

    @property
    def yard(self) -> Rect:
        """The paved or trodden place; below it lies a field."""
        half = self.half_m
        return -0.86 * half, 0.86 * half, -0.24 * half, 0.86 * half

    @property
    def field(self) -> Rect:
        """Where a camp may stand."""
        half = self.half_m
        return -0.8 * half, 0.8 * half, -0.94 * half, -0.3 * half

    def places(self) -> NDArray[np.float64]:
        """Give where objects may stand, shape (n, 3): u, v and heading; those that are taken first come first."""
        rng = np.random.default_rng([self.seed, 2])
        (du, dv), (u0, u1, v0, v1) = self.kind.pitch_m, self.yard
        across, along = int((u1 - u0) // du), int((v1 - v0) // dv)
        u = (u0 + u1) / 2 + (np.arange(across) - (across - 1) / 2) * du
        v = (v0 + v1) / 2 + (np.arange(along) - (along - 1) / 2) * dv
        grid = np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
        heading = rng.choice([0.0, 180.0], along).repeat(across)
        order = np.argsort(np.arange(len(grid)) + rng.exponential(len(grid) / 6, len(grid)))
        return np.column_stack([grid, heading])[order]


def stays(site: SmallSite, numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Give which places are taken at each look: what leaves and what comes is drawn by lot, the rest stays."""
    rng, taken, found = np.random.default_rng([site.seed, 3]), list[int](), []
    room = len(site.places())
    for number in numbers:
        wanted = min(number, room)
        gone = min(len(taken), max(0, len(taken) - wanted) + int(rng.random() < 0.3) * (len(taken) // 6))
        for _ in range(gone):
            taken.pop(int(rng.integers(len(taken))))
        while len(taken) < wanted:
            free = next(k for k in range(room) if k not in taken)
            taken.append(free)
        found.append(tuple(sorted(taken)))
    return found


def season_of(site: SmallSite, day: int, rng: np.random.Generator) -> Season:
    """Give the state of the ground: green in spring and summer, snow on some days of winter, wet on some."""
    warm = 0.5 - 0.5 * cos(2 * pi * (day - 20) / 365)
    green, leaves = round(8 * (0.15 + 0.6 * warm)) / 8, 1.0 if warm > 0.35 else 0.0
    snow = float(rng.choice([0.4, 0.92])) if warm < 0.2 and rng.random() < site.snowy else 0.0
    wet = 0.35 if not snow and rng.random() < 0.2 else 0.0
    return Season(green, leaves, snow, wet)


def sun_of(site: SmallSite, day: int, hour: float) -> Illumination:
    """Give where the sun stands at an hour of local solar time."""
    tilt, turn = radians(-23.44 * cos(2 * pi * (day + 10) / 365)), radians(15 * (hour - 12))
    at = radians(site.latitude_deg)
    up = asin(sin(at) * sin(tilt) + cos(at) * cos(tilt) * cos(turn))
    azimuth = atan2(-sin(turn) * cos(tilt), sin(tilt) * cos(at) - cos(tilt) * sin(at) * cos(turn))
    return Illumination(degrees(azimuth) % 360, max(degrees(up), 9.0))


@lru_cache(maxsize=12)
def ground(site: SmallSite, season: Season, camp: float) -> Ground:
    """Paint the bare ground; the same site has the same trees, slabs and tracks in every season."""
    seeds = np.random.default_rng([site.seed, 4]).integers(0, 2**32, 6)
    frame, axes, (u0, u1, v0, v1) = site.frame, site.axes, site.yard
    kinds = np.random.default_rng(seeds[5])
    canvas = Canvas.covered(frame, Meadow(season, bare=float(kinds.uniform(0.1, 0.4))), np.random.default_rng(seeds[0]))
    canvas.rng = np.random.default_rng(seeds[1])
    canvas.lay(axes.rect(u0 - 5, u1 + 5, v0 - 3, v1 + 5), Loose("sand", season), ragged_m=4.0, share=0.5)
    canvas.rng = np.random.default_rng(seeds[2])
    canvas.lay(axes.rect(*site.yard), _floor(site, season, kinds), ragged_m=0.4)
    if season.snow > 0.5:
        canvas.area(axes.rect(*site.yard), MATERIALS["dirty_snow"], share=0.45, worn=0.6)
    canvas.rng = np.random.default_rng(seeds[3])
    stains(canvas, axes, site.yard, 14)
    road = curve(axes.path([(3 * u0, v1 + 8), (u0, v1 + 6), (u1, v1 + 7), (3 * u1, v1 + 4)]))
    canvas.line(road, 4.0, MATERIALS["sand"], share=0.5, worn=0.5)
    if camp:
        canvas.rng = np.random.default_rng([site.seed, 9])
        _churn(canvas, site, season, camp)
    canvas.rng = np.random.default_rng(seeds[4])
    for edge in ((3 * u0, u0 - 8, 3 * v0, 3 * v1), (u1 + 10, 3 * u1, 3 * v0, 0.0)):
        stand = Stand(season, 7.0, (1.2, 2.6), (4.0, 9.0), conifers=0.4, density=0.35)
        plant(canvas, places(axes.rect(*edge), stand.spacing_m, stand.density, canvas.rng), stand)
    return canvas.finished()


def _floor(site: SmallSite, season: Season, kinds: np.random.Generator) -> Slabs | Asphalt | Loose:
    deg, centre = site.axis_deg, site.axes.centre
    if site.kind is POOL and kinds.random() < 0.6:
        return Loose(str(kinds.choice(["gravel", "soil"])), season, rough=0.06)
    if kinds.random() < 0.3:
        return Asphalt(deg, centre, 7.0, wet=season.wet)
    return Slabs(deg, centre, (7.5, 7.5), str(kinds.choice(["concrete", "old_concrete"])), wet=season.wet)


def _churn(canvas: Canvas, site: SmallSite, season: Season, camp: float) -> None:
    u0, u1, v0, v1 = site.field
    soil = Loose("soil" if season.snow < 0.5 else "dirty_snow", Season(season.green, season.leaves))
    canvas.lay(site.axes.rect(u0, u0 + camp * (u1 - u0), v0, v1), soil, ragged_m=2.0, share=0.85)


def things(site: SmallSite, standing: Sequence[int], camp: float) -> tuple[Thing, ...]:
    """Give what stands on the site: its clutter, what is counted, and tents where a camp is."""
    return (*_clutter(site), *_parked(site, standing), *_tents(site, camp))


def _parked(site: SmallSite, standing: Sequence[int]) -> list[Thing]:
    found, at = [], site.places()
    for k in standing:
        rng = np.random.default_rng([site.seed, 5, k])
        u, v, heading = at[k] + rng.normal(0, (0.3, 0.4, 2.0))
        make = site.kind.makers[int(rng.integers(len(site.kind.makers)))]
        found.append(site.axes.thing(f"{site.seed}-{k}", make(), float(u), float(v), float(heading)))
    return found


def _clutter(site: SmallSite) -> list[Thing]:
    """Give what stands there all the time and is not counted: huts, containers, crates, carts, poles."""
    rng, (u0, u1, v0, v1) = np.random.default_rng([site.seed, 6]), site.yard
    thing = site.axes.thing
    found = [thing("hut", structures.building(16, 8, 4, roof="gable"), u1 + 6, 0.6 * v1)]
    found += [
        thing(f"box-{k}", structures.container(), u0 - 4 + 3.2 * (k % 2), v0 + 4 + 8.5 * (k // 2))
        for k in range(int(rng.integers(0, 7)))
    ]
    u, v = rng.uniform(u0, u1, 12), rng.choice([v0 - 2.0, v1 + 2.5], 12)
    for k in range(int(rng.integers(0, 12))):
        make = (structures.crate, structures.cart, structures.barrier)[k % 3]
        found.append(thing(f"odd-{k}", make(), float(u[k]), float(v[k]), float(rng.uniform(0, 180))))
    if site.kind is APRON:
        found += [thing(f"pole-{k}", structures.light_pole(), at, v1) for k, at in enumerate((u0, u1))]
    return found


def _tents(site: SmallSite, camp: float) -> list[Thing]:
    u0, u1, v0, v1 = site.field
    at = [(u, v) for u in np.arange(u0 + 4, u0 + camp * (u1 - u0), 8.0) for v in np.arange(v0 + 7, v1 - 5, 13.0)]
    return [site.axes.thing(f"tent-{k}", structures.tent(), u, v) for k, (u, v) in enumerate(at)]


@dataclass(frozen=True, slots=True)
class Picture:
    """One image, and what its provider says of it."""

    image: Image
    clouded: Mask
    """True = cloud, as a provider's mask would have it: thin edges belong to it or not."""
    light: Illumination


def picture(site: SmallSite, look: Look, air: Atmosphere) -> Picture:
    """Render one image."""
    rng = np.random.default_rng([site.seed, 7, look.day])
    season, light = season_of(site, look.day, rng), sun_of(site, look.day, 9.5 + 2.5 * rng.random())
    stands, sensor = things(site, look.standing, look.camp), _sensor(site, season, rng)
    made = observe(ground(site, season, look.camp), stands, light, air, sensor, rng)
    clouded = np.asarray(air.cloud_cover(sensor.frame) > rng.uniform(0.15, 0.6))
    return Picture(made.image, clouded, light)


def _sensor(site: SmallSite, season: Season, rng: np.random.Generator) -> Sensor:
    """Give a camera with an exposure of its own, and the quarter of a pixel that registration leaves of its aim."""
    gsd = site.kind.gsd_m
    return Sensor(
        gsd, SIDE, SIDE, x_m=_MARGIN_M, y_m=_MARGIN_M, psf_fwhm_px=float(rng.uniform(1.25, 1.65)),
        shift_px=tuple(rng.normal(0, 0.25, 2)), sharpen=float(rng.uniform(0.15, 0.45)),
        gain=tuple(rng.normal(1, 0.03) * (1 + rng.normal(0, 0.02, 3))), offset=tuple(rng.uniform(0, 4, 3)),
        full_scale=0.9 if season.snow > 0.5 else 0.45, gamma=1.15, noise=float(rng.uniform(0.004, 0.008)),
    )  # fmt: skip


def weather(site: SmallSite, days: Sequence[int]) -> list[Atmosphere]:
    """Give the air of each look: cloud stays for a while, and hides all, a part, or little."""
    rng, cloudy, found = np.random.default_rng([site.seed, 8]), False, []
    size = SIDE * site.kind.gsd_m
    for day in days:
        cloudy = rng.random() < (0.55 if cloudy else site.cloudy)
        clouds: tuple[Cloud, ...] = ()
        if cloudy:
            radius = float(rng.choice([0.25, 0.5, 3.0], p=[0.3, 0.35, 0.35])) * size
            x, y = rng.uniform(0.1, 0.9, 2) * size if radius < size else (size / 2, size / 2)
            clouds = (Cloud(_MARGIN_M + float(x), _MARGIN_M + float(y), radius, 900.0, seed=int(rng.integers(2**31))),)
        haze = float(np.clip(rng.gamma(1.2, 0.08), 0.02, 0.5))
        found.append(Atmosphere(haze, clouds, seed=int(day)))
    return found

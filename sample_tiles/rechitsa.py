"""The field camp: three dates, green and snow. Objects and events are invented; place and dates are real."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from story import Moment, Site, Tile

from rasterdelta.render import structures, vehicles
from rasterdelta.render.atmosphere import Atmosphere
from rasterdelta.render.camp import ARMOUR_PARK, TENTS, VEHICLE_PARK, Camp
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.parts import Kind
from rasterdelta.render.season import Season
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.things import Thing

FRAME = Frame(2080, 2080, 0.25)
SUMMER, WINTER = Season(green=0.75), Season(green=0.2, leaves=0.0, snow=0.92)
AXES = Camp(SUMMER).axes(FRAME)
FINE = Sensor(0.5, 1000, 1000, x_m=10.0, y_m=10.0, psf_fwhm_px=1.4, sharpen=0.35, full_scale=0.35, gamma=1.2)


def _tents(*, snowy: bool, keep: float = 1.0) -> Iterator[Thing]:
    rng = np.random.default_rng(31)
    u0, _, v0, _ = TENTS
    for k in range(48):
        u, v = u0 + 8 + 10.4 * (k % 12) + rng.normal(0, 0.3), v0 + 14 + 28.0 * (k // 12) + rng.normal(0, 0.4)
        scheme = "tent_snow" if snowy else ("tent_green", "tent_tan")[int(rng.random() < 0.25)]
        if rng.random() < keep:
            yield AXES.thing(f"tent-{k + 1:02d}", structures.tent(), u, v, float(rng.normal(0, 1.5)), scheme)


def _parked(
    prefix: str,
    area: tuple[float, float, float, float],
    kind: Callable[[int], Kind],
    *,
    per_row: int,
    rows: int,
    share: float,
) -> Iterator[Thing]:
    """Fill a park with rows of vehicles; a smaller share leaves out the same ones first."""
    rng = np.random.default_rng(sum(map(ord, prefix)))
    u0, u1, v0, v1 = area
    for k in range(per_row * rows):
        u = u0 + 4 + (u1 - u0 - 8) * (k % per_row) / (per_row - 1) + rng.normal(0, 0.25)
        v = v0 + 8 + (v1 - v0 - 16) * (k // per_row) / (rows - 1) + rng.normal(0, 0.5)
        heading = 180 * (k // per_row % 2) + rng.normal(0, 2.0)
        if rng.random() < share:
            yield AXES.thing(f"{prefix}-{k + 1:03d}", kind(k), u, v, float(heading))


def _truck(k: int) -> Kind:
    makers = (vehicles.truck, vehicles.open_truck, vehicles.truck, vehicles.fuel_truck, vehicles.light_truck)
    return makers[(k // 5 + k // 23) % 5]()


def _armour(k: int) -> Kind:
    return (vehicles.tank, vehicles.infantry_carrier, vehicles.howitzer)[k // 26 % 3]()


def _camp(trucks: float, armour: float, *, snowy: bool, tents: float = 1.0) -> tuple[Thing, ...]:
    rng = np.random.default_rng(12)
    crates = [
        AXES.thing(
            f"cargo-{k}",
            structures.crate(),
            -8 + rng.uniform(0, 12),
            20 + rng.uniform(0, 90),
            float(rng.uniform(0, 180)),
        )
        for k in range(26)
    ]
    boxes = [
        AXES.thing(f"container-{k}", structures.container(), -156 + (k % 2) * 4, -10 + 8.0 * (k // 2), 0)
        for k in range(6)
    ]
    parked = (
        *_parked("truck", VEHICLE_PARK, _truck, per_row=22, rows=5, share=trucks),
        *_parked("armour", ARMOUR_PARK, _armour, per_row=26, rows=3, share=armour),
    )
    return (*_tents(snowy=snowy, keep=tents), *parked, *crates, *boxes)


def _tile(
    shift: tuple[float, float], gain: tuple[float, ...], offset: tuple[float, ...], full_scale: float = 0.35
) -> tuple[Tile, ...]:
    return (
        Tile(
            "50cm",
            "rendered 0.5 m colour",
            replace(FINE, shift_px=shift, gain=gain, offset=offset, full_scale=full_scale),
        ),
    )


def site() -> Site:
    """Give the site with its three dates."""
    visitors = (
        AXES.thing("visitor-1", vehicles.light_truck(), -60, -33, 88, "olive"),
        AXES.thing("visitor-2", vehicles.truck(), 3, 66, 176, "olive"),
    )
    moments = (
        Moment(
            datetime(2021, 6, 19, 9, 18, tzinfo=UTC), "an empty clearing", visitors,
            Illumination(150.4, 57.9), Atmosphere(0.06), 1.2,
            _tile((0, 0), (1.0, 1.0, 1.0), (0, 0, 0)), "empty",
        ),
        Moment(
            datetime(2021, 7, 17, 9, 2, tzinfo=UTC), "tents in rows, both parks full", _camp(0.93, 0.95, snowy=False),
            Illumination(143.7, 54.2), Atmosphere(0.14, seed=3), 2.4,
            _tile((2.6, -1.8), (1.05, 1.02, 0.97), (2, 1, 1)), "camp",
        ),
        Moment(
            datetime(2022, 1, 25, 9, 40, tzinfo=UTC), "snow, fewer vehicles", _camp(0.36, 0.55, snowy=True, tents=0.7),
            Illumination(167.2, 17.9), Atmosphere(0.05, seed=4), 0.9,
            _tile((-2.2, 3.4), (0.97, 1.0, 1.04), (1, 1, 3), 1.0), "snow",
        ),
    )  # fmt: skip
    grounds = {
        "empty": lambda rng: Camp(SUMMER, traffic=0.0).ground(FRAME, rng),
        "camp": lambda rng: Camp(replace(SUMMER, green=0.62), traffic=0.9).ground(FRAME, rng),
        "snow": lambda rng: Camp(WINTER, traffic=0.7).ground(FRAME, rng),
    }
    zones = {
        "tents": ("Tent area", TENTS),
        "vehicle-park": ("Vehicle park", VEHICLE_PARK),
        "armour-park": ("Armour park", ARMOUR_PARK),
    }
    return Site(
        "rechitsa", "Field camp near Rechitsa (rendered)", 30.3900, 52.3700, 32636, FRAME, AXES, grounds, moments, zones
    )

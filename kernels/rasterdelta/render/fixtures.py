"""What stands on the air base on every date: buildings, shelters, clutter, staff cars."""

import numpy as np

from rasterdelta.render import structures, vehicles
from rasterdelta.render.airbase import SHELTERS
from rasterdelta.render.parts import Kind, Shape
from rasterdelta.render.site import Axes
from rasterdelta.render.things import Thing

BUILDINGS: tuple[tuple[float, float, float, float, float, Shape, str, float], ...] = (
    (272, -205, 36, 14, 7, "flat", "roof_grey", 0),
    (272, -160, 30, 16, 9, "flat", "roof_pale", 0),
    (274, -112, 24, 12, 6, "gable", "roof_red", 90),
    (272, -70, 40, 15, 8, "flat", "roof_grey", 0),
    (272, -20, 24, 12, 6, "gable", "roof_red", 0),
    (274, 20, 18, 12, 5, "flat", "roof_pale", 90),
    (270, 62, 44, 18, 10, "gable", "roof_blue", 0),
    (272, 118, 28, 14, 6, "flat", "roof_grey", 90),
    (216, -200, 30, 13, 6, "gable", "roof_grey", 0),
    (214, -150, 22, 11, 5, "flat", "roof_pale", 90),
    (216, -100, 34, 20, 9, "round", "roof_pale", 0),
    (216, -30, 20, 10, 5, "gable", "roof_red", 0),
    (214, 30, 16, 9, 4, "flat", "roof_grey", 0),
    (92, -262, 46, 30, 12, "round", "roof_pale", 90),
    (20, -250, 30, 14, 8, "flat", "roof_grey", 90),
    (-20, -246, 12, 12, 18, "flat", "roof_pale", 0),
)
"""Centre (u, v), length, width, height, roof, paint, heading on the base's axes."""


def fixtures(axes: Axes) -> tuple[Thing, ...]:
    """Give everything that never moves."""
    return (*_buildings(axes), *_shelters(axes), *_clutter(axes), *_gear(axes))


def _buildings(axes: Axes) -> list[Thing]:
    found = []
    for k, (u, v, length, width, height, roof, scheme, turn) in enumerate(BUILDINGS, 1):
        kind = structures.building(length, width, height, roof=roof, scheme=scheme)
        found.append(axes.thing(f"building-{k:02d}", kind, u, v, turn))
    return found


def _shelters(axes: Axes) -> list[Thing]:
    hard = [axes.thing(f"shelter-{k}", structures.shelter(), u, v, -90) for k, (u, v) in enumerate(SHELTERS, 1)]
    shade = [axes.thing(f"sunshade-{k}", structures.sunshade(), 56, v, 90) for k, v in enumerate((-190, -168, -146), 1)]
    return hard + shade


def _clutter(axes: Axes) -> list[Thing]:
    """Give masts, containers, blast walls, tanks and wrecks: what may be mistaken for aircraft and vehicles."""
    masts = [(-94, v) for v in range(-200, 140, 66)] + [(72, v) for v in range(-180, 140, 66)]
    boxes = [(200 + (k % 4) * 3.1, -8 + (k // 4) * 7.4) for k in range(16)]
    rows: tuple[tuple[str, Kind, list[tuple[float, float, float]]], ...] = (
        ("pole", structures.light_pole(), [(u, v, 90) for u, v in masts]),
        ("container", structures.container(), [(u, v, 0) for u, v in boxes]),
        ("barrier", structures.barrier(), [(73, 80 - 13 * k, 0) for k in range(9)]),
        ("fuel-tank", structures.fuel_tank(), [(212, -226, 0), (225, -226, 0)]),
        ("wreck", structures.wreck(), [(-118, 206, 40), (-120, 232, 110)]),
    )
    return [axes.thing(f"{name}-{k}", kind, *spot) for name, kind, spots in rows for k, spot in enumerate(spots)]


def _gear(axes: Axes) -> list[Thing]:
    """Give crates and carts along the edges of the aprons."""
    rng = np.random.default_rng(4711)
    kinds = (structures.crate(), structures.cart())
    places = [rng.uniform((58, -130), (69, 120)) for _ in range(34)] + [
        rng.uniform((-60, 216), (66, 226)) for _ in range(20)
    ]
    turns = rng.uniform(0, 180, len(places))
    return [
        axes.thing(f"gear-{k:02d}", kinds[k % 2], float(place[0]), float(place[1]), float(turn))
        for k, (place, turn) in enumerate(zip(places, turns, strict=True))
    ]


def parked_cars(axes: Axes) -> tuple[Thing, ...]:
    """Give the staff cars beside the buildings."""
    rng = np.random.default_rng(99)
    spots = [*np.arange(-95, -45, 2.9), *np.arange(80, 104, 2.9)]
    kept = [float(v) for v in spots if rng.random() < 0.62]
    turns = 90 + 180 * rng.integers(0, 2, len(kept)) + rng.normal(0, 2, len(kept))
    return tuple(
        axes.thing(f"car-{k:02d}", vehicles.car(), 259.5, v, float(turn))
        for k, (v, turn) in enumerate(zip(kept, turns, strict=True), 1)
    )

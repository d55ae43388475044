"""Labelled pictures from the renderer: air bases and camps; layout, light, season and sensor are drawn by lot."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from rasterdelta.detect.sampling import Labels
from rasterdelta.render import airbase, aircraft, helicopters, structures, vehicles
from rasterdelta.render.atmosphere import Atmosphere
from rasterdelta.render.camp import Camp
from rasterdelta.render.fixtures import fixtures, parked_cars
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.parts import Kind
from rasterdelta.render.scene import illuminate, record
from rasterdelta.render.season import Season
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.site import Axes
from rasterdelta.render.things import Thing
from rasterdelta.render.truth import PlacedObject

Makers = Sequence[Callable[[], Kind]]
FIGHTERS: Makers = (aircraft.su24, aircraft.su25, aircraft.su35, aircraft.mig29)
HEAVY: Makers = (aircraft.an26, aircraft.il76, aircraft.tu95, aircraft.tu22m, aircraft.an124)
ROTARY: Makers = (
    helicopters.mi8,
    helicopters.mi24,
    helicopters.ka52,
    lambda: helicopters.dismantled(helicopters.mi8()),
)
SOFT: Makers = (vehicles.truck, vehicles.open_truck, vehicles.fuel_truck, vehicles.light_truck, vehicles.lorry)
ARMOUR: Makers = (vehicles.tank, vehicles.infantry_carrier, vehicles.wheeled_carrier, vehicles.howitzer)
OTHER: Makers = (vehicles.launcher, vehicles.radar_truck, vehicles.car)
CLUTTER: Makers = (structures.crate, structures.container, structures.cart, structures.wreck, structures.barrier)
SHADES: Makers = (structures.shelter, structures.sunshade, structures.fuel_tank, structures.tent)

Seen = tuple[np.ndarray, float, tuple[PlacedObject, ...]]
"""Image in display units, ground sampling distance, objects."""

GSDS_M = ((0.25, 0.36), (0.42, 0.62), (0.8, 1.6), (2.4, 3.6))
"""Each scene is seen once at a ground sampling distance from each of these ranges."""


@dataclass(frozen=True)
class Drawn:
    """One rendered picture with exact labels of one class."""

    image: np.ndarray
    gsd_m: float
    objects: tuple[PlacedObject, ...]
    label: str

    def read(self, factor: float = 1.0) -> np.ndarray:
        """Give the image, float32 in 0 to 1, (band, row, column), averaged to `factor` times its pixel size."""
        if factor == 1:
            return self.image
        size = tuple(round(n / factor) for n in self.image.shape[:0:-1])
        return np.stack([cv2.resize(b, size, interpolation=cv2.INTER_AREA) for b in self.image])

    def labels(self, factor: float = 1.0) -> Labels:
        """Give the labels on the grid of `read(factor)`; objects hardly to be seen are not counted."""
        mine = [o for o in self.objects if o.label == self.label]
        row, col = ((np.array([getattr(o, a) for o in mine], float) + 0.5) / factor - 0.5 for a in ("row", "col"))
        size = np.array([_box_m(o) for o in mine], float)
        return Labels(row, col, size, np.array([o.visible >= 0.6 for o in mine], bool))


def _box_m(o: PlacedObject) -> float:
    """Longer side of the box along rows and columns: of a cross (aircraft), or of a rectangle."""
    c, s = abs(np.cos(np.deg2rad(o.heading_deg))), abs(np.sin(np.deg2rad(o.heading_deg)))
    if o.label == "aircraft":
        return max(o.length_m * c, o.width_m * s, o.length_m * s, o.width_m * c)
    return max(o.length_m * c + o.width_m * s, o.length_m * s + o.width_m * c)


class _Lot:
    """Places things where nothing of another group stands."""

    def __init__(self, axes: Axes, rng: np.random.Generator, name: str) -> None:
        self.axes, self.rng, self.name = axes, rng, name
        self.things: list[Thing] = []

    def group(
        self,
        makers: Makers,
        area: tuple[float, float, float, float],
        *,
        count: int,
        rows: int = 1,
        gap: tuple[float, float] = (1.15, 2.0),
        mixed: float = 0.3,
    ) -> None:
        """Stand things in rows at a random place and heading of an area (u0, u1, v0, v1)."""
        rng, (u0, u1, v0, v1) = self.rng, area
        first = makers[rng.integers(len(makers))]
        kinds = [(makers[rng.integers(len(makers))] if rng.random() < mixed else first)() for _ in range(count)]
        across = float(rng.uniform(*gap)) * max(k.width_m for k in kinds) + 0.4
        along = float(rng.uniform(1.1, 1.8)) * max(k.length_m for k in kinds)
        turn = float(rng.choice([0, 90, rng.uniform(0, 180)]))
        u, v = rng.uniform(u0, u1), rng.uniform(v0, v1)
        per_row, new = -(-count // rows), []
        c, s = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
        for k, kind in enumerate(kinds):
            x = (k % per_row - per_row / 2) * across + rng.normal(0, 0.06 * kind.width_m)
            y = (k // per_row - rows / 2) * along + rng.normal(0, 0.04 * kind.length_m)
            heading = turn + float(rng.normal(0, 3)) + 180 * int(rng.random() < 0.2)
            name = f"{self.name}-{len(self.things)}-{k}"
            new.append(self.axes.thing(name, kind, u + x * c + y * s, v - x * s + y * c, heading))
        self.things += [t for t in new if self._free(t) and rng.random() < 0.93]

    def _free(self, new: Thing) -> bool:
        reach = 0.5 * max(new.kind.length_m, new.kind.width_m)
        return all(
            np.hypot(new.x_m - t.x_m, new.y_m - t.y_m) > reach + 0.5 * max(t.kind.length_m, t.kind.width_m)
            for t in self.things
        )


def _base_things(axes: Axes, rng: np.random.Generator, name: str) -> list[Thing]:
    lot = _Lot(axes, rng, name)
    lot.things = [*fixtures(axes), *parked_cars(axes)]
    apron, far = airbase.APRON, airbase.HELI_APRON
    for _ in range(rng.integers(2, 6)):
        lot.group(HEAVY, apron, count=int(rng.integers(1, 4)), gap=(1.05, 1.4))
    for _ in range(rng.integers(2, 5)):
        lot.group(FIGHTERS, apron, count=int(rng.integers(2, 9)), rows=int(rng.integers(1, 3)), gap=(1.1, 2.2))
    lot.group(FIGHTERS, (-150, 110, -200, 200), count=int(rng.integers(1, 4)))
    for area in (far, far, apron):
        lot.group(ROTARY, area, count=int(rng.integers(1, 6)), gap=(2.5, 6.0))
    for area in (airbase.VEHICLE_PARK, airbase.VEHICLE_PARK, apron, (-150, 240, -220, 220)):
        lot.group((SOFT, ARMOUR)[int(rng.random() < 0.35)], area, count=int(rng.integers(3, 32)), rows=2)
    lot.group(OTHER, (-220, 240, -220, 220), count=int(rng.integers(1, 5)))
    for makers in (CLUTTER, CLUTTER, SHADES):
        lot.group(makers, (-150, 240, -220, 220), count=int(rng.integers(3, 16)), rows=2, gap=(1.2, 3.0))
    return lot.things


def _camp_things(axes: Axes, rng: np.random.Generator, name: str) -> list[Thing]:
    lot, clearing = _Lot(axes, rng, name), (-130.0, 130.0, -110.0, 110.0)
    for _ in range(rng.integers(1, 4)):
        lot.group((structures.tent,), clearing, count=int(rng.integers(8, 40)), rows=int(rng.integers(1, 5)))
    for makers in (SOFT, ARMOUR, SOFT, ARMOUR, OTHER):
        lot.group(makers, clearing, count=int(rng.integers(3, 50)), rows=int(rng.integers(1, 5)), gap=(1.1, 2.4))
    for _ in range(3):
        lot.group(CLUTTER, clearing, count=int(rng.integers(3, 16)), rows=2, gap=(1.2, 3.0))
    if rng.random() < 0.4:
        lot.group(ROTARY, clearing, count=int(rng.integers(1, 6)), gap=(2.5, 6.0))
    return lot.things


def _sensor(rng: np.random.Generator, frame: Frame, gsd_m: float, *, snow: bool) -> Sensor:
    rows, cols = (int(n / gsd_m) - 2 for n in frame.size_m[::-1])
    return Sensor(
        gsd_m,
        rows,
        cols,
        psf_fwhm_px=rng.uniform(1.2, 1.9),
        sharpen=rng.uniform(0, 0.6),
        full_scale=rng.uniform(0.9, 1.1) if snow else rng.uniform(0.3, 0.6),
        gamma=rng.uniform(1.0, 1.4),
        noise=rng.uniform(0.003, 0.012),
    )


def scene(seed: int, *, base: bool, gsds_m: Sequence[float] | None = None) -> Iterator[Seen]:
    """Render one scene; give what each sensor sees."""
    rng = np.random.default_rng([seed, int(base)])
    snow = rng.random() < (0.15 if base else 0.3)
    season = Season(
        rng.uniform(0.1, 0.9), leaves=0.0 if snow else 1.0, snow=0.9 if snow else 0.0, wet=rng.uniform(0, 0.4)
    )
    frame = Frame(2080, 2240, 0.25) if base else Frame(1800, 1800, 0.25)
    axis = rng.uniform(-90, 90)
    place = airbase.Airbase(axis, season) if base else Camp(season, axis, traffic=rng.uniform(0, 1))
    things = (_base_things if base else _camp_things)(place.axes(frame), rng, f"s{seed}")
    light = Illumination(rng.uniform(90, 270), rng.uniform(14, 65))
    air = Atmosphere(rng.uniform(0, 0.5) * (rng.random() < 0.7), seed=seed)
    ground = place.ground(frame, rng)
    above = air.seen_through(illuminate(ground, tuple(things), light, air), frame)
    for gsd in gsds_m or [rng.uniform(*r) for r in GSDS_M]:
        seen = record(above, frame, tuple(things), air, _sensor(rng, frame, gsd, snow=snow), rng)
        yield seen.image / np.float32(255), gsd, seen.truth


def drawn(seeds: Sequence[int], label: str, gsds_m: Sequence[float] | None = None) -> list[list[Drawn]]:
    """Give the pictures of several scenes for one class, a list for each ground sampling distance.

    Two of five scenes are camps.
    """
    scenes = [list(scene(seed, base=seed % 5 < 3, gsds_m=gsds_m)) for seed in seeds]
    return [[Drawn(*seen, label) for seen in same] for same in zip(*scenes, strict=True)]

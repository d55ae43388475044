"""Whole air bases and camps, rendered by lot: python -m sitedelta.learning.detect.scenes FOLDER --count 30."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from rasterdelta.render import airbase, structures
from rasterdelta.render.atmosphere import Atmosphere
from rasterdelta.render.camp import Camp
from rasterdelta.render.fixtures import fixtures, parked_cars
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.parts import Kind
from rasterdelta.render.scene import Observation, observe
from rasterdelta.render.season import Season
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.site import Axes
from rasterdelta.render.things import Thing
from sitedelta.learning.detect.bank import ARMOUR, CARS, CLUTTER, LARGE, SOFT
from sitedelta.learning.detect.ground import Picture
from sitedelta.learning.detect.planforms import FIGHTERS, HEAVY, ROTARY, ROTORS

Makers = Sequence[Callable[[], Kind]]
Rng = np.random.Generator
SHADES: Makers = (structures.shelter, structures.sunshade, structures.fuel_tank, structures.tent)
GSD_M = 0.25
"""Of ground and image."""
SEEN = 0.6
"""Share of an object that must be seen for it to count."""


class Lot:
    """Places things where nothing of another group stands."""

    def __init__(self, axes: Axes, rng: Rng, taken: Sequence[Thing] = ()) -> None:
        self.axes, self.rng = axes, rng
        self.things: list[Thing] = list(taken)

    def group(
        self,
        makers: Makers,
        area: tuple[float, float, float, float],
        *,
        count: int,
        rows: int = 1,
        gap: tuple[float, float] = (1.15, 2.0),
    ) -> None:
        """Stand things in rows at a random place and heading of an area (u0, u1, v0, v1)."""
        rng, (u0, u1, v0, v1) = self.rng, area
        first = makers[int(rng.integers(len(makers)))]
        kinds = [(makers[int(rng.integers(len(makers)))] if rng.random() < 0.3 else first)() for _ in range(count)]
        across = float(rng.uniform(*gap)) * max(k.width_m for k in kinds) + 0.4
        along = float(rng.uniform(1.1, 1.8)) * max(k.length_m for k in kinds)
        turn = float(rng.choice([0, 90, rng.uniform(0, 180)]))
        at = np.array([rng.uniform(u0, u1), rng.uniform(v0, v1)])
        per_row, new = -(-count // rows), []
        c, s = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
        for k, kind in enumerate(kinds):
            x = (k % per_row - per_row / 2) * across + rng.normal(0, 0.06 * kind.width_m)
            y = (k // per_row - rows / 2) * along + rng.normal(0, 0.04 * kind.length_m)
            u, v = at + np.array([x * c + y * s, y * c - x * s])
            heading = turn + float(rng.normal(0, 3)) + 180 * int(rng.random() < 0.2)
            new.append(self.axes.thing(f"{len(self.things)}-{k}", kind, u, v, heading))
        self.things += [t for t in new if self._free(t) and rng.random() < 0.93]

    def _free(self, new: Thing) -> bool:
        reach = 0.5 * max(new.kind.length_m, new.kind.width_m)
        return all(
            np.hypot(new.x_m - t.x_m, new.y_m - t.y_m) > reach + 0.5 * max(t.kind.length_m, t.kind.width_m)
            for t in self.things
        )


def _base(axes: Axes, rng: Rng) -> list[Thing]:
    lot = Lot(axes, rng, [*fixtures(axes), *parked_cars(axes)])
    apron, far, all_over = airbase.APRON, airbase.HELI_APRON, (-150.0, 240.0, -220.0, 220.0)
    for _ in range(rng.integers(2, 6)):
        lot.group(HEAVY, apron, count=int(rng.integers(1, 4)), gap=(1.05, 1.4))
    for _ in range(rng.integers(2, 5)):
        lot.group(FIGHTERS, apron, count=int(rng.integers(2, 9)), rows=int(rng.integers(1, 3)), gap=(1.1, 2.2))
    lot.group(FIGHTERS, all_over, count=int(rng.integers(1, 4)))
    for area in (far, far, apron):
        lot.group(ROTARY, area, count=int(rng.integers(1, 6)), gap=(2.5, 6.0))
    for area in (airbase.VEHICLE_PARK, airbase.VEHICLE_PARK, apron, all_over):
        lot.group((SOFT, ARMOUR)[int(rng.random() < 0.35)], area, count=int(rng.integers(3, 32)), rows=2)
    lot.group((*LARGE, *CARS), all_over, count=int(rng.integers(1, 5)))
    for makers in (CLUTTER, CLUTTER, SHADES):
        lot.group(makers, all_over, count=int(rng.integers(3, 16)), rows=2, gap=(1.2, 3.0))
    return lot.things


def _camp(axes: Axes, rng: Rng) -> list[Thing]:
    lot, clearing = Lot(axes, rng), (-130.0, 130.0, -110.0, 110.0)
    for _ in range(rng.integers(1, 4)):
        lot.group((structures.tent,), clearing, count=int(rng.integers(8, 40)), rows=int(rng.integers(1, 5)))
    for makers in (SOFT, ARMOUR, SOFT, ARMOUR, (*LARGE, *CARS)):
        lot.group(makers, clearing, count=int(rng.integers(3, 50)), rows=int(rng.integers(1, 5)), gap=(1.1, 2.4))
    for _ in range(3):
        lot.group(CLUTTER, clearing, count=int(rng.integers(3, 16)), rows=2, gap=(1.2, 3.0))
    if rng.random() < 0.4:
        lot.group(ROTARY, clearing, count=int(rng.integers(1, 6)), gap=(2.5, 6.0))
    return lot.things


def scene(seed: int) -> Observation:
    """Render one place; two of five are camps."""
    rng, base = np.random.default_rng(seed), seed % 5 < 3
    snow = rng.random() < (0.15 if base else 0.3)
    season = Season(
        rng.uniform(0.1, 0.9), leaves=0.0 if snow else 1.0, snow=0.9 if snow else 0.0, wet=rng.uniform(0, 0.4)
    )
    frame = Frame(2080, 2240, GSD_M) if base else Frame(1800, 1800, GSD_M)
    axis = rng.uniform(-90, 90)
    place = airbase.Airbase(axis, season) if base else Camp(season, axis, traffic=rng.uniform(0, 1))
    things = tuple((_base if base else _camp)(place.axes(frame), rng))
    light = Illumination(rng.uniform(90, 270), rng.uniform(14, 65))
    air = Atmosphere(rng.uniform(0, 0.4) * (rng.random() < 0.6), seed=seed)
    sensor = Sensor(
        GSD_M,
        frame.rows - 2,
        frame.cols - 2,
        psf_fwhm_px=1.3,
        full_scale=rng.uniform(0.9, 1.1) if snow else rng.uniform(0.3, 0.6),
        gamma=rng.uniform(1.0, 1.4),
        noise=0.003,
    )
    return observe(place.ground(frame, rng), things, light, air, sensor, rng)


def write(folder: Path, seed: int) -> None:
    """Render one place into a folder: the image, then its truth."""
    seen = scene(seed)
    np.save(folder / f"{seed:04d}.npy", np.ascontiguousarray(seen.image.astype(np.uint8).transpose(1, 2, 0)))
    rows = [
        (o.label, o.kind, o.col, o.row, o.length_m, o.width_m, o.heading_deg, o.visible)
        for o in seen.truth
        if o.label in ("aircraft", "vehicle")
    ]
    (folder / f"{seed:04d}.json").write_text(json.dumps(rows))


def read(folder: Path, label: str) -> tuple[Picture, ...]:
    """Read the places of a folder for one class."""
    return tuple(_read(p, label) for p in sorted(folder.glob("*.json")))


def _read(path: Path, label: str) -> Picture:
    rows = [r for r in json.loads(path.read_text()) if r[0] == label]
    col, row, length, width, heading, seen = np.array([r[2:] for r in rows], float).reshape(-1, 6).T
    half = np.maximum(length, width) / 2 / GSD_M
    boxes = np.stack([col - half, row - half, col + half, row + half], 1)
    sub = np.array([r[1].removesuffix("_dismantled") in ROTORS if label == "aircraft" else r[1] != "car" for r in rows])
    poses = np.stack([length / GSD_M, width / GSD_M, np.deg2rad(heading)], 1)
    return Picture(
        np.load(path.with_suffix(".npy"), mmap_mode="r"),
        GSD_M,
        boxes,
        seen >= SEEN,
        sub.astype(float),
        poses,
        name=f"rendered/{path.stem}",
    )


def main() -> None:
    """Parse and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    args.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(args.seed, args.seed + args.count):
        write(args.folder, seed)


if __name__ == "__main__":
    main()

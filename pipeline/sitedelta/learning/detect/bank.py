"""Draw the sprites: python -m sitedelta.learning.detect.bank OUT.npz --kind aircraft --seed 0 --count 900."""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from rasterdelta.render import structures, vehicles
from rasterdelta.render.parts import Kind, Shape
from sitedelta.learning.detect.planforms import GROUPS, scaled
from sitedelta.learning.detect.sprites import Bank, Sprite, render

Rng = np.random.Generator
SOFT = (vehicles.truck, vehicles.open_truck, vehicles.fuel_truck, vehicles.light_truck, vehicles.lorry)
ARMOUR = (vehicles.tank, vehicles.infantry_carrier, vehicles.wheeled_carrier, vehicles.howitzer)
LARGE = (vehicles.launcher, vehicles.radar_truck)
CARS = (vehicles.car,)
CLUTTER = (structures.crate, structures.container, structures.cart, structures.barrier, structures.light_pole)
SHELTERS = (structures.shelter, structures.sunshade, structures.fuel_tank, structures.tent)


def _any(makers: tuple[Callable[[], Kind], ...], spread: float = 0.06) -> Callable[[Rng], Kind]:
    def make(rng: Rng) -> Kind:
        return scaled(makers[rng.integers(len(makers))](), *rng.uniform(1 - spread, 1 + spread, 2))

    return make


def _house(rng: Rng) -> Kind:
    length, width = rng.uniform(8, 40), rng.uniform(6, 18)
    roofs: tuple[Shape, ...] = ("flat", "gable", "round")
    roof = roofs[rng.integers(3)]
    return structures.building(length, width, rng.uniform(3, 9), roof=roof)


VEHICLES: dict[str, tuple[Callable[[Rng], Kind], ...]] = {
    "truck": (_any(SOFT),),
    "armour": (_any(ARMOUR),),
    "large": (_any(LARGE),),
    "car": (_any(CARS, 0.12),),
}
OTHER: dict[str, tuple[Callable[[Rng], Kind], ...]] = {
    "clutter": (_any(CLUTTER, 0.3),),
    "shelter": (_any(SHELTERS, 0.25), _any(SHELTERS, 0.25), _house),
}
SHARES: dict[str, dict[str, float]] = {
    "aircraft": {"fighter": 5, "heavy": 4, "light": 2, "rotary": 4, "wreck": 1, "truck": 2, "armour": 1, "large": 0.5}
    | {"clutter": 1.5, "shelter": 2, "car": 0.5},
    "vehicle": {"truck": 5, "armour": 5, "large": 2, "car": 3, "clutter": 3, "shelter": 2},
}
GSDS_M = {"aircraft": 0.3, "vehicle": 0.1}


def bank(kind: str, count: int, seed: int) -> Bank:
    """Draw the sprites of a model; the same for the same seed."""
    rng = np.random.default_rng(seed)
    makers = GROUPS | VEHICLES | OTHER
    whole = sum(SHARES[kind].values())
    sprites: list[Sprite] = []
    for group, share in SHARES[kind].items():
        for _ in range(round(count * share / whole)):
            made = makers[group][rng.integers(len(makers[group]))](rng)
            sprites.append(render(made, group, GSDS_M[kind], rng))
    return Bank(GSDS_M[kind], tuple(sprites))


def main() -> None:
    """Parse, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kind", choices=sorted(SHARES), default="aircraft")
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    bank(args.kind, args.count, args.seed).save(args.out)


if __name__ == "__main__":
    main()

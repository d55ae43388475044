"""A tiny scene, and the committed sample tiles with their truth."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rasterdelta.render.atmosphere import Atmosphere
from rasterdelta.render.canvas import Canvas
from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.scene import Ground
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.surfaces import Slabs
from rasterdelta.render.things import Thing

SAMPLES = Path(__file__).resolve().parents[3] / "sample_tiles"


@dataclass(frozen=True, slots=True)
class TinyScene:
    """A concrete pad of 100 x 80 m at 0.25 m, without haze or noise."""

    frame: Frame
    ground: Ground
    light: Illumination
    air: Atmosphere
    sensor: Sensor

    def thing(
        self, make: Callable[[], Any], *, x: float = 50.0, y: float = 40.0, heading: float = 0.0, scheme: str = "white"
    ) -> Thing:
        return Thing("it", make(), x, y, heading, scheme)


@pytest.fixture
def tiny() -> TinyScene:
    frame = Frame(320, 400, 0.25)
    ground = Canvas.covered(frame, Slabs(0.0), np.random.default_rng(3)).finished()
    sensor = Sensor(0.5, 160, 200, noise=0.0)
    return TinyScene(frame, ground, Illumination(180.0, 45.0), Atmosphere(), sensor)


@pytest.fixture(scope="session")
def scripts() -> Iterator[ModuleType]:
    """The script that renders the samples, as a module."""
    sys.path.insert(0, str(SAMPLES))
    import make

    yield make
    sys.path.remove(str(SAMPLES))


@dataclass(frozen=True, slots=True)
class Sample:
    """A committed tile with its truth."""

    path: Path
    item: dict[str, Any]
    date: dict[str, Any]
    objects: list[dict[str, Any]]
    """Properties of the objects seen on the tile, with `row`, `col`, `visible` of this tile."""


def _samples() -> list[Sample]:
    found = []
    for site in ("hmeimim", "rechitsa"):
        features = json.loads((SAMPLES / "truth" / f"{site}-objects.geojson").read_text())["features"]
        for entry in json.loads((SAMPLES / "truth" / f"{site}-dates.json").read_text())["files"]:
            path = SAMPLES / entry["file"]
            suffix = path.stem.rsplit("-", 1)[1]
            seen = [f["properties"] for f in features if f["properties"]["date"] == entry["datetime"][:10]]
            objects = [p | p["tiles"][suffix] for p in seen if suffix in p["tiles"]]
            found.append(Sample(path, json.loads(path.with_suffix(".json").read_text()), entry, objects))
    return found


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    return _samples()

"""A yard with rows of painted aircraft and vehicles, run once, and a detector that finds them a little differently."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rasterdelta.detect.protocol import Detections
from sitedelta.running.runs import run
from sitedelta.site import Site, open_site

SIZE = 420
AIRCRAFT = [(40 + 52 * i, 40 + 34 * j) for i in range(2) for j in range(10)]
VEHICLES = [(150 + 13 * i, 30 + 7 * j) for i in range(16) for j in range(12)]
"""Row and column of centres on the first image; vehicles stand a metre apart in a row."""
SHIFT = {"20241206": (0, 0), "20241213": (2, 3)}
"""Pixels by which an image's georeference is off."""


class Moody:
    """Finds what another detector finds, but for some, and each a little beside, of another size and score."""

    name = "moody 2"
    classes = ("aircraft", "vehicle")
    files = ()

    def __init__(self, other: Any, *, drops: float = 0.15) -> None:
        self.other, self.drops = other, drops

    def __getattr__(self, name: str) -> Any:
        return getattr(self.other, name)

    def detect(self, image, valid, *, gsd_m, classes, weak=False) -> Detections:
        found = self.other.detect(image, valid, gsd_m=gsd_m, classes=classes, weak=weak)
        mood = np.array([[self._mood(r, c, k) for k in range(5)] for r, c in zip(found.row, found.col, strict=True)])
        mood = mood.reshape(-1, 5)
        moved = Detections.plain(
            row=found.row + 1.2 * (mood[:, 0] - 0.5),
            col=found.col + 1.2 * (mood[:, 1] - 0.5),
            length_m=found.length_m * (0.85 + 0.3 * mood[:, 2]),
            width_m=found.width_m,
            heading_deg=found.heading_deg,
            score=0.4 + 0.55 * mood[:, 3],
            label=found.label,
        )
        return moved.take(mood[:, 4] >= self.drops)

    @staticmethod
    def _mood(row: float, col: float, k: int) -> float:
        digest = hashlib.sha256(f"{row:.1f}/{col:.1f}/{k}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32


@dataclass(frozen=True)
class Yard:
    """The configuration of a site that was run."""

    config: Path

    @property
    def site(self) -> Site:
        return open_site(self.config.parent / "out" / "base")

    @property
    def ledger(self) -> Path:
        return self.site.store.review


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> dict[str, Path]:
    """Hold the folder of the yard's first run."""
    return {"folder": tmp_path_factory.mktemp("yards")}


@pytest.fixture
def yard(kept, tmp_path, spotter, ground, marks, place_in) -> Yard:  # noqa: ARG001 - the detector is put in place
    """Give a yard of one's own, as its first run left it."""
    first = kept["folder"] / "yard"
    if not first.exists():
        _paint(place_in(first), ground, marks)
        _configure(first)
        run(first / "sites.yaml", jobs=1)
    shutil.copytree(first, tmp_path / "yard")
    return Yard(tmp_path / "yard" / "sites.yaml")


@pytest.fixture
def moody(monkeypatch, spotter) -> Callable[..., Moody]:
    """Give what puts another detector in place."""

    def change(**knobs: float) -> Moody:
        other = Moody(spotter, **knobs)
        monkeypatch.setattr("sitedelta.detectors.models.shipped_detector", lambda: other)
        return other

    return change


def _paint(place: Any, ground: Any, marks: Any) -> None:
    world = ground(SIZE + 20, SIZE + 20, seed=5)
    for k, (day, (down, right)) in enumerate(SHIFT.items()):
        lit = np.clip(world * (1 + 0.02 * k) + k, 1, 255).astype(np.uint8)
        for row, col in AIRCRAFT:
            marks(lit, row, col, 41, 25, marks.AIRCRAFT)
        for row, col in VEHICLES:
            marks(lit, row, col, 11, 5, marks.VEHICLE)
        place.write(f"in/{day}.tif", lit[:, down : down + SIZE, right : right + SIZE])


def _configure(folder: Path, **keys: Any) -> None:
    features = [_zone("west", 0, 200), _zone("east", 201, SIZE - 1)]
    (folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    site = {"id": "base", "imagery": [{"path": "in/*.tif"}], "zones": "zones.geojson", "change": {"method": "cva"}}
    (folder / "sites.yaml").write_text(json.dumps({"output": "out", "sites": [site | keys]}))


def _zone(name: str, left: int, right: int) -> dict[str, Any]:
    ring = [[left, -0.5], [right, -0.5], [right, SIZE - 0.5], [left, SIZE - 0.5], [left, -0.5]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"id": name, "name": name, "crs": "pixel"}, "geometry": shape}


@pytest.fixture
def reconfigure() -> Callable[..., None]:
    """Give what writes the configuration of a yard anew."""
    return lambda yard, **keys: _configure(yard.config.parent, **keys)

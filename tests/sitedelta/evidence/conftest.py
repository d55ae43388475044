"""A small site that a run made, for each test a copy of its own with its originals."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

import sitedelta
from sitedelta.running.runs import run
from sitedelta.site import open_site

SIZE = 180


@dataclass(frozen=True)
class Made:
    """A site's folder and its originals."""

    root: Path
    originals: Path

    @property
    def report(self) -> Path:
        return self.root / "report"

    def said(self) -> dict:
        return json.loads((self.report / "evidence.json").read_text())


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """Give the folder in which the site is made once."""
    return tmp_path_factory.mktemp("evidence")


@pytest.fixture
def made(shelf, place_in, ground, marks, spotter, tmp_path) -> Made:
    del spotter
    if not (shelf / "out").exists():
        _make(place_in(shelf), ground(SIZE, SIZE, seed=8), marks)
        run(shelf / "sites.yaml", jobs=1)
    shutil.copytree(shelf, tmp_path / "desk")
    return Made(tmp_path / "desk" / "out" / "base", tmp_path / "desk" / "in")


def _make(place, world, marks):
    for k, day in enumerate(("20241206", "20241213")):
        image = np.clip(world * (1 + 0.03 * k) + 2 * k, 1, 230).astype(np.uint8)
        for row, col in ((50, 50), (120, 50) if k == 0 else (60, 130)):
            marks(image, row, col, 41, 25, marks.AIRCRAFT)
        marks(image, 140, 140, 11, 5, marks.VEHICLE)
        path = place.write(f"in/{day}.png" if k else f"in/{day}.tif", image)
        path.with_suffix(".json").write_text(json.dumps({"type": "Feature", "properties": {"platform": "A"}}))
    ring = [[-0.5, -0.5], [89, -0.5], [89, SIZE - 0.5], [-0.5, SIZE - 0.5], [-0.5, -0.5]]
    west = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"id": "west", "name": "West", "crs": "pixel"}, "geometry": west}
    (place.folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    imagery = [{"path": "in/*.tif", "source": "Example"}, {"path": "in/*.png"}]
    said = [{"date": "2024-12-10", "text": "They left.", "source": "an official"}]
    site = {"id": "base", "name": "Base", "zones": "zones.geojson", "imagery": imagery, "statements": said}
    (place.folder / "sites.yaml").write_text(yaml.safe_dump({"output": "out", "sites": [site]}))


def flip(path: Path, at: float = 0.5) -> None:
    """Change one byte of a file."""
    data = bytearray(path.read_bytes())
    data[int((len(data) - 1) * at)] ^= 0x20
    path.write_bytes(bytes(data))


@pytest.fixture(name="flip")
def _flip():
    return flip


@pytest.fixture
def decide():
    """Let somebody say that they searched the first image of a site; give the ledger's bytes after it."""

    def act(root: Path, reviewer: str) -> bytes:
        scene = open_site(root).manifest.scenes[0].scene.id
        sitedelta.review_decide(root, "complete", reviewer=reviewer, scene=scene, class_="aircraft")
        return (root / "review.jsonl").read_bytes()

    return act

"""Things drawn once under many suns, to be painted and pasted often."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.paint import Scheme
from rasterdelta.render.parts import Kind
from rasterdelta.render.things import Thing, draw, ground_shadow

SKY = 0.25
"""Share of the light that comes from the sky: the same for all sprites."""
FULL = 90.0
"""Number that stands for 1 in planes of light: sunlit slopes are brighter than flat ground."""
PLANES = 5
"""Light on the paint, on the second paint, of trims; cover; shadow on the ground."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """One thing heading up, lit from one side."""

    group: str
    label: str
    length_m: float
    width_m: float
    sun_deg: float
    """Where the sun stands, clockwise from the heading."""
    sun_height_deg: float
    centre: tuple[float, float]
    """Column and row of its centre in `planes`."""
    planes: NDArray[np.uint8]
    """Shape (row, column, PLANES)."""


def render(kind: Kind, group: str, gsd_m: float, rng: np.random.Generator) -> Sprite:
    """Draw a kind under a sun by lot."""
    sun, height = rng.uniform(0, 360), float(rng.choice([rng.uniform(16, 35), rng.uniform(30, 65)]))
    light = Illumination(sun, height, (SKY,) * 4)
    points = np.concatenate([p.outline for p in kind.parts])
    reach = np.abs(points).max() + kind.height_m * light.reach + 2 * gsd_m
    side = 2 * int(np.ceil(reach / gsd_m))
    frame = Frame(side, side, gsd_m, -side * gsd_m / 2, -side * gsd_m / 2)
    none = np.zeros(4, np.float32)
    weather = rng.uniform(0.03, 0.14)
    painted = Scheme(np.array([1, 0, 0, 0], np.float32), np.array([0, 1, 0, 0], np.float32), 1.0, weather)
    dark = np.zeros(frame.shape, np.float32)
    seed = int(rng.integers(2**31))
    over_black, over_white = np.zeros((4, *frame.shape), np.float32), np.ones((4, *frame.shape), np.float32)
    draw(over_black, frame, Thing("", kind, 0.0, 0.0, 0.0, painted, seed), light, dark)
    draw(over_white, frame, Thing("", kind, 0.0, 0.0, 0.0, Scheme(none, none, 0.0, weather), seed), light, dark)
    trim = over_black[2]
    cover = 1 - (over_white[2] - trim)
    shadow = ground_shadow(frame, [Thing("", kind, 0.0, 0.0, 0.0, painted)], light)
    base, second = np.maximum(over_black[0] - over_black[2], 0), np.maximum(over_black[1] - over_black[2], 0)
    stack = np.stack([base * FULL, second * FULL, trim * 255, cover * 255, shadow * 255], axis=-1)
    planes = np.clip(np.round(stack), 0, 255).astype(np.uint8)
    seen = np.argwhere((planes[..., 3] > 0) | (planes[..., 4] > 0))
    (r0, c0), (r1, c1) = seen.min(0), seen.max(0) + 1
    middle = side / 2 - 0.5
    return Sprite(
        group, kind.name, kind.length_m, kind.width_m, sun, height, (middle - c0, middle - r0), planes[r0:r1, c0:c1]
    )


@dataclass(frozen=True)
class Bank:
    """All sprites of a model."""

    gsd_m: float
    sprites: tuple[Sprite, ...]

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """Give the numbers of the sprites of each group."""
        found: dict[str, list[int]] = {}
        for k, s in enumerate(self.sprites):
            found.setdefault(s.group, []).append(k)
        return found

    def save(self, path: Path) -> None:
        """Write one archive."""
        rows = [(s.group, s.label, s.length_m, s.width_m, s.sun_deg, s.sun_height_deg, *s.centre) for s in self.sprites]
        planes = {f"p{k}": s.planes for k, s in enumerate(self.sprites)}
        np.savez(path, allow_pickle=False, gsd=self.gsd_m, rows=np.array(rows, dtype="U32"), **planes)

    @classmethod
    def load(cls, path: Path) -> "Bank":
        """Read an archive."""
        with np.load(path) as stored:
            sprites = tuple(
                _stored(row[:2], [float(v) for v in row[2:]], stored[f"p{k}"])
                for k, row in enumerate(stored["rows"].tolist())
            )
            return cls(float(stored["gsd"]), sprites)


def _stored(names: list[str], numbers: list[float], planes: NDArray[np.uint8]) -> Sprite:
    (group, label), (length, width, sun, height, col, row) = names, numbers
    return Sprite(group, label, length, width, sun, height, (col, row), planes)

"""Trees: crowns that are painted on the ground and raised above it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rasterdelta.render.canvas import Canvas
from rasterdelta.render.frame import Frame, Outline, within
from rasterdelta.render.noise import fractal
from rasterdelta.render.paint import MATERIALS
from rasterdelta.render.season import Season
from rasterdelta.types import FloatArray, Plane


@dataclass(frozen=True, slots=True)
class Stand:
    """What kind of trees grow, and how."""

    season: Season
    spacing_m: float = 4.5
    crown_m: tuple[float, float] = (1.6, 3.4)
    """Smallest and largest radius."""
    height_m: tuple[float, float] = (9.0, 17.0)
    conifers: float = 0.7
    """Share of trees that keep their needles."""
    density: float = 0.92
    """Share of places that carry a tree."""


def _stamps(gsd_m: float, radius: float, rng: np.random.Generator) -> list[Plane]:
    """Give a few lumpy crowns, as height shares (0 to 1)."""
    side = int(np.ceil(2.4 * radius / gsd_m)) | 1
    frame = Frame(side, side, gsd_m)
    middle = side * gsd_m / 2
    x, y = frame.coordinates()
    distance = np.hypot(x - middle, y - middle) / np.float32(radius)
    found = []
    for _ in range(4):
        lumps = fractal(frame, rng, scale_m=radius * 0.8, octaves=3, persistence=0.8)
        dome = np.maximum(1 - (distance * (1 + 0.13 * lumps)) ** 2, 0)
        found.append((np.sqrt(dome) * (1 + 0.10 * lumps)).astype(np.float32))
    return found


def places(outline: Outline, spacing_m: float, density: float, rng: np.random.Generator) -> Outline:
    """Give tree positions on a jittered grid within a polygon, shape (n, 2)."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    x, y = np.meshgrid(np.arange(low[0], high[0], spacing_m), np.arange(low[1], high[1], spacing_m))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    points = points + rng.uniform(-0.48, 0.48, points.shape) * spacing_m
    return points[within(points, outline) & (rng.random(len(points)) < density)]


def _crown_colour(stand: Stand, rng: np.random.Generator) -> FloatArray:
    tone = np.float32(np.exp(0.22 * rng.standard_normal()))
    if rng.random() < stand.conifers:
        return np.asarray(MATERIALS["conifer"] * tone, np.float32)
    leaf, bare = MATERIALS["leaf"], MATERIALS["bare_wood"]
    return np.asarray((bare + stand.season.leaves * (leaf - bare)) * tone, np.float32)


def _cut(frame: Frame, x: float, y: float, side: int) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Give the window of a stamp on the frame and the part of the stamp inside, if any."""
    col, row = np.round(frame.pixels(np.array([(x, y)]))[0]).astype(int) - side // 2
    r0, c0, r1, c1 = max(row, 0), max(col, 0), min(row + side, frame.rows), min(col + side, frame.cols)
    if r1 > r0 and c1 > c0:
        yield (slice(r0, r1), slice(c0, c1)), (slice(r0 - row, r1 - row), slice(c0 - col, c1 - col))


def plant(canvas: Canvas, points: Outline, stand: Stand) -> None:
    """Grow a tree at every point."""
    rng = canvas.rng
    radii = np.linspace(*stand.crown_m, 6)
    stamps = [_stamps(canvas.frame.gsd_m, float(radius), rng) for radius in radii]
    low, high = stand.height_m
    for x, y in points:
        size = int(rng.integers(len(radii)))
        stamp = stamps[size][int(rng.integers(4))]
        top = low + (high - low) * float(np.clip(0.6 * size / (len(radii) - 1) + 0.4 * rng.random(), 0, 1))
        colour = _crown_colour(stand, rng)
        for place, part in _cut(canvas.frame, float(x), float(y), len(stamp)):
            _crown(canvas, place, stamp[part], top, float(radii[size]), colour)


def _crown(
    canvas: Canvas, place: tuple[slice, slice], stamp: Plane, top: float, radius: float, colour: FloatArray
) -> None:
    height = np.where(stamp > 0, np.float32(top) - np.float32(1.1 * radius) * (1 - stamp), 0)
    standing = canvas.height_m[place]
    alpha = ((height > standing) & (stamp > 0.12)).astype(np.float32)
    np.maximum(standing, height, out=standing)
    texture = colour[:, None, None] * (0.72 + 0.42 * stamp)
    canvas.blend(place, texture, alpha * np.float32(0.95))

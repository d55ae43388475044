"""Real aircraft, vehicles and buildings cut out and pasted, and pieces of other places."""

import numpy as np
from numpy.typing import NDArray

from sitedelta.learning.change.canvas import Canvas, Colour, Field, polygon, rectangle, turned
from sitedelta.learning.change.ground import Cutouts, Ground, gsd_of
from sitedelta.learning.resampling import warped


def cutout(
    rng: np.random.Generator,
    canvas: Canvas,
    ground: Ground,
    kind: Cutouts,
    centre: tuple[float, float],
    angle: float,
    *,
    oval: bool,
) -> tuple[Field, Colour, Field]:
    """Give the mask, the look and the core of a random thing of a kind, turned and set down at a place."""
    k = int(rng.integers(len(kind.source)))
    image, box = ground.images[kind.source[k]], kind.boxes[k]
    scale = canvas.gsd_m / gsd_of(kind.source[k]) * rng.uniform(0.85, 1.15)
    middle = (box[:2] + box[2:]) / 2
    look = _look(image, scale, angle, tuple(middle), centre, canvas.side, mirror=bool(rng.random() < 0.5))
    size = (box[2:] - box[:2]) / scale
    corners = rectangle(*size)
    if oval:
        t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        corners = np.stack([np.cos(t), np.sin(t)], 1) * size * 0.56
    placed = turned(corners, angle, centre)
    core = turned(corners * (0.8 if oval else 0.95), angle, centre)
    return (
        polygon(canvas.side, placed, float(np.clip(size.min() * 0.04, 0.5, 2))),
        look,
        polygon(canvas.side, core, 0.5),
    )


def elsewhere(rng: np.random.Generator, canvas: Canvas, ground: Ground) -> Colour:
    """Give a view of another place at the canvas's ground sampling distance."""
    name = ground.singles[rng.integers(len(ground.singles))]
    image = ground.images[name]
    scale = canvas.gsd_m / gsd_of(name)
    h, w = image.shape[:2]
    at = (rng.uniform(0.2, 0.8) * w, rng.uniform(0.2, 0.8) * h)
    middle = canvas.side / 2
    return _look(image, scale, rng.uniform(0, 2 * np.pi), at, (middle, middle), canvas.side, mirror=False)


def _look(
    image: NDArray[np.uint8],
    scale: float,
    angle: float,
    at: tuple[float, float],
    to: tuple[float, float],
    side: int,
    *,
    mirror: bool,
) -> Colour:
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    m = np.array([[c, s], [-s, c]])
    if mirror:
        m = np.array([[-1, 0], [0, 1]]) @ m
    return warped(image, np.hstack([m, (np.array(at) - m @ np.array(to))[:, None]]), side, scale)

"""Training examples: real crops, real crops with rendered things upon them, and rendered ground."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sitedelta.learning.detect.augment import photometry, sensor, shadow
from sitedelta.learning.detect.canvas import Canvas, Item, Rng
from sitedelta.learning.detect.ground import Ground, Picture
from sitedelta.learning.detect.paste import Group, scatter
from sitedelta.learning.detect.sprites import Bank
from sitedelta.learning.detect.surfaces import bare, decoys, pavement, trees
from sitedelta.learning.resampling import warped

Kind = Literal["aircraft", "vehicle"]
Pose = tuple[float, float, float, tuple[float, float, float, float]]
"""Whether a pose is known, length and width (or the box's), and the turn, as in `Item`."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the examples of one model are made of."""

    gsd_m: float
    """Working resolution of the model."""
    scales: tuple[float, float]
    """True metres a pixel over the working resolution, at least and at most."""
    coarsest_m: float
    """Coarsest sensor pixel of most crops."""
    satellite_m: tuple[float, float] | None
    """Sensor pixels of far coarser imagery, in which only the largest objects count."""
    groups: dict[str, Group]
    other: float
    """Share of crops from imagery with few objects."""
    bare: float
    """Share of crops of ground drawn by lot."""
    scenes: float
    """Share of crops of rendered bases and camps."""
    busy: float
    """Share of real crops on which things are pasted."""
    shadows: float
    """Share of crops that something outside shades."""


AIRCRAFT = Recipe(
    gsd_m=0.6,
    scales=(0.6, 1.75),
    coarsest_m=1.8,
    satellite_m=(1.8, 3.5),
    groups={
        "fighter": Group(5, 9, 1),
        "heavy": Group(3, 4, 1, gap=(1.02, 1.5)),
        "light": Group(3.5, 9, 1, gap=(0.9, 1.7), rows=0.3),
        "rotary": Group(3.5, 6, 1, 1.0, gap=(2.2, 6)),
        "wreck": Group(0.5, 2, 0),
        "truck": Group(2, 12, None, gap=(1.2, 2)),
        "armour": Group(1, 12, None, gap=(1.2, 2)),
        "large": Group(0.5, 4, None),
        "car": Group(0.7, 16, None, gap=(1.2, 1.8)),
        "clutter": Group(1.5, 10, None, gap=(1.2, 3)),
        "shelter": Group(1.5, 5, None, gap=(1.1, 2)),
    },
    other=0.13,
    bare=0.15,
    scenes=0.1,
    busy=0.45,
    shadows=0.1,
)
VEHICLE = Recipe(
    gsd_m=0.22,
    scales=(0.6, 1.8),
    coarsest_m=0.6,
    satellite_m=None,
    groups={
        "truck": Group(4, 20, 1, 1.0, gap=(1.03, 1.8), rows=0.4),
        "armour": Group(4, 20, 1, 1.0, gap=(1.01, 1.7), rows=0.4),
        "large": Group(1.5, 6, 1, 1.0, gap=(1.05, 2)),
        "car": Group(2, 14, 1, gap=(1.15, 2), rows=0.4),
        "clutter": Group(3, 10, None, gap=(1.1, 3)),
        "shelter": Group(1.5, 4, None, gap=(1.1, 2)),
    },
    other=0.0,
    bare=0.1,
    scenes=0.1,
    busy=0.4,
    shadows=0.25,
)
RECIPES: dict[Kind, Recipe] = {"aircraft": AIRCRAFT, "vehicle": VEHICLE}
MOST = 96
"""Items kept of one crop."""
LEAST_PX = 5.0
"""Smaller objects are neither counted nor background."""


@dataclass(frozen=True, slots=True)
class Example:
    """A uint8 picture (row, column, 3) and what stands in it (MOST, 12)."""

    picture: NDArray[np.uint8]
    items: NDArray[np.float32]
    real: bool
    """True where labels may be missing."""


def example(
    ground: Ground, bank: Bank, recipe: Recipe, seed: int, side: int, scenes: tuple[Picture, ...] = ()
) -> Example:
    """Make one example; the same for the same seed."""
    rng = np.random.default_rng(seed)
    gsd = _gsd(rng, recipe)
    lot, real = rng.random(), False
    if lot < recipe.bare:
        canvas = bare(rng, side, gsd)
        busy = True
    elif scenes and lot > 1 - recipe.scenes:
        canvas = crop(rng, scenes, gsd, side)
        busy = rng.random() < 0.3
    else:
        few = lot < recipe.bare + recipe.other
        pictures = ground.other if few else ground.main
        canvas, real = crop(rng, pictures, gsd, side), True
        busy = rng.random() < (0.8 if few else recipe.busy)
    if busy:
        furnish(rng, canvas, bank, recipe)
    if rng.random() < recipe.shadows:
        canvas.picture = shadow(rng, canvas.picture)
    coarser = coarser_of(rng, recipe, gsd)
    picture = sensor(rng, photometry(rng, canvas.picture), coarser)
    return Example(picture, table_of(canvas.items, coarser), real)


def gsd_of(recipe: Recipe, seed: int) -> float:
    """Give the ground sampling distance of the example of a seed, metres."""
    return _gsd(np.random.default_rng(seed), recipe)


def _gsd(rng: Rng, recipe: Recipe) -> float:
    return recipe.gsd_m * float(np.exp(rng.uniform(*np.log(recipe.scales))))


def coarser_of(rng: Rng, recipe: Recipe, gsd_m: float) -> float:
    """Choose the sensor's pixel over the crop's: one crop in six is seen by the coarsest sensors."""
    lot = rng.random()
    if lot < 0.16 and recipe.satellite_m:
        return float(rng.uniform(*recipe.satellite_m)) / gsd_m
    return float(np.exp(rng.uniform(0, max(0.0, np.log(recipe.coarsest_m / gsd_m))))) if lot < 0.58 else 1.0


def furnish(rng: Rng, canvas: Canvas, bank: Bank, recipe: Recipe) -> None:
    """Set rendered things down on a crop: pavement, paint, trees, objects and what is taken for them."""
    if rng.random() < 0.25:
        pieces = canvas.picture.copy()
        pavement(rng, canvas)
        _restore(canvas, pieces)
    if rng.random() < 0.35:
        decoys(rng, canvas)
    if rng.random() < 0.35:
        trees(rng, canvas)
    scatter(rng, canvas, bank, recipe.groups, int(rng.integers(1, 7)))


def _restore(canvas: Canvas, before: NDArray[np.float32]) -> None:
    """Put real objects back that were paved over."""
    rows, cols = np.ogrid[: canvas.side, : canvas.side]
    for i in canvas.items:
        near = (rows - i.row) ** 2 + (cols - i.col) ** 2 < (0.62 * i.size) ** 2
        canvas.picture[near] = before[near]


def crop(rng: Rng, pictures: tuple[Picture, ...], gsd_m: float, side: int) -> Canvas:
    """Cut a turned and scaled crop out of a real image, many of them at an object or a hard place."""
    p = drawn(rng, pictures)
    size = np.array(p.pixels.shape[1::-1], float)
    scale = gsd_m / p.gsd_m
    at = rng.uniform(0, size)
    lot = rng.random()
    if len(p.hard) and lot > 0.72:
        at = p.hard[rng.integers(len(p.hard))] + rng.uniform(-0.35, 0.35, 2) * side * scale
    elif len(p.boxes) and lot < 0.6:
        box = p.boxes[rng.integers(len(p.boxes))]
        at = (box[:2] + box[2:]) / 2 + rng.uniform(-0.4, 0.4, 2) * side * scale
    margin = np.minimum(0.6 * side * scale, size / 2)
    at = np.clip(at, margin, size - margin)
    angle = rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, s], [-s, c]]) @ np.diag([rng.choice([-1, 1]), 1])
    m = turn * scale
    frame = np.hstack([m, (at - m @ np.full(2, side / 2))[:, None]])
    picture = warped(p.pixels, frame, side, scale) / np.float32(255)
    canvas = Canvas(picture, gsd_m)
    if len(p.boxes):
        _outside(canvas, frame, size)
    centres = ((p.boxes[:, :2] + p.boxes[:, 2:]) / 2 - frame[:, 2]) @ np.linalg.inv(m).T
    for k, (x, y) in enumerate(centres):
        w, h = (p.boxes[k, 2:] - p.boxes[k, :2]) / scale
        size_px = max(w, h)
        if -0.7 * size_px < min(x, y) and max(x, y) < side + 0.7 * size_px:
            inside = min(x, y, side - x, side - y) > 0.12 * size_px
            counted = float(p.counted[k] and inside)
            pose = _boxed(w, h, turn) if p.poses is None else _posed(p.poses[k], turn, scale)
            canvas.items.append(Item(counted, x, y, size_px, *pose, float(p.sub[k])))
    return canvas


def drawn(rng: Rng, pictures: tuple[Picture, ...]) -> Picture:
    """Draw a picture by lot, by their shares."""
    share = np.cumsum([p.share for p in pictures])
    return pictures[int(np.searchsorted(share, rng.random() * share[-1], side="right"))]


def _boxed(w: float, h: float, turn: NDArray[np.float64]) -> Pose:
    (a, b), (c, d) = turn.tolist()
    return 0.0, w, h, (a, b, c, d)


def _posed(pose: NDArray[np.float64], turn: NDArray[np.float64], scale: float) -> Pose:
    length, width, heading = pose
    if not np.isfinite(pose).all():
        return -1.0, length / scale, length / scale, (1.0, 0.0, 0.0, 0.0)
    ahead = turn.T @ np.array([np.sin(heading), -np.cos(heading)])
    return 1.0, length / scale, width / scale, (-float(ahead[1]), float(ahead[0]), 0.0, 0.0)


def _outside(canvas: Canvas, frame: NDArray[np.float64], size: NDArray[np.float64]) -> None:
    """Grey out what lies beyond the image: mirrored objects there have no labels."""
    rows, cols = np.mgrid[: canvas.side, : canvas.side]
    x = frame[0, 0] * cols + frame[0, 1] * rows + frame[0, 2]
    y = frame[1, 0] * cols + frame[1, 1] * rows + frame[1, 2]
    canvas.picture[(x < 0) | (y < 0) | (x > size[0] - 1) | (y > size[1] - 1)] = 0.5


def table_of(items: list[Item], coarser: float) -> NDArray[np.float32]:
    """Give the items as rows of an `Example`; what spans too few sensor pixels is neither object nor background."""
    table = np.zeros((MOST, 13), np.float32)
    kept = sorted(items, key=lambda i: -i.counted)[:MOST]
    for k, i in enumerate(kept):
        seen = i.size / coarser >= LEAST_PX
        table[k] = (1.0, i.counted * seen, i.col, i.row, i.size, i.posed, i.along, i.across, *i.turn, i.sub)
    return table

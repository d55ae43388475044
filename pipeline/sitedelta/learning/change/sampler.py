"""Training examples: real dates of one place, or one image twice, upon which things are put and taken away."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sitedelta.learning.change import nuisance
from sitedelta.learning.change.canvas import Canvas, Field, noise, polygon, rectangle, turned
from sitedelta.learning.change.ground import Boxes, Ground, Pair, gsd_of
from sitedelta.learning.change.paste import cutout, elsewhere
from sitedelta.learning.change.structures import Sun, hall, house, meadow, patch, road
from sitedelta.learning.resampling import warped

SIDE = 256
REAL_UNLABELLED = 0.5
"""Weight of real pixels on which no change is labelled: vehicles and building sites are not."""


@dataclass(frozen=True, slots=True)
class Example:
    """Two uint8 images (row, column, 3), labels and weights (row, column)."""

    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    label: Field
    weight: Field


def example(ground: Ground, seed: int, side: int = SIDE) -> Example:
    """Make one example; the same for the same seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.random() < 0.35
    gsd = np.exp(rng.uniform(np.log(0.55), np.log(0.95))) if coarse else np.exp(rng.uniform(np.log(0.35), np.log(0.85)))
    canvas = (_two_dates if rng.random() < 0.6 else _one_date)(rng, ground, gsd, side)
    _differences(rng, canvas)
    if rng.random() < 0.7:
        _things(rng, canvas, ground)
    dates = [nuisance.photometry(rng, d) for d in canvas.dates]
    if coarse:
        dates = [_coarse(rng, d) for d in dates]
    first, second = (nuisance.sensor(rng, d) for d in dates)
    if rng.random() < 0.5:
        first, second = second, first
    return Example(first, second, canvas.label, canvas.weight)


def _coarse(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.float32]:
    side = len(image)
    half = np.asarray(cv2.resize(image, (side // 2, side // 2), interpolation=cv2.INTER_AREA), np.float32)
    if rng.random() < 0.5:
        half = nuisance.sensor(rng, half).astype(np.float32)
    return np.asarray(cv2.resize(half, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _frame(rng: np.random.Generator, at: NDArray[np.float64], scale: float, side: int) -> NDArray[np.float64]:
    angle = rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    m = np.array([[c, s], [-s, c]]) @ np.diag([rng.choice([-1, 1]), 1])
    return np.hstack([m, (at - m @ np.full(2, side / 2))[:, None]])


def _two_dates(rng: np.random.Generator, ground: Ground, gsd: float, side: int) -> Canvas:
    pair = ground.pairs[rng.integers(len(ground.pairs))]
    image = ground.images[pair.before]
    scale = gsd / gsd_of(pair.before)
    margin = 0.72 * side * scale
    size = np.array(image.shape[1::-1])
    at = rng.uniform(0, size)
    if len(pair.changed) and rng.random() < 0.45:
        box = rng.choice(pair.changed, p=pair.chance)
        at = (box[:2] + box[2:]) / 2 + rng.uniform(-0.35, 0.35, 2) * side * scale
    frame = _frame(rng, np.clip(at, margin, size - margin), scale, side)
    slip = rng.normal(0, 0.8, 2) if rng.random() < 0.7 else rng.normal(0, 2, 2)
    second = np.hstack(
        [pair.matrix[:, :2] @ frame[:, :2], (pair.matrix[:, :2] @ frame[:, 2] + pair.matrix[:, 2] + slip)[:, None]]
    )
    other = ground.images[pair.after]
    dates = [warped(image, frame, side, scale), warped(other, second, side, scale)]
    canvas = Canvas(dates, np.zeros((side, side), np.float32), np.full((side, side), REAL_UNLABELLED, np.float32), gsd)
    _aircraft_labels(canvas, pair, frame)
    canvas.weight[~_inside(second, side, other.shape)] = 0
    return canvas


def _inside(frame: NDArray[np.float64], side: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows, cols = np.mgrid[:side, :side]
    x = frame[0, 0] * cols + frame[0, 1] * rows + frame[0, 2]
    y = frame[1, 0] * cols + frame[1, 1] * rows + frame[1, 2]
    within: NDArray[np.bool_] = (x >= 0) & (y >= 0) & (x <= shape[1] - 1) & (y <= shape[0] - 1)
    return within


def _aircraft_labels(canvas: Canvas, pair: Pair, frame: NDArray[np.float64]) -> None:
    for box in pair.unclear:
        canvas.weight[_oval(canvas, box, frame, 0.65) > 0.5] = 0
    apart = _apart(canvas)
    for box in pair.changed:
        around = _oval(canvas, box, frame, 0.55) > 0.5
        core = _standing_out(apart, around)
        canvas.weight[around & (canvas.label == 0)] = REAL_UNLABELLED if core.any() else 0
        canvas.weight[_border(core) & (canvas.label == 0)] = 0
        canvas.label[core], canvas.weight[core] = 1, 1


def _apart(canvas: Canvas) -> Field:
    """Give how much the dates differ once their light is alike."""
    first, second = (cv2.GaussianBlur(d, (0, 0), 0.4 / canvas.gsd_m) for d in canvas.dates)
    known = canvas.weight > 0
    if known.sum() < 100:
        known[:] = True
    a, b = first[known], second[known]
    gain = np.clip(a.std(0) / (b.std(0) + 1), 0.3, 3)
    return nuisance.mean_band(np.asarray(cv2.absdiff(first, (second - b.mean(0)) * gain + a.mean(0))))


def _standing_out(apart: Field, around: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give the part of a place in which something stands out from the rest of it; nothing where nothing does."""
    if around.sum() < 30:
        return np.zeros_like(around)
    values = np.clip(apart[around], 0, 255).astype(np.uint8)
    level = max(12.0, cv2.threshold(values, 0, 255, cv2.THRESH_OTSU)[0])
    core = around & (apart > level)
    return core if 0.06 < core.sum() / around.sum() < 0.7 else np.zeros_like(core)


def _border(core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cv2.dilate(core.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~core


def _oval(canvas: Canvas, box: Boxes, frame: NDArray[np.float64], part: float) -> Field:
    t = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    points = (box[:2] + box[2:]) / 2 + np.stack([np.cos(t), np.sin(t)], 1) * (box[2:] - box[:2]) * part
    back = np.linalg.inv(np.vstack([frame, [0, 0, 1]]))[:2]
    placed = points @ back[:, :2].T + back[:, 2]
    if (placed.max(0) < 0).any() or (placed.min(0) > canvas.side).any():
        return np.zeros_like(canvas.label)
    return polygon(canvas.side, placed, 0)


def _one_date(rng: np.random.Generator, ground: Ground, gsd: float, side: int) -> Canvas:
    name = ground.singles[rng.integers(len(ground.singles))]
    image = ground.images[name]
    scale = gsd / gsd_of(name)
    size = np.array(image.shape[1::-1])
    margin = np.minimum(0.72 * side * scale, size / 2)
    at = rng.uniform(margin, size - margin + 1e-6)
    frame = _frame(rng, at, scale, side)
    first = warped(image, frame, side, scale)
    moved = frame.copy()
    moved[:, 2] += rng.normal(0, 1, 2) * scale
    second = warped(image, moved, side, scale)
    if rng.random() < 0.6:
        second = _leaning(rng, second)
    weight = np.where(_inside(frame, side, image.shape), np.float32(1), np.float32(0))
    return Canvas([first, second], np.zeros((side, side), np.float32), weight, gsd)


def _leaning(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.float32]:
    side = len(image)
    rows, cols = np.mgrid[:side, :side].astype(np.float32)
    reach, scale = rng.uniform(0.3, 2.0), rng.uniform(15, 60)
    dx, dy = (reach * noise(rng, side, scale) for _ in range(2))
    moved = cv2.remap(image, cols + dx, rows + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.float32)


def _differences(rng: np.random.Generator, canvas: Canvas) -> None:
    for kind, most in ((nuisance.crops, 4), (nuisance.cast, 4), (nuisance.trees, 3)):
        for _ in range(int(rng.integers(0, most))):
            kind(rng, canvas, int(rng.integers(2)))


def _things(rng: np.random.Generator, canvas: Canvas, ground: Ground) -> None:
    suns = [Sun(rng), Sun(rng)]
    kinds = (_houses, _houses, _halls, _aircraft, _vehicles, _buildings, _patches, _roads, _transplant)
    for kind in rng.choice(len(kinds), int(rng.integers(1, 4)), replace=False):
        both = rng.random() < 0.3
        dates = [0, 1] if both else [int(rng.integers(2))]
        kinds[kind](rng, canvas, ground, dates, suns)


def _settle(canvas: Canvas, mask: Field, dates: list[int], weight: float = 1.0) -> None:
    if len(dates) == 1:
        canvas.mark(mask, weight)


def _spots(
    rng: np.random.Generator, canvas: Canvas, least_m: float, most_m: float, most: int
) -> list[tuple[tuple[float, float], float]]:
    """Give places in rows, each with the row's angle."""
    angle, step = rng.uniform(0, 2 * np.pi), rng.uniform(least_m, most_m) / canvas.gsd_m
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(1, most + 1))
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows) * rng.uniform(1, 2)), -1).reshape(-1, 2) * step
    middle = (float(rng.uniform(0.1, 0.9) * canvas.side), float(rng.uniform(0.1, 0.9) * canvas.side))
    places = turned(grid - grid.mean(0) + rng.normal(0, 0.06 * step, grid.shape), angle, middle)
    kept = places[(places > -10).all(1) & (places < canvas.side + 10).all(1)]
    return [((float(x), float(y)), angle) for x, y in kept if rng.random() < 0.85]


def _houses(rng: np.random.Generator, canvas: Canvas, _: Ground, dates: list[int], suns: list[Sun]) -> None:
    bare = rng.random() < 0.3
    spots = _spots(rng, canvas, 16, 32, 6)
    if not bare and spots and rng.random() < 0.6:
        _meadow(rng, canvas, spots[len(spots) // 2][0], dates)
    for centre, angle in spots:
        if bare:
            mask, look = patch(rng, canvas, centre, rng.uniform(15, 30), paved=rng.random() < 0.3)
            for d in dates:
                canvas.paint(d, mask, look)
            canvas.doubt(mask)
        _settle(canvas, house(rng, canvas, dates, centre, angle + rng.choice([0, np.pi / 2]), suns), dates)


def _meadow(rng: np.random.Generator, canvas: Canvas, centre: tuple[float, float], dates: list[int]) -> None:
    """Let everything around turn to lawn or rough ground, which is no change."""
    mask, look = meadow(rng, canvas, centre, rng.uniform(30, 200))
    if len(dates) == 1:
        canvas.doubt(mask * (_built(canvas.dates[dates[0]], canvas.gsd_m) > 0.7))
    for d in dates:
        canvas.paint(d, mask, look)
        if rng.random() < 0.5:
            nuisance.trees(rng, canvas, d)


def _halls(rng: np.random.Generator, canvas: Canvas, ground: Ground, dates: list[int], suns: list[Sun]) -> None:
    centre = _anywhere(rng, canvas)
    if rng.random() < 0.6:
        _paved(rng, canvas, centre, dates)
    angle = rng.uniform(0, 2 * np.pi)
    _settle(canvas, hall(rng, canvas, dates, centre, angle, suns), dates)
    if rng.random() < 0.4:
        _vehicles(rng, canvas, ground, dates, suns)


def _paved(rng: np.random.Generator, canvas: Canvas, centre: tuple[float, float], dates: list[int]) -> None:
    mask, look = patch(rng, canvas, centre, rng.uniform(40, 120), paved=True)
    for d in dates:
        canvas.paint(d, mask, look)
    _settle(canvas, mask, dates, 0.5)


def _cut(
    rng: np.random.Generator,
    canvas: Canvas,
    ground: Ground,
    dates: list[int],
    kind: str,
    spots: list[tuple[tuple[float, float], float]],
) -> None:
    slip = rng.normal(0, 0.8, 2)
    turn = rng.uniform(0, 2 * np.pi)
    for (x, y), angle in spots:
        state = rng.bit_generator.state
        for d in dates:
            rng.bit_generator.state = state
            at = (x + d * slip[0], y + d * slip[1])
            mask, look, core = cutout(
                rng, canvas, ground, getattr(ground, kind), at, angle + turn, oval=kind == "aircraft"
            )
            canvas.paint(d, mask, look)
        canvas.doubt(mask)
        if kind == "aircraft":
            core = _from_apron(look, mask).astype(np.float32)
        _settle(canvas, core, dates)


def _from_apron(look: NDArray[np.float32], mask: Field) -> NDArray[np.bool_]:
    """Give what in a cut-out differs from the ground at its border."""
    around = mask > 0.5
    border = around & ~cv2.erode(around.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    if border.sum() < 10:
        return np.zeros_like(around)
    return _standing_out(
        nuisance.mean_band(
            np.asarray(cv2.absdiff(look, np.broadcast_to(np.median(look[border], 0), look.shape).astype(np.float32)))
        ),
        around,
    )


def _aircraft(rng: np.random.Generator, canvas: Canvas, ground: Ground, dates: list[int], _: list[Sun]) -> None:
    _cut(rng, canvas, ground, dates, "aircraft", _spots(rng, canvas, 35, 80, 3))


def _vehicles(rng: np.random.Generator, canvas: Canvas, ground: Ground, dates: list[int], _: list[Sun]) -> None:
    _cut(rng, canvas, ground, dates, "vehicles", _spots(rng, canvas, 3.5, 12, 6))


def _buildings(rng: np.random.Generator, canvas: Canvas, ground: Ground, dates: list[int], _: list[Sun]) -> None:
    _cut(rng, canvas, ground, dates, "buildings", _spots(rng, canvas, 18, 40, 4))


def _patches(rng: np.random.Generator, canvas: Canvas, _: Ground, dates: list[int], __: list[Sun]) -> None:
    mask, look = patch(rng, canvas, _anywhere(rng, canvas), rng.uniform(10, 70), paved=rng.random() < 0.5)
    for d in dates:
        canvas.paint(d, mask, look)
    _settle(canvas, mask, dates, 0.4)


def _roads(rng: np.random.Generator, canvas: Canvas, _: Ground, dates: list[int], __: list[Sun]) -> None:
    mask, look = road(rng, canvas, _anywhere(rng, canvas), rng.uniform(0, 2 * np.pi))
    for d in dates:
        canvas.paint(d, mask, look)
    _settle(canvas, mask, dates, 0.6)


def _transplant(rng: np.random.Generator, canvas: Canvas, ground: Ground, dates: list[int], _: list[Sun]) -> None:
    """Put a piece of another place here; where neither shows structure, that is hardly change."""
    look = elsewhere(rng, canvas, ground)
    size = rng.uniform(20, 110, 2) / canvas.gsd_m
    mask = polygon(canvas.side, turned(rectangle(*size), rng.uniform(0, 2 * np.pi), _anywhere(rng, canvas)), 1.0)
    built = np.maximum(_built(canvas.dates[dates[0]], canvas.gsd_m), _built(look, canvas.gsd_m)) > 1
    for d in dates:
        canvas.paint(d, mask, look)
    canvas.weight[(mask > 0.1) & (canvas.label == 0)] *= 0.4
    _settle(canvas, mask * built, dates, 0.7)


def _built(image: NDArray[np.float32], gsd_m: float) -> Field:
    """Give how much more than rough ground a place has strong edges of things that are not green."""
    x = np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.5 / gsd_m, 0.5)), np.float32)
    grey = nuisance.mean_band(x)
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25))
    green = np.clip((x[..., 1] - np.maximum(x[..., 0], x[..., 2])) / 8, 0, 1)
    strong = np.clip(edges - 12, 0, 60) * (1 - green) * (grey > 60)
    return np.asarray(cv2.GaussianBlur(strong, (0, 0), 4 / gsd_m), np.float32) / np.float32(6)


def _anywhere(rng: np.random.Generator, canvas: Canvas) -> tuple[float, float]:
    return float(rng.uniform(0.1, 0.9) * canvas.side), float(rng.uniform(0.1, 0.9) * canvas.side)

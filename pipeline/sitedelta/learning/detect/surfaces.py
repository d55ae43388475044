"""Bare ground by lot: meadows, concrete, runways with markings, pads; and what is painted on them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sitedelta.learning.detect.canvas import Canvas, Colour, Plane, Rng, noise, polygon, rectangle, strokes, turned

LAND = (
    (0.18, 0.24, 0.13),
    (0.26, 0.25, 0.18),
    (0.36, 0.31, 0.24),
    (0.10, 0.15, 0.08),
    (0.55, 0.50, 0.42),
    (0.82, 0.83, 0.85),
)
"""Grass, dry grass, soil, forest floor, sand, snow."""


def bare(rng: Rng, side: int, gsd_m: float) -> Canvas:
    """Give a place without any object."""
    canvas = Canvas(_land(rng, side, gsd_m), gsd_m)
    for _ in range(rng.integers(0, 4)):
        pavement(rng, canvas)
    return canvas


def _land(rng: Rng, side: int, gsd_m: float) -> Colour:
    first, second = (
        np.array(LAND[k], np.float32) * np.float32(rng.uniform(0.7, 1.3)) for k in rng.integers(0, len(LAND), 2)
    )
    share = np.clip(0.5 + 0.6 * noise(rng, side, side * gsd_m / rng.uniform(15, 80), 5), 0, 1)[..., None]
    fine = np.float32(rng.uniform(0.02, 0.12)) * noise(rng, side, side * gsd_m / rng.uniform(2, 6), 3)
    land: Colour = ((first * share + second * (1 - share)) * (1 + fine[..., None])).astype(np.float32)
    return land


def pavement(rng: Rng, canvas: Canvas) -> None:
    """Lay a runway, taxiway or apron across, with joints, stains and markings."""
    side, gsd = canvas.side, canvas.gsd_m
    angle, centre = rng.uniform(0, 2 * np.pi), tuple(rng.uniform(0.1 * side, 0.9 * side, 2))
    wide = float(rng.choice([rng.uniform(10, 25), rng.uniform(30, 60), rng.uniform(60, 200)])) / gsd
    long = 3 * side if rng.random() < 0.7 else rng.uniform(20, 120) / gsd
    mask = polygon(side, turned(rectangle(long, wide), angle, centre))
    slab = np.full(
        (side, side), rng.uniform(0.35, 0.85) if rng.random() < 0.75 else rng.uniform(0.15, 0.35), np.float32
    )
    slab *= 1 + np.float32(rng.uniform(0.01, 0.06)) * noise(rng, side, side * gsd / rng.uniform(10, 60), 5)
    slab *= 1 - np.float32(rng.uniform(0, 0.15)) * _joints(rng, side, gsd, angle, centre)
    _stain(rng, slab, gsd)
    tint = np.array([1, 1, 1], np.float32) + rng.uniform(-0.06, 0.06, 3).astype(np.float32)
    canvas.shade(mask, np.clip(slab[..., None] * tint, 0, 1))
    if rng.random() < 0.6:
        _markings(rng, canvas, angle, centre, mask)


def _joints(rng: Rng, side: int, gsd: float, angle: float, centre: tuple[float, float]) -> Plane:
    step, reach = rng.uniform(3.5, 8) / gsd, 1.5 * side
    at = np.arange(-reach, reach, step)
    lines = [turned(np.array([[a, -reach], [a, reach]]), angle, centre) for a in at]
    lines += [turned(np.array([[-reach, a], [reach, a]]), angle, centre) for a in at]
    return strokes(side, lines, rng.uniform(0.15, 0.6) / gsd)


def _stain(rng: Rng, slab: Plane, gsd: float) -> None:
    side = len(slab)
    for _ in range(rng.integers(0, 12)):
        spot = np.zeros((side, side), np.uint8)
        at = rng.integers(0, side, 2).tolist()
        axes = (np.maximum(rng.uniform(0.5, 8, 2) / gsd, 1)).astype(int).tolist()
        cv2.ellipse(spot, at, axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
        soft = cv2.GaussianBlur(spot, (0, 0), rng.uniform(0.6, 4)).astype(np.float32) / 255
        slab *= 1 - np.float32(rng.uniform(-0.15, 0.4)) * soft


def _markings(rng: Rng, canvas: Canvas, angle: float, centre: tuple[float, float], mask: Plane) -> None:
    side, gsd = canvas.side, canvas.gsd_m
    colour = np.array(
        [(0.9, 0.9, 0.88), (0.75, 0.65, 0.25), (0.2, 0.2, 0.2)][rng.choice(3, p=(0.55, 0.35, 0.1))], np.float32
    )
    lines: list[NDArray[np.float64]] = []
    for _ in range(rng.integers(1, 4)):
        off = rng.normal(0, 15 / gsd)
        if rng.random() < 0.5:
            starts = np.arange(-1.5 * side, 1.5 * side, rng.uniform(20, 60) / gsd)
            dash = rng.uniform(5, 30) / gsd
            lines += [turned(np.array([[s, off], [s + dash, off]]), angle, centre) for s in starts]
        else:
            lines.append(turned(np.array([[-2 * side, off], [2 * side, off]]), angle, centre))
    canvas.shade(strokes(side, lines, rng.uniform(0.15, 1.2) / gsd) * mask * np.float32(rng.uniform(0.3, 1)), colour)


def decoys(rng: Rng, canvas: Canvas) -> None:
    """Paint what is taken for aircraft: numerals, crosses, circles, arrows, letters, bars."""
    side, gsd = canvas.side, canvas.gsd_m
    for _ in range(rng.integers(1, 5)):
        size, at = rng.uniform(5, 30) / gsd, rng.uniform(0, side, 2)
        if not canvas.free(float(at[0]), float(at[1]), size):
            continue
        mask = _decoy(rng, side, size, tuple(at))
        colour = np.full(3, rng.uniform(0.7, 1) if rng.random() < 0.65 else rng.uniform(0.05, 0.3), np.float32)
        canvas.shade(mask * np.float32(rng.uniform(0.2, 1)), colour)


def _decoy(rng: Rng, side: int, size: float, at: tuple[float, float]) -> Plane:
    angle, half = rng.uniform(0, 2 * np.pi), size / 2
    kind = rng.integers(6)
    width = max(1.0, size * rng.uniform(0.06, 0.2))
    if kind == 0:
        mask = np.zeros((side, side), np.uint8)
        text = "0123456789LRCHXT"[rng.integers(16)]
        cv2.putText(
            mask,
            text,
            (int(at[0] - half), int(at[1] + half)),
            cv2.FONT_HERSHEY_SIMPLEX,
            size / 22,
            255,
            max(1, int(width)),
            cv2.LINE_AA,
        )
        turn = cv2.getRotationMatrix2D(at, np.degrees(angle), 1)
        return cv2.warpAffine(mask, turn, (side, side)).astype(np.float32) / np.float32(255)
    if kind == 1:
        t = np.linspace(0, 2 * np.pi, 40)
        return strokes(side, [turned(np.stack([np.cos(t), np.sin(t)], 1) * half, 0, at)], width * 0.5)
    shapes: dict[int, list[list[tuple[float, float]]]] = {
        2: [[(-half, 0), (half, 0)], [(0, -half), (0, half)]],
        3: [[(-half, half), (0, -half), (half, half)]],
        4: [[(-half, -half), (half, -half)], [(0, -half), (0, half)]],
        5: [[(x * half, -half), (x * half, half)] for x in (-1, -0.5, 0, 0.5, 1)],
    }
    return strokes(side, [turned(np.array(p, float), angle, at) for p in shapes[int(kind)]], width)


def trees(rng: Rng, canvas: Canvas) -> None:
    """Plant clumps of trees or shrubs with their shadows where nothing stands."""
    sun = rng.uniform(0, 2 * np.pi)
    for _ in range(rng.integers(1, 7)):
        spread, at = float(rng.uniform(1.5, 14)) / canvas.gsd_m, rng.uniform(0, canvas.side, 2)
        if canvas.free(float(at[0]), float(at[1]), 2.5 * spread):
            (_clump if rng.random() < 0.55 else _thicket)(rng, canvas, at, spread, sun)


def _clump(rng: Rng, canvas: Canvas, at: NDArray[np.float64], spread: float, sun: float) -> None:
    side, count = canvas.side, int(rng.integers(1, 9))
    radius = np.maximum(spread * rng.uniform(0.25, 0.6, count), 1.0)
    places = at + rng.normal(0, 0.5, (count, 2)) * spread * (count > 1)
    away = np.array([np.cos(sun), np.sin(sun)]) * rng.uniform(0.5, 2.2)
    shadow = np.zeros((side, side), np.float32)
    for place, r in zip(places, radius, strict=True):
        shadow = np.maximum(shadow, polygon(side, _crown(rng, r * 0.95) + place + away * r))
    canvas.picture *= 1 - shadow[..., None] * np.float32(rng.uniform(0.3, 0.65))
    leaves = np.array(LAND[rng.choice((0, 1, 3, 3))], np.float32) * np.float32(rng.uniform(0.5, 1.3))
    for place, r in zip(places, radius, strict=True):
        tone = np.float32(rng.uniform(0.75, 1.25))
        canvas.shade(polygon(side, _crown(rng, r) + place), leaves * tone)
        canvas.shade(polygon(side, _crown(rng, 0.6 * r) + place - 0.25 * away * r), leaves * tone * np.float32(1.35))


def _thicket(rng: Rng, canvas: Canvas, at: NDArray[np.float64], spread: float, sun: float) -> None:
    """Plant leafless crowns: pale twigs in tufts over their own dark, and a thin shadow beside each."""
    side, count = canvas.side, int(rng.integers(1, 7))
    radius = np.maximum(spread * rng.uniform(0.3, 0.7, count), 1.2)
    places = at + rng.normal(0, 0.7, (count, 2)) * spread * (count > 1)
    away = np.array([np.cos(sun), np.sin(sun)])
    crowns, lit, shadow = np.zeros((3, side, side), np.float32)
    for place, r in zip(places, radius, strict=True):
        crown = polygon(side, _crown(rng, r) + place)
        crowns = np.maximum(crowns, crown)
        lit = np.maximum(lit, polygon(side, _crown(rng, 0.75 * r) + place - 0.35 * away * r, 0.3 * r))
        shadow = np.maximum(shadow, polygon(side, _crown(rng, r) + place + away * r * rng.uniform(0.4, 1.6)))
    tufts = noise(rng, side, side * canvas.gsd_m / rng.uniform(1.2, 3.5), 3)
    canvas.picture *= 1 - (shadow * np.clip(1 + 0.3 * tufts, 0, 1))[..., None] * np.float32(rng.uniform(0.35, 0.75))
    tint = np.array([1, rng.uniform(0.94, 1.02), rng.uniform(0.78, 0.98)], np.float32)
    pale = np.float32(rng.uniform(0.3, 0.8))
    tone = pale * np.clip(rng.uniform(0.1, 0.5) + 0.5 * lit + rng.uniform(0.1, 0.35) * tufts, 0.08, 1.1)
    cover = crowns * np.clip(rng.uniform(0.7, 1.2) + 0.5 * tufts, 0, 1)
    canvas.shade(cover.astype(np.float32), (tone[..., None] * tint).astype(np.float32))


def _crown(rng: Rng, radius: float) -> NDArray[np.float64]:
    t = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    rough = radius * (1 + rng.normal(0, 0.16, 14))
    return np.stack([np.cos(t), np.sin(t)], 1) * rough[:, None]


def stand(rng: Rng, canvas: Canvas, centre: tuple[float, float], radius: float) -> None:
    """Lay a pad under aircraft, one in two with an earth bank round three sides."""
    side = canvas.side
    angle = rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.5:
        points = turned(rectangle(2 * radius * rng.uniform(1, 1.4), 2 * radius), angle, centre)
    else:
        t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        points = turned(np.stack([np.cos(t), np.sin(t)], 1) * radius, 0, centre)
    mask = polygon(side, points)
    tone = np.float32(rng.uniform(0.3, 0.8)) * (1 + np.float32(0.04) * noise(rng, side, side / 12, 4))
    canvas.shade(mask, np.clip(tone, 0, 1)[..., None] * np.ones(3, np.float32))
    if rng.random() < 0.5:
        _bank(rng, canvas, centre, radius * rng.uniform(1.2, 1.5), angle)


def _bank(rng: Rng, canvas: Canvas, centre: tuple[float, float], radius: float, angle: float) -> None:
    u = np.array([(-1, 1), (-1, -1), (1, -1), (1, 1)], float) * radius * (1, rng.uniform(0.8, 1.2))
    wide = rng.uniform(4, 9) / canvas.gsd_m
    way = turned(u, angle, centre)
    dark = np.array(LAND[rng.integers(4)], np.float32) * np.float32(rng.uniform(0.6, 1.1))
    rough = 1 + np.float32(rng.uniform(0.05, 0.35)) * noise(rng, canvas.side, canvas.side / rng.uniform(3, 8), 3)
    shade = cv2.GaussianBlur(strokes(canvas.side, [way + rng.normal(0, 0.4 * wide, 2)], wide), (0, 0), 1.0)
    canvas.shade(shade * np.float32(0.7), dark * np.float32(0.35))
    canvas.shade(strokes(canvas.side, [way], wide * 0.8), np.clip(dark * rough[..., None], 0, 1))

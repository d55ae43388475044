"""Sprites painted and pasted, in rows and alone, under one sun."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detect.canvas import Canvas, Item, Rng
from training.detect.sprites import FULL, SKY, Bank, Sprite
from training.detect.surfaces import stand

Paint = tuple[NDArray[np.float32], NDArray[np.float32], float]
"""Base, second colour, contrast of the pattern."""


@dataclass(frozen=True, slots=True)
class Group:
    """How things of a group are set down."""

    share: float
    most: int
    """In one row."""
    counted: float | None
    """1 object, 0 doubtful, None background."""
    sub: float = 0.0
    gap: tuple[float, float] = (1.03, 2.2)
    """Distance from centre to centre across the heading, in widths."""


def scatter(rng: Rng, canvas: Canvas, bank: Bank, groups: dict[str, Group], count: int) -> None:
    """Set down so many groups."""
    sun = rng.uniform(0, 360)
    names = list(groups)
    chance = np.array([groups[n].share for n in names])
    for _ in range(count):
        name = names[rng.choice(len(names), p=chance / chance.sum())]
        _row(rng, canvas, bank, name, groups[name], sun)


def _row(rng: Rng, canvas: Canvas, bank: Bank, name: str, group: Group, sun: float) -> None:
    sprite = bank.sprites[rng.choice(bank.groups[name])]
    mirror = bool(rng.random() < 0.5)
    heading = sun - (-sprite.sun_deg if mirror else sprite.sun_deg)
    length, width = sprite.length_m / canvas.gsd_m, sprite.width_m / canvas.gsd_m
    count = int(rng.integers(2, group.most + 1)) if group.most > 1 and rng.random() < 0.6 else 1
    step = width * rng.uniform(*group.gap)
    lean = rng.choice([0.0, rng.normal(0, 20), 90.0], p=(0.6, 0.3, 0.1))
    if lean == 90:
        step = max(step, length * rng.uniform(1.06, 1.6))
    way = np.deg2rad(heading + 90 + lean)
    across = np.array([np.sin(way), -np.cos(way)]) * step
    middle = rng.uniform(0, canvas.side, 2)
    paint = _paint(rng, canvas, middle)
    before = len(canvas.items)
    if count <= 2 and group.counted and rng.random() < 0.35 and canvas.free(*middle, 1.5 * length, among=before):
        stand(rng, canvas, tuple(middle), rng.uniform(0.6, 1.1) * max(length, step))
    for k in range(count):
        at = middle + (k - (count - 1) / 2) * across + rng.normal(0, 0.03 * width, 2)
        size = max(length, width)
        if rng.random() < 0.07 or not canvas.free(*at, size, among=before):
            continue
        turn = heading + rng.normal(0, 2.5)
        if paste(canvas, sprite, at, turn, paint, bank.gsd_m, mirror=mirror) and group.counted is not None:
            canvas.items.append(_item(canvas, sprite, at, turn, group))


def _item(canvas: Canvas, sprite: Sprite, at: NDArray[np.float64], turn: float, group: Group) -> Item:
    length, width = sprite.length_m / canvas.gsd_m, sprite.width_m / canvas.gsd_m
    angle = np.deg2rad(turn)
    inside = ((at > 0) & (at < canvas.side)).all()
    counted = float(group.counted or 0) if inside else 0.0
    pose = (float(np.cos(angle)), float(np.sin(angle)), 0.0, 0.0)
    return Item(counted, *at.tolist(), max(length, width), 1.0, length, width, pose, group.sub)


def _paint(rng: Rng, canvas: Canvas, middle: NDArray[np.float64]) -> Paint:
    """Choose colours: pale, grey, camouflage, or near those of the ground."""
    bright = float(np.clip(np.quantile(canvas.picture[::8, ::8], 0.97), 0.35, 1.0))
    tint = np.float32(1) + rng.uniform(-0.07, 0.07, 3).astype(np.float32)
    lot = rng.random()
    if lot < 0.25:
        r, c = np.clip(middle, 4, canvas.side - 5).astype(int)[::-1]
        around = canvas.picture[max(0, r - 12) : r + 12, max(0, c - 12) : c + 12].mean((0, 1))
        base = around * np.float32(rng.uniform(0.85, 1.4))
    elif lot < 0.55:
        base = bright * np.float32(rng.uniform(0.65, 1.15)) * tint
    elif lot < 0.75:
        base = bright * np.float32(rng.uniform(0.35, 0.75)) * np.array([0.93, 1.0, 1.08], np.float32) * tint
    elif lot < 0.9:
        brown = np.array([(0.5, 0.42, 0.32), (0.3, 0.36, 0.24), (0.62, 0.55, 0.42), (0.22, 0.24, 0.2)], np.float32)
        base = bright * brown[rng.integers(4)] * np.float32(rng.uniform(0.6, 1.2)) * tint
    else:
        base = bright * np.float32(rng.uniform(0.12, 0.35)) * tint
    second = (
        base * np.float32(rng.uniform(0.45, 1.25)) * (np.float32(1) + rng.uniform(-0.12, 0.12, 3).astype(np.float32))
    )
    return np.asarray(base, np.float32), np.asarray(second, np.float32), float(rng.choice([0.0, rng.uniform(0.2, 1)]))


def paste(
    canvas: Canvas,
    sprite: Sprite,
    at: NDArray[np.float64],
    heading_deg: float,
    paint: Paint,
    gsd_m: float,
    *,
    mirror: bool,
) -> bool:
    """Paste one sprite; False where it lies outside."""
    planes = _reduced(sprite.planes, gsd_m / canvas.gsd_m)
    scale = planes.shape[1] / sprite.planes.shape[1], planes.shape[0] / sprite.planes.shape[0]
    centre = tuple((c + 0.5) * s - 0.5 for c, s in zip(sprite.centre, scale, strict=True))
    reach = float(np.hypot(*(max(c, n - c) for c, n in zip(centre, planes.shape[1::-1], strict=True)))) + 1
    low = np.maximum(np.floor(at - reach), 0).astype(int)
    high = np.minimum(np.ceil(at + reach), canvas.side).astype(int)
    if (high - low < 2).any():
        return False
    a = np.deg2rad(heading_deg)
    m = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    if mirror:
        m[0] *= -1
    matrix = np.hstack([m, (np.array(centre) - m @ (at - low))[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (high - low).tolist()
    seen = [cv2.warpAffine(planes[..., k], matrix, size, flags=flags).astype(np.float32) for k in range(5)]
    base, second, contrast = paint
    first = (seen[0] + np.float32(1 - contrast) * seen[1])[..., None] / np.float32(FULL)
    other = np.float32(contrast) * seen[1][..., None] / np.float32(FULL)
    cover, shadow = (seen[k][..., None] / np.float32(255) for k in (3, 4))
    part = canvas.picture[low[1] : high[1], low[0] : high[0]]
    part *= 1 - shadow * np.float32(1 - SKY)
    part *= 1 - cover
    part += first * base + other * second + seen[2][..., None] / np.float32(255)
    return True


def _reduced(planes: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    if factor >= 1:
        return planes
    size = tuple(max(1, round(n * factor)) for n in planes.shape[1::-1])
    return np.dstack([cv2.resize(planes[..., k], size, interpolation=cv2.INTER_AREA) for k in range(planes.shape[2])])

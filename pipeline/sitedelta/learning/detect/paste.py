"""Sprites painted and pasted, in rows and alone, under one sun."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sitedelta.learning.detect.canvas import Canvas, Item, Rng
from sitedelta.learning.detect.sprites import FULL, SKY, Bank, Sprite
from sitedelta.learning.detect.surfaces import stand

Paint = tuple[NDArray[np.float32], NDArray[np.float32], float]
"""Base, second colour, contrast of the pattern."""
WHITE: Paint = (np.full(3, 0.9, np.float32), np.full(3, 0.8, np.float32), 0.3)
"""Snow or a tarpaulin."""


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
    rows: float = 0.1
    """Chance of several rows."""


def scatter(rng: Rng, canvas: Canvas, bank: Bank, groups: dict[str, Group], count: int) -> None:
    """Set down so many groups."""
    sun = rng.uniform(0, 360)
    names = list(groups)
    chance = np.array([groups[n].share for n in names])
    for _ in range(count):
        name = names[rng.choice(len(names), p=chance / chance.sum())]
        _row(rng, canvas, bank, name, groups[name], sun)


def _row(rng: Rng, canvas: Canvas, bank: Bank, name: str, group: Group, sun: float) -> None:
    look = _look(rng, bank, name, sun)
    length, width = look.sprite.length_m / canvas.gsd_m, look.sprite.width_m / canvas.gsd_m
    middle = rng.uniform(0, canvas.side, 2)
    places = _places(rng, group, look.heading, length, width)
    before = len(canvas.items)
    if len(places) <= 2 and group.counted and rng.random() < 0.35 and _open(canvas, middle, 1.5 * length, before):
        stand(rng, canvas, tuple(middle), rng.uniform(0.6, 1.1) * max(length, width))
    paint, mixed = _paint(rng, canvas, middle), rng.random() < 0.5
    covered = rng.uniform(0.1, 0.5) if rng.random() < 0.12 else 0.0
    for place in places:
        at = middle + place + rng.normal(0, 0.03 * width, 2)
        mine = _look(rng, bank, name, sun, look.heading) if mixed else look
        size = max(mine.sprite.length_m, mine.sprite.width_m) / canvas.gsd_m
        if rng.random() < 0.05 or not _open(canvas, at, size, before):
            continue
        turn = mine.heading + rng.normal(0, 2)
        shown = _worn(rng, WHITE if rng.random() < covered else paint)
        if paste(canvas, mine.sprite, at, turn, shown, bank.gsd_m, mirror=mine.mirror) and group.counted is not None:
            canvas.items.append(_item(canvas, mine.sprite, at, turn, group))


def _open(canvas: Canvas, at: NDArray[np.float64], size: float, among: int) -> bool:
    return canvas.free(float(at[0]), float(at[1]), size, among=among)


@dataclass(frozen=True, slots=True)
class _Look:
    """A sprite turned so that its light comes from the sun."""

    sprite: Sprite
    mirror: bool
    heading: float


def _look(rng: Rng, bank: Bank, name: str, sun: float, heading: float | None = None) -> _Look:
    """Choose a sprite of a group, one that heads about as wanted if any."""
    members = bank.groups[name]
    mirror = bool(rng.random() < 0.5)
    lit = sun - np.array([bank.sprites[k].sun_deg for k in members]) * (-1 if mirror else 1)
    chance = np.ones(len(members))
    if heading is not None:
        off = np.abs((lit - heading + 180) % 360 - 180)
        chance = (off < max(10.0, float(off.min()) + 0.1)).astype(float)
    k = int(rng.choice(len(members), p=chance / chance.sum()))
    turn = lit[k] if heading is None else heading
    return _Look(bank.sprites[members[k]], mirror, float(turn))


def _places(rng: Rng, group: Group, heading: float, length: float, width: float) -> NDArray[np.float64]:
    """Give places about the middle: one, a row across the heading, or several rows."""
    count = int(rng.integers(2, group.most + 1)) if group.most > 1 and rng.random() < 0.65 else 1
    step = width * rng.uniform(*group.gap)
    lean = rng.choice([0.0, rng.normal(0, 28), 90.0], p=(0.55, 0.33, 0.12))
    if lean == 90:
        step = max(step, length * rng.uniform(1.03, 1.6))
    way, ahead = np.deg2rad(heading + 90 + lean), np.deg2rad(heading)
    across = np.array([np.sin(way), -np.cos(way)]) * step
    along = np.array([np.sin(ahead), -np.cos(ahead)]) * length * rng.uniform(1.2, 2.6)
    rows = int(rng.integers(2, 4)) if count > 3 and lean != 90 and rng.random() < group.rows else 1
    return np.array(
        [(k - (count - 1) / 2) * across + (r - (rows - 1) / 2) * along for r in range(rows) for k in range(count)]
    )


def _item(canvas: Canvas, sprite: Sprite, at: NDArray[np.float64], turn: float, group: Group) -> Item:
    length, width = sprite.length_m / canvas.gsd_m, sprite.width_m / canvas.gsd_m
    angle = np.deg2rad(turn)
    inside = ((at > 0) & (at < canvas.side)).all()
    counted = float(group.counted or 0) if inside else 0.0
    pose = (float(np.cos(angle)), float(np.sin(angle)), 0.0, 0.0)
    return Item(counted, float(at[0]), float(at[1]), max(length, width), 1.0, length, width, pose, group.sub)


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


def _worn(rng: Rng, paint: Paint) -> Paint:
    tone = np.float32(np.exp(rng.normal(0, 0.12)))
    return paint[0] * tone, paint[1] * tone, paint[2]


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

"""Rendered houses, halls, paved ground, roads and bare ground."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sitedelta.learning.change.canvas import Canvas, Field, noise, polygon, rectangle, turned

Points = NDArray[np.float64]

ROOFS = (
    (150, 80, 60),
    (120, 70, 55),
    (90, 85, 82),
    (70, 70, 75),
    (120, 118, 112),
    (165, 150, 130),
    (60, 62, 66),
    (100, 110, 125),
)
HALLS = ((215, 215, 212), (185, 190, 195), (150, 155, 160), (120, 130, 150), (160, 120, 100), (235, 235, 230))
PAVING = ((110, 110, 112), (140, 138, 132), (175, 170, 160), (85, 86, 90))
GRASS = ((75, 90, 55), (95, 105, 70), (130, 120, 90), (110, 100, 80), (90, 82, 70), (150, 140, 105))
SOIL = ((185, 160, 125), (160, 130, 100), (200, 185, 160), (140, 115, 90))


def pick(
    rng: np.random.Generator, palette: tuple[tuple[int, int, int], ...], spread: float = 12
) -> NDArray[np.float32]:
    """Give a colour near one of a palette."""
    return (
        np.array(palette[rng.integers(len(palette))]) + rng.normal(0, spread / 2) + rng.normal(0, spread / 2, 3)
    ).astype(np.float32)


def surface(rng: np.random.Generator, canvas: Canvas, colour: NDArray[np.float32], rough: float) -> NDArray[np.float32]:
    """Give a coloured surface with fine and coarse variation."""
    grain = noise(rng, canvas.side, 1.5) + noise(rng, canvas.side, rng.uniform(4, 25))
    return colour + np.float32(rough) * grain[..., None]


class Sun:
    """Direction and length of the shadows of one date."""

    def __init__(self, rng: np.random.Generator) -> None:
        angle = rng.uniform(0, 2 * np.pi)
        self.away = np.array([np.cos(angle), np.sin(angle)])
        self.length = rng.uniform(0.3, 1.6)
        self.light = rng.uniform(0.35, 0.65)


def shadow(canvas: Canvas, footprint: Points, height_m: float, sun: Sun) -> Field:
    """Give where a prism throws its shadow."""
    shift = sun.away * sun.length * height_m / canvas.gsd_m
    hull = cv2.convexHull(np.vstack([footprint, footprint + shift]).astype(np.float32))[:, 0]
    return polygon(canvas.side, hull.astype(float), 0.6)


def house(
    rng: np.random.Generator,
    canvas: Canvas,
    dates: list[int],
    centre: tuple[float, float],
    angle: float,
    suns: list[Sun],
) -> Field:
    """Draw a pitched house and give the mask of its roof."""
    g = canvas.gsd_m
    length, width = rng.uniform(9, 24) / g, rng.uniform(7, 14) / g
    wings = [(rectangle(length, width), np.zeros(2))]
    if rng.random() < 0.6:
        offset = np.array([rng.uniform(-0.35, 0.35) * length, rng.choice([-1, 1]) * width * rng.uniform(0.3, 0.6)])
        wings.append((rectangle(width * rng.uniform(0.5, 0.9), width * rng.uniform(0.8, 1.2))[:, ::-1], offset))
    height, colour, rough = rng.uniform(3, 7), pick(rng, ROOFS), rng.uniform(1, 6)
    slope, hip = rng.uniform(0.05, 0.4), rng.choice([0.0, 0.5, 0.9])
    roof = np.zeros_like(canvas.label)
    texture = surface(rng, canvas, colour, rough)
    outlines = [turned(p + o, angle, centre) for p, o in wings]
    for d in dates:
        for o in outlines:
            canvas.shade(d, shadow(canvas, o, height, suns[d]), suns[d].light)
    for (p, o), outline in zip(wings, outlines, strict=True):
        mask = polygon(canvas.side, outline, 0.5)
        roof = np.maximum(roof, mask)
        for d in dates:
            for facet, normal in _facets(p, hip):
                shaded = 1 - slope * float(turned(normal[None], angle, (0, 0))[0] @ suns[d].away)
                part = polygon(canvas.side, turned(facet + o, angle, centre), 0.4)
                canvas.paint(d, np.minimum(part, mask), texture * np.float32(shaded))
    return roof


def _facets(p: Points, hip: float) -> list[tuple[Points, Points]]:
    length, width = np.ptp(p[:, 0]), np.ptp(p[:, 1])
    inset = hip * min(width, length) / 2
    if length >= width:
        ends = np.array([[-length / 2 + inset, 0], [length / 2 - inset, 0]])
        long, short = np.array([0, 1.0]), np.array([1.0, 0])
        a, b, c, d = rectangle(length, width)
    else:
        ends = np.array([[0, -width / 2 + inset], [0, width / 2 - inset]])
        long, short = np.array([-1.0, 0]), np.array([0, 1.0])
        b, c, d, a = rectangle(length, width)
    facets = [(np.array([a, b, ends[1], ends[0]]), -long), (np.array([d, c, ends[1], ends[0]]), long)]
    if hip > 0:
        facets += [(np.array([a, d, ends[0]]), -short), (np.array([b, c, ends[1]]), short)]
    return facets


def hall(
    rng: np.random.Generator,
    canvas: Canvas,
    dates: list[int],
    centre: tuple[float, float],
    angle: float,
    suns: list[Sun],
) -> Field:
    """Draw a large flat or ribbed roof with units upon it and give its mask."""
    g = canvas.gsd_m
    length, width = rng.uniform(20, 110) / g, rng.uniform(12, 60) / g
    outline, colour = turned(rectangle(length, width), angle, centre), pick(rng, HALLS, 16)
    mask, texture = polygon(canvas.side, outline, 0.5), surface(rng, canvas, colour, rng.uniform(1, 6))
    if rng.random() < 0.5:
        texture = texture + rng.uniform(3, 12) * _ribs(canvas.side, angle, rng.uniform(3, 12) / g)[..., None]
    height = rng.uniform(4, 14)
    for d in dates:
        canvas.shade(d, shadow(canvas, outline, height, suns[d]), suns[d].light)
        canvas.paint(d, mask, texture)
    for _ in range(int(rng.integers(0, 10))):
        at = turned(rng.uniform(-0.42, 0.42, (1, 2)) * np.array([length, width]), angle, centre)[0]
        unit = turned(rectangle(rng.uniform(1.5, 6) / g, rng.uniform(1.5, 5) / g), angle, tuple(at))
        shade = rng.uniform(60, 250)
        for d in dates:
            canvas.shade(d, shadow(canvas, unit, 1.5, suns[d]), suns[d].light)
            canvas.paint(d, polygon(canvas.side, unit, 0.4), np.full(3, shade, np.float32))
    return mask


def _ribs(side: int, angle: float, period: float) -> Field:
    rows, cols = np.mgrid[:side, :side].astype(np.float32)
    wave: NDArray[np.float32] = np.sin((cols * np.cos(angle) + rows * np.sin(angle)) * (2 * np.pi / max(period, 2)))
    return wave


def patch(
    rng: np.random.Generator, canvas: Canvas, centre: tuple[float, float], size_m: float, *, paved: bool
) -> tuple[Field, NDArray[np.float32]]:
    """Give the mask and the look of a piece of paved or bare ground."""
    corners = rectangle(size_m / canvas.gsd_m, size_m * rng.uniform(0.3, 1) / canvas.gsd_m)
    if not paved:
        turns = np.sort(rng.uniform(0, 2 * np.pi, 9))
        corners = np.stack([np.cos(turns), np.sin(turns)], 1) * np.abs(corners[2]) * rng.uniform(0.7, 1.2, (9, 1))
    mask = polygon(canvas.side, turned(corners, rng.uniform(0, 2 * np.pi), centre), 0.6 if paved else 2.0)
    return mask, surface(
        rng, canvas, pick(rng, PAVING if paved else SOIL), rng.uniform(2, 5) if paved else rng.uniform(5, 14)
    )


def meadow(
    rng: np.random.Generator, canvas: Canvas, centre: tuple[float, float], size_m: float
) -> tuple[Field, NDArray[np.float32]]:
    """Give the mask and the look of grass, lawn, heath or rough ground."""
    turns = np.sort(rng.uniform(0, 2 * np.pi, 12))
    corners = np.stack([np.cos(turns), np.sin(turns)], 1) * size_m / canvas.gsd_m * rng.uniform(0.6, 1.1, (12, 1))
    look = surface(rng, canvas, pick(rng, GRASS, 20), rng.uniform(2, 9))
    return polygon(canvas.side, corners + np.array(centre), rng.uniform(0.7, 6)), look


def road(
    rng: np.random.Generator, canvas: Canvas, through: tuple[float, float], angle: float
) -> tuple[Field, NDArray[np.float32]]:
    """Give the mask and the look of a slightly bent road."""
    along = np.linspace(-0.7, 0.7, 12) * canvas.side * rng.uniform(0.4, 1.2)
    bend = rng.normal(0, 0.1) * along**2 / canvas.side
    line = turned(np.stack([along, bend], 1), angle, through)
    mask = np.zeros_like(canvas.label)
    width = max(2, round(rng.uniform(4, 12) / canvas.gsd_m))
    cv2.polylines(
        mask,
        [np.round(line * 16).astype(np.int32)],
        isClosed=False,
        color=1.0,
        thickness=width,
        lineType=cv2.LINE_8,
        shift=4,
    )
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.7), np.float32)
    return soft, surface(rng, canvas, pick(rng, PAVING + SOIL[2:3]), rng.uniform(1, 5))

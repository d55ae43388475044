"""Paint and dirt on pavements."""

import numpy as np

from rasterdelta.render.canvas import Canvas, curve
from rasterdelta.render.frame import disc, turned
from rasterdelta.render.paint import MATERIALS
from rasterdelta.render.site import Axes

WHITE, YELLOW, RUBBER, OIL = (MATERIALS[name] for name in ("white_paint", "yellow_paint", "rubber", "oil"))
Rect = tuple[float, float, float, float]


def runway_markings(canvas: Canvas, axes: Axes, runway: tuple[float, float]) -> None:
    """Paint centre line, side stripes and touchdown bars, and the rubber that wheels leave."""
    middle = sum(runway) / 2
    for start in range(-480, 480, 50):
        canvas.area(axes.rect(middle - 0.5, middle + 0.5, start, start + 30), WHITE, share=0.85, worn=0.4)
    for u in (runway[0] + 1.2, runway[1] - 1.2):
        canvas.area(axes.rect(u - 0.5, u + 0.5, -500, 500), WHITE, share=0.8, worn=0.5)
    for side in (-1, 1):
        u = middle + side * 9.0
        canvas.area(axes.rect(u - 2.6, u + 2.6, -150, -105), WHITE, share=0.85, worn=0.45)
        canvas.area(axes.rect(u - 1.5, u + 1.5, 40, 62), WHITE, share=0.8, worn=0.5)
    for _ in range(60):
        u, v = middle + canvas.rng.normal(0, 4.2), canvas.rng.normal(-60, 120)
        length = canvas.rng.uniform(25, 90)
        canvas.area(axes.rect(u - 0.3, u + 0.3, v, v + length), RUBBER, share=0.28, worn=0.5, soft_m=0.35)
    canvas.area(axes.rect(middle - 6, middle + 6, -200, 90), RUBBER, share=0.22, soft_m=3.0)


def taxi_lines(
    canvas: Canvas, axes: Axes, taxiway: tuple[float, float], reach: tuple[float, float], crossings: tuple[float, ...]
) -> None:
    """Paint the yellow centre lines of the taxiways, with their turns."""
    middle = sum(taxiway) / 2
    canvas.line(axes.path([(middle, -500), (middle, 500)]), 0.4, YELLOW, share=0.75, worn=0.5)
    canvas.line(axes.path([(middle, -500), (middle, 500)]), 3.0, RUBBER, share=0.10)
    for v in crossings:
        canvas.line(axes.path([(reach[0] - 22, v), (reach[1] + 30, v)]), 0.4, YELLOW, share=0.75, worn=0.5)
        for turn in (-1, 1):
            bend = curve(
                axes.path([(middle, v + turn * 34), (middle, v + turn * 8), (middle + 8, v), (middle + 34, v)])
            )
            canvas.line(bend, 0.35, YELLOW, share=0.65, worn=0.5)


def apron_lines(canvas: Canvas, axes: Axes, apron: Rect) -> None:
    """Paint lead-in lines, stand circles and turning tracks."""
    u0, _, v0, v1 = apron
    lane = u0 + 86
    canvas.line(axes.path([(lane, v0 + 8), (lane, v1 - 8)]), 0.35, YELLOW, share=0.7, worn=0.5)
    for v in np.arange(v0 + 18, v1 - 10, 24.0):
        canvas.line(
            curve(axes.path([(lane, v - 14), (lane, v), (lane + 10, v), (lane + 34, v)])),
            0.3,
            YELLOW,
            share=0.6,
            worn=0.55,
        )
    for v in (-150.0, -40.0, 60.0):
        canvas.line(axes.path(disc(u0 + 42, v, 33, corners=72)), 0.35, WHITE, share=0.35, worn=0.6, closed=True)
        canvas.line(axes.path([(u0 + 42, v - 46), (u0 + 42, v + 46)]), 0.35, YELLOW, share=0.55, worn=0.5)
    canvas.line(axes.path([(u0 + 3, v0 + 3), (u0 + 3, v1 - 3)]), 0.4, WHITE, share=0.5, worn=0.6)
    for _ in range(26):
        start = canvas.rng.uniform((u0, v0), (u0 + 150, v1), 2)
        bend = start + np.cumsum(canvas.rng.normal(0, 22, (4, 2)), axis=0)
        canvas.ruts(curve(axes.path(bend)), RUBBER, share=0.13, gauge_m=canvas.rng.uniform(2.0, 6.0), width_m=0.5)


def helicopter_pads(canvas: Canvas, axes: Axes, apron: Rect) -> None:
    """Paint rings with crosses and letters: places for helicopters that may stand empty."""
    u0, u1, v0, v1 = apron
    middle = (v0 + v1) / 2
    for u in np.arange(u0 + 18, u1 - 10, 27.0):
        canvas.line(axes.path(disc(float(u), middle, 8.5, corners=48)), 0.5, WHITE, share=0.75, worn=0.45, closed=True)
        for angle in (45, 135):
            arm = turned(np.array([(0, -4.5), (0, 4.5)]), angle, (float(u), middle))
            canvas.line(axes.path(arm), 0.7, WHITE, share=0.7, worn=0.5)
    canvas.line(axes.path([(u0 + 4, v0 + 10), (u1 - 4, v0 + 10)]), 0.35, YELLOW, share=0.6, worn=0.5)


def stains(canvas: Canvas, axes: Axes, area: Rect, count: int) -> None:
    """Leave spots of oil and fuel."""
    for _ in range(count):
        u, v = canvas.rng.uniform(area[0], area[1]), canvas.rng.uniform(area[2], area[3])
        size = float(np.exp(canvas.rng.normal(0.2, 0.6)))
        blob = (
            disc(0, 0, 1, corners=14) * (size, size * canvas.rng.uniform(1, 3)) * canvas.rng.uniform(0.75, 1.2, (14, 1))
        )
        share = canvas.rng.uniform(0.12, 0.5)
        canvas.area(axes.path(blob + np.array([u, v])), OIL, share=share, soft_m=0.35 * size)

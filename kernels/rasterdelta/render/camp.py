"""A field camp in a forest clearing: tracks, a tent area, vehicle parks, berms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.render.canvas import Canvas, curve
from rasterdelta.render.frame import Frame, Outline, disc
from rasterdelta.render.noise import fractal, smoothstep
from rasterdelta.render.paint import MATERIALS
from rasterdelta.render.scene import Ground
from rasterdelta.render.season import Season
from rasterdelta.render.site import Axes
from rasterdelta.render.surfaces import Loose, Meadow
from rasterdelta.render.trees import Stand, places, plant
from rasterdelta.types import FloatArray

TENTS = (-150.0, -20.0, 10.0, 130.0)
VEHICLE_PARK = (12.0, 152.0, 0.0, 126.0)
ARMOUR_PARK = (-140.0, 40.0, -138.0, -62.0)
"""Places in local axes, metres: (u0, u1, v0, v1)."""

CUTS = (([(-340, -41), (-220, -32), (340, -60)], 13.0), ([(0, 0), (4, 190), (20, 340)], 11.0))
"""Where no tree stands along the roads: path and width."""

Rect = tuple[float, float, float, float]
Colours = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Camp:
    """Parameters of the camp on one date."""

    season: Season
    axis_deg: float = -12.0
    traffic: float = 0.0
    """0 (a meadow that nobody drives on) to 1 (churned up)."""

    def axes(self, frame: Frame) -> Axes:
        """Give its local axes over a frame."""
        return Axes.centred(frame, self.axis_deg)

    def ground(self, frame: Frame, rng: np.random.Generator) -> Ground:
        """Paint its bare ground; the same generator state gives the same trees and tracks whatever the season."""
        seeds = rng.integers(0, 2**32, 4)
        axes = self.axes(frame)
        canvas = Canvas.covered(frame, Meadow(self.season, bare=0.10, patch_m=45.0), np.random.default_rng(seeds[0]))
        canvas.rng = np.random.default_rng(seeds[1])
        _roads(canvas, axes, self.season)
        canvas.rng = np.random.default_rng(seeds[2])
        _wear(canvas, axes, self.season, self.traffic)
        canvas.rng = np.random.default_rng(seeds[3])
        _forest(canvas, axes, self.season)
        return canvas.finished()


def clearing() -> Outline:
    """Give the outline of the clearing in local axes."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = 1 + 0.06 * np.sin(3 * angle + 0.7) + 0.045 * np.sin(5 * angle) + 0.03 * np.sin(9 * angle + 2)
    square = (np.abs(np.cos(angle)) ** 4 + np.abs(np.sin(angle)) ** 4) ** -0.25
    return np.stack([190 * radius * square * np.cos(angle), 172 * radius * square * np.sin(angle)], axis=1)


def _track_colours(season: Season) -> Colours:
    if season.snow > 0.5:
        return MATERIALS["dirty_snow"], MATERIALS["soil"] * np.float32(1.3)
    return MATERIALS["sand"] * np.float32(0.95), MATERIALS["sand"] * np.float32(0.66)


def _roads(canvas: Canvas, axes: Axes, season: Season) -> None:
    bed = Loose("sand", season, snow_share=0.25)
    pale, dark = _track_colours(season)
    for way in (
        [(-330, -40), (-220, -32), (-150, -30), (0, -34), (120, -36), (330, -60)],
        [(2, -34), (-4, 60), (4, 190), (20, 330)],
    ):
        path = curve(axes.path(way))
        step = np.gradient(path, axis=0)
        normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.hypot(*step.T)[:, None]
        canvas.lay(np.concatenate([path + 2.6 * normal, (path - 2.6 * normal)[::-1]]), bed, ragged_m=0.9, share=0.9)
        canvas.ruts(path, dark, share=0.6, width_m=0.7)
        canvas.line(path, 0.8, pale, share=0.3, worn=0.6)


def _wear(canvas: Canvas, axes: Axes, season: Season, traffic: float) -> None:
    """Churn up the parks and the ways between them, as far as there is traffic."""
    if not traffic:
        return
    pale, dark = _track_colours(season)
    soil = Loose("soil" if season.snow < 0.5 else "dirty_snow", Season(season.green, season.leaves))
    for area, share in ((TENTS, 0.4), (VEHICLE_PARK, 0.8), (ARMOUR_PARK, 0.85)):
        u0, u1, v0, v1 = area
        canvas.lay(axes.rect(u0 - 6, u1 + 6, v0 - 5, v1 + 5), soil, ragged_m=6.0, share=share * traffic)
        _wander(canvas, axes, area, (pale, dark), share=0.32 * traffic)
        if area is not TENTS:
            _lanes(canvas, axes, area, (pale, dark), share=0.5 * traffic)
    for u, v in ((-60, -5), (80, -20), (-30, 140)):
        canvas.area(axes.path(disc(u, v, 9)), dark, share=0.5 * traffic, soft_m=3.0)


def _wander(canvas: Canvas, axes: Axes, area: Rect, colours: Colours, *, share: float) -> None:
    """Leave the tracks of vehicles that came and went across an area."""
    u0, u1, v0, v1 = area
    for k in range(18):
        u = np.sort(canvas.rng.uniform(u0 - 14, u1 + 14, 4))
        v = canvas.rng.uniform(v0 - 10, v1 + 10) + canvas.rng.normal(0, 16, 4)
        canvas.ruts(curve(axes.path(np.stack([u, v], axis=1))), colours[k % 2], share=share, width_m=0.8)


def _lanes(canvas: Canvas, axes: Axes, area: Rect, colours: Colours, *, share: float) -> None:
    """Wear broad lanes between the rows of parked vehicles."""
    u0, u1, v0, v1 = area
    for v in np.arange(v0 - 4, v1 + 6, (v1 - v0) / 5):
        for k in range(5):
            offset = canvas.rng.normal(0, 2.2, 3)
            path = axes.path(np.stack([np.array([u0 - 10, (u0 + u1) / 2, u1 + 10]), float(v) + offset], axis=1))
            canvas.ruts(curve(path), colours[k % 2], share=share, gauge_m=2.4, width_m=0.9)
        canvas.line(axes.path([(u0 - 4, v), (u1 + 4, v)]), 7.0, colours[0], share=0.3 * share, worn=0.8)


def _forest(canvas: Canvas, axes: Axes, season: Season) -> None:
    """Grow trees around the clearing, along the roads' edges, and a few alone."""
    frame = canvas.frame
    width, height = frame.size_m
    rng, floor_rng = canvas.rng, canvas.rng.spawn(1)[0]
    stand = Stand(season, 3.9, (1.4, 3.3), (11.0, 19.0), conifers=0.72, density=0.93)
    everywhere = np.array([(0, 0), (width, 0), (width, height), (0, height)]) + np.array([frame.x_m, frame.y_m])
    points = places(everywhere, stand.spacing_m, stand.density, rng)
    way = sum((frame.stroke(axes.path(path), width) for path, width in CUTS), start=np.zeros(frame.shape, np.float32))
    bare = np.minimum(frame.fill(axes.path(clearing())) + way, 1)
    thin = smoothstep(fractal(frame, rng, scale_m=70.0, octaves=4), 1.0, 2.2)
    px = np.clip(np.round(frame.pixels(points)).astype(int), 0, np.array(frame.shape[::-1]) - 1)
    closed = (bare + 0.75 * thin)[px[:, 1], px[:, 0]] < 0.5
    lone = (rng.random(len(points)) < 0.006) & _outside_parks(points, axes) & (way[px[:, 1], px[:, 0]] < 0.1)
    floor = Loose("soil", season, snow_share=0.6)(frame, floor_rng)
    canvas.blend((slice(None), slice(None)), floor, np.asarray(0.55 * (1 - bare), np.float32))
    plant(canvas, points[closed], stand)
    plant(canvas, points[lone & ~closed], Stand(season, crown_m=(1.2, 2.8), height_m=(4.0, 11.0), conifers=0.4))


def _outside_parks(points: Outline, axes: Axes) -> NDArray[np.bool_]:
    clear = np.ones(len(points), bool)
    for u0, u1, v0, v1 in (TENTS, VEHICLE_PARK, ARMOUR_PARK):
        low, high = (f(axes.rect(u0 - 8, u1 + 8, v0 - 8, v1 + 8), axis=0) for f in (np.min, np.max))
        clear &= ~((points > low) & (points < high)).all(axis=1)
    return clear

"""An air base: runway, taxiways, apron, hardstands, shelters, buildings and fields."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.render.canvas import Canvas, curve
from rasterdelta.render.frame import Frame, Outline, disc, within
from rasterdelta.render.markings import apron_lines, helicopter_pads, runway_markings, stains, taxi_lines
from rasterdelta.render.paint import MATERIALS
from rasterdelta.render.scene import Ground
from rasterdelta.render.season import Season
from rasterdelta.render.site import Axes
from rasterdelta.render.surfaces import Asphalt, Furrows, Loose, Meadow, Slabs
from rasterdelta.render.trees import Stand, places, plant

RUNWAY = (-277.0, -232.0)
TAXIWAY = (-166.0, -143.0)
APRON = (-92.0, 70.0, -212.0, 128.0)
HELI_APRON = (-92.0, 70.0, 158.0, 228.0)
VEHICLE_PARK = (112.0, 236.0, 92.0, 192.0)
HARDSTANDS = ((152.0, -200.0), (152.0, -140.0))
SHELTERS = ((160.0, -82.0), (160.0, -48.0), (160.0, -14.0), (160.0, 20.0))
DEFENCE = (-199.0, 34.0)
CROSSINGS = (-192.0, 108.0)
"""Places in local axes, metres: (u0, u1), (u0, u1, v0, v1), (u, v) of centres, or v of connecting taxiways."""


@dataclass(frozen=True, slots=True)
class Airbase:
    """Parameters of the base."""

    axis_deg: float = 6.0
    """Heading of the runway, clockwise from up."""
    season: Season = Season(green=0.45)  # noqa: RUF009 - frozen

    def axes(self, frame: Frame) -> Axes:
        """Give its local axes over a frame."""
        return Axes.centred(frame, self.axis_deg)

    def ground(self, frame: Frame, rng: np.random.Generator) -> Ground:
        """Paint its bare ground."""
        axes = self.axes(frame)
        canvas = Canvas.covered(frame, Meadow(self.season, bare=0.42, soil="soil"), rng)
        _fields(canvas, axes, self.season)
        _margins(canvas, axes, self.season)
        _pavements(canvas, axes, self.season)
        _yards(canvas, axes, self.season)
        _markings(canvas, axes)
        _tracks(canvas, axes)
        _banks(canvas, axes)
        _trees(canvas, axes, self.season)
        return canvas.finished()


def _fields(canvas: Canvas, axes: Axes, season: Season) -> None:
    crops = ("lush_grass", "leaf", "dry_grass", "plastic", "grass")
    for k, v in enumerate(range(-420, 420, 62)):
        for side, (u0, u1) in enumerate(((315, 370), (373, 450), (-440, -375), (-372, -318))):
            crop = crops[(3 * k + 2 * side) % len(crops)]
            rows = Furrows(
                axes.axis_deg + 90 * ((k + side) % 2), season, 6.0 if crop == "plastic" else 4.0, crop, cover=0.45
            )
            canvas.lay(axes.rect(u0, u1, v, v + 58), rows, ragged_m=0.8)
    canvas.lay(axes.rect(298, 304, -450, 450), Loose("gravel", season), ragged_m=0.8)
    canvas.lay(axes.rect(-312, -307, -450, 450), Loose("sand", season), ragged_m=0.8)


def _margins(canvas: Canvas, axes: Axes, season: Season) -> None:
    """Lay worn, dusty ground around what is paved."""
    dusty = Loose("sand", season)
    for u0, u1, v0, v1 in (APRON, HELI_APRON, VEHICLE_PARK, (100, 190, -232, 60)):
        canvas.lay(axes.rect(u0 - 9, u1 + 9, v0 - 9, v1 + 9), dusty, ragged_m=5.0, share=0.45)
    for u0, u1 in (RUNWAY, TAXIWAY):
        canvas.lay(axes.rect(u0 - 8, u1 + 8, -500, 500), dusty, ragged_m=4.0, share=0.38)
    canvas.lay(axes.path(disc(*DEFENCE, 31)), Loose("soil", season), ragged_m=5.0, share=0.9)


def _pavements(canvas: Canvas, axes: Axes, season: Season) -> None:
    wet = season.wet
    deg, centre = axes.axis_deg, axes.centre
    canvas.lay(axes.rect(RUNWAY[0] - 7, RUNWAY[1] + 7, -500, 500), Asphalt(deg, centre, wet=wet), ragged_m=0.4)
    canvas.lay(axes.rect(*RUNWAY, -500, 500), Slabs(deg, centre, (7.5, 6.0), "old_concrete", 0.04, wet=wet))
    taxi = Slabs(deg, centre, (6.0, 6.0), "concrete", 0.028, wet=wet)
    canvas.lay(axes.rect(*TAXIWAY, -500, 500), taxi, ragged_m=0.3)
    for v in CROSSINGS:
        canvas.lay(axes.path(_flared(RUNWAY[1], APRON[0], v, 10.0, 26.0)), taxi, ragged_m=0.3)
    canvas.lay(axes.rect(-10, 14, 120, 165), Asphalt(deg, centre), ragged_m=0.4)
    canvas.lay(axes.rect(*APRON), Slabs(deg, centre, (7.5, 7.5), "concrete", 0.03, wet=wet), ragged_m=0.25)
    canvas.lay(
        axes.rect(-92, -40, -212, -120), Slabs(deg, centre, (5.0, 5.0), "old_concrete", 0.03, wet=wet), share=0.7
    )
    canvas.lay(axes.rect(*HELI_APRON), Asphalt(deg, centre, 8.0, wet=wet), ragged_m=0.5)
    canvas.lay(axes.rect(104, 119, -235, 62), Slabs(deg, centre, (7.5, 6.0), "old_concrete", wet=wet), ragged_m=0.4)
    for v in (-170.0, 30.0):
        canvas.lay(axes.rect(66, 106, v - 8, v + 8), Slabs(deg, centre, (6.0, 6.0), "old_concrete"), ragged_m=0.4)


def _flared(u0: float, u1: float, v: float, half: float, flare: float) -> Outline:
    """Give a connecting taxiway that widens towards both ends."""
    d = min(24.0, (u1 - u0) / 3)
    top = [
        (u0, v + flare),
        (u0 + 0.4 * d, v + half + 4),
        (u0 + d, v + half),
        (u1 - d, v + half),
        (u1 - 0.4 * d, v + half + 4),
        (u1, v + flare),
    ]
    return np.array(top + [(u, 2 * v - w) for u, w in reversed(top)])


def _yards(canvas: Canvas, axes: Axes, season: Season) -> None:
    deg, centre = axes.axis_deg, axes.centre
    pad = Slabs(deg, centre, (6.0, 6.0), "concrete", 0.028, wet=season.wet)
    for u, v in HARDSTANDS:
        canvas.lay(axes.rect(117, u - 12, v - 8, v + 8), pad, ragged_m=0.3)
        canvas.lay(axes.rect(u - 18, u + 18, v - 18, v + 18), pad, ragged_m=0.4)
    for u, v in SHELTERS:
        canvas.lay(axes.rect(117, u - 10, v - 9, v + 9), pad, ragged_m=0.3)
    canvas.lay(axes.rect(*VEHICLE_PARK), Loose("gravel", season, rough=0.06), ragged_m=1.6)
    road = Asphalt(deg, centre, 3.5, "asphalt", wet=season.wet)
    canvas.lay(axes.rect(243, 250, -450, 450), road, ragged_m=0.4)
    canvas.lay(axes.rect(118, 246, 64, 70), road, ragged_m=0.4)
    canvas.lay(axes.rect(180, 246, -240, -234), road, ragged_m=0.4)
    canvas.lay(axes.rect(254, 294, -230, 150), Loose("gravel", season), ragged_m=3.0, share=0.7)
    canvas.lay(axes.rect(196, 238, -226, 58), Loose("soil", season), ragged_m=4.0, share=0.6)


def _markings(canvas: Canvas, axes: Axes) -> None:
    runway_markings(canvas, axes, RUNWAY)
    taxi_lines(canvas, axes, TAXIWAY, (RUNWAY[1], APRON[0]), CROSSINGS)
    apron_lines(canvas, axes, APRON)
    helicopter_pads(canvas, axes, HELI_APRON)
    stains(canvas, axes, APRON, 90)
    stains(canvas, axes, HELI_APRON, 26)
    for u, v in HARDSTANDS:
        stains(canvas, axes, (u - 14, u + 14, v - 14, v + 14), 5)


def _tracks(canvas: Canvas, axes: Axes) -> None:
    pale, dark = MATERIALS["sand"], MATERIALS["soil"] * np.float32(0.8)
    ways = (
        [
            (120, 150),
            (80, 146),
            (20, 144),
            (-60, 145),
            (-120, 120),
            (-130, 20),
            (-125, -120),
            (-110, -230),
            (-100, -330),
        ],
        [(-199, 10), (-190, -60), (-185, -150), (-196, -195)],
        [(-199, 60), (-205, 92), (-190, 105)],
        [(130, 200), (150, 240), (220, 280), (290, 300)],
        [(190, -100), (215, -60), (240, -62)],
        [(85, -330), (88, -100), (84, 60), (92, 150)],
    )
    for way in ways:
        path = curve(axes.path(way))
        canvas.line(path, 3.4, pale, share=0.35, worn=0.6)
        canvas.ruts(path, pale, share=0.55)
    u0, u1, v0, v1 = VEHICLE_PARK
    for _ in range(16):
        u, v = canvas.rng.uniform(u0 + 8, u1 - 8, 4), canvas.rng.uniform(v0 + 6, v1 - 6, 4)
        canvas.ruts(curve(axes.path(np.stack([np.sort(u), v], axis=1))), dark, share=0.2)


def _banks(canvas: Canvas, axes: Axes) -> None:
    for u, v in HARDSTANDS:
        bank = [(u - 14, v + 22), (u + 22, v + 22), (u + 22, v - 22), (u - 14, v - 22)]
        canvas.berm(axes.path(bank), 8.0, 3.2)
    u, v = DEFENCE
    for angle in (45, 135, 225, 315):
        c, s = 17 * np.cos(np.deg2rad(angle)), 17 * np.sin(np.deg2rad(angle))
        turn = np.deg2rad(angle) + np.linspace(-2.2, 2.2, 14)
        canvas.berm(axes.path(np.stack([u + c + 9 * np.cos(turn), v + s + 9 * np.sin(turn)], axis=1)), 4.5, 1.8)


def _trees(canvas: Canvas, axes: Axes, season: Season) -> None:
    orchard = Stand(season, 6.0, (1.3, 2.3), (3.0, 5.0), conifers=0.85, density=0.9)
    row = Stand(season, 7.0, (1.6, 3.0), (6.0, 11.0), conifers=0.8, density=0.8)
    rng = canvas.rng
    for rect in ((240, 242, -300, 60), (252, 254, -300, 300), (296, 297, -320, 320), (72, 236, 200, 204)):
        plant(canvas, places(axes.rect(*rect), row.spacing_m, row.density, rng), row)
    for rect in (
        (318, 368, -360, -300),
        (376, 446, -112, -56),
        (-436, -378, 76, 132),
        (318, 368, 74, 128),
        (256, 290, 160, 230),
    ):
        plant(canvas, places(axes.rect(*rect), orchard.spacing_m, orchard.density, rng), orchard)
    shrub = Stand(season, 9.0, (0.6, 1.5), (0.8, 2.4), conifers=0.6, density=0.22)
    for rect in (
        (-230, -170, -320, 320),
        (-140, -100, -320, 90),
        (196, 240, -220, 60),
        (76, 100, -320, -240),
        (-90, 240, 236, 320),
    ):
        points = places(axes.rect(*rect), shrub.spacing_m, shrub.density, rng)
        plant(canvas, points[_unpaved(axes, points)], shrub)


def _unpaved(axes: Axes, points: Outline) -> NDArray[np.bool_]:
    """Tell which points lie neither on a connecting taxiway nor in the air-defence position."""
    clear = np.hypot(*(points - axes.path([DEFENCE])[0]).T) > 34
    for v in CROSSINGS:
        clear &= ~within(points, axes.path(_flared(RUNWAY[1], APRON[0], v, 14.0, 30.0)))
    return np.asarray(clear, bool)

"""Things placed in a scene, their shadows, and their looks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.render.frame import Frame, Outline, turned
from rasterdelta.render.light import Illumination
from rasterdelta.render.noise import fractal, smoothstep
from rasterdelta.render.paint import SCHEMES, TRIM, Scheme
from rasterdelta.render.parts import Kind, Part
from rasterdelta.types import FloatArray, Mask, Plane


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing at a place."""

    id: str
    """Stays the same from date to date."""
    kind: Kind
    x_m: float
    y_m: float
    """Centre in metres of the scene, x right and y down."""
    heading_deg: float
    """Clockwise from up."""
    scheme: str | Scheme
    """One of `SCHEMES` by name, or another."""
    seed: int = 0
    """Of its dirt and camouflage."""

    def placed(self, outline: Outline) -> Outline:
        """Take an outline of the kind to the scene."""
        return turned(outline, self.heading_deg, (self.x_m, self.y_m))

    def corners(self) -> Outline:
        """Give the four corners of the body in the scene, front left first, clockwise."""
        half_l, half_w = self.kind.length_m / 2, self.kind.width_m / 2
        return self.placed(np.array([(-half_w, half_l), (half_w, half_l), (half_w, -half_l), (-half_w, -half_l)]))

    def moved(self, x_m: float, y_m: float) -> "Thing":
        """Give the same thing elsewhere."""
        return replace(self, x_m=self.x_m + x_m, y_m=self.y_m + y_m)


def body_mask(thing: Thing, frame: Frame) -> Mask:
    """Give the pixels of a frame at least half covered by the body of a thing."""
    return frame.fill(*(thing.placed(part.outline) for part in thing.kind.parts if part.body)) >= 0.5


def _cast(
    mask: NDArray[np.uint8], frame: Frame, outline: Outline, part: Part, light: Illumination, level: float
) -> None:
    """Draw the shadow of a part on a plane at some level."""
    away = -light.towards * light.reach
    low, high = max(part.z0_m - level, 0.0), part.z1_m - level
    if part.shape in {"round", "dome"}:
        high -= 0.25 * (part.z1_m - part.z0_m)  # the top of a curved part throws its shadow short of a box's
    if high > 0:
        frame.sweep_into(mask, outline, away * min(low, high), away * high)


def ground_shadow(frame: Frame, things: Iterable[Thing], light: Illumination, *, penumbra_m: float = 0.25) -> Plane:
    """Give the share of direct light (0 to 1) that things keep from the ground, shape (row, column)."""
    mask = np.zeros(frame.shape, np.uint8)
    for thing in things:
        for part in thing.kind.parts:
            _cast(mask, frame, thing.placed(part.outline), part, light, 0.0)
    soft = cv2.GaussianBlur(mask, (0, 0), max(penumbra_m / frame.gsd_m, 0.3))
    return soft.astype(np.float32) / np.float32(255)


def _curved(frame: Frame, thing: Thing, part: Part, light: Illumination) -> Plane | np.float32:
    """Give direct light on the top of a part as a share of that on flat ground."""
    if part.shape == "flat":
        return np.float32(1)
    across, along = frame.axes(thing.heading_deg, (thing.x_m, thing.y_m))
    low, high = part.outline.min(axis=0), part.outline.max(axis=0)
    u, v = ((w - (a + b) / 2) / max((b - a) / 2, 1e-3) for w, a, b in zip((across, along), low, high, strict=True))
    if part.shape == "gable":
        u, v = np.sign(u) * np.float32(0.45), v * 0
    elif part.shape == "round":
        u, v = np.clip(u, -1, 1) * np.float32(0.85), v * 0
    else:
        u, v = np.clip(u, -1, 1) * np.float32(0.6), np.clip(v, -1, 1) * np.float32(0.6)
    z = np.sqrt(np.maximum(1 - u * u - v * v, 0.05))
    sin, cos = np.sin(np.deg2rad(thing.heading_deg)), np.cos(np.deg2rad(thing.heading_deg))
    return light.slope_light(u * cos + v * sin, u * sin - v * cos, z)


def _colour(scheme: Scheme, camouflage: Plane, dirt: Plane) -> FloatArray:
    share = np.float32(scheme.camouflage) * camouflage
    colour = scheme.base[:, None, None] * (1 - share) + scheme.second[:, None, None] * share
    return np.asarray(colour * np.exp(np.float32(scheme.weather) * dirt), np.float32)


def _self_shadow(frame: Frame, thing: Thing, part: Part, light: Illumination) -> Plane:
    mask = np.zeros(frame.shape, np.uint8)
    for other in thing.kind.parts:
        if other is not part and other.z1_m > part.z1_m + 0.4:
            _cast(mask, frame, thing.placed(other.outline), other, light, part.z1_m)
    return mask.astype(np.float32) / np.float32(255)


def draw(radiance: FloatArray, frame: Frame, thing: Thing, light: Illumination, shadow: Plane) -> None:
    """Draw a thing over a lit scene, in place.

    Parameters
    ----------
    radiance : ndarray of shape (4, row, column)
        Reflected light as a share of that of a white flat surface in the open; changed in place.
    frame : Frame
        Its grid.
    thing : Thing
        What is drawn; outside the frame nothing is.
    light : Illumination
        Sun and sky.
    shadow : ndarray of shape (row, column)
        Share of direct light that terrain, trees and clouds keep away.
    """
    found = frame.window(np.concatenate([thing.placed(part.outline) for part in thing.kind.parts]))
    if found is None:
        return
    whole, place = found
    rng = np.random.default_rng(thing.seed)
    scheme = SCHEMES[thing.scheme] if isinstance(thing.scheme, str) else thing.scheme
    dirt = fractal(whole, rng, scale_m=2.5, octaves=3, persistence=0.8)
    colour = _colour(scheme, smoothstep(fractal(whole, rng, scale_m=4.0, octaves=2), -0.2, 0.4), dirt)
    target, shade = radiance[:, place[0], place[1]], shadow[place]
    sky = np.array(light.sky, np.float32)[:, None, None]
    for part in sorted(thing.kind.parts, key=lambda p: p.z1_m):
        outline = thing.placed(part.outline)
        inner = whole.window(outline)
        if inner is None:
            continue
        sub, cut = inner
        alpha = sub.fill(outline)
        dark = np.maximum(shade[cut], _self_shadow(sub, thing, part, light))
        paint = colour[:, cut[0], cut[1]] if part.paint == "scheme" else TRIM[part.paint][:, None, None]
        direct = _curved(sub, thing, part, light) * (1 - dark)
        lit = paint * np.float32(part.tone * np.exp(0.07 * rng.standard_normal())) * (sky + (1 - sky) * direct)
        pixels = target[:, cut[0], cut[1]]
        pixels += alpha * (lit - pixels)

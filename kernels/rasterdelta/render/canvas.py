"""Ground under the brush: reflectance and height that are painted layer by layer."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from rasterdelta.render.frame import Frame, Outline
from rasterdelta.render.noise import fractal, smoothstep
from rasterdelta.render.scene import Ground
from rasterdelta.types import FloatArray, Plane

Texture = Callable[[Frame, np.random.Generator], FloatArray]
"""Gives reflectance, shape (4, row, column), over a frame."""


@dataclass(slots=True)
class Canvas:
    """Reflectance and height over a frame, changed by each stroke."""

    frame: Frame
    reflectance: FloatArray
    height_m: Plane
    rng: np.random.Generator

    @classmethod
    def covered(cls, frame: Frame, texture: Texture, rng: np.random.Generator) -> "Canvas":
        """Start with one texture everywhere and flat ground."""
        return cls(frame, texture(frame, rng), np.zeros(frame.shape, np.float32), rng)

    def lay(self, outline: Outline, texture: Texture, *, ragged_m: float = 0.0, share: float = 1.0) -> None:
        """Cover a polygon with a texture; its edge wanders by about `ragged_m`."""
        found = self.frame.window(outline, 2 * ragged_m)
        if found is None:
            return
        part, place = found
        alpha = part.fill(outline)
        if ragged_m:
            soft = cv2.GaussianBlur(alpha, (0, 0), ragged_m / part.gsd_m)
            wander = fractal(part, self.rng, scale_m=max(4 * ragged_m, 2), octaves=5, persistence=0.7)
            alpha = smoothstep(soft + 0.2 * wander * np.minimum(1, 6 * soft * (1 - soft)), 0.38, 0.62)
        self.blend(place, texture(part, self.rng), alpha * np.float32(share))

    def blend(self, place: tuple[slice, slice], colour: FloatArray, alpha: Plane) -> None:
        """Mix a colour (four bands, any broadcastable shape) into a window."""
        target = self.reflectance[:, place[0], place[1]]
        target += alpha * (colour - target)

    def line(
        self,
        points: Outline,
        width_m: float,
        colour: FloatArray,
        *,
        share: float = 1.0,
        worn: float = 0.0,
        closed: bool = False,
    ) -> None:
        """Paint a line; `worn` (0 to 1) breaks it up."""
        found = self.frame.window(points, width_m)
        if found is None:
            return
        part, place = found
        alpha = part.stroke(points, width_m, closed=closed) * np.float32(share)
        if worn:
            gaps = fractal(part, self.rng, scale_m=6.0, octaves=5, persistence=0.8)
            alpha *= 1 - np.float32(worn) * smoothstep(gaps, -0.6, 1.4)
        self.blend(place, colour[:, None, None], alpha)

    def area(
        self, outline: Outline, colour: FloatArray, *, share: float = 1.0, worn: float = 0.0, soft_m: float = 0.0
    ) -> None:
        """Tint a polygon; its edge may be soft."""
        found = self.frame.window(outline, 3 * soft_m)
        if found is None:
            return
        part, place = found
        alpha = part.fill(outline) * np.float32(share)
        if soft_m:
            alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), soft_m / part.gsd_m), np.float32)
        if worn:
            alpha *= 1 - np.float32(worn) * smoothstep(fractal(part, self.rng, scale_m=5.0, octaves=4), -0.8, 1.2)
        self.blend(place, colour[:, None, None], alpha)

    def ruts(
        self, points: Outline, colour: FloatArray, *, share: float = 0.5, gauge_m: float = 1.9, width_m: float = 0.6
    ) -> None:
        """Paint the two wheel tracks of a vehicle along a path."""
        step = np.gradient(points, axis=0)
        normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.maximum(np.hypot(*step.T), 1e-6)[:, None]
        for side in (-0.5, 0.5):
            self.line(points + normal * side * gauge_m, width_m, colour, share=share, worn=0.7)

    def berm(self, points: Outline, width_m: float, height_m: float) -> None:
        """Raise an earth bank along a path."""
        found = self.frame.window(points, width_m)
        if found is None:
            return
        part, place = found
        alpha = part.stroke(points, width_m)
        inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 3) * np.float32(part.gsd_m)
        rough = 1 + 0.12 * fractal(part, self.rng, scale_m=6.0, octaves=4)
        bank = np.minimum(inside * np.float32(2 * height_m / width_m * 1.25), height_m) * rough
        target = self.height_m[place]
        np.maximum(target, bank.astype(np.float32), out=target)

    def finished(self) -> Ground:
        """Give the ground as it now stands."""
        return Ground(self.frame, np.clip(self.reflectance, 0.01, 0.95), self.height_m)


def curve(points: Outline, *, step_m: float = 3.0) -> Outline:
    """Round a polyline off (Chaikin's corner cutting), with points about `step_m` apart or closer."""
    path = np.asarray(points, float)
    while np.hypot(*np.diff(path, axis=0).T).max() > step_m and len(path) < 600:
        cut = np.empty((2 * len(path) - 2, 2))
        cut[0::2] = 0.75 * path[:-1] + 0.25 * path[1:]
        cut[1::2] = 0.25 * path[:-1] + 0.75 * path[1:]
        path = np.concatenate([path[:1], cut, path[-1:]])
    return path

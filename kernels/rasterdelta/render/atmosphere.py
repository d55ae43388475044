"""Haze and clouds between the ground and the sensor."""

from dataclasses import dataclass

import cv2
import numpy as np

from rasterdelta.render.frame import Frame
from rasterdelta.render.light import Illumination
from rasterdelta.render.noise import fractal, smoothstep
from rasterdelta.types import FloatArray, Plane

_COARSE_M = 3.0
_CLEAR_PATH = (0.034, 0.022, 0.013, 0.006)
_HAZE_PATH = (0.17, 0.16, 0.15, 0.10)
_HAZE_LOSS = (0.50, 0.44, 0.38, 0.24)


@dataclass(frozen=True, slots=True)
class Cloud:
    """One cumulus cloud with soft, ragged edges."""

    x_m: float
    y_m: float
    """Where it stands in the image, in metres of the scene."""
    radius_m: float
    height_m: float
    """Above the ground: sets how far its shadow falls."""
    opacity: float = 0.97
    seed: int = 0

    def cover(self, frame: Frame, offset: tuple[float, float] = (0.0, 0.0)) -> Plane:
        """Give its opacity (0 to 1) for each pixel, moved by an offset in metres."""
        size = 3.2 * self.radius_m
        side = round(size / _COARSE_M)
        x0, y0 = self.x_m + offset[0] - size / 2, self.y_m + offset[1] - size / 2
        own = Frame(side, side, _COARSE_M, x0, y0)
        x, y = own.coordinates()
        distance = np.hypot(x - x0 - size / 2, y - y0 - size / 2) / np.float32(self.radius_m)
        noise = fractal(own, np.random.default_rng(self.seed), scale_m=self.radius_m, octaves=6, persistence=0.62)
        cover = np.float32(self.opacity) * smoothstep(1 - distance + 0.30 * noise, -0.12, 0.55)
        cover *= 1 - smoothstep(distance, 1.25, 1.55)
        scale = frame.gsd_m / _COARSE_M
        matrix = np.array([[scale, 0, (frame.x_m - x0) / _COARSE_M], [0, scale, (frame.y_m - y0) / _COARSE_M]])
        matrix[:, 2] += 0.5 * scale - 0.5
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(cover, matrix, frame.shape[::-1], flags=flags, borderValue=0), np.float32)

    def shadow(self, frame: Frame, light: Illumination) -> Plane:
        """Give the share of direct light that it keeps from the ground."""
        away = -light.towards * light.reach * self.height_m
        return self.cover(frame, (float(away[0]), float(away[1])))


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """What the air adds and takes away."""

    haze: float = 0.0
    """0 (clear) to 1 (the ground is barely seen)."""
    clouds: tuple[Cloud, ...] = ()
    seed: int = 0

    def cloud_cover(self, frame: Frame) -> Plane:
        """Give the opacity of all clouds, shape (row, column)."""
        clear = np.ones(frame.shape, np.float32)
        for cloud in self.clouds:
            clear *= 1 - cloud.cover(frame)
        return 1 - clear

    def cloud_shadow(self, frame: Frame, light: Illumination) -> Plane:
        """Give the share of direct light that all clouds keep from the ground."""
        clear = np.ones(frame.shape, np.float32)
        for cloud in self.clouds:
            clear *= 1 - cloud.shadow(frame, light)
        return 1 - clear

    def seen_through(self, radiance: FloatArray, frame: Frame) -> FloatArray:
        """Give what arrives above the air, of the same shape."""
        haze = np.full(frame.shape, self.haze, np.float32)
        if self.haze:
            coarse = Frame(frame.rows // 16 + 2, frame.cols // 16 + 2, frame.gsd_m * 16)
            mottle = fractal(coarse, np.random.default_rng(self.seed), scale_m=250.0, octaves=3)
            haze *= 1 + 0.13 * cv2.resize(mottle, frame.shape[::-1], interpolation=cv2.INTER_CUBIC)
        out = np.empty_like(radiance)
        for k, (clear, path, loss) in enumerate(zip(_CLEAR_PATH, _HAZE_PATH, _HAZE_LOSS, strict=True)):
            out[k] = radiance[k] * (1 - np.float32(loss) * haze) + np.float32(clear) + np.float32(path) * haze
        if self.clouds:
            cover = self.cloud_cover(frame)
            bright = np.array([0.83, 0.82, 0.81, 0.78], np.float32)[:, None, None] * (0.86 + 0.14 * cover)
            out += cover * (bright - out)
        return out

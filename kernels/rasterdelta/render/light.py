"""Sunlight and skylight, and the shadows that terrain and trees cast."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Plane


@dataclass(frozen=True, slots=True)
class Illumination:
    """Where the sun stands and how much light comes from the sky."""

    sun_azimuth_deg: float
    """Clockwise from up in the image."""
    sun_elevation_deg: float
    """Above the horizon, above 0 and at most 90."""
    sky: tuple[float, float, float, float] = (0.27, 0.22, 0.19, 0.12)
    """Share of the light on open flat ground that comes from the sky: blue, green, red, nir."""

    @property
    def reach(self) -> float:
        """Metres of shadow a metre of height."""
        return float(1 / np.tan(np.deg2rad(self.sun_elevation_deg)))

    @property
    def towards(self) -> NDArray[np.float64]:
        """Give the horizontal direction (x, y) to the sun, of length 1."""
        azimuth = np.deg2rad(self.sun_azimuth_deg)
        return np.array([np.sin(azimuth), -np.cos(azimuth)])

    def slope_light(self, x: Plane, y: Plane, z: Plane) -> Plane:
        """Give direct light, as a share of that on flat ground, on surfaces of some unit normals (y down)."""
        dx, dy = self.towards
        value = z + np.float32(self.reach * dx) * x + np.float32(self.reach * dy) * y
        return np.asarray(np.clip(value, 0, 2.2), np.float32)


def relief_light(height: Plane, gsd_m: float, light: Illumination, *, steepest: float = 1.2) -> Plane:
    """Give direct light on a height map as a share of that on flat ground; slopes are limited."""
    gx = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / (8 * gsd_m))
    gy = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / (8 * gsd_m))
    limit = np.minimum(1, steepest / np.maximum(np.hypot(gx, gy), 1e-6))
    gx, gy = gx * limit, gy * limit
    z = 1 / np.sqrt(1 + gx * gx + gy * gy)
    return light.slope_light(*(np.asarray(part, np.float32) for part in (-gx * z, -gy * z, z)))


def relief_shadow(height: Plane, gsd_m: float, light: Illumination, *, penumbra_m: float = 0.4) -> Plane:
    """Give the share of direct light (0 to 1) that a height map keeps from itself.

    The horizon is built by doubling: a map of shadow heights, shifted away from the sun and lowered by the fall of the
    sun's rays over that shift, is joined with itself at 1, 2, 4, ... pixels.
    """
    highest = float(height.max())
    if highest <= 0:
        return np.zeros_like(height)
    dx, dy = -light.towards
    edge, step = height.copy(), 1.0
    while step * gsd_m < highest * light.reach:
        matrix = np.array([[1, 0, -step * dx], [0, 1, -step * dy]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(edge, matrix, height.shape[::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT)
        edge = np.maximum(edge, moved - np.float32(step * gsd_m / light.reach))
        step *= 2
    return np.asarray(np.clip((edge - height) / np.float32(penumbra_m), 0, 1), np.float32)

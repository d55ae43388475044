"""Textures of open ground and of pavements."""

from dataclasses import dataclass

import numpy as np

from rasterdelta.render.frame import Frame
from rasterdelta.render.noise import fractal, smoothstep
from rasterdelta.render.paint import MATERIALS
from rasterdelta.render.season import Season
from rasterdelta.types import FloatArray, Plane


def _mix(parts: list[tuple[str, Plane]]) -> FloatArray:
    total = sum((weight for _, weight in parts[1:]), start=parts[0][1].copy())
    out = np.empty((4, *total.shape), np.float32)
    for k in range(4):
        out[k] = sum(MATERIALS[name][k] * weight for name, weight in parts) / total
    return out


@dataclass(frozen=True, slots=True)
class Meadow:
    """Grass and soil in patches, after the season."""

    season: Season
    bare: float = 0.3
    """Share of bare soil, about."""
    soil: str = "soil"
    patch_m: float = 60.0

    def __call__(self, frame: Frame, rng: np.random.Generator) -> FloatArray:
        """Give reflectance, shape (4, row, column)."""
        broad = fractal(frame, rng, scale_m=self.patch_m, octaves=6, persistence=0.62)
        other = fractal(frame, rng, scale_m=self.patch_m / 3, octaves=5, persistence=0.7)
        fine = fractal(frame, rng, scale_m=1.6, octaves=3, persistence=0.9)
        bare = smoothstep(broad + 0.45 * other, 1.2 - 3.2 * self.bare, 2.9 - 3.2 * self.bare)
        lush = smoothstep(other + 0.3 * broad, 0.9 - 2.8 * self.season.green, 3.0 - 2.2 * self.season.green)
        dry = 1 - smoothstep(other - 0.6 * broad, -0.4 - 1.2 * self.season.green, 1.2 - 1.2 * self.season.green)
        grass = (1 - bare) + np.float32(0.02)
        out = _mix(
            [(self.soil, bare), ("grass", grass * 0.55), ("lush_grass", grass * lush), ("dry_grass", grass * dry)]
        )
        out *= np.exp(0.09 * fine + 0.07 * other)[None] * np.float32(1 - 0.3 * self.season.wet)
        return snowed(out, frame, rng, self.season.snow) if self.season.snow else out


@dataclass(frozen=True, slots=True)
class Loose:
    """Trodden soil, gravel or sand, with darker damp patches."""

    material: str
    season: Season
    rough: float = 0.10
    """Contrast of its fine texture."""
    snow_share: float = 1.0
    """Factor on the season's snow: traffic wears it off."""

    def __call__(self, frame: Frame, rng: np.random.Generator) -> FloatArray:
        """Give reflectance, shape (4, row, column)."""
        tone = 0.12 * fractal(frame, rng, scale_m=30.0, octaves=5, persistence=0.7)
        tone += np.float32(self.rough) * fractal(frame, rng, scale_m=1.2, octaves=2, persistence=1.0)
        out = MATERIALS[self.material][:, None, None] * np.exp(tone) * np.float32(1 - 0.35 * self.season.wet)
        snow = self.season.snow * self.snow_share
        return snowed(out, frame, rng, snow) if snow else out.astype(np.float32)


def snowed(ground: FloatArray, frame: Frame, rng: np.random.Generator, share: float) -> FloatArray:
    """Cover ground with a share (0 to 1) of snow: thin where wind or stems break it."""
    drift = fractal(frame, rng, scale_m=18.0, octaves=6, persistence=0.75)
    depth = smoothstep(drift, 2.4 - 5.2 * share, 3.6 - 5.2 * share)
    snow = MATERIALS["snow"][:, None, None] * (0.96 + 0.035 * drift)
    return np.asarray(ground + depth * (snow - ground), np.float32)


@dataclass(frozen=True, slots=True)
class Slabs:
    """Concrete slabs with joints, sealed lanes, replaced slabs and stains."""

    axis_deg: float
    centre: tuple[float, float] = (0.0, 0.0)
    slab_m: tuple[float, float] = (7.5, 7.5)
    """Across and along the axis."""
    material: str = "concrete"
    uneven: float = 0.03
    """Standard deviation from slab to slab, as a share."""
    stain: float = 0.075
    wet: float = 0.0

    def __call__(self, frame: Frame, rng: np.random.Generator) -> FloatArray:
        """Give reflectance, shape (4, row, column)."""
        u, v = frame.axes(self.axis_deg, self.centre)
        u, v = u / np.float32(self.slab_m[0]), v / np.float32(self.slab_m[1])
        i, j = np.floor(u).astype(np.int16), np.floor(v).astype(np.int16)
        tones = rng.standard_normal((64, 64), dtype=np.float32) * np.float32(self.uneven)
        tones += (rng.random((64, 64)) < 0.03) * np.float32(-0.10) + (rng.random((64, 64)) < 0.03) * np.float32(0.07)
        lanes = rng.standard_normal(64).astype(np.float32) * np.float32(0.9 * self.uneven)
        tone = tones[i & 63, j & 63] + lanes[i & 63]
        tone += np.float32(self.stain) * fractal(frame, rng, scale_m=45.0, octaves=6, persistence=0.68)
        tone += np.float32(0.025) * fractal(frame, rng, scale_m=1.0, octaves=2, persistence=1.0)
        tone -= np.float32(0.11) * _joints(u, frame, self.slab_m[0])
        tone -= np.float32(0.07) * _joints(v, frame, self.slab_m[1])
        return np.asarray(
            MATERIALS[self.material][:, None, None] * np.exp(tone) * np.float32(1 - 0.25 * self.wet), np.float32
        )


def _joints(u: Plane, frame: Frame, slab_m: float) -> Plane:
    """Give lines between slabs, every fourth one wide and dark with sealant."""
    distance = np.abs(u - np.round(u)) * np.float32(slab_m)
    wide = (np.round(u).astype(np.int16) & 3) == 0
    reach = np.where(wide, 0.25, 0.10).astype(np.float32)
    line = np.clip((reach + frame.gsd_m / 2 - distance) / frame.gsd_m, 0, 1)
    return np.asarray(line * np.where(wide, 2.2, 0.9), np.float32)


@dataclass(frozen=True, slots=True)
class Asphalt:
    """Asphalt laid in lanes, worn, patched and cracked."""

    axis_deg: float
    centre: tuple[float, float] = (0.0, 0.0)
    lane_m: float = 7.0
    material: str = "worn_asphalt"
    wet: float = 0.0

    def __call__(self, frame: Frame, rng: np.random.Generator) -> FloatArray:
        """Give reflectance, shape (4, row, column)."""
        u, v = frame.axes(self.axis_deg, self.centre)
        lane = np.floor(u / np.float32(self.lane_m)).astype(np.int16)
        tone = (0.06 * rng.standard_normal(64).astype(np.float32))[lane & 63]
        tone += 0.07 * fractal(frame, rng, scale_m=35.0, octaves=6, persistence=0.7)
        tone += 0.03 * fractal(frame, rng, scale_m=1.0, octaves=2, persistence=1.0)
        cracks = np.abs(fractal(frame, rng, scale_m=22.0, octaves=4, persistence=0.55))
        tone -= 0.12 * (1 - smoothstep(cracks, 0.01, 0.035))
        edge = np.abs(u / np.float32(self.lane_m) - np.round(u / np.float32(self.lane_m))) * np.float32(self.lane_m)
        tone -= 0.08 * np.clip(1 - edge / 0.3, 0, 1) + 0 * v
        return np.asarray(
            MATERIALS[self.material][:, None, None] * np.exp(tone) * np.float32(1 - 0.3 * self.wet), np.float32
        )


@dataclass(frozen=True, slots=True)
class Furrows:
    """A field or orchard in rows."""

    axis_deg: float
    season: Season
    spacing_m: float = 4.0
    crop: str = "lush_grass"
    soil: str = "red_soil"
    cover: float = 0.5

    def __call__(self, frame: Frame, rng: np.random.Generator) -> FloatArray:
        """Give reflectance, shape (4, row, column)."""
        u, _ = frame.axes(self.axis_deg)
        wobble = fractal(frame, rng, scale_m=40.0, octaves=3)
        row = 0.5 + 0.5 * np.cos(2 * np.pi * (u + 0.3 * wobble) / np.float32(self.spacing_m))
        patch = fractal(frame, rng, scale_m=9.0, octaves=5, persistence=0.7)
        crop = smoothstep(row + 0.25 * patch, 1.15 - self.cover, 1.45 - self.cover)
        out = _mix([(self.soil, 1 - crop + 0.01), (self.crop, crop)])
        out *= np.exp(0.08 * patch + 0.06 * fractal(frame, rng, scale_m=1.5, octaves=2))[None]
        return snowed(out, frame, rng, self.season.snow) if self.season.snow else out

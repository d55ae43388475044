"""Invented ground, clouds laid over it, and their shadows."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from rasterdelta.masks import Bands
from rasterdelta.types import Image, Mask


def blobs(shape, centres, radius, *, seed=0, ragged=0.35):
    """Give soft, ragged covers (0..1) about centres."""
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=shape), radius / 5)
    noise *= ragged * radius / noise.std()
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    distance = np.min([np.hypot(rows - r, cols - c) for r, c in centres], axis=0) + noise
    return np.clip((radius - distance) / (0.6 * radius) + 0.5, 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Sky:
    """A clouded image with its truth."""

    bands: Bands
    cloud: Mask
    shadow: Mask
    valid: Mask


def over(image: Image, cover, white) -> Image:
    return (image * (1 - cover) + np.asarray(white, np.float32)[:, None, None] * cover).astype(np.float32)


@pytest.fixture
def airfield() -> Image:
    """Give grass with a concrete apron, a runway and a white roof; red, green, blue, 0..1, 2 m, (3, 400, 500)."""
    rng = np.random.default_rng(0)
    grain = ndimage.gaussian_filter(rng.normal(size=(400, 500)), 1.5)
    grass = np.array([0.24, 0.3, 0.2])[:, None, None] * (1 + 0.1 * grain / grain.std())
    image = grass.astype(np.float32)
    slabs = 1 + 0.02 * rng.normal(size=(400, 500)).astype(np.float32)
    image[:, 250:370, 60:460] = np.array([0.71, 0.72, 0.72], np.float32)[:, None, None] * slabs[250:370, 60:460]
    image[:, 200:225] = np.array([0.6, 0.6, 0.6], np.float32)[:, None, None] * slabs[200:225]
    image[:, 380:395, 300:400] = 0.97
    return image


@pytest.fixture
def clouded(airfield):
    """Give the airfield with two clouds over the grass."""
    cover = blobs((400, 500), [(90, 120), (100, 390)], 60, ragged=0.2)
    return over(airfield, cover, (0.86, 0.87, 0.89)), cover


@pytest.fixture
def satellite() -> Sky:
    """Give fields and forest at 30 m as numbers of a sensor, with five clouds and their shadows to the north-west."""
    rng = np.random.default_rng(1)
    shape = 240, 260
    field = ndimage.gaussian_filter(rng.normal(size=shape), 6) > 0
    red = np.where(field, 60, 35) + 2 * rng.normal(size=shape)
    values = {
        "red": red,
        "green": 0.7 * red + 25 + rng.normal(size=shape),
        "blue": 0.5 * red + 55 + rng.normal(size=shape),
        "nir": np.where(field, 80, 110) + 3 * rng.normal(size=shape),
        "swir1": np.where(field, 100, 70) + 3 * rng.normal(size=shape),
    }
    centres = [(60, 60), (90, 180), (170, 90), (180, 210), (215, 150)]
    cover = blobs(shape, centres, 9, seed=3)
    shade = np.roll(cover, (-20, -14), (0, 1))
    bands = {}
    for name, plane in values.items():
        dark = 0.25 if name in ("nir", "swir1") else 0.5
        lit = plane * (1 - (1 - dark) * shade)
        bands[name] = (lit * (1 - cover) + 250 * cover).astype(np.float32)
    return Sky(Bands(**bands), cover > 0.5, (shade > 0.5) & (cover <= 0.3), np.ones(shape, np.bool_))


@pytest.fixture
def share():
    """Give the share of one mask that lies in another."""

    def inside(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
        return float((part & whole).sum() / max(part.sum(), 1))

    return inside

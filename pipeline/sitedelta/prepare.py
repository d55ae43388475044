"""What has to be known of a whole scene before its tiles are read: display stretch, cloud, clear ground."""

from dataclasses import dataclass

import numpy as np

from rasterdelta.display import Stretch, fit_stretch
from rasterdelta.masks import bright_cloud
from rasterdelta.types import Image, Mask
from sitedelta.bands import display_bands
from sitedelta.errors import RasterError
from sitedelta.grid import scene_grid
from sitedelta.placement import CoarseMask
from sitedelta.raster import Reader
from sitedelta.scene import Scene
from sitedelta.warp import fitted_size

_MOST = 1024
"""Cells on the longer side of the overview: a fixed sample that no tiling changes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A scene with its whole-scene estimates."""

    scene: Scene
    stretch: Stretch
    """Brings the display bands to 0..1."""
    clear: CoarseMask
    """True where there is data and no cloud."""
    data: CoarseMask
    """True where there is data."""
    pixel_m: float
    """Side of a stored pixel on the ground, in metres; finer than the scene's gsd where it was oversampled."""


def prepare(scene: Scene) -> Prepared:
    """Read an overview of a scene and estimate its display stretch and its clear area.

    Raises `RasterError` where it holds no valid pixel, or cannot be read.
    """
    height, width, step = fitted_size(scene.height, scene.width, _MOST)
    with Reader(scene.uri) as reader:
        image, valid = reader.read(
            (0, scene.height, 0, scene.width), bands=display_bands(scene), out_shape=(height, width)
        )
    if not valid.any():
        raise RasterError(f"{scene.originals[0]}: holds no valid pixel; leave it out, or correct its no-data value")
    stretch = fit_stretch(image, valid, dtype=scene.dtype)
    pixel_m = scene_grid(scene).gsd_m
    clear = valid & cloud_free(scene, stretch, image, valid, cell_m=pixel_m * step)

    def coarse(mask: Mask) -> CoarseMask:
        return CoarseMask(mask, scene.height / height, scene.width / width)

    return Prepared(scene, stretch, coarse(clear), coarse(valid), pixel_m)


def cloud_free(scene: Scene, stretch: Stretch, image: Image, valid: Mask, *, cell_m: float) -> Mask:
    """Tell the cells of an overview that are free of cloud; invalid ones are, and all are in radar images."""
    if scene.kind == "sar":
        return np.ones_like(valid)
    return bright_cloud(stretch.apply(image), valid, gsd_m=cell_m)

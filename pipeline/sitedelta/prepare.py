"""What has to be known of a whole scene before its tiles are read: display stretch, what hides the ground."""

from dataclasses import dataclass

from rasterdelta.display import Stretch, fit_stretch
from rasterdelta.masks import Kinds
from rasterdelta.types import Mask
from sitedelta.bands import display_bands, telling_bands
from sitedelta.errors import RasterError
from sitedelta.grid import scene_grid
from sitedelta.placement import CoarseMask
from sitedelta.raster import Reader
from sitedelta.scene import Scene
from sitedelta.seeing import hides, see
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
    """True where there is data and nothing hides the ground."""
    data: CoarseMask
    """True where there is data."""
    pixel_m: float
    """Side of a stored pixel on the ground, in metres; finer than the scene's gsd where it was oversampled."""
    kinds: Kinds
    """What each cell of the masks shows."""


def prepare(scene: Scene) -> Prepared:
    """Read an overview of a scene and estimate its display stretch and its clear area.

    Raises `RasterError` where it holds no valid pixel, or cannot be read.
    """
    height, width, step = fitted_size(scene.height, scene.width, _MOST)
    with Reader(scene.uri) as reader:
        image, valid = reader.read(
            (0, scene.height, 0, scene.width), bands=telling_bands(scene.bands), out_shape=(height, width)
        )
    if not valid.any():
        raise RasterError(f"{scene.originals[0]}: holds no valid pixel; leave it out, or correct its no-data value")
    stretch = fit_stretch(image[: len(display_bands(scene))], valid, dtype=scene.dtype)
    pixel_m = scene_grid(scene).gsd_m
    kinds = see(scene, stretch, image, valid, cell_m=pixel_m * step)
    clear = valid & ~hides(kinds, scene.hidden)

    def coarse(mask: Mask) -> CoarseMask:
        return CoarseMask(mask, scene.height / height, scene.width / width)

    return Prepared(scene, stretch, coarse(clear), coarse(valid), pixel_m, kinds)

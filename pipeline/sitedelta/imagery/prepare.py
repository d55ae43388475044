"""What has to be known of a whole scene before its tiles are read: display stretch, what hides the ground."""

from dataclasses import dataclass, replace
from typing import Final

from rasterdelta.display import Stretch, fit_stretch
from rasterdelta.masks import HIDING, Kind, Kinds, any_of
from rasterdelta.types import Mask
from sitedelta.alignment.placement import CoarseMask
from sitedelta.errors import RasterError
from sitedelta.grid import scene_grid
from sitedelta.imagery.bands import display_bands, telling_bands
from sitedelta.imagery.overview import overview_of
from sitedelta.imagery.seeing import hides, see
from sitedelta.scene import Scene

_MOST = 1024
"""Cells on the longer side of the overview: a fixed sample that no tiling changes."""

_NO_GROUND: Final = (*HIDING, Kind.SATURATED)
"""Haze is not among them: the ground is seen through it, and matched where it is."""


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

    @property
    def ground(self) -> CoarseMask:
        """True where what the cells show can be matched with another date, whatever the user takes for hidden."""
        return replace(self.clear, mask=~any_of(self.kinds, _NO_GROUND))

    @property
    def hidden_by(self) -> str:
        """Say where ground is that does not count as observable, in words."""
        nothing = bool((self.kinds == Kind.NOTHING).any())
        return "without any detail: cloud, fog, calm water or a blank image" if nothing else self.scene.hidden_by


def prepare(scene: Scene) -> Prepared:
    """Read an overview of a scene and estimate its display stretch and its clear area.

    Raises `RasterError` where it holds no valid pixel, or cannot be read.
    """
    image, valid = overview_of(scene, telling_bands(scene.bands))
    if not valid.any():
        raise RasterError(f"{scene.originals[0]}: holds no valid pixel; leave it out, or correct its no-data value")
    height, width = valid.shape
    stretch = fit_stretch(image[: len(display_bands(scene))], valid, dtype=scene.dtype)
    pixel_m = scene_grid(scene).gsd_m
    kinds = see(scene, stretch, image, valid, cell_m=pixel_m * max(scene.height / height, scene.width / width))
    clear = valid & ~hides(kinds, scene.hidden)

    def coarse(mask: Mask) -> CoarseMask:
        return CoarseMask(mask, scene.height / height, scene.width / width)

    return Prepared(scene, stretch, coarse(clear), coarse(valid), pixel_m, kinds)

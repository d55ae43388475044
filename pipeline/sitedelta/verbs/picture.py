"""The picture of two images side by side, with what a verb found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rasterdelta.types import Image, Mask
from sitedelta.alignment.placement import Placement
from sitedelta.alignment.warp import fitted_size, read_placed
from sitedelta.grid import SiteGrid
from sitedelta.imagery.bands import display_bands
from sitedelta.imagery.prepare import Prepared
from sitedelta.records import ChangeRegion, Event
from sitedelta.report.images import striped
from sitedelta.report.sidebyside import Sides, side_by_side
from sitedelta.running.manifest import grid_record
from sitedelta.scene import Scene
from sitedelta.verbs.images import ImagePair

_LONG_SIDE = 1000


@dataclass(frozen=True, slots=True)
class Views:
    """Two images on one grid, as they are shown."""

    grid: SiteGrid
    scenes: tuple[Scene, Scene]
    images: tuple[np.ndarray, np.ndarray]
    """uint8, shape (row, column, band): reduced, striped where they show nothing."""
    cell: float
    """Grid pixels on the side of their pixels."""


def picture(views: Views, title: str, *, changes: Sequence[ChangeRegion] = (), events: Sequence[Event] = ()) -> bytes:
    """Draw both images, as PNG; both are on the grid of the first."""
    return side_by_side(Sides(grid_record(views.grid), views.scenes, views.images, views.cell, changes, events, title))


def read_views(images: ImagePair) -> Views:
    """Read both images at reduced size."""
    before, after = (
        _view(prepared, placement, images.grid)
        for prepared, placement in zip((images.before, images.after), images.placements, strict=True)
    )
    scenes = images.before.scene, images.after.scene
    return Views(images.grid, scenes, (before, after), fitted_size(*images.grid.shape, _LONG_SIDE)[2])


def _view(prepared: Prepared, placement: Placement, grid: SiteGrid) -> np.ndarray:
    rows, cols, step = fitted_size(*grid.shape, _LONG_SIDE)
    bands = display_bands(prepared.scene)
    image, valid = read_placed(prepared.scene, placement.to_scene, (0, rows, 0, cols), bands=bands, step=step)
    return shown(prepared.stretch.apply(image), valid)


def shown(image_01: Image, valid: Mask) -> np.ndarray:
    """Give an image stretched to 0..1 as it is shown: uint8 of shape (row, column, band)."""
    return striped(np.round(image_01 * 255).astype(np.uint8).transpose(1, 2, 0), valid)

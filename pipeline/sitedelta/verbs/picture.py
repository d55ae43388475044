"""The picture of two images side by side, with what a verb found."""

from collections.abc import Sequence

import numpy as np

from sitedelta.bands import display_bands
from sitedelta.grid import SiteGrid
from sitedelta.manifest import grid_record
from sitedelta.placement import Placement
from sitedelta.prepare import Prepared
from sitedelta.records import ChangeRegion, Event
from sitedelta.report.images import striped
from sitedelta.report.sidebyside import Sides, side_by_side
from sitedelta.verbs.images import ImagePair
from sitedelta.warp import fitted_size, read_placed

_LONG_SIDE = 1000


def picture(
    images: ImagePair, title: str, *, changes: Sequence[ChangeRegion] = (), events: Sequence[Event] = ()
) -> bytes:
    """Draw both images, as PNG; both are on the grid of the first."""
    views = (
        _view(images.before, images.placements[0], images.grid),
        _view(images.after, images.placements[1], images.grid),
    )
    scenes = images.before.scene, images.after.scene
    return side_by_side(Sides(grid_record(images.grid), scenes, views, changes, events, title))


def _view(prepared: Prepared, placement: Placement, grid: SiteGrid) -> np.ndarray:
    """Give an image reduced on the grid: uint8 of shape (M, N, B), striped where it shows nothing."""
    rows, cols, step = fitted_size(*grid.shape, _LONG_SIDE)
    bands = display_bands(prepared.scene)
    image, valid = read_placed(prepared.scene, placement.to_scene, (0, rows, 0, cols), bands=bands, step=step)
    shown = np.round(prepared.stretch.apply(image) * 255).astype(np.uint8)
    return striped(shown.transpose(1, 2, 0), valid)

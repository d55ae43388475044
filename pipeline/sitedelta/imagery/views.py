"""The display image of each scene on the site grid: what the report shows and chips are cut from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rasterdelta.display import Stretch
from rasterdelta.types import Mask
from sitedelta.alignment.placement import Placement
from sitedelta.alignment.warp import read_placed
from sitedelta.files.rasterfile import Block, Layout, write_cog
from sitedelta.files.store import written_aside
from sitedelta.grid import SiteGrid
from sitedelta.imagery.bands import display_bands
from sitedelta.running.context import load_context
from sitedelta.running.tiles import Tile

_COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class ViewContext:
    """What the tiles of one scene share."""

    placement: Placement
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class ViewTask:
    """One tile of a scene's display image."""

    context: Path
    """A saved `ViewContext`."""
    tile: Tile
    part: Path
    """An .npz with `image` (uint8, band, row, column) and `valid` (True = valid)."""

    def run(self) -> None:
        view = load_context(self.context, ViewContext)
        scene = view.placement.scene
        image, valid = read_placed(scene, view.placement.to_scene, self.tile.core, bands=display_bands(scene))
        shown = np.round(view.stretch.apply(image) * 255).astype(np.uint8)
        with written_aside(self.part) as aside, aside.open("wb") as file:
            np.savez(file, image=np.where(valid, shown, 0), valid=valid)

    def load(self) -> tuple[NDArray[np.uint8], Mask]:
        """Give the finished tile's image and what of it is valid."""
        with np.load(self.part) as part:
            return part["image"], part["valid"]


class ViewPart(Protocol):
    """A finished tile of a display image."""

    @property
    def tile(self) -> Tile:
        """Where it lies on the site grid."""

    def load(self) -> tuple[NDArray[np.uint8], Mask]:
        """Give its image and what of it is valid."""


def merge_views(path: Path, parts: Sequence[ViewPart], grid: SiteGrid, *, bands: int, key: str) -> None:
    """Join the tiles of a scene's display image to one raster; without a key the next run makes it anew."""
    names = _COLOURS if bands == len(_COLOURS) else ("grey",)
    layout = Layout(bands, "uint8", names, jpeg=True)
    write_cog(path, _blocks(parts), grid, layout, tags={"SITEDELTA_KEY": key} if key else {})


def _blocks(parts: Sequence[ViewPart]) -> Iterator[Block]:
    for part in parts:
        image, valid = part.load()
        yield part.tile.row0, part.tile.col0, image, valid

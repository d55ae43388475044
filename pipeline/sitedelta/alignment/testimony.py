"""What hides the ground in two scenes that lie on one grid, each being a witness for the other."""

from collections import OrderedDict
from dataclasses import replace

import numpy as np

from rasterdelta.display import fit_stretch
from rasterdelta.resample import resample
from rasterdelta.types import Image, Mask
from sitedelta.alignment.placement import CoarseMask, Coordinates, Placement
from sitedelta.alignment.warp import fitted_size
from sitedelta.comparison.joint import Joint, join
from sitedelta.errors import BandsDiffer
from sitedelta.grid import SiteGrid
from sitedelta.imagery.overview import overview_of
from sitedelta.imagery.prepare import Prepared
from sitedelta.imagery.seeing import see_two
from sitedelta.scene import Scene

_FEWEST = 16
"""Cells on the longer side of a pair."""
_KEPT = 4
"""Overviews that are kept: consecutive pairs share a scene."""


class Witnesses:
    """Two dates, and what each says of the other. Overviews are read once where pairs follow each other in time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, tuple[int, ...]], tuple[Image, Mask]] = OrderedDict()

    def hear(
        self, placements: tuple[Placement, Placement], prepared: tuple[Prepared, Prepared], grid: SiteGrid
    ) -> tuple[Placement, Placement]:
        """Give two placements whose masks are those of the pair.

        Where both dates show the ground or what hides it, the two are judged together; where one shows nothing, or it
        is not known where it lies, each stays as it was judged by itself. A provider's mask stays as it is.
        """
        scenes = placements[0].scene, placements[1].scene
        if all(s.mask is not None for s in scenes):
            return placements
        try:
            joint = join(*placements, grid, method="auto")
        except BandsDiffer:
            return placements
        if joint.kind == "sar":
            return placements
        most = int(max(grid.shape) / _coarsest(prepared, grid))
        height, width, step = fitted_size(*grid.shape, max(_FEWEST, most))
        rows, cols = np.meshgrid(*((np.arange(n) + 0.5) * step - 0.5 for n in (height, width)), indexing="ij")
        bands = joint.bands.before, joint.bands.after
        laid = [
            self._laid(p, d, tuple(b[k] for k in joint.telling), rows, cols)
            for p, d, b in zip(placements, prepared, bands, strict=True)
        ]
        valid = laid[0][1] & laid[1][1]
        if not valid.any():
            return placements
        hidden = _hidden(joint, (laid[0][0], laid[1][0]), valid, cell_m=grid.gsd_m * step)
        before, after = (
            _with(p, d, CoarseMask(valid, step, step), CoarseMask(h, step, step))
            for p, d, h in zip(placements, prepared, hidden, strict=True)
        )
        return before, after

    def _laid(
        self, placement: Placement, prepared: Prepared, bands: tuple[int, ...], rows: Coordinates, cols: Coordinates
    ) -> tuple[Image, Mask]:
        """Give an overview of a scene on the cells of the pair, and where it is known what they hold."""
        image, valid = self._overview(prepared.scene, bands)
        data = prepared.data
        at = placement.to_scene(rows, cols)
        r, c = ((a + 0.5) / n - 0.5 for a, n in zip(at, (data.rows_per_cell, data.cols_per_cell), strict=True))
        found, seen = resample(image, valid, r.astype(np.float32), c.astype(np.float32), kernel="linear")
        return found, seen & placement.supported_at(rows, cols)

    def _overview(self, scene: Scene, bands: tuple[int, ...]) -> tuple[Image, Mask]:
        key = scene.uri, bands
        if key not in self._kept:
            self._kept[key] = overview_of(scene, bands)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]


def _coarsest(prepared: tuple[Prepared, Prepared], grid: SiteGrid) -> float:
    """Give the larger cell of two overviews, in pixels of the grid."""
    return max(p.pixel_m * max(p.data.rows_per_cell, p.data.cols_per_cell) for p in prepared) / grid.gsd_m


def _hidden(joint: Joint, images: tuple[Image, Image], valid: Mask, *, cell_m: float) -> tuple[Mask, Mask]:
    shown = len(joint.shown)
    scenes = joint.before.scene, joint.after.scene
    before, after = (fit_stretch(i[:shown], valid, dtype=s.dtype) for i, s in zip(images, scenes, strict=True))
    return see_two(joint, (before, after), images, valid, cell_m=cell_m)


def _with(placement: Placement, prepared: Prepared, judged: CoarseMask, hidden: CoarseMask) -> Placement:
    """Give a placement whose mask says what the pair says, where the pair was judged."""
    if placement.scene.mask is not None:
        return placement
    own = placement.clear
    rows, cols = np.meshgrid(
        (np.arange(own.mask.shape[0]) + 0.5) * own.rows_per_cell - 0.5,
        (np.arange(own.mask.shape[1]) + 0.5) * own.cols_per_cell - 0.5,
        indexing="ij",
    )
    at = placement.to_grid(rows, cols)
    clear = prepared.data.mask & np.where(judged.at(*at), ~hidden.at(*at), own.mask)
    return placement if np.array_equal(clear, own.mask) else replace(placement, clear=replace(own, mask=clear))

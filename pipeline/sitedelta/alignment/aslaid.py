"""Two images that lie on each other pixel by pixel, as ordered pairs mostly do: seen from samples, without matching."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rasterdelta.difference.protocol import PairSample
from rasterdelta.display import Stretch, fit_stretch
from rasterdelta.errors import NotEnoughData
from rasterdelta.registration.offsets import Offsets, offsets
from rasterdelta.types import Image, Mask
from sitedelta.alignment.placement import CoarseMask, Frame, Placement, ScaledFrame
from sitedelta.alignment.warp import fitted_size, open_clear
from sitedelta.comparison.joint import Joint, join
from sitedelta.grid import SiteGrid, locate, scene_grid
from sitedelta.imagery.providermasks import provided_kinds
from sitedelta.imagery.seeing import hides, see_two
from sitedelta.scene import Scene

_MOST = 1024
"""Cells on the longer side at which a provider's mask is laid over a scene."""
_CLOUD_M = 2.0
"""Pixels this large are fine enough to look for cloud."""


@dataclass(frozen=True, slots=True)
class AsLaid:
    """A pair that needs no alignment."""

    grid: SiteGrid
    joint: Joint
    samples: tuple[PairSample, ...]
    """Blocks that stand for the pair; what looks like cloud is not valid."""
    offsets: Offsets


def as_laid(first: Scene, second: Scene, *, method: str) -> AsLaid | None:
    """Give two images as they lie, where they have the same pixels and samples show the same ground in them."""
    if (first.height, first.width, first.gsd_m) != (second.height, second.width, second.gsd_m):
        return None
    grid = scene_grid(first)
    before, after = _laid(first, grid), _laid(second, grid)
    if before is None or after is None:
        return None
    joint = join(before, after, grid, method=method)
    samples = tuple(joint.samples())
    found = offsets(samples)
    return AsLaid(grid, joint, _clear(samples, joint), found) if found.lie_alike else None


def _laid(scene: Scene, grid: SiteGrid) -> Placement | None:
    """Place a scene whose pixels are those of the grid; None where they are not."""
    frame: Frame | None = locate(scene, grid)
    if frame is None:
        return None
    placement = Placement(scene, frame if grid.georeferenced else ScaledFrame(1.0), None, _provided(scene))
    with open_clear(placement, bands=(0,)) as reader:
        return placement if reader.is_own_pixels(grid.shape) else None


def _provided(scene: Scene) -> CoarseMask:
    """Give where a provider's mask leaves a scene clear: everywhere, where there is none."""
    if scene.mask is None:
        return CoarseMask(np.ones((1, 1), np.bool_), scene.height, scene.width)
    rows, cols, _ = fitted_size(scene.height, scene.width, _MOST)
    clear = ~hides(provided_kinds(scene, scene.mask, (rows, cols)), scene.hidden)
    return CoarseMask(clear, scene.height / rows, scene.width / cols)


def _clear(samples: Sequence[PairSample], joint: Joint) -> tuple[PairSample, ...]:
    """Take out of samples what hides the ground on one of the dates."""
    if joint.kind == "sar":
        return tuple(samples)
    step = max(1, int(_CLOUD_M / joint.gsd_m))
    thinned = [_thinned(s, joint.telling, step) for s in samples]
    shown = len(joint.shown)
    before, after = (
        _stretch([(getattr(s, date)[:shown], s.valid) for s in thinned], scene.dtype)
        for date, scene in (("before", joint.before.scene), ("after", joint.after.scene))
    )
    if before is None or after is None:
        return tuple(samples)
    return tuple(
        _unhidden(sample, thin, joint, (before, after), step=step)
        for sample, thin in zip(samples, thinned, strict=True)
    )


def _thinned(sample: PairSample, bands: Sequence[int], step: int) -> PairSample:
    """Give every so many-th pixel of some bands."""
    at = slice(None, None, step), slice(None, None, step)
    before, after = (
        np.stack([image[b][at] for b in bands]).astype(np.float32) for image in (sample.before, sample.after)
    )
    return PairSample(before, after, sample.valid[at])


def _stretch(blocks: Sequence[tuple[Image, Mask]], dtype: str) -> Stretch | None:
    pixels = np.concatenate([image[:, valid] for image, valid in blocks], axis=1)[:, None]
    try:
        return fit_stretch(pixels, np.ones(pixels.shape[1:], np.bool_), dtype=dtype)
    except NotEnoughData:
        return None


def _unhidden(
    sample: PairSample, thin: PairSample, joint: Joint, stretches: tuple[Stretch, Stretch], *, step: int
) -> PairSample:
    images = thin.before, thin.after
    hidden = np.logical_or(*see_two(joint, stretches, images, thin.valid, cell_m=joint.gsd_m * step))
    if not hidden.any():
        return sample
    rows, cols = sample.valid.shape
    return PairSample(sample.before, sample.after, sample.valid & ~hidden.repeat(step, 0).repeat(step, 1)[:rows, :cols])

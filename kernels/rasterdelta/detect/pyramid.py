"""The places of an image at which objects of one length are looked for, and their features."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.channels import REACH, Level, level, luminance, reduce_by
from rasterdelta.detect.classes import Search
from rasterdelta.detect.polar import LIGHT_FEATURES, Sampler, invariants, reach_px
from rasterdelta.types import FloatArray, Image, Mask

GATE_FEATURES = 3 + LIGHT_FEATURES
"""Features without directions."""
CONTRAST_FLOOR = 0.012
"""Places whose surroundings vary less than this (display units) are not scored."""
GRID_PX = 64
"""Windows whose origins are multiples of this many pixels sample the same places, so that their results agree."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One length looked for, on the pyramid level that suits it."""

    level: Level
    factor: int
    """Pixels of the image per pixel of the level."""
    length_m: float
    sampler: Sampler


def scales(image: Image, valid: Mask, *, gsd_m: float, search: Search) -> Iterator[Scale]:
    """Give every length of a search that this image can show, finest first."""
    plane, levels = luminance(image, valid), dict[int, Level]()
    for length_m in search.lengths_m:
        octave = search.octave(length_m, gsd_m)
        if octave is None:
            continue
        if octave not in levels:
            levels = {octave: level(*reduce_by(plane, valid, 2**octave), gsd_m * 2**octave)}
        sampler = Sampler.of(levels[octave], length_m / levels[octave].pixel_m)
        yield Scale(levels[octave], 2**octave, length_m, sampler)


def places(level: Level, stride: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give rows and columns of the level, every `stride` pixels, where there is something to look at."""
    seen = level.valid[::stride, ::stride] & (level.contrast[::stride, ::stride] >= CONTRAST_FLOOR)
    rows, cols = np.nonzero(seen)
    return rows * stride, cols * stride


def features(scale: Scale, rows: NDArray[np.intp], cols: NDArray[np.intp], *, directions: bool = True) -> FloatArray:
    """Give the features of places of a scale's level, shape (feature, n); without directions only the first of them."""
    shape = invariants(scale.sampler.spectra(rows, cols, directions=directions))
    size = np.full(len(rows), np.log2(scale.length_m))
    grain = np.full(len(rows), np.log2(scale.sampler.length_px))
    contrast = np.log2(scale.level.contrast[rows, cols] + 0.01)
    return np.concatenate([np.stack([size, grain, contrast]).astype(np.float32), shape])


def halo_px(search: Search, gsd_m: float) -> int:
    """Pixels of the image around a place that its features depend on, over all scales."""
    reaches = [0]
    for length_m in search.lengths_m:
        octave = search.octave(length_m, gsd_m)
        if octave is not None:
            pixel_m = gsd_m * 2**octave
            reaches.append((reach_px(length_m / pixel_m) + REACH + search.stride * search.first + 1) * 2**octave)
    return max(reaches)

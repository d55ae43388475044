"""One radiometry for the two dates of a pair: the ways there are, and fitting one on samples."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.radiometry import Linear, fit_linear
from rasterdelta.radiometry.histogram import Curve, fit_histogram
from rasterdelta.radiometry.local import LocalLinear, fit_local
from rasterdelta.types import Image, Mask
from sitedelta.alignment.warp import open_clear
from sitedelta.comparison.joint import Joint
from sitedelta.raster import Span
from sitedelta.settings.defaults import Radiometry

Levelling: TypeAlias = Linear | Curve | LocalLinear

BLOCK_M: Final = 200.0
"""Side of the blocks of a local relation: larger than what is built or parked, smaller than a bank of haze."""
_FEWEST_PX: Final = 32
"""Cells on the side of such a block."""
_MOST: Final = 1024
"""Cells on the longer side on which a local relation is fitted."""


def fit_levelling(samples: Sequence[PairSample], way: Radiometry) -> Levelling | None:
    """Fit what brings the later date to the earlier one's radiometry; None where they do not go together."""
    if way == "none":
        return None
    before, after = (
        np.concatenate([getattr(s, n)[:, s.valid] for s in samples], axis=1)[:, None] for n in ("before", "after")
    )
    try:
        return _fitted(before, after, np.ones(before.shape[1:], np.bool_), way)
    except NotEnoughData:
        return None


def fit_local_levelling(joint: Joint) -> LocalLinear | None:
    """Fit a line a band and block on an overview of the whole pair; None where the dates do not go together."""
    factor = max(1, -(-max(joint.shape) // _MOST))
    (before, seen), (after, seen_too) = (_overview(joint, k, factor) for k in range(2))
    block = max(_FEWEST_PX, round(BLOCK_M / (joint.gsd_m * factor)))
    try:
        found = fit_local(before, after, seen & seen_too, block=block)
    except NotEnoughData:
        return None
    return replace(found, block=block * factor)


def levelled(image: Image, levelling: Levelling | None, span: Span) -> Image:
    """Bring a window (row0, row1, col0, col1) of the later date to the radiometry of the earlier one."""
    if levelling is None:
        return image
    if isinstance(levelling, LocalLinear):
        return levelling.apply(image, row=span[0], col=span[2])
    return levelling.apply(image)


def _overview(joint: Joint, which: int, factor: int) -> tuple[Image, Mask]:
    placement = (joint.before, joint.after)[which]
    bands = (joint.bands.before, joint.bands.after)[which]
    rows, cols = (-(-n // factor) for n in joint.shape)
    with open_clear(placement, bands=bands, step=joint.step * factor) as reader:
        return reader.read((0, rows, 0, cols))


def _fitted(before: Image, after: Image, valid: Mask, way: Radiometry) -> Levelling:
    if way == "histogram":
        return fit_histogram(before, after, valid)
    if way == "unchanged":
        from rasterdelta.radiometry.unchanged import fit_unchanged

        return fit_unchanged(before, after, valid).linear
    return fit_linear(before, after, valid)

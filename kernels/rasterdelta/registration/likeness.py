"""What two images have in common as they lie, where no alignment of them can be trusted."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from rasterdelta.errors import NotEnoughData
from rasterdelta.registration.plane import level, one_plane
from rasterdelta.registration.result import IDENTITY
from rasterdelta.registration.ties import measure
from rasterdelta.registration.trust import STANDS_OUT, stands_out
from rasterdelta.registration.warp import Warp
from rasterdelta.types import Image, Mask

PATCH: Final = 64
"""Side of a patch, in pixels."""
REACH: Final = 8.0
MOST: Final = 400
"""Patches that are compared."""
FAINT: Final = 1 / 3
"""Ratio of contrasts below which one image shows next to nothing of what the other shows."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two images have in common as they lie."""

    stands_out: float
    """Height of the mean correlation surface at lag 0, in standard deviations of its far lags: of shifted controls."""
    contrast: float
    """Median local contrast of the moving image over that of the reference: 0 where the moving one shows nothing,
    infinity where the reference alone shows nothing."""

    @property
    def alike(self) -> bool:
        """Tell whether the images as they lie are more alike than shifted ones."""
        return self.stands_out >= STANDS_OUT

    @property
    def one_is_blind(self) -> bool:
        """Tell whether one image shows hardly anything, and nothing that the other shows."""
        return not self.alike and not FAINT <= self.contrast <= 1 / FAINT


def likeness(reference: Image, moving: Image, *, reference_valid: Mask, moving_valid: Mask) -> Likeness:
    """Compare two images as they lie, patch by patch.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (band, row, column)
        Of one shape; numbers that are 0 where there is no light.
    reference_valid, moving_valid : bool ndarray of shape (row, column)
        True = valid.

    Notes
    -----
    Two dates of one place correlate at lag 0 even where no tie points agree; where all was rebuilt they do not, but
    both are full of detail. Cloud, fog and a blank image have neither.
    """
    contrast = [_contrast(i, v) for i, v in ((reference, reference_valid), (moving, moving_valid))]
    ratio = contrast[1] / contrast[0] if contrast[0] > 0 else float("inf") if contrast[1] > 0 else 0.0
    try:
        a, b = one_plane(reference, reference_valid), one_plane(moving, moving_valid)
    except NotEnoughData:
        return Likeness(0.0, ratio)
    step = max(16, int(np.sqrt(a.size / MOST)))
    levels = level(a, reference_valid, 1), level(b, moving_valid, 1)
    ties = measure(*levels, Warp(IDENTITY), patch=PATCH, step=step, reach=REACH)
    return Likeness(stands_out(ties.surface) if len(ties) else 0.0, ratio)


def _contrast(image: Image, valid: Mask) -> float:
    """Give the median of the standard deviation over the mean, in squares of 16 pixels."""
    light = np.where(valid, image.mean(axis=0), np.float32(0)).astype(np.float32)
    share, mean, square = (
        cv2.blur(p, (16, 16), borderType=cv2.BORDER_CONSTANT)[8::16, 8::16].astype(np.float64)
        for p in (valid.astype(np.float32), light, light * light)
    )
    whole = (share > 0.99) & (mean > 0)
    if not whole.any():
        return 0.0
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    return float(np.median(spread[whole] / mean[whole]))

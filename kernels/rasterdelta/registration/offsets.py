"""How far apart two images lie that should lie on each other, measured at sample places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rasterdelta.difference.protocol import PairSample
from rasterdelta.registration.correlate import phase_correlate
from rasterdelta.types import FloatArray

PATCH: Final = 128
"""Side of a patch, in pixels."""
REACH: Final = 16
"""Largest offset looked for, in pixels a axis."""
CLEAR: Final = 0.3
"""Least quality of a peak that counts."""
FEWEST: Final = 4
"""Patches that have to bear witness."""
MOST: Final = 72
"""Patches that are looked at."""
FILLED: Final = 0.9
"""Least share of a patch that both images show."""


@dataclass(frozen=True, slots=True)
class Offsets:
    """What the patches say."""

    asked: int
    """Patches that both images show."""
    clear: int
    """Those with one clear peak."""
    median_px: float
    """Length of the median offset of these; NaN without any."""
    near: float
    """Share of these that lie within a pixel."""

    @property
    def lie_alike(self) -> bool:
        """Tell whether the images lie on each other as they are: enough patches say so, and hardly any objects."""
        return self.clear >= max(FEWEST, self.asked / 3) and self.median_px <= 1 / 2 and self.near >= 0.8


def offsets(samples: Sequence[PairSample]) -> Offsets:
    """Measure offsets in blocks of two images by phase correlation.

    Parameters
    ----------
    samples
        Blocks of both images as they lie, of any real type.
    """
    pairs = [patch for s in samples for patch in _patches(s)]
    chosen = [pairs[k] for k in np.unique(np.linspace(0, len(pairs) - 1, min(MOST, len(pairs))).astype(int))]
    if not chosen:
        return Offsets(0, 0, float("nan"), 0.0)
    first, second = (np.stack([p[k] for p in chosen]) for k in range(2))
    peaks = phase_correlate(first, second, reach=REACH)
    clear = peaks.quality >= CLEAR
    if not clear.any():
        return Offsets(len(chosen), 0, float("nan"), 0.0)
    col, row = peaks.dcol[clear], peaks.drow[clear]
    near = float((np.hypot(col, row) <= 1).mean())
    return Offsets(len(chosen), int(clear.sum()), float(np.hypot(np.median(col), np.median(row))), near)


def _patches(sample: PairSample) -> list[tuple[FloatArray, FloatArray]]:
    side = min(PATCH, *sample.valid.shape)
    if side < 4 * REACH:
        return []
    found = []
    for row in range(0, sample.valid.shape[0] - side + 1, side):
        for col in range(0, sample.valid.shape[1] - side + 1, side):
            part = slice(row, row + side), slice(col, col + side)
            if sample.valid[part].mean() >= FILLED:
                a, b = (_windowed(image[:, *part], sample.valid[part]) for image in (sample.before, sample.after))
                if a.any() and b.any():
                    found.append((a, b))
    return found


def _windowed(image: FloatArray, valid: np.ndarray) -> FloatArray:
    """Give the brightness of a patch with mean 0, faded out towards its border."""
    plane = image.mean(axis=0, dtype=np.float32)
    fade = np.hanning(len(plane) + 2)[1:-1].astype(np.float32)
    weight = np.outer(fade, fade) * valid
    centred: FloatArray = (plane - float((plane * weight).sum() / max(float(weight.sum()), 1e-9))) * weight
    return np.asarray(centred, np.float32)

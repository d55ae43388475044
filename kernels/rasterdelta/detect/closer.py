"""A closer look at what a detector found: each object alone, turned upright and enlarged, judged by another network."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from rasterdelta.detect.decode import Floats, Peaks
from rasterdelta.detect.network import FEATURES, GREY, run
from rasterdelta.types import FloatArray, Image

SIDE: Final = 96
"""Pixels on a side of a patch."""
PIXEL_M: Final = 0.1
"""Metres a pixel of a patch of short objects."""
SHARE: Final = 0.5
"""Longer objects fill this share of a patch."""
MOST_TAPS: Final = 4
"""Samples along a side of a patch's pixel, at most."""


@dataclass(frozen=True, slots=True)
class Closer:
    """A network that looks at each object alone; what it says is added to what was said before."""

    path: Path
    """ONNX: features at stride 4 of a patch in, log-odds out."""
    weight: float
    """Share of its log-odds that is added."""
    longest_m: float
    """Longer objects are cut off, metres."""
    least: float
    """Peaks of lower log-odds are not looked at again: nothing would make them objects."""
    most: float = np.inf
    """Nor are those of higher ones: nothing would unmake them."""
    first: Path = FEATURES
    """First layers, whose features it takes."""

    @property
    def reach_m(self) -> float:
        """Metres from an object's centre beyond which it does not look."""
        return self.longest_m / SHARE / 2**0.5

    def judged(self, shown: Image, found: Peaks, gsd_m: float) -> Peaks:
        """Give peaks with what a closer look says of each.

        Parameters
        ----------
        shown : ndarray of shape (1 or 3, row, column)
            float32, 0 to 255.
        found : Peaks
            Places in pixels of the image, lengths in metres.
        gsd_m : float
            Ground sampling distance of the image, metres.
        """
        logit = found.logit.copy()
        for k in np.flatnonzero((logit >= self.least) & (logit <= self.most)).tolist():
            logit[k] += self.weight * self._said(self.patch(shown, found, k, gsd_m))
        return replace(found, logit=logit)

    def patch(self, shown: Image, found: Peaks, k: int, gsd_m: float) -> FloatArray:
        """Cut out the k-th of what was found, as this network looks at it."""
        length_m = min(found.length[k], self.longest_m)
        return patch(shown, found.row[k], found.col[k], found.heading_deg[k], length_m, gsd_m)

    def _said(self, one: FloatArray) -> float:
        return float(run(self.path, run(self.first, one))[0])


def patch(shown: Image, row: float, col: float, heading_deg: float, length_m: float, gsd_m: float) -> FloatArray:
    """Cut an object out of an image, its heading up.

    Parameters
    ----------
    shown : ndarray of shape (1 or 3, row, column)
        float32, 0 to 255; what lies beyond it is `GREY`.
    row, col : float
        Centre of the object, pixels of the image.
    heading_deg : float
        Clockwise from up.
    length_m, gsd_m : float
        Length of the object and ground sampling distance of the image, metres.

    Returns
    -------
    ndarray of shape (3, SIDE, SIDE)
        float32, 0 to 255.
    """
    step = max(PIXEL_M, length_m / (SHARE * SIDE)) / gsd_m
    taps = int(np.clip(round(step), 1, MOST_TAPS))
    at = ((np.arange(SIDE * taps) + 0.5) / taps - SIDE / 2) * step
    turn = np.deg2rad(heading_deg)
    c, s = np.cos(turn), np.sin(turn)
    rows, cols = row + c * at[:, None] + s * at[None, :], col - s * at[:, None] + c * at[None, :]
    fine = _bilinear(shown, rows, cols)
    found: FloatArray = fine.reshape(len(fine), SIDE, taps, SIDE, taps).mean((2, 4), dtype=np.float32)
    return np.repeat(found, 3, axis=0) if len(found) == 1 else found


def _bilinear(shown: Image, rows: Floats, cols: Floats) -> FloatArray:
    _, height, width = shown.shape
    i, j = np.floor(rows).astype(np.intp), np.floor(cols).astype(np.intp)
    down, right = (rows - i).astype(np.float32), (cols - j).astype(np.float32)
    out = np.zeros((len(shown), *rows.shape), np.float32)
    for di, dj in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = (down if di else 1 - down) * (right if dj else 1 - right)
        inside = (i + di >= 0) & (i + di < height) & (j + dj >= 0) & (j + dj < width)
        value = shown[:, np.clip(i + di, 0, height - 1), np.clip(j + dj, 0, width - 1)]
        out += weight * np.where(inside, value, np.float32(GREY))
    return out

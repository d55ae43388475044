"""From a network's maps to objects: peaks, refined to a fraction of a cell, with length, width and heading."""

from dataclasses import dataclass, fields, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.network import STRIDE
from rasterdelta.types import FloatArray, Plane

UNIT_PX: Final = 16.0
"""Lengths are given as logarithms of this many working pixels."""
LOWEST: Final = -3.5
"""Peaks of lower log-odds are no objects."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Peaks:
    """Peaks; arrays of shape (n,). All lengths are in working pixels until they are `scaled`."""

    row: Floats
    col: Floats
    length: Floats
    width: Floats
    heading_deg: Floats
    logit: Floats
    sub: Floats
    """Log-odds of the sub-class."""

    def take(self, index: NDArray[np.bool_]) -> "Peaks":
        """Give the chosen peaks."""
        return Peaks(*(getattr(self, f.name)[index] for f in fields(self)))

    def scaled(self, factor: float, gsd_m: float) -> "Peaks":
        """Give places in pixels of an image, each `factor` to a working pixel, and lengths in metres."""
        row, col = ((at + 0.5) * factor - 0.5 for at in (self.row, self.col))
        length, width = (n * factor * gsd_m for n in (self.length, self.width))
        return replace(self, row=row, col=col, length=length, width=width)

    @staticmethod
    def join(parts: "list[Peaks]") -> "Peaks":
        """Give all peaks of several sets, in order."""
        return Peaks(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Peaks)))


def peaks(maps: FloatArray, *, axial: bool) -> Peaks:
    """Find the peaks of the centre map.

    Parameters
    ----------
    maps : ndarray of shape (6, row, column)
        Logit of a centre; logarithms of length and width over `UNIT_PX`; cosine and sine of the heading; logit of the
        sub-class.
    axial : bool
        True where the heading map holds twice the angle: front and back are not told apart.
    """
    centre = maps[0]
    highest = cv2.dilate(centre, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    i, j = np.nonzero((centre >= highest) & (centre > LOWEST))
    di, dj = _subpixel(centre, i, j)
    length, width = (UNIT_PX * np.exp(np.clip(maps[k][i, j], -3.0, 3.5).astype(float)) for k in (1, 2))
    angle = np.degrees(np.arctan2(maps[4][i, j].astype(float), maps[3][i, j].astype(float)))
    heading = (angle / 2) % 180 if axial else angle % 360
    middle = (STRIDE - 1) / 2
    row, col = (i + di) * STRIDE + middle, (j + dj) * STRIDE + middle
    return Peaks(row, col, length, width, heading, centre[i, j].astype(float), maps[5][i, j].astype(float))


def _subpixel(score: Plane, i: NDArray[np.intp], j: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Give the vertex of the parabola through a peak and its neighbours, along rows and columns."""
    p = np.pad(score.astype(float), 1, mode="edge")
    here = p[i + 1, j + 1]
    return _vertex(p[i, j + 1], here, p[i + 2, j + 1]), _vertex(p[i + 1, j], here, p[i + 1, j + 2])


def _vertex(before: Floats, here: Floats, after: Floats) -> Floats:
    bend = 2 * here - before - after
    vertex: Floats = np.where(bend > 1e-6, np.clip((after - before) / (2 * np.maximum(bend, 1e-6)), -0.5, 0.5), 0.0)
    return vertex

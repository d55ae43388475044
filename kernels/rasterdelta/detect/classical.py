"""A detector of rotation-invariant shape: dense scores over a pyramid, peaks, suppression, calibration."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.cascade import REFUSED, Cascade
from rasterdelta.detect.checks import check_input
from rasterdelta.detect.classes import SEARCHES, Search
from rasterdelta.detect.heading import long_axis_deg, mirror_axis_deg
from rasterdelta.detect.protocol import Accuracy, Detections
from rasterdelta.detect.pyramid import GRID_PX, Scale, halo_px, places, scales
from rasterdelta.detect.suppress import ROUNDS, suppress
from rasterdelta.errors import KernelError
from rasterdelta.types import FloatArray, Image, Mask, Plane

CHUNK = 8192
"""Places scored at a time."""
LARGEST = 0.5
"""Octaves by which a length may differ from the one looked for."""
PROMISING = -1.5
"""Log-odds of a place beside which all places are tried."""
LOWEST = -2.0
"""Peaks of lower log-odds are dropped before suppression."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """Peaks of the score over all scales, in pixels of the image; arrays of shape (n,)."""

    row: NDArray[np.float64]
    col: NDArray[np.float64]
    length_m: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    logit: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassicalDetector:
    """Aircraft and vehicles by rotation-invariant gradient features and a small perceptron a class."""

    cascades: dict[str, Cascade]
    table: Table
    name: str = "rasterdelta-classical 2"

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that it can find."""
        return tuple(self.cascades)

    def snap_px(self, label: str, gsd_m: float) -> int:  # noqa: ARG002 - the same at any
        """Windows of a larger image must begin at multiples of it, for the same results."""
        self._search(label)
        return GRID_PX

    def halo_m(self, label: str, gsd_m: float) -> float:
        """Metres of context that it needs around an object's centre."""
        search = self._search(label)
        longest = max(search.lengths_m) * 2**LARGEST * search.length_factor
        rivals = ROUNDS * max(search.apart, search.apart_along) * longest
        return halo_px(search, gsd_m) * gsd_m + rivals

    def accuracy(self, label: str, gsd_m: float) -> Accuracy:
        """Give the measured accuracy at this ground sampling distance."""
        self._search(label)
        return self.table.band(label, gsd_m).accuracy

    def detect(self, image: Image, valid: Mask, *, gsd_m: float, classes: tuple[str, ...]) -> Detections:
        """Find objects in a display-stretched image: float32 in 0 to 1, shape (1 or 3, row, column)."""
        check_input(image, valid, gsd_m)
        if not valid.any():
            return Detections.none()
        return Detections.join([self._detect(image, valid, gsd_m, self._search(label)) for label in classes])

    def _search(self, label: str) -> Search:
        if label not in self.cascades:
            raise KernelError(f"no class {label!r} here; there are {', '.join(self.cascades)}")
        return SEARCHES[label]

    def _detect(self, image: Image, valid: Mask, gsd_m: float, search: Search) -> Detections:
        peaks = find(image, valid, gsd_m=gsd_m, search=search, cascade=self.cascades[search.label])
        band = self.table.band(search.label, gsd_m)
        keep = peaks.logit >= band.threshold
        n = int(keep.sum())
        length = peaks.length_m[keep]
        return Detections(
            row=peaks.row[keep],
            col=peaks.col[keep],
            length_m=length,
            width_m=length * search.aspect,
            heading_deg=peaks.heading_deg[keep],
            score=1 / (1 + np.exp(-(band.slope * peaks.logit[keep] + band.offset))),
            label=np.full(n, search.label, "<U16"),
        )


def find(image: Image, valid: Mask, *, gsd_m: float, search: Search, cascade: Cascade) -> Peaks:
    """Find all peaks of one class after suppression, whatever their score down to `LOWEST`."""
    found = [_scale_peaks(s, search, cascade) for s in scales(image, valid, gsd_m=gsd_m, search=search)]
    row, col, length_m, heading, logit = (np.concatenate([[], *(f[i] for f in found)]) for i in range(5))
    inside = (row > -0.5) & (col > -0.5) & (row < valid.shape[0] - 0.5) & (col < valid.shape[1] - 0.5)
    inside[inside] = valid[np.rint(row[inside]).astype(int), np.rint(col[inside]).astype(int)]
    row, col, length_m, heading, logit = (a[inside] for a in (row, col, length_m, heading, logit))
    size = length_m / gsd_m
    keep = suppress(row, col, size, size, heading, logit, apart=search.apart, apart_along=search.apart_along)
    return Peaks(row[keep], col[keep], length_m[keep], heading[keep], logit[keep])


def _scale_peaks(scale: Scale, search: Search, cascade: Cascade) -> tuple[NDArray[np.float64], ...]:
    score, size = _maps(scale, search, cascade)
    i, j = _local_maxima(score)
    rows, cols = i * search.stride, j * search.stride
    around = scale.sampler.spectra(rows, cols)
    axis = long_axis_deg(around) if search.aspect < 0.6 else mirror_axis_deg(around)
    di, dj = _subpixel(score, i, j)
    half = (scale.factor - 1) / 2
    found = (
        (i + di) * search.stride * scale.factor + half,
        (j + dj) * search.stride * scale.factor + half,
        scale.length_m * 2.0 ** np.clip(size[i, j], -LARGEST, LARGEST) * search.length_factor,
        axis,
        score[i, j],
    )
    return tuple(np.asarray(f, np.float64) for f in found)


def _maps(scale: Scale, search: Search, cascade: Cascade) -> tuple[Plane, Plane]:
    """Score places `search.stride` pixels apart: every `search.first`-th, then what lies beside promising ones."""
    step, wide = search.stride, search.stride * search.first
    shape = scale.level.valid[::step, ::step].shape
    score, size = np.full(shape, REFUSED, np.float32), np.zeros(shape, np.float32)

    def fill(rows: NDArray[np.intp], cols: NDArray[np.intp]) -> None:
        for start in range(0, len(rows), CHUNK):
            r, c = rows[start : start + CHUNK], cols[start : start + CHUNK]
            score[r // step, c // step], size[r // step, c // step] = cascade(scale, r, c)

    fill(*places(scale.level, wide))
    if wide > step:
        near = cv2.dilate((score > PROMISING).astype(np.uint8), np.ones((2 * search.first - 1,) * 2, np.uint8)) > 0
        near[:: search.first, :: search.first] = False
        rows, cols = places(scale.level, step)
        chosen = near[rows // step, cols // step]
        fill(rows[chosen], cols[chosen])
    return score, size


def _local_maxima(score: Plane) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    highest = cv2.dilate(score, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    rows, cols = np.nonzero((score >= highest) & (score > LOWEST))
    return rows, cols


def _subpixel(score: Plane, i: NDArray[np.intp], j: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Give the vertex of the parabola through a peak and its neighbours, along rows and columns."""
    p = np.pad(score, 1, mode="edge")
    here = p[i + 1, j + 1]
    return _vertex(p[i, j + 1], here, p[i + 2, j + 1]), _vertex(p[i + 1, j], here, p[i + 1, j + 2])


def _vertex(before: FloatArray, here: FloatArray, after: FloatArray) -> FloatArray:
    bend = 2 * here - before - after
    return np.where(bend > 1e-6, np.clip((after - before) / (2 * np.maximum(bend, 1e-6)), -0.5, 0.5), 0).astype(
        np.float32
    )

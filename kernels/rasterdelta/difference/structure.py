"""Structural difference for very high resolution imagery: what stands where, whatever the light."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.difference.pixels import gaussian_halo, pool, pool_scores, seen, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.threshold import bulk_threshold
from rasterdelta.types import Image, Mask, Plane

ORIENTATIONS = 6
"""Directions of the edge channels, over half a turn: an edge whose sides swap brightness is the same edge."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Sizes of the filters, in pixels."""

    edge: float
    """Standard deviation of the Gaussian before the gradient."""
    cell: float
    """Standard deviation of the Gaussian over which edges and colours are gathered."""
    context: float
    """Standard deviation of the surroundings whose contrast is taken as normal."""
    slack: int
    """Displacement that is not yet change."""

    @classmethod
    def at(cls, gsd_m: float) -> "Scales":
        """Give the sizes that hold on the ground, but no filter finer than the pixels carry."""
        return cls(
            edge=max(0.5 / gsd_m, 0.6),
            cell=max(1.5 / gsd_m, 0.8),
            context=max(8 / gsd_m, 3.0),
            slack=max(1, round(1.5 / gsd_m)),
        )

    @property
    def halo(self) -> int:
        """Reach of all filters, one after the other."""
        return 1 + self.slack + gaussian_halo(self.edge) + 2 * gaussian_halo(self.cell) + gaussian_halo(self.context)


@dataclass(frozen=True, slots=True)
class Levels:
    """Typical values of a pair where nothing changed."""

    contrast: tuple[float, float]
    """Median gradient of each date: below it no structure is taken to stand."""
    edges: float
    """Median structural difference."""
    colour: float
    """Upper quartile of the colour difference."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Fitted typical differences of edges and colours."""

    scales: Scales
    levels: Levels
    threshold: float
    """On the sum of structural and colour difference."""
    false_alarm_rate: float
    """Share of a normal bulk above the threshold."""
    notes: str
    """What was fitted, on how much."""
    method: Literal["structure"] = "structure"

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return self.scales.halo

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the sum of structural and colour difference, float32, NaN where not valid."""
        return _score(before, after, valid, self.scales, self.levels)


def fit(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.01) -> Structure:
    """Fit the structural difference on blocks of a pair.

    Edges are gathered by direction, set in proportion to the contrast around them and compared both ways: what
    stands on one date and has no like within the slack on the other. A colour difference that grants the same
    slack is added.

    Parameters
    ----------
    samples
        Blocks of the pair, radiometrically normalised.
    gsd_m
        Ground sampling distance, metres.
    false_alarm_rate
        Share of the unchanged bulk above the threshold.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.
    """
    pixels = pool(samples)[0].shape[1]
    scales = Scales.at(gsd_m)
    levels = _levels(samples, scales)
    scores = pool_scores([_score(s.before, s.after, seen(s), scales, levels) for s in samples])
    threshold = bulk_threshold(scores, false_alarm_rate)
    notes = f"Edges and colours within {scales.slack} px, typical differences from {pixels} pixels."
    return Structure(scales, levels, threshold, false_alarm_rate, notes)


def _levels(samples: Sequence[PairSample], scales: Scales) -> Levels:
    first = pool_scores([_gradient(s.before, seen(s), scales)[2] for s in samples])
    second = pool_scores([_gradient(s.after, seen(s), scales)[2] for s in samples])
    contrast = float(np.median(first)) or 1.0, float(np.median(second)) or 1.0
    edges = pool_scores([_edge_difference(s.before, s.after, seen(s), scales, contrast) for s in samples])
    colour = pool_scores([_colour_difference(s.before, s.after, seen(s), scales) for s in samples])
    return Levels(contrast, float(np.median(edges)) or 1.0, float(np.quantile(colour, 0.75)) or 1.0)


def _score(before: Image, after: Image, valid: Mask, scales: Scales, levels: Levels) -> Plane:
    edges = _edge_difference(before, after, valid, scales, levels.contrast)
    colour = _colour_difference(before, after, valid, scales)
    total: Plane = edges / np.float32(levels.edges) + colour / np.float32(2 * levels.colour)
    return total


def _gradient(image: Image, valid: Mask, scales: Scales) -> tuple[Plane, Plane, Plane]:
    """Give column and row derivative of the brightness and their magnitude, 0 beside what is not valid."""
    brightness = smooth(image.mean(axis=0), valid, sigma=scales.edge)
    inner = cv2.erode(valid.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    filled = np.where(valid, brightness, np.float32(0))
    across, down = (
        np.where(inner, cv2.Sobel(filled, cv2.CV_32F, i, j, scale=1 / 8), np.float32(0)) for i, j in ((1, 0), (0, 1))
    )
    return across, down, np.where(valid, np.hypot(across, down), np.float32(np.nan))


def _edge_channels(image: Image, valid: Mask, scales: Scales, contrast: float) -> list[Plane]:
    across, down, magnitude = _gradient(image, valid, scales)
    normal = smooth(magnitude, valid, sigma=scales.context) + np.float32(contrast)
    angles = np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS
    along = (
        np.abs(across * np.float32(c) + down * np.float32(s))
        for c, s in zip(np.cos(angles), np.sin(angles), strict=True)
    )
    return [np.nan_to_num(smooth(a / normal, valid, sigma=scales.cell)) for a in along]


def _edge_difference(before: Image, after: Image, valid: Mask, scales: Scales, contrast: tuple[float, float]) -> Plane:
    disc = _disc(scales.slack)
    total = np.zeros(valid.shape, np.float32)
    first = _edge_channels(before, valid, scales, contrast[0])
    second = _edge_channels(after, valid, scales, contrast[1])
    for b, a in zip(first, second, strict=True):
        total += _above(b, a, disc) + _above(a, b, disc)
    return smooth(total, valid, sigma=scales.cell)


def _colour_difference(before: Image, after: Image, valid: Mask, scales: Scales) -> Plane:
    disc = _disc(scales.slack)
    total = np.zeros(valid.shape, np.float32)
    for b, a in zip(before, after, strict=True):
        x, y = (np.nan_to_num(smooth(band, valid, sigma=scales.cell / 2)) for band in (b, a))
        step = (_above(x, y, disc) + _above(y, x, disc) + _above(-x, -y, disc) + _above(-y, -x, disc)) / 2
        total += step * step
    return smooth(np.sqrt(total), valid, sigma=scales.cell)


def _above(plane: Plane, other: Plane, disc: NDArray[np.uint8]) -> Plane:
    """Give by how much a plane exceeds the largest value of the other nearby."""
    excess: Plane = np.maximum(plane - cv2.dilate(other, disc), np.float32(0))
    return excess


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)

"""Differences between two dates that a displacement of a few pixels does not explain."""

from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np

from rasterdelta.types import Image, Mask, Plane

ORIENTATIONS = 4
"""Directions of edges over half a turn: an edge whose sides swap brightness is the same edge."""

QUIET = 3
"""Times the median gradient that is added to the contrast around a pixel: faint texture is no structure."""

LAYOUT_M = 2.5
"""Standard deviation, in metres, of the Gaussian that leaves what seasons do not change: roads and buildings."""

LAYOUT_WINDOW = 20
"""Side of the surroundings whose coarse gradients are taken as normal, in standard deviations of that Gaussian."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Sizes of the filters, in pixels; those of windows are odd."""

    edge: float
    """Standard deviation of the Gaussian before the gradient."""
    fine: int
    """Window of the mean that takes out noise."""
    cell: int
    """Window over which edges are gathered."""
    object: int
    """Window that a bright object does not fill."""
    spot: int
    """Window over which differences of objects are averaged."""
    block: int
    """Window over which differences of edges and colours are averaged."""
    context: int
    """Window of the surroundings whose contrast is taken as normal."""
    slack: int
    """Displacement that is not yet change."""
    layout: float
    """Standard deviation of the Gaussian that leaves roads and buildings only."""

    @classmethod
    def at(cls, gsd_m: float) -> Self:
        """Give the sizes that hold on the ground; no filter is finer than the pixels."""
        return cls(
            edge=max(0.5 / gsd_m, 0.6),
            fine=_odd(1.5 / gsd_m),
            cell=_odd(2.5 / gsd_m),
            object=max(3, _odd(7 / gsd_m)),
            spot=_odd(1.5 / gsd_m),
            block=_odd(25 / gsd_m),
            context=_odd(20 / gsd_m),
            slack=max(1, round(1.5 / gsd_m)),
            layout=max(LAYOUT_M / gsd_m, 0.6),
        )

    @property
    def halo(self) -> int:
        """Reach of the longest chain of filters."""
        edges = round(4 * self.edge) + 1 + 2 * (self.context // 2) + 2 * (self.cell // 2) + self.slack + self.block // 2
        objects = self.fine // 2 + 2 * (self.object // 2) + self.slack + self.spot // 2
        return max(edges, objects)


@dataclass(frozen=True, slots=True)
class Levels:
    """Typical values of a pair."""

    middle: tuple[float, ...]
    """Median of each band on the first date; stands in for what is not valid, on both dates alike."""
    spread: float
    """Robust standard deviation of a band within a date."""
    contrast: tuple[float, float]
    """Median gradient of each date."""

    def with_contrast(self, contrast: tuple[float, float]) -> Self:
        """Give the same levels with other gradients."""
        return replace(self, contrast=contrast)

    def filled(self, image: Image, valid: Mask) -> Image:
        """Give the image with its middle where not valid, so that no change is seen there."""
        if valid.all():
            return image
        return np.where(valid, image, np.array(self.middle, np.float32)[:, None, None])


def gradient(image: Image, sigma: float) -> tuple[Plane, Plane, Plane]:
    """Give column and row derivative of the smoothed brightness, and their magnitude."""
    side = 2 * round(4 * sigma) + 1
    level = cv2.GaussianBlur(_brightness(image), (side, side), sigma, borderType=cv2.BORDER_REFLECT)
    across, down = (
        cv2.Sobel(level, cv2.CV_32F, i, j, scale=1 / 8, borderType=cv2.BORDER_REFLECT) for i, j in ((1, 0), (0, 1))
    )
    x, y = np.asarray(across, np.float32), np.asarray(down, np.float32)
    # cv2.magnitude rounds by where in memory its arrays lie, and so differs from call to call
    return x, y, np.sqrt(x * x + y * y)


def object_change(before: Image, after: Image, scales: Scales, levels: Levels) -> Plane:
    """Give by how much bright objects of one date stand out where the other has none, in spreads of the image.

    An object must stand out of its surroundings (white top-hat), and its place must have been darker: the geometric
    mean of both differences. The darkest band is taken for the brightness, as aircraft, vehicles, roofs and concrete
    are bright in all bands, while trees and soil are not.

    Parameters
    ----------
    before, after
        float32, shape (band, row, column), without gaps.
    """
    first, second = (_mean(image.min(axis=0).astype(np.float32), scales.fine) for image in (before, after))
    came = _appeared(first, second, scales)
    came += _appeared(second, first, scales)
    return _mean(came, scales.spot) / np.float32(levels.spread)


def _appeared(old: Plane, new: Plane, scales: Scales) -> Plane:
    """Give what stands out in the new plane beyond anything within the slack of the old."""
    stands = np.maximum(_bright(new, scales) - _highest(_bright(old, scales), scales.slack), np.float32(0))
    brighter = np.maximum(new - _highest(old, scales.slack), np.float32(0))
    both: Plane = np.sqrt(stands * brighter)
    return both


def layout(before: Image, after: Image, scales: Scales) -> tuple[Plane, Plane, Plane]:
    """Give what two dates share of the directions of coarse edges, and what each has of them.

    Parameters
    ----------
    before, after
        float32, shape (band, row, column), without gaps.

    Returns
    -------
    shared, first, second : Plane
        Products of the doubled-angle gradients, each in proportion to the gradients around; the sum of the first over
        the root of the product of the other two's sums is the correlation of the layouts.
    """
    a, b = (_directions(image, scales) for image in (before, after))
    first, second = (d[0] * d[0] + d[1] * d[1] for d in (a, b))
    return a[0] * b[0] + a[1] * b[1], first, second


def _directions(image: Image, scales: Scales) -> tuple[Plane, Plane]:
    across, down, magnitude = gradient(image, scales.layout)
    normal = _twice(magnitude, _odd(LAYOUT_WINDOW * scales.layout)) + np.float32(QUIET * np.median(magnitude))
    scale = 1 / np.maximum(normal * magnitude, np.float32(1e-9))
    return (across * across - down * down) * scale, 2 * across * down * scale


def block_change(before: Image, after: Image, scales: Scales, levels: Levels) -> Plane:
    """Give the geometric mean of edge and colour difference over a block of ground.

    Parameters
    ----------
    before, after
        float32, shape (band, row, column), without gaps.
    """
    edges = _mean(_edge_change(before, after, scales, levels), scales.block)
    colours = _mean(_colour_change(before, after, scales), scales.block) / np.float32(levels.spread)
    both: Plane = np.sqrt(np.maximum(edges * colours, np.float32(0)))
    return both


def _bright(level: Plane, scales: Scales) -> Plane:
    window = np.ones((scales.object, scales.object), np.uint8)
    return np.asarray(cv2.morphologyEx(level, cv2.MORPH_TOPHAT, window), np.float32)


def _edge_change(before: Image, after: Image, scales: Scales, levels: Levels) -> Plane:
    total = np.zeros(before.shape[1:], np.float32)
    channels = (_edges(image, scales, c) for image, c in zip((before, after), levels.contrast, strict=True))
    for first, second in zip(*channels, strict=True):
        total += _unmatched(first, second, scales.slack)
    return total


def _edges(image: Image, scales: Scales, contrast: float) -> list[Plane]:
    """Gather edges by direction, in proportion to the contrast around."""
    across, down, magnitude = gradient(image, scales.edge)
    normal = _twice(magnitude, scales.context) + np.float32(QUIET * contrast)
    across, down = across / normal, down / normal
    angles = np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS
    return [
        _twice(np.abs(across * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle))), scales.cell)
        for angle in angles
    ]


def _colour_change(before: Image, after: Image, scales: Scales) -> Plane:
    total = np.zeros(before.shape[1:], np.float32)
    for b, a in zip(before, after, strict=True):
        first, second = _mean(b, scales.fine), _mean(a, scales.fine)
        step = _unmatched(first, second, scales.slack) + _unmatched(-first, -second, scales.slack)
        total += (step / 2) ** 2
    return np.sqrt(total)


def _unmatched(first: Plane, second: Plane, slack: int) -> Plane:
    """Give what either plane has above the other's largest value within the slack."""
    excess: Plane = np.maximum(first - _highest(second, slack), np.float32(0))
    excess += np.maximum(second - _highest(first, slack), np.float32(0))
    return excess


def _highest(plane: Plane, slack: int) -> Plane:
    window = np.ones((2 * slack + 1, 2 * slack + 1), np.uint8)
    return np.asarray(cv2.dilate(plane, window), np.float32)


def _brightness(image: Image) -> Plane:
    total: Plane = image[0].astype(np.float32)
    for band in image[1:]:
        total += band
    total /= np.float32(len(image))
    return total


def _twice(plane: Plane, side: int) -> Plane:
    return _mean(_mean(plane, side), side)


def _mean(plane: Plane, side: int) -> Plane:
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)


def _odd(size: float) -> int:
    return max(1, round(size)) | 1

"""What a thing is made of: outlines at heights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rasterdelta.render.frame import Outline

Shape = Literal["flat", "round", "gable", "dome"]
Label = Literal["aircraft", "vehicle", "tent", "building", "shelter", "clutter"]


@dataclass(frozen=True, slots=True)
class Part:
    """A horizontal outline with a thickness."""

    outline: Outline
    """Metres, x to the right, y forward, about the centre of the thing."""
    z0_m: float
    z1_m: float
    """Underside and top above the ground."""
    shape: Shape = "flat"
    """How the top is curved: across (round), ridged along the axis (gable), both ways (dome)."""
    paint: str = "scheme"
    """`scheme`, or a trim of `rasterdelta.render.paint.TRIM`."""
    tone: float = 1.0
    """Factor on the paint's reflectance."""
    body: bool = True
    """False for blades and barrels, which the stated length and width leave out."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of thing."""

    name: str
    label: Label
    length_m: float
    width_m: float
    """Extent of the body along and across the heading."""
    parts: tuple[Part, ...]
    schemes: tuple[str, ...]
    """Paint schemes that it is seen in."""

    @property
    def height_m(self) -> float:
        """Top of the highest part."""
        return max(part.z1_m for part in self.parts)


def mirrored(half: Sequence[tuple[float, float]]) -> Outline:
    """Close a right-hand outline, given from front to back, by its mirror image."""
    right = np.asarray(half, float)
    return np.concatenate([right, right[::-1] * (-1, 1)])


def both_sides(part: Part) -> tuple[Part, Part]:
    """Give a part and its mirror image."""
    left = Part(part.outline * (-1, 1), part.z0_m, part.z1_m, part.shape, part.paint, part.tone, part.body)
    return part, left


def bar(x: float, y0: float, y1: float, width: float) -> Outline:
    """Give a rectangle along the axis, centred at x."""
    return np.array([(x - width / 2, y1), (x + width / 2, y1), (x + width / 2, y0), (x - width / 2, y0)])


def tapered(length: float, width: float, profile: Sequence[tuple[float, float]]) -> Outline:
    """Give a body from shares of the length (from the nose) and of the width."""
    return mirrored([(share * width / 2, length * (0.5 - at)) for at, share in profile])

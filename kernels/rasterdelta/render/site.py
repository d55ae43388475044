"""A site's own axes: metres to the right of and up along its main axis."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rasterdelta.render.frame import Frame, Outline, box, turned
from rasterdelta.render.parts import Kind
from rasterdelta.render.things import Thing


@dataclass(frozen=True, slots=True)
class Axes:
    """Local axes at the middle of a frame: u to the right, v up, turned clockwise."""

    x_m: float
    y_m: float
    axis_deg: float

    @classmethod
    def centred(cls, frame: Frame, axis_deg: float) -> "Axes":
        """Give axes whose origin is the middle of a frame."""
        width, height = frame.size_m
        return cls(frame.x_m + width / 2, frame.y_m + height / 2, axis_deg)

    @property
    def centre(self) -> tuple[float, float]:
        """Origin, in metres of the scene."""
        return self.x_m, self.y_m

    def path(self, points: Sequence[tuple[float, float]] | Outline) -> Outline:
        """Take local points to the scene."""
        return turned(np.asarray(points, float), self.axis_deg, self.centre)

    def rect(self, u0: float, u1: float, v0: float, v1: float) -> Outline:
        """Give a rectangle along the axes."""
        return self.path(box(u0, u1, v0, v1))

    def thing(
        self, name: str, kind: Kind, u: float, v: float, heading_deg: float = 0.0, scheme: str | None = None
    ) -> Thing:
        """Place a thing; its seed, and its scheme where none is given, follow from its name."""
        x, y = self.path([(u, v)])[0]
        seed = zlib.crc32(name.encode())
        paint = scheme or kind.schemes[seed % len(kind.schemes)]
        return Thing(name, kind, float(x), float(y), (heading_deg + self.axis_deg) % 360, paint, seed)

"""What an image truly shows."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rasterdelta.render.frame import Frame
from rasterdelta.render.parts import Label
from rasterdelta.render.things import Thing
from rasterdelta.types import Plane


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """One object of an image, in pixels of that image."""

    id: str
    """Stays the same from date to date."""
    kind: str
    label: Label
    row: float
    col: float
    """Centre; the centre of the first pixel is (0, 0)."""
    length_m: float
    width_m: float
    heading_deg: float
    """Clockwise from up, 0 to 360."""
    visible: float
    """Share (0 to 1) of its rectangle within the image and not under cloud."""


def _visible(thing: Thing, frame: Frame, cover: Plane) -> float:
    steps = np.linspace(-0.45, 0.45, 10)
    x, y = np.meshgrid(steps * thing.kind.width_m, steps * thing.kind.length_m)
    px = np.round(frame.pixels(thing.placed(np.stack([x.ravel(), y.ravel()], axis=1)))).astype(int)
    inside = (px >= 0).all(axis=1) & (px[:, 0] < frame.cols) & (px[:, 1] < frame.rows)
    px = px[inside]
    return float((cover[px[:, 1], px[:, 0]] < 0.5).sum()) / len(inside)


def _object(thing: Thing, row: float, col: float, visible: float) -> PlacedObject:
    kind, heading = thing.kind, thing.heading_deg % 360
    return PlacedObject(thing.id, kind.name, kind.label, row, col, kind.length_m, kind.width_m, heading, visible)


def truth_of(things: Iterable[Thing], frame: Frame, cover: Plane) -> tuple[PlacedObject, ...]:
    """Give the objects of an image: clutter, and what lies outside altogether, is left out.

    Parameters
    ----------
    things : iterable of Thing
        All things of the scene.
    frame : Frame
        True grid of the image.
    cover : ndarray of shape (row, column)
        Opacity of the clouds on that grid.
    """
    found = []
    for thing in things:
        col, row = frame.pixels(np.array([(thing.x_m, thing.y_m)]))[0]
        inside = -0.5 <= row < frame.rows - 0.5 and -0.5 <= col < frame.cols - 0.5
        if thing.kind.label == "clutter" or not inside:
            continue
        found.append(_object(thing, float(row), float(col), _visible(thing, frame, cover)))
    return tuple(found)

"""What the picture of a pair is drawn on: pixels, an SVG or a figure of Matplotlib."""

from collections.abc import Iterator
from typing import Literal, Protocol, Self

import numpy as np

Colour = tuple[int, int, int]
"""Red, green, blue."""
Anchor = Literal["la", "ra", "ls", "rs", "mm"]
"""Which point of a line of text is placed: left, middle or right; ascender, middle or baseline."""
ASCENT, DESCENT = 0.928, 0.236
"""Of DejaVu Sans, as shares of its size."""


class Paper(Protocol):
    """A sheet with places in pixels from the upper left; x to the right, y down; places may be fractions."""

    def panel(self, left: int, top: int, width: int, height: int, colour: Colour) -> Self:
        """Give a part in one colour, with its own upper left corner; nothing drawn on it reaches out of it."""

    def image(self, image: np.ndarray, width: float, height: float) -> None:
        """Lay an image, uint8 of shape (row, column, 3), on the upper left, stretched to a size."""

    def lines(self, paths: list[np.ndarray], colour: Colour, *, width: int, closed: bool) -> None:
        """Draw lines through the points of each path, shape (point, 2) of (x, y)."""

    def area(self, path: np.ndarray, colour: Colour) -> None:
        """Fill a simple polygon."""

    def text(
        self,
        words: str,
        x: float,
        y: float,
        *,
        size: int,
        colour: Colour,
        anchor: Anchor = "la",
        halo: Colour | None = None,
    ) -> None:
        """Write one line; with `halo`, an outline in that colour."""


def baseline(y: float, size: int, anchor: Anchor) -> float:
    """Give where the letters of a line stand."""
    return y + size * {"a": ASCENT, "s": 0.0, "m": (ASCENT - DESCENT) / 2}[anchor[1]]


def hexed(colour: Colour) -> str:
    """Give a colour as the web writes it.

    Examples
    --------
    >>> hexed((255, 176, 0))
    '#ffb000'
    """
    return "#" + "".join(f"{v:02x}" for v in colour)


def rounded(path: np.ndarray) -> Iterator[str]:
    """Give the points of a path as SVG writes them, to a hundredth of a pixel."""
    return (f"{x:.2f} {y:.2f}" for x, y in path)

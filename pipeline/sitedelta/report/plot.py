"""A figure of Matplotlib to draw and write on, for notebooks and for PDF."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sitedelta.report.canvas import DPI
from sitedelta.report.paper import Anchor, Colour, baseline, hexed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ALIGN = {"l": "left", "m": "center", "r": "right"}
_POINTS = 72 / DPI
"""Of a pixel."""


class Plot:
    """A figure whose one axes counts pixels from the upper left."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        from sitedelta.report.shown import Shown

        self.figure = Shown(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=hexed(colour))
        self._axes: Axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0), autoscale_on=False)
        self._axes.set_axis_off()
        self._left, self._top = 0, 0
        self._edge: Any = None

    def panel(self, left: int, top: int, width: int, height: int, colour: Colour) -> Self:
        """Give a part in one colour, with its own upper left corner; nothing drawn on it reaches out of it."""
        from matplotlib.patches import Rectangle

        part = object.__new__(type(self))
        part.figure, part._axes, part._left, part._top = self.figure, self._axes, left, top
        part._edge = Rectangle((left, top), width, height, color=hexed(colour), lw=0)
        self._axes.add_patch(part._edge)
        return part

    def image(self, image: np.ndarray, width: float, height: float) -> None:
        """Lay an image, uint8 of shape (row, column, 3), on the upper left, stretched to a size."""
        extent = (self._left, self._left + width, self._top + height, self._top)
        self._clipped(self._axes.imshow(image, extent=extent, aspect="auto", interpolation="antialiased", zorder=1))

    def lines(self, paths: list[np.ndarray], colour: Colour, *, width: int, closed: bool) -> None:
        """Draw lines through the points of each path, shape (point, 2) of (x, y)."""
        from matplotlib.collections import LineCollection

        rings = [np.concatenate([p, p[:1]]) if closed else p for p in paths if len(p)]
        thick = width * _POINTS
        drawn = LineCollection([self._placed(r) for r in rings], colors=hexed(colour), linewidths=thick, zorder=2)
        self._clipped(self._axes.add_collection(drawn, autolim=False))

    def area(self, path: np.ndarray, colour: Colour) -> None:
        """Fill a simple polygon."""
        from matplotlib.patches import Polygon

        shape = Polygon(self._placed(path), closed=True, facecolor=hexed(colour), lw=0, zorder=2)
        self._clipped(self._axes.add_patch(shape))

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
        from matplotlib.patheffects import withStroke

        around = [] if halo is None else [withStroke(linewidth=size / 4 * _POINTS, foreground=hexed(halo))]
        place = self._left + x, self._top + baseline(y, size, anchor)
        letters = self._axes.text(*place, words, fontsize=size * _POINTS, fontfamily="DejaVu Sans", color=hexed(colour))
        letters.set(ha=_ALIGN[anchor[0]], va="baseline", parse_math=False, path_effects=around, zorder=3)
        self._clipped(letters)

    def _placed(self, path: np.ndarray) -> np.ndarray:
        return np.asarray(path + np.array([self._left, self._top]))

    def _clipped(self, artist: Any) -> None:
        if self._edge is not None:
            artist.set_clip_path(self._edge)

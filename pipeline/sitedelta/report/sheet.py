"""A sheet of pixels to draw and write on: quick, and the same inputs give the same bytes."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import cv2
import numpy as np

from sitedelta.report.paper import Anchor, Colour

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_RUNS = cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE
"""Of a photograph only runs of equal differences are worth looking for: quicker, and smaller."""
_FINE = 4
"""Binary digits of a pixel's fraction that lines are drawn to."""
_ROOM = 4
"""Pixels about a text that drawing it may touch."""


class Sheet:
    """Pixels from the upper left; x to the right, y down; places may be fractions."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        self.pixels = np.full((height, width, 3), colour, np.uint8)

    def panel(self, left: int, top: int, width: int, height: int, colour: Colour) -> Self:
        """Give a part in one colour, with its own upper left corner; nothing drawn on it reaches out of it."""
        part = object.__new__(type(self))
        part.pixels = self.pixels[top : top + height, left : left + width]
        part.pixels[:] = colour
        return part

    def image(self, image: np.ndarray, width: float, height: float) -> None:
        """Lay an image, uint8 of shape (row, column, 3), on the upper left, stretched to a size."""
        size = max(1, round(width)), max(1, round(height))
        how = cv2.INTER_AREA if width < image.shape[1] else cv2.INTER_CUBIC
        rows, columns = self.pixels.shape[:2]
        self.paste(cv2.resize(image, size, interpolation=how)[:rows, :columns], 0, 0)

    def paste(self, image: np.ndarray, x: int, y: int) -> None:
        """Put an image, uint8 of shape (row, column, 3), with its upper left corner at a place."""
        self.pixels[y : y + image.shape[0], x : x + image.shape[1]] = image

    def lines(self, paths: list[np.ndarray], colour: Colour, *, width: int, closed: bool) -> None:
        """Draw smooth lines through the points of each path, shape (point, 2) of (x, y)."""
        fixed = [np.round(p * (1 << _FINE)).astype(np.int32) for p in paths if len(p)]
        cv2.polylines(self.pixels, fixed, closed, colour, width, cv2.LINE_AA, _FINE)

    def area(self, path: np.ndarray, colour: Colour) -> None:
        """Fill a simple polygon."""
        cv2.fillPoly(self.pixels, [np.round(path * (1 << _FINE)).astype(np.int32)], colour, cv2.LINE_AA, _FINE)

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
        """Write one line or several; with `halo`, an outline in that colour."""
        from PIL import Image, ImageDraw

        around = 0 if halo is None else max(1, size // 8)
        how: dict[str, Any] = {"font": _font(size), "anchor": anchor, "stroke_width": around}
        left, top, part = self._around(ImageDraw.Draw(Image.new("RGB", (1, 1))).textbbox((x, y), words, **how))
        if not part.size:
            return
        image = Image.fromarray(part)
        ImageDraw.Draw(image).text((x - left, y - top), words, fill=colour, stroke_fill=halo, **how)
        part[:] = np.asarray(image)

    def _around(self, box: tuple[float, float, float, float]) -> tuple[int, int, np.ndarray]:
        """Give the part about a box (left, top, right, bottom), and where its upper left corner is."""
        rows, columns = self.pixels.shape[:2]
        left, top = max(0, int(box[0]) - _ROOM), max(0, int(box[1]) - _ROOM)
        return left, top, self.pixels[top : min(rows, int(box[3]) + _ROOM), left : min(columns, int(box[2]) + _ROOM)]

    def png(self) -> bytes:
        """Encode, without the marks of time and software."""
        done, data = cv2.imencode(".png", self.pixels[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1, *_RUNS])
        if not done:
            raise RuntimeError("the picture could not be encoded")
        return data.tobytes()


def text_width(words: str, size: int) -> float:
    """Give the width of a line in pixels."""
    return float(_font(size).getlength(words))


def wrapped(words: str, size: int, width: float) -> list[str]:
    """Break a text between words into lines that fit a width."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@cache
def _font(size: int) -> "FreeTypeFont":
    """Give DejaVu Sans, which knows Cyrillic and Greek; it comes with Matplotlib."""
    from PIL import ImageFont

    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise RuntimeError("Matplotlib, whose font is used, is not installed")
    path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(path, size)

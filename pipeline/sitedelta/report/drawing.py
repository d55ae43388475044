"""An SVG to draw and write on: lines stay sharp at any size, and the same inputs give the same bytes."""

import base64
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Self
from xml.sax.saxutils import quoteattr

import numpy as np

from sitedelta.report import images
from sitedelta.report.paper import Anchor, Colour, baseline, hexed, rounded
from sitedelta.report.plain import xml

_QUALITY = 90
_EM = 100
"""Size in which Matplotlib gives the outlines of letters."""
_STEPS = {1: "M", 2: "L", 3: "Q", 4: "C"}
"""SVG's letters for Matplotlib's codes of a path; each stands for one, two or three points."""
_SHARE = {"l": 0.0, "m": 0.5, "r": 1.0}


class Drawing:
    """An SVG that asks for nothing: images lie within it, and letters are drawn, so every reader shows the same."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        self._size = width, height
        self._parts: list[str | Drawing] = [_tag("rect", width=f"{width}", height=f"{height}", fill=hexed(colour))]
        self._place = 0, 0

    def panel(self, left: int, top: int, width: int, height: int, colour: Colour) -> Self:
        """Give a part in one colour, with its own upper left corner; nothing drawn on it reaches out of it."""
        part = type(self)(width, height, colour)
        part._place = left, top  # noqa: SLF001 - its own kind
        self._parts.append(part)
        return part

    def image(self, image: np.ndarray, width: float, height: float) -> None:
        """Lay an image, uint8 of shape (row, column, 3), on the upper left, stretched to a size."""
        data = "data:image/jpeg;base64," + base64.b64encode(images.jpeg(image, quality=_QUALITY)).decode()
        size = {"width": f"{width:.2f}", "height": f"{height:.2f}"}
        self._parts.append(_tag("image", **size, preserveAspectRatio="none", **{"xlink:href": data}))

    def lines(self, paths: list[np.ndarray], colour: Colour, *, width: int, closed: bool) -> None:
        """Draw lines through the points of each path, shape (point, 2) of (x, y)."""
        d = "".join(f"M{'L'.join(rounded(p))}{'Z' * closed}" for p in paths if len(p))
        look = {"stroke": hexed(colour), "stroke-width": f"{width}", "stroke-linejoin": "round"}
        self._parts.append(_tag("path", d=d, fill="none", **look))

    def area(self, path: np.ndarray, colour: Colour) -> None:
        """Fill a simple polygon."""
        self._parts.append(_tag("path", d=f"M{'L'.join(rounded(path))}Z", fill=hexed(colour)))

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
        d, width = _letters(words)
        left = x - _SHARE[anchor[0]] * width * size / _EM
        place = f"translate({left:.2f} {baseline(y, size, anchor):.2f}) scale({size / _EM:g} {-size / _EM:g})"
        around = {"stroke": hexed(halo), "stroke-width": f"{_EM / 4:g}", "paint-order": "stroke"} if halo else {}
        said = {"role": "img", "aria-label": xml(words)}
        self._parts.append(_tag("path", d=d, fill=hexed(colour), transform=place, **around, **said))

    def svg(self) -> bytes:
        """Write it."""
        width, height = self._size
        spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        head = f'<svg {spaces} width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *self._written(), "</svg>", ""]).encode()

    def _written(self) -> Iterator[str]:
        for n, part in enumerate(self._parts):
            if isinstance(part, str):
                yield part
            else:
                left, top = part._place  # noqa: SLF001 - its own kind
                (width, height), name = part._size, f"part{n}"  # noqa: SLF001 - its own kind
                edge = _tag("rect", width=f"{width}", height=f"{height}")
                yield f'<clipPath id="{name}">{edge}</clipPath>'
                yield f'<g transform="translate({left} {top})"><g clip-path="url(#{name})">'
                yield from part._written()  # noqa: SLF001 - its own kind
                yield "</g></g>"


def _tag(name: str, **attributes: str) -> str:
    return f"<{name} {' '.join(f'{k}={quoteattr(v)}' for k, v in attributes.items())}/>"


@lru_cache(maxsize=256)
def _letters(words: str) -> tuple[str, float]:
    """Give the outlines of a line of letters, y up, and how long it is."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        points, codes = text_to_path.get_text_path(font, words)
        width, _, _ = text_to_path.get_text_width_height_descent(words, font.copy(), ismath=False)
    return "".join(_steps(np.asarray(points, float), [int(c) for c in codes])), width


def _steps(points: np.ndarray, codes: list[int]) -> Iterator[str]:
    at = 0
    while at < len(codes):
        letter = _STEPS.get(codes[at])
        number = max(1, codes[at] - 1) if letter else 1
        yield f"{letter}{' '.join(rounded(points[at : at + number]))}" if letter else "Z"
        at += number

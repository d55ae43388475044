"""An image with what was found in it drawn on it, to be looked at before a number is believed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from rasterdelta.detect.protocol import Detections
from sitedelta.alignment.warp import fitted_size
from sitedelta.files.store import written_aside
from sitedelta.imagery.bands import display_bands
from sitedelta.imagery.prepare import Prepared
from sitedelta.raster import Reader
from sitedelta.report.paper import Colour
from sitedelta.report.sheet import Sheet, text_width
from sitedelta.verbs.picture import shown
from sitedelta.words.wording import counted

LONG_SIDE = 4000
"""Pixels on the longer side at most."""
COLOURS: Final[dict[str, Colour]] = {"aircraft": (94, 200, 255), "vehicle": (255, 176, 0)}
_OTHER: Final[Colour] = (255, 96, 208)
_BAR, _TEXT, _GAP = 30, 18, 24
_INK, _PAPER = (0, 0, 0), (255, 255, 255)
_AROUND = 1.2
"""Boxes are so many times as long and wide as their objects, so that these can be seen."""


def picture_names(images: list[Path]) -> list[str]:
    """Name the picture of each image; of several images of one name, the later ones get a number.

    Examples
    --------
    >>> picture_names([Path("a/shot.png"), Path("b/shot.tif"), Path("c.png")])
    ['shot-objects.png', 'shot-objects-2.png', 'c-objects.png']
    """
    stems = [i.stem for i in images]
    earlier = [stems[:k].count(stem) for k, stem in enumerate(stems)]
    return [f"{stem}-objects{f'-{n + 1}' if n else ''}.png" for stem, n in zip(stems, earlier, strict=True)]


def write_marked(path: Path, prepared: Prepared, found: Detections) -> None:
    """Write an image with a box about each object, and their numbers above; large images are reduced."""
    scene = prepared.scene
    rows, cols, step = fitted_size(scene.height, scene.width, LONG_SIDE)
    with Reader(scene.uri) as reader:
        image, valid = reader.read(
            (0, scene.height, 0, scene.width), bands=display_bands(scene), out_shape=(rows, cols)
        )
    sheet = Sheet(cols, rows + _BAR, _PAPER)
    ground = sheet.panel(0, _BAR, cols, rows, _PAPER)
    ground.paste(np.broadcast_to(shown(prepared.stretch.apply(image), valid), (rows, cols, 3)), 0, 0)
    at = 8.0
    for label in sorted(set(found.label.tolist())) or ["nothing"]:
        mine = found.take(found.label == label)
        colour = COLOURS.get(label, _OTHER)
        ground.lines(list(_boxes(mine, prepared.pixel_m, step)), colour, width=2, closed=True)
        words = counted(len(mine), label) if len(mine) else "nothing found"
        sheet.area(np.array([(at, 8.0), (at + 12, 8.0), (at + 12, 20.0), (at, 20.0)]), colour)
        sheet.text(words, at + 18, 4, size=_TEXT, colour=_INK)
        at += 18 + text_width(words, _TEXT) + _GAP
    with written_aside(path) as aside:
        aside.write_bytes(sheet.png())


def _boxes(found: Detections, pixel_m: float, step: float) -> Iterator[np.ndarray]:
    """Give the corners of oriented boxes, (x, y) in pixels of the picture."""
    scale = _AROUND / 2 / pixel_m / step
    for k in range(len(found)):
        turn = np.radians(found.heading_deg[k])
        along = found.length_m[k] * scale * np.array([np.sin(turn), -np.cos(turn)])
        across = found.width_m[k] * scale * np.array([np.cos(turn), np.sin(turn)])
        centre = np.array([(found.col[k] + 0.5) / step, (found.row[k] + 0.5) / step])
        yield centre + np.array([along + across, along - across, -along - across, across - along])

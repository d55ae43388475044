"""A user's labelled images as they are counted: stretched for display, with the labels of one class."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.network import GREY
from sitedelta.counts.claims import claim
from sitedelta.evaluation.labels import LabelledImage
from sitedelta.imagery.bands import display_bands
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import Prepared, prepare
from sitedelta.learning.detect.ground import Picture
from sitedelta.learning.detect.labelled import Labelled, Truth
from sitedelta.raster import Reader

STRIP = 1024
"""Rows read at once."""
SUBS = {"aircraft": ("helicopter",), "vehicle": ("car", "smallvehicle")}
"""Kinds that decide the sub-class: helicopters are one, and all vehicles but cars."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One labelled image, for one class."""

    image: LabelledImage
    marks: Picture
    """Each label of the class, and each that may be of any; without pixels."""
    pixels: Path
    """File of the pixels as they are shown, uint8, shape (row, column, 3)."""
    least_m: float
    """Shorter objects are not counted at its ground sampling distance."""

    @property
    def name(self) -> str:
        """Data set and file."""
        return f"{self.image.data}/{self.image.path.name}"

    @property
    def objects(self) -> int:
        """Labelled objects that count."""
        return int(self.marks.counted.sum())

    def picture(self) -> Picture:
        """Give it with its pixels, mapped from their file."""
        return replace(self.marks, pixels=np.load(self.pixels, mmap_mode="r"))

    def labelled(self) -> Labelled:
        """Give it as what is measured on."""
        boxes = self.marks.boxes
        (col, row), size = (boxes[:, :2] + boxes[:, 2:]).T / 2, (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0)
        truth = Truth(row, col, size, self.marks.counted)
        return Labelled(self.pixels, self.marks.gsd_m, truth, least_m=self.least_m)


def sheet(image: LabelledImage, label: str, *, gsd_m: float | None, path: Path) -> Sheet | None:
    """Read one image; None where the class cannot be observed at its ground sampling distance.

    Parameters
    ----------
    gsd_m : float or None
        Ground sampling distance of images for which neither labels nor file state one.
    path : Path
        File for its pixels as they are shown.

    Raises
    ------
    InputError
        The image cannot be read, or its ground sampling distance is not known.
    """
    scene = scene_from_file(image.path, gsd_m=image.gsd_m or gsd_m, require_date=False, hashed=False)
    said = claim(label, scene.gsd_m, kind=scene.kind)
    if not said.observable:
        return None
    prepared = prepare(scene)
    _show(prepared, path)
    return Sheet(image, _marks(image, label, prepared.pixel_m, said.min_length_m), path, said.min_length_m)


def _show(prepared: Prepared, path: Path) -> None:
    scene = prepared.scene
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(scene.height, scene.width, 3))
    with Reader(scene.uri) as reader:
        for row in range(0, scene.height, STRIP):
            window = (row, min(row + STRIP, scene.height), 0, scene.width)
            image, valid = reader.read(window, bands=display_bands(scene))
            shown = np.where(valid, prepared.stretch.apply(image) * np.float32(255), np.float32(GREY))
            out[window[0] : window[1]] = np.rint(shown).astype(np.uint8).transpose(1, 2, 0)
    out.flush()


def _marks(image: LabelledImage, label: str, pixel_m: float, least_m: float) -> Picture:
    mine = np.isin(image.labels.label, (label, ""))
    labels = image.labels.take(mine)
    width, heading, wide, high = (getattr(image.shapes, n)[mine] for n in image.shapes.__slots__)
    boxed = np.isfinite(wide)
    wide, high = np.where(boxed, wide, labels.length_px), np.where(boxed, high, labels.length_px)
    boxes = np.column_stack(
        [labels.col - wide / 2, labels.row - high / 2, labels.col + wide / 2, labels.row + high / 2]
    )
    poses = None if boxed.all() else np.column_stack([labels.length_px, width, np.deg2rad(heading)])
    counted = labels.clear & (labels.label == label) & (labels.length_px * pixel_m >= least_m)
    none = np.zeros((0, 0, 3), np.uint8)
    return Picture(none, pixel_m, boxes, counted, _sub(labels.kind, label), poses, name=image.path.name)


def _sub(kinds: NDArray[np.str_], label: str) -> NDArray[np.float64]:
    """Say of each object whether it is of the sub-class: 1, 0, or -1 where that is not known."""
    among = np.isin(kinds, SUBS[label])
    return np.where(kinds == "", -1.0, (among if label == "aircraft" else ~among).astype(float))

"""The same image as a coarser sensor would sample it."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sitedelta.evaluation.labels import Labels
from sitedelta.files.store import written_aside
from sitedelta.raster import Reader
from sitedelta.scene import Scene


@dataclass(frozen=True, slots=True)
class Reduced:
    """An image, and how much larger its pixels are than those that it was made of."""

    path: Path
    rows: float
    cols: float
    """Times the original pixel, in each direction: sides are whole numbers of pixels."""

    @property
    def factor(self) -> float:
        """Times the original pixel, as a square of the same area."""
        return float(np.sqrt(self.rows * self.cols))

    def bring(self, labels: Labels) -> Labels:
        """Give the labels of the original on this image."""
        row, col = (labels.row + 0.5) / self.rows - 0.5, (labels.col + 0.5) / self.cols - 0.5
        return Labels(row, col, labels.length_px / self.factor, labels.label, labels.kind, labels.clear)


def average(scene: Scene, factor: float, path: Path) -> Reduced:
    """Write an image averaged over pixels `factor` times as large, without a georeference.

    The mean over the area of each pixel stands in for a sensor: it is sharper than most, without their noise or haze.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    from sitedelta.files.checked import CheckedFiles

    with Reader(scene.uri) as reader:
        image, valid = reader.read((0, scene.height, 0, scene.width))
        dtype = np.dtype(reader.info.dtype)
    width, height = (max(1, round(n / factor)) for n in (scene.width, scene.height))
    weight = cv2.resize(valid.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    bands = [cv2.resize(b, (width, height), interpolation=cv2.INTER_AREA) / np.maximum(weight, 1e-6) for b in image]
    whole = np.issubdtype(dtype, np.integer)
    pixels = np.stack([np.rint(b) if whole else b for b in bands]).astype(dtype if whole else np.float32)
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        written_aside(path) as aside,
        CheckedFiles() as disk,
        rasterio.open(
            aside, "w", opener=disk, driver="GTiff", count=len(bands), height=height, width=width, dtype=pixels.dtype
        ) as out,
    ):
        out.write(pixels)
        out.descriptions = scene.bands
        if not valid.all():
            out.write_mask(weight > 0.5)
    return Reduced(path, scene.height / height, scene.width / width)

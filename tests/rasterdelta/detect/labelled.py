"""Labelled image sets for fitting and measuring, read from their folder (see its README.md for the formats)."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rasterdelta.detect.sampling import Labels

CARS = ("car", "truck", "bus", "van", "longvehicle", "minibus", "vehicle")
NOT_OBJECTS = ("building", "watercraft", "airplane")


@dataclass(frozen=True)
class Picture:
    """One labelled image; sizes and places in pixels of the file."""

    path: Path
    gsd_m: float
    row: np.ndarray
    col: np.ndarray
    size_px: np.ndarray
    counted: np.ndarray
    """False: truncated, doubtful."""
    airplanes: int = 0
    """Airplanes among the objects of other classes."""

    def read(self, factor: float = 1.0) -> np.ndarray:
        """Give the image, float32 in 0 to 1, (band, row, column), averaged to `factor` times its pixel size."""
        image = cv2.imread(str(self.path))
        if factor != 1:
            image = cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1)).astype(np.float32) / 255

    def labels(self, factor: float = 1.0) -> Labels:
        """Give the labels on the grid of `read(factor)`."""
        row, col = ((v + 0.5) / factor - 0.5 for v in (self.row, self.col))
        return Labels(row, col, self.size_px * self.gsd_m, self.counted)


def _place(r: dict[str, str]) -> tuple[float, float, float]:
    if r.get("col_min"):
        x0, y0, x1, y1 = (float(r[k]) for k in ("col_min", "row_min", "col_max", "row_max"))
        return (y0 + y1) / 2 - 0.5, (x0 + x1) / 2 - 0.5, max(x1 - x0, y1 - y0)
    return float(r["row"]), float(r["col"]), float(r["length_px"])


def _pictures(
    folder: Path, labels: str, names: list[str], gsd_m: dict[str, float], classes: tuple[str, ...]
) -> Iterator[Picture]:
    with (folder / labels).open(newline="") as f:
        every = list(csv.DictReader(f))
    rows = [r for r in every if r["class"] not in NOT_OBJECTS]
    flying = Counter(r["image"] for r in every if r["class"] == "airplane")
    for name in names:
        mine = [r for r in rows if r["image"] == name]
        row, col, size = np.array([_place(r) for r in mine], float).reshape(-1, 3).T
        counted = np.array([r["class"] in classes and (r.get("visibility") or "clear") == "clear" for r in mine], bool)
        yield Picture(folder / "images" / name, gsd_m[name], row, col, size, counted, flying[name])


def airbus(data: Path, *, validation: bool) -> list[Picture]:
    """Give the labelled images of the sites that validate, or of all others."""
    folder, sites = data / "airbus", json.loads((data / "airbus/sites.json").read_text())
    chosen = set(json.loads((data / "split.json").read_text())["airbus"])
    with (folder / "annotations.csv").open(newline="") as f:
        labelled = {r["image"] for r in csv.DictReader(f)}
    names = [i for s, images in sites.items() if (s in chosen) == validation for i in images if i in labelled]
    return list(_pictures(folder, "annotations.csv", names, dict.fromkeys(names, 0.5), ("Airplane",)))


def listed(data: Path, name: str, classes: tuple[str, ...], gsd_m: float | None = None) -> list[Picture]:
    """Give a set that lists its images in images.csv."""
    with (data / name / "images.csv").open(newline="") as f:
        gsd = {r["image"]: gsd_m or float(r["gsd_m"]) for r in csv.DictReader(f)}
    return list(_pictures(data / name, "labels.csv", list(gsd), gsd, classes))


def estonia(data: Path, *, validation: bool) -> list[Picture]:
    """Give the sheets that validate, or all others."""
    chosen = set(json.loads((data / "split.json").read_text())["estonia"])
    return [p for p in listed(data, "estonia", CARS) if (p.path.name.split("_")[1] in chosen) == validation]

"""Labelled sets to measure on: validation sites, and sets that may be looked at but never learned from."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Image
from sitedelta.learning.detect.ground import Picture as Rendered
from sitedelta.learning.detect.scenes import GSD_M

CARS = ("car", "truck", "bus", "van", "longvehicle", "minibus", "vehicle")
NOT_OBJECTS = ("building", "watercraft", "airplane")


class Truth(NamedTuple):
    """Labelled objects; arrays of shape (n,)."""

    row: NDArray[np.float64]
    col: NDArray[np.float64]
    size: NDArray[np.float64]
    """Longer side of the box, pixels."""
    counted: NDArray[np.bool_]
    """False = neither a miss nor a false alarm."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled image."""

    path: Path
    gsd_m: float
    truth: Truth
    factor: float = 1.0
    """It is averaged to so many times its pixel."""
    least_m: float = 0.0
    """Shorter objects are not counted."""

    def read(self) -> tuple[Image, float]:
        """Give the image, float32 in 0 to 1, and its ground sampling distance."""
        pixels = np.load(self.path)[..., ::-1] if self.path.suffix == ".npy" else np.asarray(cv2.imread(str(self.path)))
        if self.factor != 1:
            size = [round(n / self.factor) for n in pixels.shape[1::-1]]
            pixels = np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA))
        image = np.ascontiguousarray(pixels[..., ::-1].transpose(2, 0, 1)).astype(np.float32) / np.float32(255)
        return image, self.gsd_m * self.factor

    def judged(self) -> Truth:
        """Give the labels on the grid of `read`."""
        row, col, size, counted = self.truth
        row, col = ((at + 0.5) / self.factor - 0.5 for at in (row, col))
        return Truth(row, col, size / self.factor, counted & (size * self.gsd_m >= self.least_m))


def _place(r: dict[str, str]) -> tuple[float, float, float]:
    if r.get("col_min"):
        x0, y0, x1, y1 = (float(r[k]) for k in ("col_min", "row_min", "col_max", "row_max"))
        return (y0 + y1) / 2 - 0.5, (x0 + x1) / 2 - 0.5, max(x1 - x0, y1 - y0)
    return float(r["row"]), float(r["col"]), float(r["length_px"])


def _once(rows: list[dict[str, str]]) -> tuple[list[dict[str, str]], NDArray[np.float64]]:
    """Drop labels that lie on an earlier one: one validation image of `airbus` is labelled twice."""
    places = np.array([_place(r) for r in rows], float).reshape(-1, 3)
    away = np.hypot(places[:, None, 0] - places[None, :, 0], places[:, None, 1] - places[None, :, 1])
    kept = ~(np.tril(away < 0.25 * places[:, 2], -1)).any(1)
    return [r for r, k in zip(rows, kept, strict=True) if k], places[kept].T


def _set(
    folder: Path, labels: str, gsd_m: dict[str, float], classes: tuple[str, ...], factor: float, least_m: float
) -> Iterator[Labelled]:
    with (folder / labels).open(newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["class"] not in NOT_OBJECTS]
    for name, gsd in gsd_m.items():
        mine = [r for r in rows if r["image"] == name]
        mine, (row, col, size) = _once(mine)
        counted = np.array([r["class"] in classes and (r.get("visibility") or "clear") == "clear" for r in mine], bool)
        yield Labelled(folder / "images" / name, gsd, Truth(row, col, size, counted), factor, least_m)


def airbus(data: Path, *, factor: float = 1.0, least_m: float = 0.0) -> list[Labelled]:
    """Give the labelled images of the airports that validate."""
    folder, sites = data / "airbus", json.loads((data / "airbus/sites.json").read_text())
    chosen = json.loads((data / "split.json").read_text())["airbus"]
    with (folder / "annotations.csv").open(newline="") as f:
        known = {r["image"] for r in csv.DictReader(f)}
    names = [i for s in chosen for i in sites[s] if i in known]
    return list(_set(folder, "annotations.csv", dict.fromkeys(names, 0.5), ("Airplane",), factor, least_m))


def listed(
    data: Path, name: str, classes: tuple[str, ...], *, gsd_m: float | None = None, least_m: float = 0.0
) -> list[Labelled]:
    """Give a set that lists its images in images.csv."""
    with (data / name / "images.csv").open(newline="") as f:
        gsd = {r["image"]: gsd_m or float(r["gsd_m"]) for r in csv.DictReader(f)}
    return list(_set(data / name, "labels.csv", gsd, classes, 1.0, least_m))


def without(paths: Iterable[Path], gsd_m: float) -> list[Labelled]:
    """Give images in which there is no object."""
    nothing = Truth(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, bool))
    return [Labelled(p, gsd_m, nothing) for p in sorted(paths)]


def estonia(data: Path, *, factor: float = 1.0) -> list[Labelled]:
    """Give the sheets that validate."""
    chosen = json.loads((data / "split.json").read_text())["estonia"]
    with (data / "estonia/images.csv").open(newline="") as f:
        gsd = {r["image"]: 0.2 for r in csv.DictReader(f) if r["image"].split("_")[1] in chosen}
    return list(_set(data / "estonia", "labels.csv", gsd, CARS, factor, 0.0))


def rendered(folder: Path, scenes: tuple[Rendered, ...], factor: float, least_m: float = 0.0) -> list[Labelled]:
    """Give rendered places, averaged to so many times their pixel."""
    found = []
    for path, p in zip(sorted(folder.glob("*.npy")), scenes, strict=True):
        col, row = ((p.boxes[:, :2] + p.boxes[:, 2:]) / 2).T
        truth = Truth(row, col, p.boxes[:, 2] - p.boxes[:, 0], p.counted)
        found.append(Labelled(path, GSD_M, truth, factor, least_m))
    return found

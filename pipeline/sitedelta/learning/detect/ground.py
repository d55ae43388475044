"""Real ground with labels: airports, streets and fields; validation sites stay out."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from csv import DictReader
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""RGB, shape (row, column, 3)."""
Boxes = NDArray[np.float64]
"""Shape (n, 4): column and row, least and greatest."""
SHARE_ALIKE = "DJI"
"""Images of `aerial_cars` under CC BY-SA, which does not mix with the CC BY-NC-SA of `airbus`."""
CARS = ("car", "truck", "bus", "van", "minibus")
FLIGHTS = {"DJI-00760": 0.102, "DJI_0005": 0.092, "DJI_0013": 0.092, "DJI_0762": 0.122}
"""Ground sampling distances, metres, of the drone images of `aerial_cars`: what makes their cars 4.5 m long."""
UNLABELLED = Path(__file__).with_name("unlabelled.csv")
"""Vehicles of `estonia` that its annotators passed over: clear ones, and (0) what may be one."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One image in which every object of the class is labelled, or meant to be."""

    pixels: Pixels
    gsd_m: float
    boxes: Boxes
    counted: NDArray[np.bool_]
    """False = neither an object nor background."""
    sub: NDArray[np.float64]
    """1 the sub-class (helicopters among aircraft, buses and trucks among vehicles), 0 not."""
    poses: NDArray[np.float64] | None = None
    """Length, width (pixels) and heading (radians, clockwise from up), shape (n, 3), where they are known;
    NaN where only the length is."""
    hard: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    """Column and row of places without an object that an earlier model took for one, shape (n, 2)."""
    name: str = ""
    share: float = 1.0
    """Weight of its crops among those of its like."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything real that may be learned from."""

    main: tuple[Picture, ...]
    """Imagery with objects of the class."""
    other: tuple[Picture, ...]
    """Imagery with few or none."""


def aircraft(data: Path, cache: Path) -> Ground:
    """Read the labelled training images of `airbus`; streets and fields hold no aircraft but those labelled."""
    held = json.loads((data / "split.json").read_text())
    sites = json.loads((data / "airbus/sites.json").read_text())
    names = [i for site, members in sites.items() if site not in held["airbus"] for i in members]
    labels = _labels(data / "airbus/annotations.csv")
    main = [
        _picture(data / "airbus/images" / n, 0.5, labels[n], ("Airplane",), ("Truncated_airplane",), cache)
        for n in names
        if n in labels
    ]
    streets = [(p, rows) for p, rows in _streets(data) if not p.name.startswith(SHARE_ALIKE)]
    other = [_picture(p, 0.2, rows, ("airplane",), (), cache) for p, rows in streets]
    return Ground(tuple(main), tuple(other))


def harder(ground: Ground, places: Path) -> Ground:
    """Add the places that `sitedelta.learning.detect.mine` found."""
    found: dict[str, list[list[float]]] = json.loads(places.read_text())
    main, other = (
        tuple(replace(p, hard=np.array(found.get(p.name, []), float).reshape(-1, 2)) for p in part)
        for part in (ground.main, ground.other)
    )
    return Ground(main, other)


def vehicles(data: Path, cache: Path) -> Ground:
    """Read the training sheets of `estonia` and `aerial_cars`; each sheet, flight and street is cropped alike often."""
    streets = [(p, rows, place_of(_name(p))) for p, rows in _streets(data)]
    frames, more = Counter(place for *_, place in streets), _labels(UNLABELLED)
    pictures = (
        replace(
            _picture(p, FLIGHTS.get(place, 0.2), rows + more.get(p.name, []), CARS, ("unclear",), cache),
            share=1 / frames[place],
        )
        for p, rows, place in streets
    )
    return Ground(tuple(pictures), ())


def place_of(name: str) -> str:
    """Give what an image shows, by its folder and name: a sheet itself; of frames, the flight or the street."""
    folder, _, file = name.partition("/")
    if folder == "estonia":
        return file
    return next((f for f in FLIGHTS if file.startswith(f)), re.sub(r"\d+\..*$", "", file))


def _name(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.name}"


def _streets(data: Path) -> Iterable[tuple[Path, list[tuple[str, list[float]]]]]:
    held = json.loads((data / "split.json").read_text())["estonia"]
    sheets = [p for p in sorted((data / "estonia/images").glob("*.jpg")) if p.stem.split("_")[1] not in held]
    for folder, paths in (("estonia", sheets), ("aerial_cars", sorted((data / "aerial_cars/images").glob("*.jpg")))):
        labels = _labels(data / folder / "labels.csv")
        for p in paths:
            yield p, labels.get(p.name, [])


def _picture(
    path: Path,
    gsd_m: float,
    rows: list[tuple[str, list[float]]],
    wanted: tuple[str, ...],
    unclear: tuple[str, ...],
    cache: Path,
) -> Picture:
    mine = once([(c, b) for c, b in rows if c in wanted + unclear])
    boxes = np.array([b for _, b in mine], float).reshape(-1, 4)
    counted = np.array([c in wanted for c, _ in mine], bool)
    sub = np.array([c in ("truck", "bus") for c, _ in mine], float)
    return Picture(_decoded(path, cache), gsd_m, boxes, counted, sub, name=_name(path))


def once(rows: list[tuple[str, list[float]]]) -> list[tuple[str, list[float]]]:
    """Drop boxes that lie on an earlier one: some images were labelled twice."""
    kept: list[tuple[str, list[float]]] = []
    for label, b in rows:
        side = 0.5 * max(b[2] - b[0], b[3] - b[1])
        if all(abs(b[0] + b[2] - o[0] - o[2]) + abs(b[1] + b[3] - o[1] - o[3]) > side for _, o in kept):
            kept.append((label, b))
    return kept


def _decoded(path: Path, cache: Path) -> Pixels:
    """Give an image from a cache of decoded ones, mapped into memory."""
    kept = cache / f"{path.parent.parent.name}-{path.stem}.npy"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        aside = kept.with_suffix(".part.npy")
        np.save(aside, np.asarray(cv2.imread(str(path)))[..., ::-1])
        aside.rename(kept)
    pixels: Pixels = np.load(kept, mmap_mode="r")
    return pixels


def _labels(path: Path) -> dict[str, list[tuple[str, list[float]]]]:
    found: dict[str, list[tuple[str, list[float]]]] = {}
    with path.open(newline="") as rows:
        for r in DictReader(rows):
            box = [float(r[k]) for k in ("col_min", "row_min", "col_max", "row_max")]
            found.setdefault(r["image"], []).append((r["class"], box))
    return found

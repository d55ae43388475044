"""Real ground: pairs of dates of one place, with the aircraft that came and went, and single images."""

import json
from csv import DictReader
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""RGB, shape (row, column, 3)."""
Boxes = NDArray[np.float64]
"""Shape (n, 4): column and row, least and greatest."""

AIRBUS_GSD_M = 0.5
ESTONIA_GSD_M = 0.2
STAYED_PX = 25.0
"""Aircraft nearer than this on two dates are one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two dates of one place."""

    before: str
    after: str
    matrix: NDArray[np.float64]
    """Takes (column, row, 1) of the first to (column, row) of the second, shape (2, 3)."""
    changed: Boxes
    """Aircraft that came or went, on the first image's grid."""
    chance: NDArray[np.float64]
    """With which each of them is looked at: those in whose place another stands, the hard ones, more often."""
    unclear: Boxes
    """Aircraft that stayed or are cut: what stands there may be another one."""


@dataclass(frozen=True, slots=True)
class Cutouts:
    """Things to paste: image, box."""

    source: tuple[str, ...]
    boxes: Boxes


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that may be learned from."""

    images: dict[str, Pixels]
    pairs: tuple[Pair, ...]
    singles: tuple[str, ...]
    aircraft: Cutouts
    vehicles: Cutouts
    buildings: Cutouts


def read(data: Path) -> Ground:
    """Read the training part of `airbus` and `estonia` below a folder; airports and sheets that validate stay out."""
    held = json.loads((data / "split.json").read_text())
    sites = json.loads((data / "airbus/sites.json").read_text())
    names = [i for site, members in sites.items() if site not in held["airbus"] for i in members]
    images = {n: _rgb(data / "airbus/images" / n) for n in names}
    labels = _labels(data / "airbus/annotations.csv")
    pairs = [p for p in json.loads((data / "airbus/pairs.json").read_text()) if p["before"] in images]
    aircraft = [(n, b) for n in names for c, b in labels.get(n, []) if not c.startswith("Truncated")]
    sheets = [p for p in sorted((data / "estonia/images").glob("*.jpg")) if p.stem.split("_")[1] not in held["estonia"]]
    images |= {p.name: _rgb(p) for p in sheets}
    things = _labels(data / "estonia/labels.csv")
    found = [(p.name, c, b) for p in sheets for c, b in things.get(p.name, [])]
    return Ground(
        images,
        tuple(_pair(p, labels) for p in pairs),
        (*names, *(p.name for p in sheets)),
        _cutouts(aircraft),
        _cutouts([(n, b) for n, c, b in found if c in ("car", "bus", "truck")]),
        _cutouts([(n, b) for n, c, b in found if c == "building"]),
    )


def gsd_of(name: str) -> float:
    """Give the ground sampling distance of an image by its name, metres."""
    return ESTONIA_GSD_M if name.startswith("image_") else AIRBUS_GSD_M


def _rgb(path: Path) -> Pixels:
    image: Pixels = np.asarray(cv2.imread(str(path)), np.uint8)[..., ::-1].copy()
    return image


def _labels(path: Path) -> dict[str, list[tuple[str, list[float]]]]:
    found: dict[str, list[tuple[str, list[float]]]] = {}
    with path.open(newline="") as rows:
        for r in DictReader(rows):
            box = [float(r[k]) for k in ("col_min", "row_min", "col_max", "row_max")]
            found.setdefault(r["image"], []).append((r["class"], box))
    return found


def _cutouts(found: list[tuple[str, list[float]]]) -> Cutouts:
    return Cutouts(tuple(n for n, _ in found), np.array([b for _, b in found], float).reshape(-1, 4))


def _pair(entry: dict[str, object], labels: dict[str, list[tuple[str, list[float]]]]) -> Pair:
    matrix = np.array(entry["affine_before_to_after"], float)
    back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    first, second = labels.get(str(entry["before"]), []), labels.get(str(entry["after"]), [])
    a = np.array([b for _, b in first], float).reshape(-1, 4)
    b = _moved(np.array([b for _, b in second], float).reshape(-1, 4), back)
    apart = np.hypot(*(_middle(a)[:, None] - _middle(b)[None]).transpose(2, 0, 1))
    near = apart <= STAYED_PX
    unclear = np.concatenate([near.any(1), near.any(0)])
    unclear |= np.array([c.startswith("Truncated") for c, _ in (*first, *second)], bool)
    both = np.concatenate([a, b])
    changed = both[~unclear]
    chance = 1 + 3.0 * (_overlaps(changed).sum(1) > 1)
    return Pair(
        str(entry["before"]), str(entry["after"]), matrix, changed, chance / max(chance.sum(), 1), both[unclear]
    )


def _overlaps(boxes: Boxes) -> NDArray[np.bool_]:
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    over: NDArray[np.bool_] = shared > 0.3 * (boxes[:, 2:] - boxes[:, :2]).prod(1)[:, None]
    return over


def _middle(boxes: Boxes) -> Boxes:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _moved(boxes: Boxes, matrix: NDArray[np.float64]) -> Boxes:
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    centre = _middle(boxes) @ matrix[:, :2].T + matrix[:, 2]
    return np.hstack([centre - half, centre + half])

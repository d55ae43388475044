"""Measure what is said beside the class: python -m sitedelta.learning.detect.details DATA --scenes HELD_SCENES.

Prints the rows of details.csv: for each band of ground sampling distances how far measured lengths and widths lie from
true ones, and the calibration of the sub-class, every set and sub-class weighted alike. Says on stderr how often a
sub-class that is told is right.
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.details import Detail
from rasterdelta.detect.neural import Model, find
from rasterdelta.detect.shipped import FOLDER, MODELS
from sitedelta.learning.detect.planforms import ROTORS
from sitedelta.learning.detect.scenes import GSD_M

Floats = NDArray[np.float64]
BANDS = {"aircraft": (0.25, 0.8, 1.25, 2.0), "vehicle": (0.36, 0.7)}
FACTORS = {"aircraft": (2.0, 4.0), "vehicle": (1.0, 2.0)}
NAMES = {"aircraft": ("helicopter", "aeroplane"), "vehicle": ("larger than a car", "")}
UNCLEAR = ("other", "trailer", "van", "light_truck")
"""Kinds that are neither plainly of a sub-class nor plainly not."""
SETS: dict[str, tuple[tuple[str, float | None], ...]] = {
    "aircraft": (("airbases", None), ("hrplanes_valid", 1.2)),
    "vehicle": (("motor_pools", None), ("parking", 0.2)),
}
"""With the ground sampling distance of those that state none."""
NOT_COUNTED = ("building", "watercraft", "airplane", "boat")
SEEN = 0.9


@dataclass(frozen=True, slots=True)
class Known:
    """A labelled image: rows of row, column, length, width (pixels; NaN where not known), visible, and kinds."""

    name: str
    path: Path
    gsd_m: float
    factor: float
    places: Floats
    kinds: tuple[str, ...]


def rendered(folder: Path, label: str) -> Iterator[Known]:
    """Give rendered places, each at two ground sampling distances."""
    for path in sorted(folder.glob("*.json")):
        rows = [r for r in json.loads(path.read_text()) if r[0] == label]
        places = np.array([(r[3], r[2], r[4] / GSD_M, r[5] / GSD_M, r[7]) for r in rows], float).reshape(-1, 5)
        for factor in FACTORS[label]:
            kinds = tuple(r[1].removesuffix("_dismantled") for r in rows)
            yield Known("rendered", path.with_suffix(".npy"), GSD_M, factor, places, kinds)


def listed(data: Path, name: str, gsd_m: float | None = None) -> Iterator[Known]:
    """Give a set that lists its images."""
    with (data / name / "labels.csv").open(newline="") as text:
        rows = [r for r in csv.DictReader(text) if r["class"] not in NOT_COUNTED]
    with (data / name / "images.csv").open(newline="") as text:
        images = list(csv.DictReader(text))
        for image in images[:: 1 + len(images) // 50]:
            mine = [r for r in rows if r["image"] == image["image"]]
            places = np.array([_place(r) for r in mine], float).reshape(-1, 5)
            kinds = tuple(r.get("kind") or r["class"] for r in mine)
            yield Known(
                name, data / name / "images" / image["image"], gsd_m or float(image["gsd_m"]), 1.0, places, kinds
            )


def _place(r: dict[str, str]) -> tuple[float, ...]:
    if r.get("col_min"):
        x0, y0, x1, y1 = (float(r[k]) for k in ("col_min", "row_min", "col_max", "row_max"))
        return (y0 + y1) / 2, (x0 + x1) / 2, max(x1 - x0, y1 - y0), np.nan, 0.0
    clear = float((r.get("visibility") or "clear") == "clear")
    return float(r["row"]), float(r["col"]), float(r["length_px"] or "nan"), float(r["width_px"] or "nan"), clear


@dataclass(frozen=True, slots=True)
class Pairs:
    """Found and true, of one image."""

    name: str
    gsd_m: float
    length: Floats
    width: Floats
    """Logarithms of measured over true; NaN where the truth is not exact."""
    sub: Floats
    kinds: tuple[str, ...]


def measured(known: Known, model: Model, table: Table) -> Pairs:
    """Find the objects of an image and pair them with its labels."""
    pixels = np.load(known.path) if known.path.suffix == ".npy" else np.asarray(cv2.imread(str(known.path)))[..., ::-1]
    if known.factor != 1:
        size = [round(n / known.factor) for n in pixels.shape[1::-1]]
        pixels = np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA))
    image = np.ascontiguousarray(pixels.transpose(2, 0, 1)).astype(np.float32) / np.float32(255)
    gsd = known.gsd_m * known.factor
    found = find(image, np.ones(image.shape[1:], np.bool_), model, gsd)
    found = found.take(found.logit >= table.band(model.label, gsd).threshold)
    row, col = ((at + 0.5) * known.factor - 0.5 for at in (found.row, found.col))
    away = np.hypot(known.places[:, :1] - row, known.places[:, 1:2] - col)
    near = away <= np.maximum(known.places[:, 2:3] / 2, 1.5)
    i, j = linear_sum_assignment(np.where(near, away, 1e6))
    i, j = i[near[i, j]], j[near[i, j]]
    exact = np.where(known.places[i, 4] >= SEEN, 1.0, np.nan)
    return Pairs(
        known.name,
        gsd,
        np.log(found.length[j] / known.gsd_m / known.places[i, 2]) * exact,
        np.log(found.width[j] / known.gsd_m / known.places[i, 3]) * exact,
        found.sub[j],
        tuple(known.kinds[k] for k in i),
    )


def deviation(errors: Floats) -> float:
    """Give the standard deviation that a normal distribution with the errors' 90 % range would have, or their own."""
    size = np.abs(errors[np.isfinite(errors)])
    return max(float(np.sqrt((size**2).mean())), float(np.quantile(size, 0.9)) / 1.645) if len(size) else float("nan")


def of_subclass(label: str, kinds: tuple[str, ...]) -> NDArray[np.bool_]:
    """Tell which objects are of the sub-class."""
    return np.array([k in ROTORS if label == "aircraft" else k != "car" for k in kinds], np.bool_)


def balanced(logit: Floats, real: NDArray[np.bool_], sets: Sequence[str]) -> tuple[float, float]:
    """Fit slope and offset of the probability of the sub-class, every set and sub-class weighted alike."""
    groups = [f"{name} {r}" for name, r in zip(sets, real, strict=True)]
    number = Counter(groups)
    weight = np.array([1 / number[g] for g in groups])
    for side in (real, ~real):
        weight[side] *= len(real) / 2 / weight[side].sum()
    x, w = np.column_stack([logit, np.ones(len(logit))]), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve((x.T * (weight * p * (1 - p))) @ x + 1e-3 * np.eye(2), x.T @ (weight * (real - p)))
    return float(w[0]), float(w[1])


def rows(label: str, pairs: Sequence[Pairs]) -> Iterator[str]:
    """Give the rows of a class."""
    sets = [p.name for p in pairs for _ in p.kinds]
    plain = np.array([k not in UNCLEAR for p in pairs for k in p.kinds])
    sub, real = np.concatenate([p.sub for p in pairs]), np.concatenate([of_subclass(label, p.kinds) for p in pairs])
    slope, offset = balanced(sub[plain], real[plain], [s for s, k in zip(sets, plain, strict=True) if k])
    for low, high in pairwise((0.0, *BANDS[label])):
        mine = [p for p in pairs if low < p.gsd_m <= high]
        length = np.concatenate([np.zeros(0), *(p.length for p in mine)])
        if not np.isfinite(length).any():
            continue
        rotors = [label == "aircraft" and real for p in mine for real in of_subclass(label, p.kinds)]
        width = np.where(rotors, np.nan, np.concatenate([p.width for p in mine]))
        names = ", ".join(sorted({p.name for p in mine if np.isfinite(p.length).any()}))
        source = f"{names}: {int(np.isfinite(length).sum())} objects; sub-class: {int(plain.sum())} objects"
        sizes = f"{deviation(length):.3f},{deviation(width):.3f}"
        detail = Detail(label, high, 0, 0, *NAMES[label], slope, offset, source)
        yield f'{label},{high},{sizes},{",".join(NAMES[label])},{slope:.3f},{offset:.3f},"{source}"'
    _confusion(detail, pairs)


def _confusion(detail: Detail, pairs: Sequence[Pairs]) -> None:
    for name in sorted({p.name for p in pairs}):
        mine = [p for p in pairs if p.name == name]
        told, _ = detail.told(np.concatenate([p.sub for p in mine]))
        real = np.concatenate([of_subclass(detail.label, p.kinds) for p in mine])
        for said, right in ((detail.subclass, real), (detail.other, ~real)):
            n = (told == said) & (said != "")
            sys.stderr.write(f"{name}: {said} told {n.sum()}, right {(n & right).sum()}, there {right.sum()}\n")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--scenes", type=Path, required=True)
    args = parser.parse_args()
    table = Table.from_csv((FOLDER / "accuracy.csv").read_text(encoding="utf-8").splitlines())
    sys.stdout.write("class,gsd_max_m,length_sd,width_sd,subclass,other,slope,offset,source\n")
    for model, _ in MODELS:
        known = [*rendered(args.scenes, model.label)]
        known += [k for name, gsd in SETS[model.label] for k in listed(args.data, name, gsd)]
        pairs = [measured(k, model, table) for k in known if len(k.places)]
        for line in rows(model.label, [p for p in pairs if p.kinds]):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

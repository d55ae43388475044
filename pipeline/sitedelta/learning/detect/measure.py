"""Measure a trained model: python -m sitedelta.learning.detect.measure aircraft DATA [--onnx FILE] [--scenes FOLDER].

Prints what each set gets at the threshold that is best over its band of ground sampling distances; then the rows of
accuracy.csv: thresholds, calibration of the score, precision and recall of each band, and the effective number of
objects that makes count intervals cover what images differ by.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model, find
from rasterdelta.detect.shipped import MODELS
from rasterdelta.intervals import count_interval
from sitedelta.learning.detect import labelled, scenes
from sitedelta.learning.detect.labelled import CARS, Labelled, Truth

Floats = NDArray[np.float64]
Sets = dict[str, list[Labelled]]
Judged = tuple[Floats, NDArray[np.bool_], int]
"""Log-odds and truth of the peaks of one image that count at a threshold, and the number of objects missed."""
COVERED = 0.88
"""Share of images that count intervals are to cover, each judged by the others."""
WORTH = 40
"""Most objects that the rates of a band are taken to be worth: its sets stand for few kinds of sites."""
LOWEST = -3.0
SHORTEST_PX = {"aircraft": 6.6, "vehicle": 4.0}
"""What measures fewer pixels of its image is not counted."""


def aircraft_sets(data: Path, drawn: Path | None) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of aircraft."""
    bases = labelled.listed(data, "airbases", ("aircraft",))
    empty = labelled.listed(data, "empty_bases", ("aircraft",))
    coarse = "averaged {} times, airport and air-base screenshots"
    return {
        (0.8, "Pleiades at 0.5 m (3 airports), air-base screenshots"): {
            "airbus": labelled.airbus(data),
            "air bases": [p for p in bases if p.gsd_m <= 0.8],
            "empty bases": [p for p in empty if p.gsd_m <= 0.8],
            **_drawn(drawn, "aircraft", 2.0),
        },
        (1.25, f"Pleiades {coarse.format(2)}"): {
            "airbus 1 m": labelled.airbus(data, factor=2),
            "hrplanes": labelled.listed(data, "hrplanes_valid", ("aircraft",), gsd_m=1.2)[::4],
            "empty bases": [p for p in empty if p.gsd_m > 0.8],
            **_drawn(drawn, "aircraft", 4.0),
        },
        (2.0, f"Pleiades {coarse.format(3)}"): {
            "airbus 1.5 m": labelled.airbus(data, factor=3),
            "air bases": [p for p in bases if p.gsd_m > 0.8],
            **_drawn(drawn, "aircraft", 6.0),
        },
        (4.0, "PlanetScope at 3 m, Pleiades averaged to 3 m; aircraft of 25 m and more"): {
            "planet": labelled.listed(data, "planet", ("aircraft",), gsd_m=3.0, least_m=25),
            "airbus 3 m": labelled.airbus(data, factor=6, least_m=25),
        },
    }


def vehicle_sets(data: Path, drawn: Path | None) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of vehicles."""
    return {
        (0.25, "orthophotos at 0.2 m (3 sheets)"): {
            "streets 0.2 m": labelled.estonia(data),
            **_drawn(drawn, "vehicle", 1.0),
        },
        (0.36, "motor pools at 0.3 m"): {
            "motor pools": labelled.listed(data, "motor_pools", CARS),
            **_drawn(drawn, "vehicle", 1.2),
        },
        (0.7, "orthophotos averaged to 0.4 m (3 sheets)"): {
            "streets 0.4 m": labelled.estonia(data, factor=2),
            **_drawn(drawn, "vehicle", 2.0),
        },
    }


def _drawn(folder: Path | None, label: str, factor: float) -> Sets:
    return {"rendered": labelled.rendered(folder, scenes.read(folder, label), factor)} if folder else {}


def _pairs(row: Floats, col: Floats, size: Floats, at: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    away = np.hypot(row[:, None] - at[:, 0], col[:, None] - at[:, 1])
    near = away <= np.maximum(size[:, None] / 2, 1.5)
    i, j = linear_sum_assignment(np.where(near, away / np.maximum(size[:, None], 1), 1e6))
    return i[near[i, j]], j[near[i, j]]


def judge(truth: Truth, found: Peaks, threshold: float) -> Judged:
    """Judge the peaks of one image."""
    chosen = found.logit >= threshold
    at, logit = np.column_stack([found.row, found.col])[chosen], found.logit[chosen]
    row, col, size, counted = truth
    real = np.zeros(len(at), bool)
    real[_pairs(row[counted], col[counted], size[counted], at)[1]] = True
    rest = np.flatnonzero(~real)
    excused = rest[_pairs(row[~counted], col[~counted], size[~counted], at[rest])[1]]
    kept = np.setdiff1d(np.arange(len(at)), excused)
    return logit[kept], real[kept], int(counted.sum() - real.sum())


def rates(judged: Sequence[Judged]) -> tuple[float, float, float, int]:
    """Give precision, recall, F1 and the number of objects."""
    tp = sum(int(r.sum()) for _, r, _ in judged)
    found, missed = sum(len(r) for _, r, _ in judged), sum(m for *_, m in judged)
    return tp / max(found, 1), tp / max(tp + missed, 1), 2 * tp / max(found + tp + missed, 1), tp + missed


def calibration(logit: Floats, real: NDArray[np.bool_]) -> Floats:
    """Fit slope and offset of the probability of being real (J. Platt, 1999)."""
    x, w = np.column_stack([logit, np.ones(len(logit))]), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve((x.T * (p * (1 - p))) @ x + 1e-3 * np.eye(2), x.T @ (real - p))
    return w


def coverage(judged: Sequence[Judged], objects: int) -> float:
    """Give the share of images whose interval, from the rates of all others, holds their true count."""
    held = []
    for i, (_, real, missed) in enumerate(judged):
        precision, recall, *_ = rates([*judged[:i], *judged[i + 1 :]])
        got = count_interval(len(real), precision=precision, recall=max(recall, 0.01), objects=objects)
        held.append(got.low <= int(real.sum()) + missed <= got.high)
    return float(np.mean(held))


def effective_objects(judged: Sequence[Judged]) -> int:
    """Give the largest number, at most of objects labelled, with which intervals cover `COVERED` of the images."""
    most = min(rates(judged)[3], WORTH)
    tried = sorted({round(2.0 * 1.25**k) for k in range(40) if 2.0 * 1.25**k < most} | {most}, reverse=True)
    return next((n for n in tried if coverage(judged, n) >= COVERED), tried[-1])


def detect(image: Labelled, model: Model) -> tuple[Truth, Peaks]:
    """Give the labels of an image and its peaks, in its pixels; lengths in metres."""
    pixels, gsd_m = image.read()
    found = find(pixels, np.ones(pixels.shape[1:], bool), model, gsd_m)
    least = max(0.8 * image.least_m, SHORTEST_PX[model.label] * gsd_m)
    return image.judged(), found.take(found.length >= least)


def _worth(judged: Sequence[Judged]) -> float:
    """Give F1 of a set; of a set without objects, half to 0 by false alarms an image."""
    *_, f1, objects = rates(judged)
    return f1 if objects else 0.5 / (1 + sum(len(real) for _, real, _ in judged) / len(judged))


def row(label: str, found: dict[str, list[tuple[Truth, Peaks]]]) -> str:
    """Choose threshold, calibration and rates of a band, and print what its sets get."""
    every = [f for each in found.values() for f in each]
    tried = np.arange(-2.5, 2.51, 0.1)
    best = max(tried, key=lambda t: np.mean([_worth([judge(*f, t) for f in e]) for e in found.values()]))
    judged = [judge(*f, best) for f in every]
    objects = effective_objects(judged)
    for name, each in found.items():
        mine = [judge(*f, best) for f in each]
        p, r, f1, n = rates(mine)
        own = max(tried, key=lambda t: _worth([judge(*f, t) for f in each]))
        total = sum(len(j[1]) for j in mine)
        rated = f"precision {p:.3f} recall {r:.3f} F1 {f1:.3f} objects {n} images {len(each)} found {total}"
        held = f"covered {coverage(mine, objects):.2f}; best at {own:.1f}: {_worth([judge(*f, own) for f in each]):.3f}"
        sys.stdout.write(f"{label:9} {name:16} {rated} {held}\n")
    low = [judge(*f, LOWEST) for f in every]
    slope, offset = calibration(np.concatenate([j[0] for j in low]), np.concatenate([j[1] for j in low]))
    p, r, _, n = rates(judged)
    sys.stdout.write(
        f"{label:9} effective objects {objects}: covered {coverage(judged, objects):.2f} of {len(judged)}\n"
    )
    return f'{best:.2f},{slope:.3f},{offset:.3f},{p:.3f},{r:.3f},{objects},"SOURCE; {n} labelled objects"'


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("label", choices=("aircraft", "vehicle"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--onnx", type=Path)
    parser.add_argument("--scenes", type=Path)
    parser.add_argument("--working", type=float)
    parser.add_argument("--bands", type=int, nargs="*")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    lines = ["class,gsd_max_m,threshold,slope,offset,precision,recall,objects,source"]
    sets = {"aircraft": aircraft_sets, "vehicle": vehicle_sets}[args.label](args.data, args.scenes)
    for k, ((gsd_max, source), members) in enumerate(sets.items()):
        if args.bands and k not in args.bands:
            continue
        model = _model(args, gsd_max)
        found = {name: [detect(i, model) for i in images] for name, images in members.items()}
        lines.append(f"{args.label},{gsd_max},{row(args.label, found)}".replace("SOURCE", source))
    sys.stdout.write("\n".join(lines) + "\n")


def _model(args: argparse.Namespace, gsd_max: float) -> Model:
    shipped = next(m for m, most in MODELS if m.label == args.label and gsd_max <= most)
    network = Network(args.onnx) if args.onnx else shipped.network
    working = args.working or shipped.working_m
    return Model(shipped.label, network, working, shipped.longest_m, shipped.axial, shipped.apart, shipped.apart_along)


if __name__ == "__main__":
    main()

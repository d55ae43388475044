"""Measure a trained model: python -m sitedelta.learning.detect.measure aircraft DATA [--onnx FILE] [--scenes FOLDER].

Prints what each set gets at the threshold that is best over its band of ground sampling distances; then the rows of
accuracy.csv: thresholds, calibration of the score, precision and recall of each band, and the effective number of
objects that makes count intervals cover what images differ by.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta import scoring
from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model, find
from rasterdelta.detect.shipped import AIRCRAFT, MODELS
from rasterdelta.intervals import count_interval
from sitedelta.learning.detect import labelled, scenes
from sitedelta.learning.detect.labelled import CARS, Labelled, Truth

Floats = NDArray[np.float64]
Sets = dict[str, list[Labelled]]
Found = dict[str, list[tuple[Truth, Peaks]]]
"""Labels and peaks of the images of each set."""
Judged = tuple[Floats, NDArray[np.bool_], int]
"""Log-odds and truth of the peaks of one image that count at a threshold, and the number of objects missed."""
COVERED = 0.88
"""Share of images that count intervals are to cover, each judged by the others."""
WORTH = 40
"""Most objects that the rates of a band are taken to be worth: its sets stand for few kinds of sites."""
FEW = 25
"""Images of a band that show how much images differ."""
LOWEST = -3.0
TRIED = np.arange(-2.5, 2.51, 0.05)
"""Thresholds."""
SHORTEST_PX = {"aircraft": 6.6, "vehicle": 4.0}
"""What measures fewer pixels of its image is not counted."""


def aircraft_sets(data: Path, drawn: Path | None) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of aircraft."""
    bases = labelled.listed(data, "airbases", ("aircraft",))
    empty = labelled.listed(data, "empty_bases", ("aircraft",))
    coarse = "averaged {} times, airport and air-base screenshots"
    sharp: Sets = {  # seen alike below and above those that are seen in haste
        "air bases": [p for p in bases if p.gsd_m <= 0.8 and not _hasty(p.gsd_m)],
        "empty bases": [p for p in empty if p.gsd_m <= 0.8 and not _hasty(p.gsd_m)],
        **_drawn(drawn, "aircraft", 2.4),
    }
    return {
        (0.36, "air-base screenshots at 0.2 to 0.8 m"): sharp,
        (0.5, "Pleiades at 0.5 m (3 airports), suburbs, empty bases"): {
            "airbus": labelled.airbus(data),
            "empty bases": [p for p in empty if _hasty(p.gsd_m)],
            "suburbs": labelled.without((data / "change/levir/B").glob("*.png"), 0.5),
            **_drawn(drawn, "aircraft", 2.0),
        },
        (0.8, "air-base screenshots at 0.2 to 0.8 m"): sharp,
        (1.25, f"Pleiades {coarse.format(2)}"): {
            "airbus 1 m": labelled.airbus(data, factor=2),
            "hrplanes": labelled.listed(data, "hrplanes_valid", ("aircraft",), gsd_m=1.2)[::4],
            "empty bases": [p for p in empty if p.gsd_m > 0.8],
            **_drawn(drawn, "aircraft", 4.0),
        },
        (2.0, f"Pleiades {coarse.format(3)}, fields"): {
            "airbus 1.5 m": labelled.airbus(data, factor=3),
            "air bases": [p for p in bases if p.gsd_m > 0.8],
            "fields": labelled.without((data / "change/sztaki_szada").glob("*_im2.jpg"), 1.5),
            **_drawn(drawn, "aircraft", 6.0),
        },
        (4.0, "PlanetScope at 3 m, Pleiades averaged to 3 m; aircraft of 25 m and more"): {
            "planet": labelled.listed(data, "planet", ("aircraft",), gsd_m=3.0, least_m=25),
            "airbus 3 m": labelled.airbus(data, factor=6, least_m=25),
        },
    }


def vehicle_sets(data: Path, drawn: Path | None) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of vehicles."""
    pools = labelled.listed(data, "motor_pools", CARS)
    return {
        (0.25, "orthophotos at 0.2 m (3 sheets)"): {
            "streets 0.2 m": labelled.estonia(data),
            **_drawn(drawn, "vehicle", 1.0),
        },
        (0.36, "motor pools at 0.3 m"): {
            "motor pools": pools,
            **_drawn(drawn, "vehicle", 1.2),
        },
        (0.7, "orthophotos averaged to 0.4 m (3 sheets), motor pools averaged to 0.5 m"): {
            "streets 0.4 m": labelled.estonia(data, factor=2),
            "motor pools 0.5 m": [replace(p, factor=0.5 / 0.3) for p in pools],
            **_drawn(drawn, "vehicle", 2.0),
        },
    }


def _hasty(gsd_m: float) -> bool:
    """Tell whether images are looked at once, for speed."""
    return AIRCRAFT.sight(gsd_m).half_from_m is None


def _drawn(folder: Path | None, label: str, factor: float) -> Sets:
    return {"rendered": labelled.rendered(folder, scenes.read(folder, label), factor)} if folder else {}


def judge(truth: Truth, found: Peaks, threshold: float) -> Judged:
    """Judge the peaks of one image, as `sitedelta evaluate` judges detections."""
    chosen = found.logit >= threshold
    at, logit = np.column_stack([found.row, found.col])[chosen], found.logit[chosen]
    row, col, size, counted = truth
    said = scoring.judge(np.column_stack([row, col]), size, at, counted=counted)
    real = np.zeros(len(at), bool)
    real[said.hits[:, 1]] = True
    kept = np.setdiff1d(np.arange(len(at)), said.excused)
    return logit[kept], real[kept], len(said.missed)


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
    return float(_held(judged, objects).mean())


def _held(judged: Sequence[Judged], objects: int) -> NDArray[np.bool_]:
    held = []
    for i, (_, real, missed) in enumerate(judged):
        precision, recall, *_ = rates([*judged[:i], *judged[i + 1 :]])
        got = count_interval(len(real), precision=precision, recall=max(recall, 0.01), objects=objects)
        held.append(got.low <= int(real.sum()) + missed <= got.high)
    return np.array(held)


def effective_objects(groups: Sequence[Sequence[Judged]]) -> int:
    """Give the largest number, at most of objects labelled, with which intervals cover `COVERED` of the mean set.

    An image is judged by the rates of all others. Sets weigh alike: those of many images are not the likelier ones.
    """
    every = [j for g in groups for j in g]
    most = min(rates(every)[3], WORTH)
    tried = sorted({round(2.0 * 1.25**k) for k in range(40) if 2.0 * 1.25**k < most} | {most}, reverse=True)
    edges = np.cumsum([0, *(len(g) for g in groups)])

    def covered(objects: int) -> float:
        held = _held(every, objects)
        return float(np.mean([held[a:b].mean() for a, b in pairwise(edges)]))

    return next((n for n in tried if covered(n) >= COVERED), tried[-1])


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


@dataclass(frozen=True, slots=True)
class Rated:
    """What `accuracy.csv` says of one band."""

    threshold: float
    slope: float
    offset: float
    precision: float
    recall: float
    labelled: int
    """Objects."""
    images: int
    objects: int
    """What the rates are worth."""


def rated(found: Found, threshold: float | None = None) -> Rated:
    """Rate a band, at the threshold that is best over its sets where none is given."""
    every = [f for each in found.values() for f in each]
    if threshold is None:
        threshold = max(TRIED, key=lambda t: np.mean([_worth([judge(*f, t) for f in e]) for e in found.values()]))
    judged, low = ([judge(*f, t) for f in every] for t in (threshold, LOWEST))
    slope, offset = calibration(np.concatenate([j[0] for j in low]), np.concatenate([j[1] for j in low]))
    p, r, _, n = rates(judged)
    groups = [[judge(*f, threshold) for f in e] for e in found.values()]
    return Rated(threshold, slope, offset, p, r, n, len(every), effective_objects(groups))


def settled(bands: Sequence[Rated]) -> list[Rated]:
    """Let bands of few images be worth no more than the next finer one of many: few do not show how images differ.

    The finest bands have the first of many for it.
    """
    kept: list[Rated] = []
    most = next((b.objects for b in bands if b.images >= FEW), WORTH)
    for band in bands:
        most = band.objects if band.images >= FEW else most
        kept.append(replace(band, objects=min(band.objects, most)))
    return kept


def tell(label: str, found: Found, band: Rated) -> None:
    """Print what each set of a band gets."""
    for name, each in found.items():
        mine = [judge(*f, band.threshold) for f in each]
        p, r, f1, n = rates(mine)
        own = max(TRIED, key=lambda t: _worth([judge(*f, t) for f in each]))
        total = sum(len(j[1]) for j in mine)
        said = f"precision {p:.3f} recall {r:.3f} F1 {f1:.3f} objects {n} images {len(each)} found {total}"
        held = f"covered {coverage(mine, band.objects):.2f}"
        best = f"best at {own:.1f}: {_worth([judge(*f, own) for f in each]):.3f}"
        sys.stdout.write(f"{label:9} {name:16} {said} {held}; {best}\n")


def lines(label: str, rated_bands: dict[tuple[float, str], Rated]) -> list[str]:
    """Give the rows of `accuracy.csv` of one class."""
    return [
        f"{label},{gsd_max},{b.threshold:.2f},{b.slope:.3f},{b.offset:.3f},{b.precision:.3f},{b.recall:.3f},"
        f'{b.objects},"{source}; {b.labelled} labelled objects"'
        for (gsd_max, source), b in rated_bands.items()
    ]


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("label", choices=("aircraft", "vehicle"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--onnx", type=Path)
    parser.add_argument("--scenes", type=Path)
    parser.add_argument("--thresholds", type=float, nargs="*", help="of the bands in order; else the best")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    sets = {"aircraft": aircraft_sets, "vehicle": vehicle_sets}[args.label](args.data, args.scenes)
    model = _model(args)
    found = {
        band: {name: [detect(i, model) for i in images] for name, images in members.items()}
        for band, members in sets.items()
    }
    given = args.thresholds or [None] * len(found)
    bands = settled([rated(f, t) for f, t in zip(found.values(), given, strict=True)])
    for each, band in zip(found.values(), bands, strict=True):
        tell(args.label, each, band)
    sources = [(g, text + ", rendered air bases and camps" * ("rendered" in each)) for (g, text), each in found.items()]
    rows = lines(args.label, dict(zip(sources, bands, strict=True)))
    sys.stdout.write("\n".join(["class,gsd_max_m,threshold,slope,offset,precision,recall,objects,source", *rows, ""]))


def _model(args: argparse.Namespace) -> Model:
    shipped = next(m for m, _ in MODELS if m.label == args.label)
    return replace(shipped, network=Network(args.onnx)) if args.onnx else shipped


if __name__ == "__main__":
    main()

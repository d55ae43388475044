"""Measure the shipped detector: python tests/rasterdelta/detect/measure.py DATA (with kernels on the path).

For each set it prints precision, recall, F1 and coverage at the threshold that is best over its band of ground
sampling distances; then the rows of accuracy.csv: thresholds, calibration of the score, precision and recall of each
band, and the effective number of objects that makes count intervals cover what images differ by.
"""

import sys
from pathlib import Path

import numpy as np
from labelled import CARS, Picture, airbus, estonia, listed
from rendered import Drawn, drawn
from scipy.optimize import linear_sum_assignment

from rasterdelta.detect.classes import SEARCHES
from rasterdelta.detect.classical import Peaks, find
from rasterdelta.detect.shipped import shipped_detector
from rasterdelta.intervals import count_interval

Sets = dict[str, tuple[list[Picture] | list[Drawn], float, float]]
"""Name: pictures, averaging factor, least length counted in metres."""
Judged = tuple[np.ndarray, np.ndarray, int]
"""Log-odds and truth of the peaks of one picture that count at a threshold, and the number of objects missed."""
SEEDS, GSDS_M = range(900, 910), (0.3, 0.5, 1.1, 3.0)
"""Rendered scenes to measure on, and the ground sampling distances they are seen at."""
COVERED = 0.87
"""Share of images that count intervals are to cover, each judged by the others."""


def aircraft_sets(data: Path) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of aircraft."""
    fine, bases = airbus(data, validation=True), listed(data, "airbases", ("aircraft",))
    seen = drawn(SEEDS, "aircraft", GSDS_M[1:])
    return {
        (0.8, "Pleiades at 0.5 m (3 airports), air-base screenshots, rendered air bases and camps"): {
            "airbus": (fine, 1, 0),
            "air bases, fine": ([p for p in bases if p.gsd_m <= 0.8], 1, 0),
            "rendered 0.5 m": (seen[0], 1, 0),
        },
        (2.0, "Pleiades averaged to 1 m, airport and air-base screenshots, rendered scenes at 1.1 m"): {
            "airbus 1 m": (fine, 2, 0),
            "hrplanes": (listed(data, "hrplanes_valid", ("aircraft",), 1.2)[::4], 1, 0),
            "air bases": ([p for p in bases if p.gsd_m > 0.8], 1, 0),
            "empty bases": (listed(data, "empty_bases", ("aircraft",)), 1, 0),
            "rendered 1.1 m": (seen[1], 1, 0),
        },
        (4.0, "PlanetScope at 3 m, Pleiades averaged to 3 m, rendered scenes; aircraft of 25 m and more"): {
            "planet": (listed(data, "planet", ("aircraft",), 3.0), 1, 25),
            "airbus 3 m": (fine, 6, 25),
            "rendered 3 m": (seen[2], 1, 25),
        },
    }


def vehicle_sets(data: Path) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of vehicles."""
    fine = estonia(data, validation=True)
    seen = drawn(SEEDS[:5], "vehicle", GSDS_M[:2])
    return {
        (0.36, "orthophotos at 0.2 m (3 sheets), motor pools and rendered scenes at 0.3 m"): {
            "streets 0.2 m": (fine, 1, 0),
            "motor pools": (listed(data, "motor_pools", CARS), 1, 0),
            "rendered 0.3 m": (seen[0], 1, 0),
        },
        (0.7, "orthophotos averaged to 0.4 m (3 sheets), rendered scenes at 0.5 m"): {
            "streets 0.4 m": (fine, 2, 0),
            "rendered 0.5 m": (seen[1], 1, 0),
        },
    }


def _pairs(row: np.ndarray, col: np.ndarray, size: np.ndarray, peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    away = np.hypot(row[:, None] - peaks[:, 0], col[:, None] - peaks[:, 1])
    near = away <= np.maximum(size[:, None] / 2, 1.5)
    i, j = linear_sum_assignment(np.where(near, away / np.maximum(size[:, None], 1), 1e6))
    return i[near[i, j]], j[near[i, j]]


def judge(picture: Picture | Drawn, factor: float, least_m: float, peaks: Peaks, threshold: float) -> Judged:
    """Judge the peaks of one picture."""
    labels, gsd = picture.labels(factor), picture.gsd_m * factor
    counted = labels.counted & (labels.size_m >= least_m)
    chosen = peaks.logit >= threshold
    at, logit = np.column_stack([peaks.row, peaks.col])[chosen], peaks.logit[chosen]
    real = np.zeros(len(at), bool)
    size = labels.size_m / gsd
    real[_pairs(labels.row[counted], labels.col[counted], size[counted], at)[1]] = True
    rest = np.flatnonzero(~real)
    excused = rest[_pairs(labels.row[~counted], labels.col[~counted], size[~counted], at[rest])[1]]
    kept = np.setdiff1d(np.arange(len(at)), excused)
    return logit[kept], real[kept], int(counted.sum() - real.sum())


def rates(judged: list[Judged]) -> tuple[float, float, float, int]:
    """Give precision, recall, F1 and the number of objects."""
    tp = sum(int(r.sum()) for _, r, _ in judged)
    found, missed = sum(len(r) for _, r, _ in judged), sum(m for *_, m in judged)
    return tp / max(found, 1), tp / max(tp + missed, 1), 2 * tp / max(found + tp + missed, 1), tp + missed


def calibration(logit: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Fit slope and offset of the probability of being real (J. Platt, 1999)."""
    x, w = np.column_stack([logit, np.ones(len(logit))]), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve((x.T * (p * (1 - p))) @ x + 1e-6 * np.eye(2), x.T @ (real - p))
    return w


def coverage(judged: list[Judged], objects: int) -> float:
    """Give the share of images whose interval, from the rates of all others, holds their true count."""
    held = []
    for i, (_, real, missed) in enumerate(judged):
        precision, recall, *_ = rates(judged[:i] + judged[i + 1 :])
        got = count_interval(len(real), precision=precision, recall=max(recall, 0.01), objects=objects)
        held.append(got.low <= int(real.sum()) + missed <= got.high)
    return float(np.mean(held))


def effective_objects(judged: list[Judged]) -> int:
    """Give the largest number, at most of objects labelled, with which intervals cover `COVERED` of the images."""
    most = rates(judged)[3]
    tried = sorted({round(2.0 * 1.25**k) for k in range(40) if 2.0 * 1.25**k < most} | {most}, reverse=True)
    return next((n for n in tried if coverage(judged, n) >= COVERED), tried[-1])


def main() -> None:
    """Print everything."""
    data, lines = Path(sys.argv[1]), ["class,gsd_max_m,threshold,slope,offset,precision,recall,objects,source"]
    for label, bands in (("aircraft", aircraft_sets(data)), ("vehicle", vehicle_sets(data))):
        for (gsd_max, source), sets in bands.items():
            found = {name: [(p, f, m, _peaks(p, f, label)) for p in ps] for name, (ps, f, m) in sets.items()}
            lines.append(f'{label},{gsd_max},{_row(label, found)} labelled objects"'.replace("SOURCE", source))
    sys.stdout.write("\n".join(lines) + "\n")


def _peaks(picture: Picture | Drawn, factor: float, label: str) -> Peaks:
    image = picture.read(factor)
    valid = np.ones(image.shape[1:], bool)
    cascade = shipped_detector().cascades[label]
    return find(image, valid, gsd_m=picture.gsd_m * factor, search=SEARCHES[label], cascade=cascade)


def _worth(judged: list[Judged]) -> float:
    """Give F1 of a set; of a set without objects, half to 0 by false alarms an image."""
    *_, f1, objects = rates(judged)
    return f1 if objects else 0.5 / (1 + sum(len(real) for _, real, _ in judged) / len(judged))


def _row(label: str, found: dict[str, list[tuple[Picture | Drawn, float, float, Peaks]]]) -> str:
    """Choose threshold, calibration and rates of a band, and print what its sets get."""
    every = [f for each in found.values() for f in each]
    best = max(
        np.arange(-1.5, 7, 0.25), key=lambda t: np.mean([_worth([judge(*f, t) for f in e]) for e in found.values()])
    )
    judged = [judge(*f, best) for f in every]
    objects = effective_objects(judged)
    for name, each in found.items():
        p, r, f1, n = rates([judge(*f, best) for f in each])
        held = coverage([judge(*f, best) for f in each], objects)
        rated = f"precision {p:.3f} recall {r:.3f} F1 {f1:.3f} objects {n} images {len(each)} covered {held:.2f}"
        sys.stdout.write(f"{label:9} {name:16} {rated}\n")
    low = [judge(*f, -2.0) for f in every]
    slope, offset = calibration(np.concatenate([j[0] for j in low]), np.concatenate([j[1] for j in low]))
    p, r, _, n = rates(judged)
    sys.stdout.write(
        f"{label:9} effective objects {objects}: covered {coverage(judged, objects):.2f} of {len(judged)}\n"
    )
    return f'{best:.2f},{slope:.3f},{offset:.3f},{p:.3f},{r:.3f},{objects},"SOURCE; {n}'


if __name__ == "__main__":
    main()

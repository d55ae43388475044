"""Measure the shipped detector: python tests/rasterdelta/detect/measure.py DATA (with kernels on the path).

For each set it prints precision, recall and F1 at the threshold that is best over its band of ground sampling
distances; then the rows of accuracy.csv: thresholds, calibration of the score, precision and recall of each band.
"""

import sys
from pathlib import Path

import numpy as np
from labelled import CARS, Picture, airbus, estonia, listed
from scipy.optimize import linear_sum_assignment

from rasterdelta.detect.classes import SEARCHES
from rasterdelta.detect.classical import Peaks, find
from rasterdelta.detect.shipped import shipped_detector

Sets = dict[str, tuple[list[Picture], float, float]]
"""Name: pictures, averaging factor, least length counted in metres."""


def aircraft_sets(data: Path) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of aircraft."""
    fine = airbus(data, validation=True)
    return {
        (0.45, "air-base screenshots at 0.2-1.6 m, military aircraft"): {
            "airbases": (listed(data, "airbases", ("aircraft",)), 1, 0),
        },
        (0.8, "Pleiades at 0.5 m (3 airports not trained on)"): {"airbus": (fine, 1, 0)},
        (2.0, "Pleiades averaged to 1 m, airport screenshots at about 1.2 m and empty bases"): {
            "airbus 1 m": (fine, 2, 0),
            "hrplanes": (listed(data, "hrplanes_valid", ("aircraft",), 1.2)[::4], 1, 0),
            "empty bases": (listed(data, "empty_bases", ("aircraft",)), 1, 0),
        },
        (4.0, "PlanetScope at 3 m and Pleiades averaged to 3 m, aircraft of 25 m and more"): {
            "planet": (listed(data, "planet", ("aircraft",), 3.0), 1, 25),
            "airbus 3 m": (fine, 6, 25),
        },
    }


def vehicle_sets(data: Path) -> dict[tuple[float, str], Sets]:
    """Give the sets of each band of vehicles."""
    fine = estonia(data, validation=True)
    return {
        (0.32, "orthophotos at 0.2 m (3 sheets not trained on) and motor pools at 0.3 m"): {
            "streets 0.2 m": (fine, 1, 0),
            "motor pools": (listed(data, "motor_pools", CARS), 1, 0),
        },
        (0.7, "orthophotos averaged to 0.4 m (3 sheets not trained on)"): {"streets 0.4 m": (fine, 2, 0)},
    }


def _pairs(row: np.ndarray, col: np.ndarray, size: np.ndarray, peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    away = np.hypot(row[:, None] - peaks[:, 0], col[:, None] - peaks[:, 1])
    near = away <= np.maximum(size[:, None] / 2, 1.5)
    i, j = linear_sum_assignment(np.where(near, away / np.maximum(size[:, None], 1), 1e6))
    return i[near[i, j]], j[near[i, j]]


def judge(
    picture: Picture, factor: float, least_m: float, peaks: Peaks, threshold: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Give log-odds and truth of the peaks that count at a threshold, and the number of objects missed."""
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


def rates(judged: list[tuple[np.ndarray, np.ndarray, int]]) -> tuple[float, float, float, int]:
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


def main() -> None:
    """Print everything."""
    data, lines = Path(sys.argv[1]), ["class,gsd_max_m,threshold,slope,offset,precision,recall,objects,source"]
    for label, bands in (("aircraft", aircraft_sets(data)), ("vehicle", vehicle_sets(data))):
        cascade = shipped_detector().cascades[label]
        for (gsd_max, source), sets in bands.items():
            found = {}
            for name, (pictures, factor, least_m) in sets.items():
                found[name] = []
                for p in pictures:
                    image = p.read(factor)
                    valid = np.ones(image.shape[1:], bool)
                    peaks = find(image, valid, gsd_m=p.gsd_m * factor, search=SEARCHES[label], cascade=cascade)
                    found[name].append((p, factor, least_m, peaks))
            every = [f for each in found.values() for f in each]
            best = max(np.arange(-1.5, 7, 0.25), key=lambda t: rates([judge(*f, t) for f in every])[2])
            for name, each in found.items():
                got = rates([judge(*f, best) for f in each])
                rated = f"precision {got[0]:.3f} recall {got[1]:.3f} F1 {got[2]:.3f} objects {got[3]}"
                sys.stdout.write(f"{label:9} {name:14} {rated}\n")
            low = [judge(*f, -2.0) for f in every]
            slope, offset = calibration(np.concatenate([j[0] for j in low]), np.concatenate([j[1] for j in low]))
            p, r, _, n = rates([judge(*f, best) for f in every])
            lines.append(f'{label},{gsd_max},{best:.2f},{slope:.3f},{offset:.3f},{p:.3f},{r:.3f},{n},"{source}"')
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

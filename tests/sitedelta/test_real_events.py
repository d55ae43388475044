"""Arrivals and departures on real pairs of airports that the detector did not learn from."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from sitedelta.records import Event, EventKind
from sitedelta.verbs.compare import compare_files

DATA = Path(os.environ.get("SITEDELTA_DATA", Path(__file__).parents[3] / "shared/data")) / "airbus"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the imagery is not here; SITEDELTA_DATA names its folder"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]
PAIRS = (("03f84930", "791377f0"), ("54b4e42b", "980b5831"))
GSD, PLACE_PX = 0.5, 25.0
"""Labels nearer to each other than this are one place."""
F1 = 0.92
"""Measured: 1.00 and 0.96."""


def labelled(image):
    """Give row, column, longer side and whether it is whole of each label, those that lie on another one once."""
    found = []
    with (DATA / "annotations.csv").open(newline="") as text:
        for r in csv.DictReader(text):
            if r["image"] == image:
                x0, y0, x1, y1 = (float(r[k]) for k in ("col_min", "row_min", "col_max", "row_max"))
                label = ((y0 + y1) / 2, (x0 + x1) / 2, max(x1 - x0, y1 - y0), not r["class"].startswith("Truncated"))
                if not any(np.hypot(label[0] - f[0], label[1] - f[1]) < 0.25 * f[2] for f in found):
                    found.append(label)
    return np.array(found, float).reshape(-1, 4)


def assigned(a, b, reach):
    """Pair places one to one within a reach, as many as possible, nearest first."""
    away = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])
    near = away <= np.broadcast_to(reach, (len(a),))[:, None]
    i, j = linear_sum_assignment(np.where(near, away, 1e6))
    return i[near[i, j]], j[near[i, j]]


def truth(pair):
    """Give the labels that arrived, those that departed, and those that are cut off by the border."""
    before, after = (labelled(pair[k]) for k in ("before", "after"))
    matrix = np.array(pair["affine_before_to_after"])
    after[:, [1, 0]] = (after[:, [1, 0]] - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    after = after[((after[:, :2] >= 0) & (after[:, :2] < 2560)).all(1)]
    i, j = assigned(before, after, PLACE_PX)
    left, came = np.delete(before, i, 0), np.delete(after, j, 0)
    cut = np.concatenate([before, after])
    return came[came[:, 3] > 0], left[left[:, 3] > 0], cut[cut[:, 3] == 0]


def judged(events: tuple[Event, ...], kind: EventKind, real, cut):
    """Count right ones, false ones and misses."""
    told = np.array([(e.site_row, e.site_col) for e in events if e.kind is kind], float).reshape(-1, 2)
    i, j = assigned(real, told, real[:, 2] / 2)
    rest = np.delete(told, j, 0)
    return np.array([len(i), len(rest) - len(assigned(cut, rest, cut[:, 2] / 2)[0]), len(real) - len(i)])


@pytest.mark.parametrize("names", PAIRS)
def test_arrivals_and_departures_of_real_pairs(names):
    pairs = json.loads((DATA / "pairs.json").read_text())
    pair = next(p for p in pairs if (p["before"][:8], p["after"][:8]) == names)
    before, after = (DATA / "images" / pair[k] for k in ("before", "after"))
    told = compare_files(before, after, gsd=GSD, classes=("aircraft",), jobs=1).events
    arrived, departed, cut = truth(pair)
    right, false, missed = judged(told, EventKind.ARRIVED, arrived, cut) + judged(
        told, EventKind.DEPARTED, departed, cut
    )
    assert 2 * right / (2 * right + false + missed) >= F1

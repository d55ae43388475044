"""The shipped detector on rendered and on real images, judged twice: by the verb, and by the definition written out."""

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from sitedelta.evaluation.labels import read_labels
from sitedelta.files.shipped import shipped
from sitedelta.verbs.count import count_files
from sitedelta.verbs.evaluate import Options, evaluate_folders

DATA = Path(os.environ.get("SITEDELTA_DATA", Path(__file__).parents[3] / "../shared/data"))
real = pytest.mark.skipif(not (DATA / "motor_pools").exists(), reason="no real imagery: set SITEDELTA_DATA")


def judged_by_hand(image, rows, label):
    """Give hits, misses and false alarms: an optimal assignment over distances, first of labels that count."""
    mine = image.labels.take(image.labels.label == label)
    found = np.array([(r.row, r.col) for r in rows], float).reshape(-1, 2)

    def pairs(labels, detections):
        away = np.hypot(labels.row[:, None] - detections[:, 0], labels.col[:, None] - detections[:, 1])
        near = away <= np.maximum(labels.length_px[:, None] / 2, 1.5)
        i, j = linear_sum_assignment(np.where(near, away / np.maximum(labels.length_px[:, None], 1), 1e6))
        return j[near[i, j]]

    hit = pairs(mine.take(mine.clear), found)
    rest = np.setdiff1d(np.arange(len(found)), hit)
    excused = pairs(mine.take(~mine.clear), found[rest])
    return len(hit), int(mine.clear.sum()) - len(hit), len(rest) - len(excused)


@real
@pytest.mark.parametrize(("name", "label", "gsd"), [("motor_pools", "vehicle", 0.3), ("parking", "vehicle", 0.2)])
def test_figures_of_real_images_are_the_definition_written_out(name, label, gsd):
    done = evaluate_folders([DATA / name], Options(classes=(label,)), jobs=1)
    images = read_labels(DATA / name).images
    rows = count_files([i.path for i in images], gsd=gsd, classes=(label,), jobs=1).rows
    total = np.sum(
        [judged_by_hand(i, [r for r in rows if r.image == str(i.path)], label) for i in images], axis=0
    )  # fmt: skip
    (row,) = [r for r in done.summary["figures"] if r["gsd"] == "all"]
    assert (row["hits"], row["misses"]) == tuple(total[:2])
    assert row["false_alarms"] == (total[2] if name == "motor_pools" else None)
    assert row["recall"] > 0.85  # measured: 0.90 and 0.93


@real
@pytest.mark.slow
def test_vehicles_are_found_at_a_distance_that_is_wrong_by_half():
    """Stated as 0.13 m: in some images cars then measure 5 m across."""
    chosen = ("4013*", "4092*", "2039*")
    done = evaluate_folders([DATA / "simd"], Options(classes=("vehicle",), gsd=0.13, only=chosen))
    (row,) = [r for r in done.summary["figures"] if r["gsd"] == "all"]
    assert row["recall"] > 0.75  # measured: 0.86, and 0.58 where nothing may be wider than 4.5 m


@real
def test_labels_that_were_made_twice_are_noticed():
    airports = read_labels(DATA / "airbus")
    assert len([i for i in airports.images if i.twice > 10]) == 6
    assert len(airports.unlabelled) == 5
    assert len({i.site for i in airports.images}) == 18


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled") / "sample"
    subprocess.run([sys.executable, shipped("sample_tiles") / "labelled.py", folder], check=True)
    return folder


def test_the_example_holds_the_truth_of_the_sample_tiles(sample):
    data = read_labels(sample)
    assert len(data.images) == 7
    assert data.unknown == {}
    assert Counter(i.site for i in data.images) == {"hmeimim": 4, "rechitsa": 3}
    kinds = {k for i in data.images for k in i.labels.take(i.labels.label == "aircraft").kind}
    assert "helicopter" in kinds or len(kinds) > 2
    with (sample / "labels.csv").open(newline="") as text:
        assert {r["visibility"] for r in csv.DictReader(text)} == {"clear", "hidden"}


def test_aircraft_of_the_sample_tiles(sample):
    done = evaluate_folders([sample], Options(classes=("aircraft",), only=("hmeimim-20241213*",)), jobs=1)
    (row,) = [r for r in done.summary["figures"] if r["gsd"] == "all"]
    assert row["objects"] > 10
    assert row["f1"] > 0.6
    again = evaluate_folders([sample], Options(classes=("aircraft",), only=("hmeimim-20241213*",)), jobs=2)
    assert again.summary == done.summary
    assert again.tables == done.tables

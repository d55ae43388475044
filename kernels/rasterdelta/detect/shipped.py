"""The detector that comes with the package (weights, measured accuracy and terms: see DETECTOR.md beside this file)."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.cascade import Cascade
from rasterdelta.detect.classes import SEARCHES
from rasterdelta.detect.classical import ClassicalDetector
from rasterdelta.detect.protocol import Detector
from rasterdelta.detect.scorer import Scorer


@cache
def shipped_detector() -> Detector:
    """Give the shipped detector of aircraft and vehicles; its weights are read once a process."""
    folder = files("rasterdelta.detect")
    table = Table.from_csv((folder / "accuracy.csv").read_text(encoding="utf-8").splitlines())
    return ClassicalDetector({label: _cascade(folder / f"{label}.npz", label) for label in SEARCHES}, table)


def _cascade(file: Traversable, label: str) -> Cascade:
    with file.open("rb") as f, np.load(f) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    return Cascade(*(Scorer.from_arrays(arrays, f"{label}_{part}_") for part in ("gate", "judge")))

"""The detector that comes with the package (weights, measured accuracy and terms: see DETECTOR.md beside this file)."""

from functools import cache
from importlib.resources import files

import numpy as np

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.cascade import Cascade
from rasterdelta.detect.classes import SEARCHES
from rasterdelta.detect.classical import ClassicalDetector
from rasterdelta.detect.protocol import Detector
from rasterdelta.detect.scorer import Scorer
from rasterdelta.types import FloatArray


@cache
def shipped_detector() -> Detector:
    """Give the shipped detector of aircraft and vehicles; its weights are read once a process."""
    folder = files("rasterdelta.detect")
    with (folder / "weights.npz").open("rb") as f, np.load(f) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    table = Table.from_csv((folder / "accuracy.csv").read_text(encoding="utf-8").splitlines())
    return ClassicalDetector({label: _cascade(arrays, label) for label in SEARCHES}, table)


def _cascade(arrays: dict[str, FloatArray], label: str) -> Cascade:
    return Cascade(*(Scorer.from_arrays(arrays, f"{label}_{part}_") for part in ("gate", "judge")))

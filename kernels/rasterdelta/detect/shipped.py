"""The detector that comes with the package (weights, measured accuracy and terms: see DETECTOR.md beside this file)."""

from functools import cache
from pathlib import Path

import numpy as np

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.cascade import Cascade
from rasterdelta.detect.classical import ClassicalDetector
from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model, NeuralDetector
from rasterdelta.detect.panel import Panel, Seat
from rasterdelta.detect.protocol import Detector
from rasterdelta.detect.scorer import Scorer

FOLDER = Path(__file__).parent
AIRCRAFT = Model("aircraft", Network(FOLDER / "aircraft.onnx"), working_m=0.75, longest_m=75.0)
MODELS = ((AIRCRAFT, 4.0),)
"""Models, and the coarsest ground sampling distance that each is used at, metres."""
NAME = "sitedelta-detector 3"


@cache
def shipped_detector() -> Detector:
    """Give the shipped detector of aircraft and vehicles; its weights are read once a process."""
    table = Table.from_csv((FOLDER / "accuracy.csv").read_text(encoding="utf-8").splitlines())
    rest = ClassicalDetector({label: _cascade(FOLDER / f"{label}.npz", label) for label in ("vehicle",)}, table, NAME)
    learned = tuple(Seat(m.label, most, NeuralDetector(m, table, NAME)) for m, most in MODELS)
    return Panel((*learned, Seat("vehicle", 1.0, rest)), NAME)


def _cascade(file: Path, label: str) -> Cascade:
    with file.open("rb") as f, np.load(f) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    return Cascade(*(Scorer.from_arrays(arrays, f"{label}_{part}_") for part in ("gate", "judge")))

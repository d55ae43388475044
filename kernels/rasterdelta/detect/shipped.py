"""The detector that comes with the package (weights, measured accuracy and terms: see DETECTOR.md beside this file)."""

from functools import cache
from pathlib import Path

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.details import Details
from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model, NeuralDetector, SecondLook
from rasterdelta.detect.panel import Panel, Seat
from rasterdelta.detect.protocol import Detector

FOLDER = Path(__file__).parent
AIRCRAFT = Model(
    "aircraft",
    Network(FOLDER / "aircraft.onnx"),
    working_m=0.75,
    longest_m=75.0,
    second=SecondLook(gsd_m=0.5, length_m=30.0),
)
VEHICLE = Model(
    "vehicle",
    Network(FOLDER / "vehicle.onnx"),
    working_m=0.22,
    longest_m=20.0,
    axial=True,
    apart=0.6,
    apart_along=0.6,
    second=SecondLook(gsd_m=0.0, length_m=10.0),
)
MODELS = ((AIRCRAFT, 4.0), (VEHICLE, 1.0))
"""Models, and the coarsest ground sampling distance that each is used at, metres."""
NAME = "sitedelta-detector 5"


@cache
def shipped_detector() -> Detector:
    """Give the shipped detector of aircraft and vehicles; its weights are read once a process."""
    table = Table.from_csv((FOLDER / "accuracy.csv").read_text(encoding="utf-8").splitlines())
    details = Details.from_csv((FOLDER / "details.csv").read_text(encoding="utf-8").splitlines())
    return Panel(tuple(Seat(m.label, most, NeuralDetector(m, table, NAME, details)) for m, most in MODELS), NAME)

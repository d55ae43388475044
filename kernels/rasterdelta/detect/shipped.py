"""The detector that comes with the package (weights, measured accuracy and terms: see DETECTOR.md beside this file)."""

from functools import cache
from pathlib import Path

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.closer import Closer
from rasterdelta.detect.details import Details
from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model, NeuralDetector
from rasterdelta.detect.panel import Panel, Seat
from rasterdelta.detect.protocol import Detector
from rasterdelta.detect.sights import Sight

FOLDER = Path(__file__).parent
AIRCRAFT = Model(
    "aircraft",
    Network(FOLDER / "aircraft.onnx"),
    longest_m=75.0,
    sights=(
        Sight(0.36, 0.6, half_from_m=0.0, agree=0.5, turned=True, closer=True),
        Sight(0.5, 0.75, closer=True),
        Sight(1.25, 0.6, half_from_m=0.0, agree=0.5, turned=True, closer=True),
        Sight(2.0, 0.6, half_from_m=0.0, agree=0.5, closer=True),
        Sight(4.0, 0.75, half_from_m=0.0, agree=0.25),
    ),
    closer=Closer(FOLDER / "aircraft_closer.onnx", weight=0.1, longest_m=90.0, least=-1.2, most=1.0),
)
VEHICLE = Model(
    "vehicle",
    Network(FOLDER / "vehicle.onnx"),
    longest_m=20.0,
    sights=(Sight(1.0, 0.22, half_from_m=10.0, turned=True, closer=True),),
    widest_m=5.3,
    axial=True,
    apart=0.6,
    apart_along=0.6,
    closer=Closer(FOLDER / "vehicle_closer.onnx", weight=0.4, longest_m=20.0, least=-1.3),
)
MODELS = ((AIRCRAFT, 4.0), (VEHICLE, 1.0))
"""Models, and the coarsest ground sampling distance that each is used at, metres."""
NAME = "sitedelta-detector 10"


@cache
def shipped_detector() -> Detector:
    """Give the shipped detector of aircraft and vehicles; its weights are read once a process."""
    table = Table.from_csv((FOLDER / "accuracy.csv").read_text(encoding="utf-8").splitlines())
    details = Details.from_csv((FOLDER / "details.csv").read_text(encoding="utf-8").splitlines())
    return Panel(tuple(Seat(m.label, most, NeuralDetector(m, table, NAME, details)) for m, most in MODELS), NAME)

"""What a network finds in one image."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.network import forget
from rasterdelta.detect.neural import Model
from sitedelta.files.store import written_aside
from sitedelta.learning.detect.labelled import Labelled
from sitedelta.learning.detect.measure import detect


@dataclass(frozen=True, slots=True)
class Look:
    """One network on one image."""

    model: Model
    image: Labelled
    part: Path

    def run(self) -> None:
        cv2.setNumThreads(1)
        _, found = detect(self.image, self.model)
        forget()
        with written_aside(self.part) as aside:
            np.save(aside, np.array([getattr(found, name) for name in Peaks.__slots__]))


def peaks(path: Path) -> Peaks:
    """Read what a `Look` found."""
    return Peaks(*np.load(path))

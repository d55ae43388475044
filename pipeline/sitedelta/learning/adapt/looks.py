"""What a network finds in one image, and what its last layer is given there."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.network import forget
from rasterdelta.detect.neural import Model
from sitedelta.files.store import written_aside
from sitedelta.learning.adapt.inner import Floats, looked
from sitedelta.learning.detect.labelled import Labelled
from sitedelta.learning.detect.measure import detect


@dataclass(frozen=True, slots=True)
class Look:
    """One network on one image."""

    model: Model
    image: Labelled
    part: Path
    telling: bool = False
    """True: its maps go on with what its last layer is given."""

    def run(self) -> None:
        cv2.setNumThreads(1)
        if self.telling:
            _, found, values = looked(self.image, self.model)
        else:
            found, values = detect(self.image, self.model)[1], np.zeros((0, 0))
        forget()
        with written_aside(self.part) as aside:
            np.savez(aside, peaks=np.array([getattr(found, name) for name in Peaks.__slots__]), values=values)


def seen(path: Path) -> tuple[Peaks, Floats]:
    """Read what a `Look` found."""
    with np.load(path) as stored:
        return Peaks(*stored["peaks"]), stored["values"]

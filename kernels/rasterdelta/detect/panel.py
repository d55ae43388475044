"""Several detectors, each asked for what it is best at."""

from dataclasses import dataclass
from pathlib import Path

from rasterdelta.detect.protocol import Accuracy, Detections, Detector
from rasterdelta.errors import KernelError
from rasterdelta.types import Image, Mask


@dataclass(frozen=True, slots=True)
class Seat:
    """A detector's part."""

    label: str
    gsd_max_m: float
    """Up to this ground sampling distance."""
    detector: Detector


@dataclass(frozen=True, slots=True)
class Panel:
    """One detector made of several, chosen by class and ground sampling distance."""

    seats: tuple[Seat, ...]
    """Of each class in ascending order of ground sampling distance; the last also holds beyond."""
    name: str

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that it can find."""
        return tuple(dict.fromkeys(s.label for s in self.seats))

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that it is made of, each once."""
        return tuple(dict.fromkeys(f for s in self.seats for f in s.detector.files))

    def chosen(self, label: str, gsd_m: float) -> Detector:
        """Give the detector for a class at a ground sampling distance."""
        mine = [s for s in self.seats if s.label == label]
        if not mine:
            raise KernelError(f"no class {label!r} here; there are {', '.join(self.classes)}")
        return next((s for s in mine if gsd_m <= s.gsd_max_m), mine[-1]).detector

    def snap_px(self, label: str, gsd_m: float) -> int:
        """Windows of a larger image must begin at multiples of it, for the same results."""
        return self.chosen(label, gsd_m).snap_px(label, gsd_m)

    def halo_m(self, label: str, gsd_m: float) -> float:
        """Metres of context that it needs around an object's centre."""
        return self.chosen(label, gsd_m).halo_m(label, gsd_m)

    def accuracy(self, label: str, gsd_m: float) -> Accuracy:
        """Give the measured accuracy that holds at this ground sampling distance."""
        return self.chosen(label, gsd_m).accuracy(label, gsd_m)

    def detect(
        self, image: Image, valid: Mask, *, gsd_m: float, classes: tuple[str, ...], weak: bool = False
    ) -> Detections:
        """Find objects in a display-stretched image: float32 in 0 to 1, shape (1 or 3, row, column)."""
        asked = ((c, self.chosen(c, gsd_m)) for c in classes)
        return Detections.join([d.detect(image, valid, gsd_m=gsd_m, classes=(c,), weak=weak) for c, d in asked])

"""What every detector offers and gives."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Image, Mask

WEAKEST: Final = 0.05
"""Probability below which nothing is worth remembering."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Objects found in one image; all arrays have shape (n,), rows and columns are pixels of that image as floats."""

    row: NDArray[np.float64]
    col: NDArray[np.float64]
    """Centre; the centre of the first pixel is (0, 0)."""
    length_m: NDArray[np.float64]
    width_m: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    """Clockwise from image up, 0 to 360; 0 to 180 where front and back cannot be told."""
    score: NDArray[np.float64]
    """0 to 1: the calibrated probability that the object is real."""
    label: NDArray[np.str_]
    """Class, e.g. `aircraft`."""
    sure: NDArray[np.bool_]
    """False = below the threshold: it does not count, but may bear out an object that another date shows there."""
    subclass: NDArray[np.str_]
    """Sub-class where the detector is sure of it, e.g. `helicopter`; empty where it is not told."""
    subclass_score: NDArray[np.float64]
    """Probability, 0 to 1, of the sub-class that is told, else NaN."""
    length_sd_m: NDArray[np.float64]
    width_sd_m: NDArray[np.float64]
    """Standard deviations of the sizes; NaN where they were not measured."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Give the chosen objects, by mask or by index."""
        return type(self)(*(getattr(self, f.name)[index] for f in fields(self)))

    def shifted(self, rows: float, cols: float) -> Self:
        """Give the same objects on a grid whose origin is moved."""
        return replace(self, row=self.row + rows, col=self.col + cols)

    @classmethod
    def none(cls) -> Self:
        """Give an empty set."""
        empty = np.zeros(0)
        return cls.plain(empty, empty, empty, empty, empty, empty, np.zeros(0, "<U16"))

    @classmethod
    def plain(
        cls,
        row: NDArray[np.float64],
        col: NDArray[np.float64],
        length_m: NDArray[np.float64],
        width_m: NDArray[np.float64],
        heading_deg: NDArray[np.float64],
        score: NDArray[np.float64],
        label: NDArray[np.str_],
    ) -> Self:
        """Give objects of which no more is known: all sure, sub-class not told, sizes of unknown deviation."""
        unknown = np.full(len(row), np.nan)
        sure, untold = np.full(len(row), fill_value=True), np.full(len(row), "", "<U24")
        return cls(row, col, length_m, width_m, heading_deg, score, label, sure, untold, unknown, unknown, unknown)

    @classmethod
    def join(cls, parts: "list[Self]") -> Self:
        """Give all objects of several sets, in order."""
        if not parts:
            return cls.none()
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Measured accuracy of a detector for one class near one ground sampling distance."""

    precision: float
    recall: float
    objects: int
    """Objects that the two rates are worth: fewer than were labelled, as images differ by more than chance."""
    source: str
    """What it was measured on."""


class Detector(Protocol):
    """Finds objects in an image of known ground sampling distance. Picklable; heavy state is loaded on first use."""

    @property
    def name(self) -> str:
        """Name and version, for reports and evidence."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that it can find."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that it is made of, so that evidence can name them."""

    def snap_px(self, label: str, gsd_m: float) -> int:
        """Windows of a larger image must begin at multiples of it, for the same results."""

    def halo_m(self, label: str, gsd_m: float) -> float:
        """Metres of context that it needs around an object's centre."""

    def accuracy(self, label: str, gsd_m: float) -> Accuracy:
        """Give the measured accuracy that holds at this ground sampling distance."""

    def detect(
        self, image: Image, valid: Mask, *, gsd_m: float, classes: tuple[str, ...], weak: bool = False
    ) -> Detections:
        """Find objects in a display-stretched image: float32 in 0 to 1, shape (1 or 3, row, column).

        With `weak`, also what is too weak to count, down to a score of `WEAKEST`.
        """

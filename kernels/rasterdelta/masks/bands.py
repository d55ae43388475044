"""The bands of an image by what they measure."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.types import Plane

Scale: TypeAlias = Literal["reflectance", "display", "number"]
"""What values mean: reflectance 0 to 1, a picture from black at 0 to white at 1, or a sensor's numbers of any kind."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands of one image, float32 of shape (row, column); None where there is none. One visible band is needed."""

    red: Plane | None = None
    green: Plane | None = None
    blue: Plane | None = None
    pan: Plane | None = None
    """Any single band of visible light."""
    nir: Plane | None = None
    swir1: Plane | None = None
    """About 1.6 micrometres."""
    swir2: Plane | None = None
    """About 2.2 micrometres."""
    thermal: Plane | None = None
    """About 11 micrometres; colder is less, in any unit."""
    scale: Scale = "number"

    def __post_init__(self) -> None:
        if not self.visible:
            raise KernelError("masks need a visible band")
        if len({b.shape for b in self.all}) > 1:
            raise KernelError(f"the bands differ in shape: {', '.join(str(b.shape) for b in self.all)}")

    @property
    def visible(self) -> tuple[Plane, ...]:
        """Red, green and blue, or the single one."""
        colours = tuple(b for b in (self.red, self.green, self.blue) if b is not None)
        return colours if colours or self.pan is None else (self.pan,)

    @property
    def all(self) -> tuple[Plane, ...]:
        """Every band there is."""
        others = (self.nir, self.swir1, self.swir2, self.thermal)
        return (*self.visible, *(b for b in others if b is not None))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, cols = self.visible[0].shape
        return rows, cols

    def light(self) -> Plane:
        """Give the mean of the visible bands."""
        total = self.visible[0].astype(np.float32, copy=True)
        for band in self.visible[1:]:
            total += band
        return total / np.float32(len(self.visible))

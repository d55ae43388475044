"""An image at its working resolution, made strip by strip: the whole of a fine one would take gigabytes."""

from dataclasses import dataclass

import numpy as np

from rasterdelta.detect.lattice import Lattice
from rasterdelta.types import Image


@dataclass(frozen=True, slots=True)
class Working:
    """What a network is shown: red, green, blue at the working resolution."""

    image: Image
    """float32, 0 to 255, shape (1 or 3, row, column), in its own pixels."""
    lattice: Lattice

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of working pixels."""
        rows, cols = (self.lattice.size(n) for n in self.image.shape[1:])
        return rows, cols

    def rows(self, span: slice, width: int, *, beyond: float) -> Image:
        """Give some rows of working pixels, (3, row, width); what lies past the last row or column is `beyond`."""
        height, cols = self.shape
        stop = min(span.stop, height)
        found = self.lattice.part(self.image, slice(span.start, stop), slice(0, cols))
        pad = ((0, 0), (0, span.stop - stop), (0, width - cols))
        found = np.pad(found, pad, constant_values=np.float32(beyond)) if any(map(any, pad)) else found
        return np.repeat(found, 3, axis=0) if len(found) == 1 else found

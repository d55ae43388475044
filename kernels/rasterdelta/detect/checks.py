"""What every detector asks of its input."""

import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.types import Image, Mask


def check_input(image: Image, valid: Mask, gsd_m: float) -> None:
    """Raise `KernelError` where image and mask do not fit, or the ground sampling distance is none."""
    if image.ndim != 3 or image.shape[1:] != valid.shape:
        raise KernelError(
            f"image {image.shape} and mask {valid.shape} do not fit: want (band, row, column) and (row, column)"
        )
    if not (np.isfinite(gsd_m) and gsd_m > 0):
        raise KernelError(f"ground sampling distance must be above 0 m, not {gsd_m}")

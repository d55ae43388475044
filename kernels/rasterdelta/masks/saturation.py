"""Saturation: values that the sensor or the file could not hold."""

import numpy as np

from rasterdelta.types import Image, Mask


def unsaturated(image: Image, *, ceiling: float) -> Mask:
    """Tell the pixels that are not saturated.

    Parameters
    ----------
    image : float32 ndarray of shape (band, row, column)
    ceiling : float
        The greatest value that the data can hold, e.g. 255 or 65535.

    Returns
    -------
    bool ndarray of shape (row, column)
        True = usable; False where any band has reached the ceiling.
    """
    return np.asarray(np.all(image < ceiling, axis=0))

"""Hysteresis: what is surely changed, and what hangs together with it."""

import cv2
import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.types import Mask, Plane


def hysteresis(score: Plane, valid: Mask, *, low: float, high: float) -> Mask:
    """Give the pixels above a low threshold that connect to one above a high threshold.

    Parameters
    ----------
    score
        Shape (row, column); what is not finite is not changed.
    valid
        True = valid; changed pixels do not connect across pixels that are not valid.
    low, high
        A pixel above `high` is changed; one above `low` is changed where a chain of such pixels, side by side or
        corner to corner, leads to one above `high`.

    Returns
    -------
    Mask
        True = changed.

    Raises
    ------
    KernelError
        Where `low` is above `high`, or the shapes differ.

    Notes
    -----
    A chain may be as long as the image, so no halo makes this exact tile by tile: either apply it to the whole plane,
    or threshold tiles at `low`, keep each region's greatest score, join regions across seams and drop those that
    nowhere exceed `high`, which is the same.

    References
    ----------
    Canny (1986), A computational approach to edge detection, doi 10.1109/TPAMI.1986.4767851.
    """
    if not low <= high:
        raise KernelError(f"the low threshold {low} is above the high one {high}")
    if score.shape != valid.shape:
        raise KernelError(f"score {score.shape} and mask {valid.shape} do not belong together")
    usable = valid & np.isfinite(score)
    count, labels = cv2.connectedComponents((usable & (score > low)).astype(np.uint8), connectivity=8)
    sure = np.zeros(count, np.bool_)
    sure[labels[usable & (score > high)]] = True
    sure[0] = False  # the background
    changed: Mask = sure[labels]
    return changed

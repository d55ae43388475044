"""Margins around what is masked."""

import cv2
import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.types import Mask


def shrink(mask: Mask, pixels: int) -> Mask:
    """Give the mask without the pixels closer than `pixels` to an invalid one; the image's edge does not count."""
    if pixels < 0:
        raise KernelError(f"a mask cannot shrink by {pixels} pixels")
    if pixels == 0 or mask.all():
        return mask.copy()
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return distance > pixels


def grow(mask: Mask, pixels: float) -> Mask:
    """Give the mask with every pixel closer than `pixels` to it."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc(pixels)) > 0)


def opened(mask: Mask, pixels: float) -> Mask:
    """Give the parts of a mask that hold a disc of this radius."""
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(pixels)) > 0)


def disc(radius: float) -> np.ndarray:
    """Give a round structuring element."""
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))

"""What of an image can be used: saturation, bright cloud, margins. True = usable."""

from typing import Final

import cv2
import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.resample import downsample
from rasterdelta.types import Image, Mask

CLOUD_M: Final = 100.0
"""Smallest extent of a cloud that is looked for."""
_WORK_M: Final = 4.0
"""Pixel size at which cloud is looked for."""
_TEXTURE_M: Final = 20.0
_BRIGHT: Final = 0.64
_COLOUR: Final = 0.15
_EDGE: Final = 0.5
_COOL: Final = 0.98
"""Least blue for red: cloud is neutral or bluish where concrete, sand and dust are warm."""
_SMOOTH: Final = 0.1


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


def bright_cloud(image_01: Image, valid: Mask, *, gsd_m: float) -> Mask:
    """Tell the pixels free of thick bright cloud.

    Parameters
    ----------
    image_01 : float32 ndarray of shape (band, row, column)
        Display-stretched to 0..1; one band, or red, green and blue first.
    valid : bool ndarray of shape (row, column)
        True = valid.
    gsd_m : float
        Ground sampling distance, metres.

    Returns
    -------
    bool ndarray of shape (row, column)
        True = free of cloud; invalid pixels are True, they are another mask's affair.

    Raises
    ------
    KernelError
        Where the ground sampling distance is not positive or shapes disagree.

    Notes
    -----
    A region counts as cloud if it is bright, grey to bluish, of little texture for its brightness over 20 m, and holds
    a disc of 100 m. The choice is for what it reports to be cloud: aprons, roofs and sand are warm, edged or small and
    stay out. It cannot see thin cloud, haze, dark cloud, cloud shadow or clouds smaller than 100 m, and cannot tell
    cloud from a smooth snow field or a large neutral roof; with one band the colour says nothing and pale concrete
    may be taken. A multispectral cloud mask that comes with a scene is better than this one.
    """
    if not gsd_m > 0:
        raise KernelError(f"the ground sampling distance must be positive, not {gsd_m} m")
    if image_01.ndim != 3 or image_01.shape[1:] != valid.shape:
        raise KernelError(f"image {image_01.shape} and mask {valid.shape} do not belong together")
    factor = max(1, round(_WORK_M / gsd_m))
    if min(valid.shape) // factor < 4:
        return np.ones(valid.shape, np.bool_)
    small, seen = downsample(image_01[:3], valid, factor)
    cloud = _cloudy(small, seen, _WORK_M if factor > 1 else gsd_m)
    if not cloud.any():
        return np.ones(valid.shape, np.bool_)
    grown = cv2.resize(cloud.astype(np.uint8), valid.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return np.asarray(~(grown & valid))


def _cloudy(image: Image, valid: Mask, gsd: float) -> Mask:
    """Find large, soft, bright, grey regions of little texture."""
    light = image.mean(axis=0)
    grey = np.ptp(image, axis=0) <= _COLOUR * np.maximum(light, 1e-3)
    if len(image) >= 3:
        grey &= image[2] >= _COOL * image[0]
    sigma = _TEXTURE_M / gsd
    mean = cv2.GaussianBlur(light, (0, 0), sigma)
    texture = np.sqrt(np.maximum(cv2.GaussianBlur(light * light, (0, 0), sigma) - mean * mean, 0))
    candidate = valid & (light >= _BRIGHT) & grey & (texture <= _SMOOTH * mean)
    side = max(3, 2 * round(CLOUD_M / 2 / gsd / 2) + 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    core = cv2.morphologyEx(candidate.astype(np.uint8), cv2.MORPH_OPEN, disc)
    # Edges thin out softly: they are taken as far as half of a cloud from its core, where the light is still grey.
    near = cv2.dilate(core, disc) > 0
    return np.asarray((core > 0) | (near & valid & grey & (light >= _EDGE)))


def shrink(mask: Mask, pixels: int) -> Mask:
    """Give the mask without the pixels closer than `pixels` to an invalid one; the image's edge does not count."""
    if pixels < 0:
        raise KernelError(f"a mask cannot shrink by {pixels} pixels")
    if pixels == 0 or mask.all():
        return mask.copy()
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return distance > pixels

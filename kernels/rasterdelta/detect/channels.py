"""Locally normalised gradient and intensity channels of one image plane."""

from dataclasses import dataclass

import cv2
import numpy as np

from rasterdelta.types import FloatArray, Image, Mask, Plane

ORDERS = (1, 2, 4)
"""Angular orders of the gradient direction kept beside its magnitude (order 1 is signed, 2 and 4 are not)."""
COUNT = 2 + 2 * len(ORDERS)
"""Channels: intensity, gradient magnitude, then a cosine and a sine for each order."""
NORM_SIGMA = 6.0
NORM_REACH = 13
POOL_SIGMA = 0.9
POOL_REACH = 3
REACH = 1 + NORM_REACH + POOL_REACH
"""Pixels of context that one channel value depends on."""
FLOOR = 0.02
"""Contrast (in display units) below which normalisation does not amplify: the noise of an 8-bit image."""


@dataclass(frozen=True, slots=True)
class Level:
    """One octave of the image pyramid."""

    channels: FloatArray
    """Shape (COUNT, row, column)."""
    valid: Mask
    contrast: Plane
    """Local standard deviation of the intensity, display units."""
    pixel_m: float


def luminance(image: Image, valid: Mask) -> Plane:
    """Give the band mean, invalid pixels set to zero; shape (row, column)."""
    return np.where(valid, image.mean(axis=0, dtype=np.float32), np.float32(0.0)).astype(np.float32, copy=False)


def reduce_by(plane: Plane, valid: Mask, factor: int) -> tuple[Plane, Mask]:
    """Average blocks of `factor` by `factor` valid pixels; a block is valid where half of it is."""
    if factor == 1:
        return plane, valid
    rows, cols = (-(-n // factor) * factor for n in plane.shape)
    pad = ((0, rows - plane.shape[0]), (0, cols - plane.shape[1]))
    size = (cols // factor, rows // factor)
    total = cv2.resize(np.pad(plane * valid, pad), size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(np.pad(valid.astype(np.float32), pad), size, interpolation=cv2.INTER_AREA)
    return (total / np.maximum(share, 1e-6)).astype(np.float32), share >= 0.5


def _blur(plane: Plane, sigma: float, reach: int) -> Plane:
    size = (2 * reach + 1, 2 * reach + 1)
    return np.asarray(cv2.GaussianBlur(plane, size, sigma, borderType=cv2.BORDER_REFLECT_101), dtype=np.float32)


def level(plane: Plane, valid: Mask, pixel_m: float) -> Level:
    """Compute the channels of a plane.

    Parameters
    ----------
    plane : ndarray of shape (row, column)
        Intensity, float32, display units 0 to 1.
    valid : ndarray of shape (row, column)
        True = valid. Invalid pixels neither give gradients nor enter the local mean.
    pixel_m : float
        Size of a pixel in metres.
    """
    weight = valid.astype(np.float32)
    share: Plane = np.maximum(_blur(weight, NORM_SIGMA, NORM_REACH), np.float32(1e-3))
    mean: Plane = _blur(plane * weight, NORM_SIGMA, NORM_REACH) / share
    centred: Plane = (plane - mean) * weight
    contrast: Plane = np.sqrt(_blur(centred * centred, NORM_SIGMA, NORM_REACH) / share)
    gain: Plane = np.float32(1.0) / (contrast + np.float32(FLOOR))
    intensity = centred * gain
    filled = np.where(valid, plane, mean).astype(np.float32)
    dx = cv2.Scharr(filled, cv2.CV_32F, 1, 0, scale=1 / 16) * gain * weight
    dy = cv2.Scharr(filled, cv2.CV_32F, 0, 1, scale=1 / 16) * gain * weight
    return Level(
        np.stack([_blur(c, POOL_SIGMA, POOL_REACH) for c in _stack(intensity, dx, dy)]), valid, contrast, pixel_m
    )


def _stack(intensity: Plane, dx: Plane, dy: Plane) -> list[Plane]:
    magnitude = np.sqrt(dx * dx + dy * dy)
    unit = 1.0 / (magnitude + 1e-6)
    cos1, sin1 = dx * unit, dy * unit
    cos2, sin2 = cos1 * cos1 - sin1 * sin1, 2 * cos1 * sin1
    cos4, sin4 = cos2 * cos2 - sin2 * sin2, 2 * cos2 * sin2
    turned = [magnitude * c for c in (cos1, sin1, cos2, sin2, cos4, sin4)]
    return [intensity, magnitude, *turned]

"""One plane of local structure a image: what is compared when two dates are matched."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.resample import LIMIT, downsample
from rasterdelta.types import Image, Mask, Plane

SAMPLE: Final = 200_000
CLIP: Final = 6.0
"""Standardised values beyond are cut: glints and hot pixels must not carry a match."""


@dataclass(frozen=True, slots=True)
class Level:
    """One plane of an image at one level of a pyramid."""

    plane: Plane
    """Locally standardised values, 0 where invalid."""
    valid: Mask
    factor: int
    """Pixels of the full plane along a side of one pixel here."""

    def down(self, position: np.ndarray) -> np.ndarray:
        """Take full-plane pixel positions to this level."""
        return (position + 0.5) / self.factor - 0.5

    def up(self, position: np.ndarray) -> np.ndarray:
        """Take positions of this level to full-plane pixels."""
        return (position + 0.5) * self.factor - 0.5


def one_plane(image: Image, valid: Mask) -> Plane:
    """Join the bands into one plane: the mean of the robustly standardised bands, 0 where invalid.

    Raises
    ------
    KernelError
        Where shapes disagree or a side is too long.
    NotEnoughData
        Where nothing is valid or no band varies.
    """
    if image.ndim != 3 or image.shape[1:] != valid.shape:
        raise KernelError(f"image {image.shape} and mask {valid.shape} do not belong together")
    if max(valid.shape) > LIMIT:
        raise KernelError(f"an image side of {max(valid.shape)} pixels is too long to register: reduce it first")
    index = np.flatnonzero(valid)
    if not len(index):
        raise NotEnoughData("it has no valid pixel")
    index = index[:: max(1, len(index) // SAMPLE)]
    total = np.zeros(valid.shape, np.float32)
    used = 0
    for band in image:
        values = band.reshape(-1)[index]
        low, middle, high = np.percentile(values, [5, 50, 95])
        spread = float(high - low) / 3.29 or float(values.std())
        if spread <= 1e-6 * max(1.0, abs(float(middle))):
            continue
        total += np.clip((band - np.float32(middle)) * np.float32(1 / spread), -CLIP, CLIP)
        used += 1
    if not used:
        raise NotEnoughData("it shows no detail: every band is constant")
    return np.where(valid, total * np.float32(1 / used), np.float32(0))


def level(plane: Plane, valid: Mask, factor: int) -> Level:
    """Reduce a plane and standardise it locally, so that light, haze and season weigh less."""
    small, seen = downsample(plane[None], valid, factor)
    return Level(_local(small[0], seen), seen, factor)


def _local(plane: Plane, valid: Mask, sigma: float = 12.0) -> Plane:
    """Subtract the masked local mean and divide by the local deviation."""
    whole = bool(valid.all())
    share = np.ones((1, 1), np.float32) if whole else _blur(valid.astype(np.float32), sigma) + np.float32(1e-6)
    seen = plane if whole else plane * valid
    centred = np.where(valid, plane - _blur(seen, sigma) / share, np.float32(0))
    deviation = np.sqrt(np.maximum(_blur(centred * centred, sigma) / share, 0))
    # The floor keeps noise on water, snow and cloud from being raised to the rank of structure.
    floor = 0.25 * float(np.sqrt(np.mean(centred[valid] ** 2))) if valid.any() else 0.0
    return np.asarray(np.clip(centred / (deviation + np.float32(floor + 1e-9)), -4, 4), np.float32)


def _blur(plane: Plane, sigma: float) -> Plane:
    side = 2 * round(1.25 * sigma) + 1
    twice = cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(cv2.blur(twice, (side, side), borderType=cv2.BORDER_REFLECT_101), np.float32)

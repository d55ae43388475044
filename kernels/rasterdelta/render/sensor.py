"""The camera: blur, sampling, gain and offset, noise, and quantisation."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from rasterdelta.render.frame import Frame
from rasterdelta.render.paint import BANDS
from rasterdelta.types import FloatArray, Image, Plane

Band = Literal["blue", "green", "red", "nir"]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A camera over a scene."""

    gsd_m: float
    rows: int
    cols: int
    bands: tuple[Band, ...] = ("red", "green", "blue")
    x_m: float = 0.0
    y_m: float = 0.0
    """Where the outer corner of its first pixel is said to be, in metres of the scene."""
    shift_px: tuple[float, float] = (0.0, 0.0)
    """Error of that place: image(row + shift_row, col + shift_col) shows what is said to be at (row, col)."""
    psf_fwhm_px: float = 1.4
    """Full width at half maximum of the point spread, pixel and motion included."""
    sharpen: float = 0.0
    """Strength of a sharpening afterwards, as image vendors apply it."""
    gain: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Factor a band on the response; one value a band, in the order of `bands`."""
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    """Digital numbers added a band."""
    full_scale: float = 0.55
    """Reflectance that gives the largest number where the gain is 1."""
    largest: int = 255
    """Digital numbers are whole, from 0 (never used: it means no data) to this."""
    gamma: float = 1.0
    """Exponent of a display curve."""
    noise: float = 0.006
    """Standard deviation of the noise as a share of `largest`, for a bright pixel."""

    def __post_init__(self) -> None:
        if not len(self.bands) == len(self.gain) == len(self.offset):
            msg = f"one gain and one offset a band: {len(self.bands)} bands, {len(self.gain)}, {len(self.offset)}"
            raise ValueError(msg)

    @property
    def frame(self) -> Frame:
        """Give its true grid over the scene."""
        dy, dx = (shift * self.gsd_m for shift in self.shift_px)
        return Frame(self.rows, self.cols, self.gsd_m, self.x_m - dx, self.y_m - dy)

    def sample(self, plane: Plane, frame: Frame) -> Plane:
        """Blur and sample one band of a finer grid."""
        ratio = self.gsd_m / frame.gsd_m
        blurred = cv2.GaussianBlur(plane, (0, 0), self.psf_fwhm_px * ratio / 2.355)
        own = self.frame
        matrix = np.array([
            [ratio, 0, (own.x_m - frame.x_m) / frame.gsd_m + (ratio - 1) / 2],
            [0, ratio, (own.y_m - frame.y_m) / frame.gsd_m + (ratio - 1) / 2],
        ])  # fmt: skip
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        image = cv2.warpAffine(blurred, matrix, (self.cols, self.rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(image, np.float32)

    def digitise(self, reflectance: FloatArray, rng: np.random.Generator) -> Image:
        """Turn sampled reflectance, shape (band, row, column), into whole digital numbers as float32."""
        gain = np.array(self.gain, np.float32)[:, None, None] / np.float32(self.full_scale)
        share = np.maximum(reflectance * gain, 0)
        noise = rng.standard_normal(share.shape, dtype=np.float32)
        noise = np.stack([cv2.GaussianBlur(plane, (0, 0), 0.55) for plane in noise]) * np.float32(1.7)
        share += np.float32(self.noise) * np.sqrt(0.15 + share) * noise
        if self.sharpen:
            soft = np.stack([cv2.GaussianBlur(plane, (0, 0), 1.3) for plane in share])
            share += np.float32(self.sharpen) * (share - soft)
        curve = np.maximum(share, 0) ** np.float32(1 / self.gamma)
        numbers = curve * np.float32(self.largest) + np.array(self.offset, np.float32)[:, None, None]
        return np.clip(np.round(numbers), 1, self.largest).astype(np.float32)

    def observe(self, reflectance: FloatArray, frame: Frame, rng: np.random.Generator) -> Image:
        """Take an image of light above the air, shape (4, row, column) on a finer grid."""
        planes = [self.sample(reflectance[BANDS.index(band)], frame) for band in self.bands]
        return self.digitise(np.stack(planes), rng)

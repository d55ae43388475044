"""Learned difference for very high resolution imagery: what people made, built or parked on one date only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from rasterdelta.difference import siamese_network as network
from rasterdelta.difference.pixels import pool, seen
from rasterdelta.difference.protocol import PairSample
from rasterdelta.types import FloatArray, Image, Mask, Plane

THRESHOLD: Final = 0.14
"""Probability above which a pixel counts as changed."""
EDGE: Final = 0.63
"""A region ends where the probability falls to this share of its peak: what is certain is blurred the farther."""
PEAK_M: Final = 6.0
"""Distance to the peak, metres."""
COARSE_M: Final = 1.0
"""Pixels larger than this are enlarged twice: the network was taught cells of 0.35 to 0.95 m."""
CELL_M: Final = 0.5
"""Finer pixels are averaged to about this."""
DARK, BRIGHT = 12.0, 243.0
"""Where the network sees the darkest and the brightest hundredth of a date."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Brings one date to the range of 8-bit pictures."""

    low: tuple[float, ...]
    """Of each band."""
    gain: tuple[float, ...]

    @classmethod
    def of(cls, pixels: FloatArray) -> "Stretch":
        """Fit to pixels of shape (band, pixel), each band by itself: haze and tint differ between dates."""
        low, high = np.percentile(np.asarray(pixels, np.float32), (1, 99), axis=1).tolist()
        pairs = zip(low, high, strict=True)
        return cls(tuple(low), tuple((BRIGHT - DARK) / (h - v) if h > v else 1.0 for v, h in pairs))

    def picture(self, image: Image, valid: Mask) -> Image:
        """Give three bands of 0 to 255, middle grey where not valid."""
        low, gain = (np.array(v, np.float32)[:, None, None] for v in (self.low, self.gain))
        with np.errstate(invalid="ignore", over="ignore"):
            shown = np.clip((image - low) * gain + np.float32(DARK), 0, 255)
        return _three(np.where(valid, shown, np.float32(127)))


@dataclass(frozen=True, slots=True)
class Siamese:
    """Stretches fitted to a pair; the network itself is shipped."""

    before: Stretch
    after: Stretch
    enlarge: int
    """1 or 2: cells of the network a pixel."""
    reduce: int
    """Pixels a cell of the network; 1 where pixels are enlarged."""
    peak: int
    """Distance to a region's peak, in logits."""
    notes: str
    """What was fitted, on how much."""
    threshold: float = THRESHOLD
    false_alarm_rate: None = None
    """Learned without change labels of real construction: no rate could be stated."""
    method: Literal["siamese"] = "siamese"

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return (network.REACH + network.STRIDE) * self.reduce // self.enlarge

    @property
    def stride(self) -> int:
        """Windows must begin where the network's coarsest cells do."""
        return network.STRIDE * self.reduce // self.enlarge

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the probability of change, lowered beside what changed more surely, float32, NaN where not valid."""
        valid = seen(PairSample(before, after, valid))
        if not valid.any():
            return np.full(valid.shape, np.nan, np.float32)
        first, second = self._cells(self.before.picture(before, valid)), self._cells(self.after.picture(after, valid))
        chance = edged(_probability(network.logits(first, second)), self.peak)
        cells = network.doubled(network.doubled(chance[None]))[0, : first.shape[1], : first.shape[2]]
        rows, cols = valid.shape
        out: Plane = np.where(valid, self._pixels(cells)[:rows, :cols], np.float32(np.nan))
        return out

    def _cells(self, picture: Image) -> Image:
        if self.enlarge == 2:
            return network.doubled(picture)
        return averaged(picture, self.reduce)

    def _pixels(self, cells: Plane) -> Plane:
        if self.enlarge == 2:
            (pixels,) = averaged(cells[None], 2)
        else:
            pixels = np.repeat(np.repeat(cells, self.reduce, 0), self.reduce, 1)
        return np.asarray(pixels, np.float32)


def fit(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.001) -> Siamese:
    """Fit the shipped network's view of a pair: the range of each date, and the size of its cells.

    The network compares features of both dates within some metres, so that leaning buildings and the last pixels of
    misregistration are no change, and was taught to overlook light, season, haze, shadow and crops. `SIAMESE.md`
    says on what, and with what result.

    Parameters
    ----------
    samples
        Blocks of the pair. Of more than three bands the first three are looked at.
    gsd_m
        Ground sampling distance, metres; 0.3 to 2 is what the network knows.
    false_alarm_rate
        Not used: the threshold is a probability that was set on other imagery.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.
    """
    del false_alarm_rate
    before, after = pool(samples)
    enlarge = 2 if gsd_m > COARSE_M else 1
    reduce = max(1, round(CELL_M / gsd_m))
    cell_m = gsd_m * reduce / enlarge
    peak = max(1, round(PEAK_M / cell_m / network.OUTPUT))
    notes = (
        f"Learned features compared at {cell_m:.2g} m a cell; both dates stretched by their own "
        f"percentiles of {before.shape[1]} pixels."
    )
    return Siamese(Stretch.of(before), Stretch.of(after), enlarge, reduce, peak, notes)


def edged(chance: Plane, reach: int) -> Plane:
    """Lower probabilities beside greater ones, so that they are above `THRESHOLD` down to `EDGE` of the peak only.

    Parameters
    ----------
    chance
        Of change, float32, at the network's resolution.
    reach
        Distance to the peak.
    """
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    peak = np.asarray(cv2.dilate(chance, disk, borderType=cv2.BORDER_REPLICATE), np.float32)
    beside = np.float32(THRESHOLD) + chance - np.float32(EDGE) * peak
    return np.maximum(np.minimum(chance, beside), np.float32(0))


def averaged(image: Image, side: int) -> Image:
    """Give the mean of squares of so many pixels, the last ones filled up with the border's values."""
    if side == 1:
        return image
    rows, cols = (-n % side for n in image.shape[1:])
    full = np.pad(image, ((0, 0), (0, rows), (0, cols)), mode="edge")
    total = np.zeros((len(image), full.shape[1] // side, full.shape[2] // side), np.float32)
    for r in range(side):
        for c in range(side):
            total += full[:, r::side, c::side]
    return np.asarray(total / np.float32(side * side), np.float32)


def _three(image: Image) -> Image:
    return image[:3] if len(image) >= 3 else image[[0, 0, 0] if len(image) == 1 else [0, 1, 1]]


def _probability(logit: Plane) -> Plane:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))), np.float32)

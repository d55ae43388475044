"""Learned difference for very high resolution imagery: what people made, built or parked on one date only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from rasterdelta.difference import siamese_network as network
from rasterdelta.difference.pixels import pool, seen
from rasterdelta.difference.protocol import PairSample
from rasterdelta.types import FloatArray, Image, Mask, Plane

THRESHOLD: Final = 0.5
"""Probability above which a pixel counts as changed."""
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
        """Fit to pixels of shape (band, pixel): the bands of a date go together, so that colours stay."""
        low, high = (float(v) for v in np.percentile(pixels, (1, 99)))
        gain = (BRIGHT - DARK) / (high - low) if high > low else 1.0
        return cls((low,) * len(pixels), (gain,) * len(pixels))

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
    notes: str
    """What was fitted, on how much."""
    threshold: float = THRESHOLD
    false_alarm_rate: None = None
    """Learned without change labels of real construction: no rate could be stated."""
    method: Literal["siamese"] = "siamese"

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return -(-network.REACH * self.reduce // self.enlarge)

    @property
    def stride(self) -> int:
        """Windows must begin where the network's coarsest cells do."""
        return network.STRIDE * self.reduce // self.enlarge

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the probability of change, float32, NaN where not valid."""
        valid = seen(PairSample(before, after, valid))
        if not valid.any():
            return np.full(valid.shape, np.nan, np.float32)
        first, second = self._cells(self.before.picture(before, valid)), self._cells(self.after.picture(after, valid))
        logit = network.logits(first, second)
        rows, cols = valid.shape
        chance = _probability(self._pixels(logit))[:rows, :cols]
        out: Plane = np.where(valid, chance, np.float32(np.nan))
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
    notes = (
        f"Learned features compared at {gsd_m * reduce / enlarge:.2g} m a cell; both dates stretched by their own "
        f"percentiles of {before.shape[1]} pixels."
    )
    return Siamese(Stretch.of(before), Stretch.of(after), enlarge, reduce, notes)


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

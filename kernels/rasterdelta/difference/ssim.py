"""Local structural similarity: luminance, contrast and structure of the surroundings, compared as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from rasterdelta.difference.pixels import pool, pool_scores, seen
from rasterdelta.difference.protocol import PairSample
from rasterdelta.threshold import automatic, bulk_threshold
from rasterdelta.types import Image, Mask, Plane

SIGMA, SIDE = 1.5, 11
"""Standard deviation and side of the Gaussian window, in pixels."""

K1, K2 = 0.01, 0.03
"""Shares of the range of values that keep quiet ground from being divided by nothing."""


@dataclass(frozen=True, slots=True)
class Ssim:
    """Fitted range of values and threshold."""

    middle: float
    """Of the values; taken away before products are made, so that large values keep their digits."""
    low: float
    """Lowest value: luminance is counted from 0, or from here where values are negative."""
    span: float
    """Range of the values."""
    threshold: float
    """On 1 minus the similarity."""
    notes: str
    """What was fitted, on how much."""
    false_alarm_rate: float | None = None
    """None: similarities of unchanged ground have no known law."""
    method: Literal["ssim"] = "ssim"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return SIDE // 2

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give 1 minus the similarity, mean over the bands, float32, NaN where not valid."""
        valid = seen(PairSample(before, after, valid))
        total = np.zeros(valid.shape, np.float32)
        for one, other in zip(before, after, strict=True):
            total += self._similarity(one, other, valid)
        score: Plane = np.float32(1) - total / np.float32(len(before))
        return score

    def _similarity(self, one: Plane, other: Plane, valid: Mask) -> Plane:
        # In units of the range, as in the paper's constants: squares of huge values would overflow.
        middle, scale = np.float32(self.middle), np.float32(1 / self.span)
        a, b = (np.where(valid, (p.astype(np.float32) - middle) * scale, np.float32(0)) for p in (one, other))
        mean_a, mean_b, aa, bb, ab = _means((a, b, a * a, b * b, a * b), valid)
        spread = np.maximum(aa - mean_a * mean_a, np.float32(0)) + np.maximum(bb - mean_b * mean_b, np.float32(0))
        shared = ab - mean_a * mean_b
        lift = np.float32((self.middle - min(self.low, 0.0)) / self.span)
        light, other_light = mean_a + lift, mean_b + lift
        c1, c2 = np.float32(K1**2), np.float32(K2**2)
        luminance = (2 * light * other_light + c1) / (light * light + other_light * other_light + c1)
        return np.asarray(luminance * (2 * shared + c2) / (spread + c2), np.float32)


def _means(planes: Sequence[Plane], valid: Mask) -> list[Plane]:
    """Give Gaussian means over the valid pixels of planes that are 0 elsewhere, NaN where not valid."""
    share = np.ones(valid.shape, np.float32) if valid.all() else _blurred(valid.astype(np.float32))
    found = [np.full(valid.shape, np.nan, np.float32) for _ in planes]
    for plane, mean in zip(planes, found, strict=True):
        np.divide(_blurred(plane), share, out=mean, where=valid)
    return found


def _blurred(plane: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (SIDE, SIDE), SIGMA, borderType=cv2.BORDER_REFLECT), np.float32)


def fit(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.01) -> Ssim:
    """Fit the structural similarity on blocks of a pair.

    The simplest structural difference: it sees what a single pixel does not, but neither displacement nor shadow is
    forgiven; see `rasterdelta.difference.structure` for that.

    Parameters
    ----------
    samples
        Blocks of the pair, radiometrically normalised.
    gsd_m
        Ground sampling distance; not used, the window is one of pixels.
    false_alarm_rate
        Where the similarities form one class, the threshold is what the unchanged bulk exceeds at this rate.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.

    Notes
    -----
    Means and variances are taken over a Gaussian window of the valid pixels alone (normalised convolution), the
    variances are those of the window itself, not corrected for its size.

    References
    ----------
    Wang et al. (2004), Image quality assessment: from error visibility to structural similarity, doi
    10.1109/TIP.2003.819861.
    """
    del gsd_m
    values = np.concatenate(pool(samples), axis=1)
    low, high = float(values.min()), float(values.max())
    plain = Ssim(float(np.median(values)), low, (high - low) or 1.0, 1.0, "")
    scores = pool_scores([plain.score(s.before, s.after, s.valid) for s in samples])
    found = automatic(scores, bound=max(bulk_threshold(scores, false_alarm_rate), 1e-3))
    notes = (
        f"Structural similarity over {SIGMA:g} px, range {plain.span:.4g}, from {scores.size} pixels. {found.reason}"
    )
    return Ssim(plain.middle, low, plain.span, found.value, notes)

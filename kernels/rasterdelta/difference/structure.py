"""Structural difference for very high resolution imagery: what stands where, whatever the light."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from rasterdelta.difference.pixels import pool, pool_scores, seen
from rasterdelta.difference.protocol import PairSample
from rasterdelta.difference.texture import Levels, Scales, block_change, gradient, layout, object_change
from rasterdelta.threshold import MAD_TO_SIGMA
from rasterdelta.types import FloatArray, Image, Mask, Plane

FIT_PX = 2**20
"""Blocks are thinned until they hold no more pixels than this."""

FAINT = 0.15
"""Objects that stand out by less, in spreads of the image, are none."""

SETTLED, LONE = 0.5, 8.0
"""Correlation of the layouts below which single objects must stand out more, and the growth of their limit."""

BLOCKS, KEPT, STEEP = 0.75, 0.40, 3.0
"""Limit of the blocks where `KEPT` is the correlation of the layouts, and its growth with that correlation."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Differences at which a pixel counts as changed."""

    objects: float
    """Of bright objects, in spreads of the image."""
    blocks: float
    """Of edges and colours together, in spreads of the image."""

    @classmethod
    def at(cls, *, objects: float, kept: float) -> Self:
        """Give the limits for what the bulk's object differences keep below and the correlation of the layouts.

        Where most of the layout has stayed, season and light explain most of what else differs between blocks of
        ground, and they must differ more; where it has gone, less, while single objects there must stand out more.
        """
        shared = float(np.clip(kept, 0.2, 0.8))
        objects = max(objects, FAINT) * np.exp(LONE * max(0.0, SETTLED - shared))
        return cls(objects=float(objects), blocks=float(BLOCKS * np.exp(STEEP * (shared - KEPT))))


@dataclass(frozen=True, slots=True)
class Structure:
    """Fitted typical values of a pair."""

    scales: Scales
    levels: Levels
    limits: Limits
    notes: str
    """What was fitted, on how much."""
    threshold: float = 1.0
    """The larger of the two differences, each in units of its limit."""
    false_alarm_rate: None = None
    """Light, season and parallax leave no population of which a rate could be stated."""
    method: Literal["structure"] = "structure"
    stride: Literal[1] = 1
    """Windows may begin anywhere."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""
        return self.scales.halo

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the larger of object and block difference in units of their limits, float32, NaN where not valid."""
        valid = seen(PairSample(before, after, valid))
        first, second = self.levels.filled(before, valid), self.levels.filled(after, valid)
        objects = object_change(first, second, self.scales, self.levels) / np.float32(self.limits.objects)
        blocks = block_change(first, second, self.scales, self.levels) / np.float32(self.limits.blocks)
        return np.where(valid, np.maximum(objects, blocks), np.float32(np.nan))


def fit(samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = 0.012) -> Structure:
    """Fit the structural difference on blocks of a pair.

    Two differences are made, neither of which counts what a displacement of a few pixels explains:

    - objects: bright things up to 7 m wide (white top-hat) that stand on one date only;
    - blocks of ground: edges by direction, in proportion to the contrast around them, times colours; both must
      differ, so that neither the season's colours nor the texture of unchanged vegetation are enough.

    Parameters
    ----------
    samples
        Blocks of the pair, radiometrically normalised.
    gsd_m
        Ground sampling distance, metres.
    false_alarm_rate
        Share of unchanged pixels that may stand out as objects if their differences were exponential with the mean of
        all. Noisy pairs have a large mean, and so a high limit; light, season and parallax have heavier tails, so no
        rate is claimed for the result.

    Raises
    ------
    NotEnoughData
        Where too few pixels are valid.
    """
    chosen = _thinned(samples)
    before, after = pool(samples)
    scales = Scales.at(gsd_m)
    levels = _levels(chosen, before, after, scales)
    typical = float(np.mean(pool_scores([_objects(s, scales, levels) for s in chosen]), dtype=np.float64))
    kept = _kept(chosen, scales, levels)
    limits = Limits.at(objects=-typical * np.log(false_alarm_rate), kept=kept)
    notes = (
        f"Objects that stand out by {limits.objects:.2g} and ground that differs by {limits.blocks:.2g} spreads of "
        f"the image, within {scales.slack} px; the dates share {max(kept, 0.0):.0%} of their coarse edges."
    )
    return Structure(scales, levels, limits, notes)


def _thinned(samples: Sequence[PairSample]) -> Sequence[PairSample]:
    kept = [s for s in samples if s.valid.any()]
    step = max(1, round(sum(s.valid.size for s in kept) / FIT_PX))
    return kept[step // 2 :: step] or kept


def _levels(samples: Sequence[PairSample], before: FloatArray, after: FloatArray, scales: Scales) -> Levels:
    middle = np.median(before, axis=1)
    spread = float(np.sqrt(_spread(before) * _spread(after)))
    flat = Levels(tuple(map(float, middle)), spread or 1.0, (1.0, 1.0))
    contrast = (_contrast(samples, flat, scales, after=False), _contrast(samples, flat, scales, after=True))
    return flat.with_contrast(contrast)


def _contrast(samples: Sequence[PairSample], levels: Levels, scales: Scales, *, after: bool) -> float:
    images = (levels.filled(s.after if after else s.before, seen(s)) for s in samples)
    planes = [np.where(seen(s), gradient(i, scales.edge)[2], np.nan) for i, s in zip(images, samples, strict=True)]
    return float(np.median(pool_scores(planes))) or 1.0


def _kept(samples: Sequence[PairSample], scales: Scales, levels: Levels) -> float:
    """Give the correlation of the two dates' layouts, about 0 to 1."""
    sums = np.zeros(3)
    for sample in samples:
        valid = seen(sample)
        planes = layout(levels.filled(sample.before, valid), levels.filled(sample.after, valid), scales)
        sums += [float(np.sum(p[valid], dtype=np.float64)) for p in planes]
    shared, first, second = sums
    return float(shared / np.sqrt(first * second)) if first > 0 and second > 0 else 1.0


def _objects(sample: PairSample, scales: Scales, levels: Levels) -> Plane:
    before, after = (levels.filled(image, seen(sample)) for image in (sample.before, sample.after))
    return np.where(seen(sample), object_change(before, after, scales, levels), np.float32(np.nan))


def _spread(pixels: FloatArray) -> float:
    middle = np.median(pixels, axis=1, keepdims=True)
    return MAD_TO_SIGMA * float(np.mean(np.median(np.abs(pixels - middle), axis=1)))

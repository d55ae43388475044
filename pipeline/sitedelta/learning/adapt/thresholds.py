"""Thresholds: the former ones of a network that is taught further, chosen ones of a network that begins anew."""

from collections.abc import Sequence

import numpy as np

from sitedelta.detectors.models import Measured
from sitedelta.learning.adapt.seen import Seen, band_of
from sitedelta.learning.detect.measure import rates

SPREAD = np.arange(-8, 9) * 0.05
"""Thresholds tried, beside the former one."""
OWN = 0.75
"""Weight of the user's images beside the rendered places when a threshold is chosen."""
MOVED = (0.02, 0.1)
"""F1 that another threshold must bring than the former one, and for each unit of log-odds between them."""
AROUND = (-0.2, -0.1, 0.0, 0.1, 0.2)
"""They are judged over these about their own: on a few images F1 at one threshold goes by luck."""
Thresholds = tuple[float, ...]
"""One for each band of ground sampling distances."""


def former(bands: Sequence[Measured]) -> Thresholds:
    """Give the thresholds of the former network."""
    return tuple(b.threshold for b in bands)


def thresholds(
    own: Sequence[Seen], controls: Sequence[Seen], bands: Sequence[Measured], *, without: int | None = None
) -> Thresholds:
    """Choose the thresholds of a network that begins anew, not looking at the images of one part.

    Those of one that is taught further stay: on a few images the best ones are chance.
    """
    mine = [s for s in own if s.part != without]
    return tuple(_threshold(k, bands, mine, controls) for k in range(len(bands)))


def _threshold(k: int, bands: Sequence[Measured], own: Sequence[Seen], controls: Sequence[Seen]) -> float:
    """Choose the threshold of a band: the former one, but for what another is better by over a range about it."""
    first = bands[k].threshold
    mine, rendered = ([s for s in group if band_of(s, bands) == k] for group in (own, controls))
    if not any(s.truth.counted.any() for s in mine):
        return first
    worth = [np.mean([_worth(mine, rendered, first + s + d) for d in AROUND]) - _price(s) for s in SPREAD]
    best = max(range(len(SPREAD)), key=lambda k: (round(worth[k], 9), -abs(SPREAD[k])))
    return float(round(first + SPREAD[best], 2))


def _price(moved: float) -> float:
    return MOVED[0] + MOVED[1] * abs(moved) if moved else 0.0


def _worth(own: Sequence[Seen], rendered: Sequence[Seen], threshold: float) -> float:
    first, second = (rates([s.judged(threshold) for s in group])[2] for group in (own, rendered))
    return OWN * first + (1 - OWN) * second

"""A threshold that splits only what has two classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from rasterdelta.errors import NotEnoughData
from rasterdelta.threshold.families import Family
from rasterdelta.threshold.minimum_error import Split, generalised_splits
from rasterdelta.threshold.values import Values, finite

EVIDENCE: Final = 0.1
"""By so many nats a value two classes must describe the values better than one. Statistics of pairs without change,
with noise, haze or a displacement among them, mostly stay below a half of it; with change they reach 0.15 to 0.9."""

SURE: Final = 10.0
"""Values beyond so many bounds are counted as so many: a few huge ones must not stretch the bins."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold and where it comes from."""

    value: float
    """What is above it counts as changed."""
    method: Literal["two classes", "false-alarm bound"]
    """Whether the values themselves decided."""
    reason: str
    """One sentence."""


def automatic(
    values: ArrayLike, *, bound: float, least: float | None = None, families: Sequence[Family] = ("nakagami",)
) -> Threshold:
    """Split values where they form two classes, else fall back on a bound.

    Parameters
    ----------
    values
        A change statistic, not negative, any shape; what is not finite is left out.
    bound
        The value that unchanged ground exceeds at the rate that is borne: the threshold of a single class.
    least
        The threshold of two classes is never below it; by default the bound.
    families
        Of densities, of which the one that describes two classes best decides. The Nakagami family holds the root of
        the chi-square statistic.

    Returns
    -------
    Threshold
        The split of `generalised_kittler_illingworth`, if two classes describe the values better than one by
        `EVIDENCE`.
    """
    try:
        splits = generalised_splits(_within(values, SURE * bound), families=families)
    except NotEnoughData:
        return Threshold(bound, "false-alarm bound", "The statistic is the same everywhere.")
    best = min(splits, key=lambda s: s.cost, default=None)
    gain = min(s.whole for s in splits) - best.cost if best else -np.inf
    if best is None or not gain > EVIDENCE:
        return Threshold(bound, "false-alarm bound", "The statistic forms one class, which is not split.")
    return _two_classes(best, gain, bound if least is None else least)


def _within(values: ArrayLike, most: float) -> Values:
    return np.minimum(finite(values), most)


def _two_classes(split: Split, gain: float, least: float) -> Threshold:
    found = f"Two {split.family} classes describe the statistic better than one by {gain:.2f} nat a pixel"
    if split.value < least:
        return Threshold(least, "false-alarm bound", f"{found}, but meet at {split.value:.3g}, below the bound.")
    return Threshold(split.value, "two classes", f"{found} and meet at {split.value:.3g}.")

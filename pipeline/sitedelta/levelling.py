"""One radiometry for the two dates of a pair: the ways there are, and fitting one on samples."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.radiometry import Linear, fit_linear
from rasterdelta.radiometry.histogram import Curve, fit_histogram
from rasterdelta.types import Image, Mask
from sitedelta.defaults import Radiometry

Levelling: TypeAlias = Linear | Curve


def fit_levelling(samples: Sequence[PairSample], way: Radiometry) -> Levelling | None:
    """Fit what brings the later date to the earlier one's radiometry; None where they do not go together."""
    if way == "none":
        return None
    before, after = (
        np.concatenate([getattr(s, n)[:, s.valid] for s in samples], axis=1)[:, None] for n in ("before", "after")
    )
    try:
        return _fitted(before, after, np.ones(before.shape[1:], np.bool_), way)
    except NotEnoughData:
        return None


def _fitted(before: Image, after: Image, valid: Mask, way: Radiometry) -> Levelling:
    if way == "histogram":
        return fit_histogram(before, after, valid)
    if way == "unchanged":
        from rasterdelta.radiometry.unchanged import fit_unchanged

        return fit_unchanged(before, after, valid).linear
    return fit_linear(before, after, valid)

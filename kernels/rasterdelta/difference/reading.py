"""From images as they come to pairs that a change model takes: no-data masked, one radiometry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rasterdelta.difference.protocol import ChangeModel, PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.radiometry import Linear, fit_linear
from rasterdelta.types import Image, Mask, Plane


@dataclass(frozen=True, slots=True)
class PairReader:
    """How the values of two images are taken."""

    nodata_before: float | None = None
    nodata_after: float | None = None
    """A pixel with this value in any band is not seen; nor is one that is not finite."""
    linear: Linear | None = None
    """Brings the after image to the before image's radiometry; None leaves it as it is."""

    def __call__(self, before: Image, after: Image, valid: Mask | None = None) -> PairSample:
        """Give a window of both images, zero where not both show the ground."""
        seen = _seen(before, self.nodata_before) & _seen(after, self.nodata_after)
        both = seen if valid is None else seen & valid
        return self.levelled(PairSample(_filled(before, both), _filled(after, both), both))

    def levelled(self, pair: PairSample) -> PairSample:
        """Give the pair in one radiometry."""
        return pair if self.linear is None else PairSample(pair.before, self.linear.apply(pair.after), pair.valid)

    def fitted(self, samples: Sequence[PairSample]) -> Self:
        """Give a reader that brings both dates to one radiometry, where they go together at all."""
        before, after = (
            np.concatenate([getattr(s, name)[:, s.valid] for s in samples], axis=1) for name in ("before", "after")
        )
        try:
            linear = fit_linear(before[:, None], after[:, None], np.ones((1, before.shape[1]), np.bool_))
        except NotEnoughData:
            return self
        return replace(self, linear=linear)

    def score(self, model: ChangeModel, before: Image, after: Image, valid: Mask | None = None) -> Plane:
        """Give a model's statistic on a window of both images."""
        pair = self(before, after, valid)
        return model.score(pair.before, pair.after, pair.valid)


def _seen(image: Image, nodata: float | None) -> Mask:
    here = np.isfinite(image)
    if nodata is not None:
        here &= image != np.float32(nodata)
    return np.asarray(here.all(axis=0))


def _filled(image: Image, seen: Mask) -> Image:
    """Put zeros where nothing was seen: models want finite values there, whatever they are."""
    return image if seen.all() else np.where(seen, image, np.float32(0))

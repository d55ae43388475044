"""What every change algorithm offers: fitted once on a sample, then applied tile by tile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from rasterdelta.types import Image, Mask, Plane


@dataclass(frozen=True, slots=True)
class PairSample:
    """A block of a registered, normalised pair of images."""

    before: Image
    after: Image
    valid: Mask
    """True where both dates show the ground."""

    def part(self, at: tuple[slice, slice]) -> Self:
        """Give some rows and columns, without copying them."""
        return type(self)(self.before[:, *at], self.after[:, *at], self.valid[at])


class ChangeModel(Protocol):
    """A fitted change statistic. Frozen and picklable: one process fits it, many apply it."""

    @property
    def method(self) -> str:
        """Name of the algorithm, e.g. `irmad`."""

    @property
    def halo(self) -> int:
        """Pixels of context that `score` needs on each side."""

    @property
    def stride(self) -> int:
        """Windows given to `score` must begin at multiples of so many pixels, counted from the image's first."""

    @property
    def threshold(self) -> float:
        """A pixel whose score is above it counts as changed."""

    @property
    def false_alarm_rate(self) -> float | None:
        """Expected share of unchanged pixels above the threshold; None where the algorithm cannot state it."""

    @property
    def notes(self) -> str:
        """One sentence for the reader: what was fitted, on how much, whether it converged."""

    def score(self, before: Image, after: Image, valid: Mask) -> Plane:
        """Give the change statistic, float32 of shape (row, column), NaN where not valid."""


class Fit(Protocol):
    """Fits a change model on blocks of a pair."""

    def __call__(self, samples: Sequence[PairSample], *, gsd_m: float, false_alarm_rate: float = ...) -> ChangeModel:
        """Raise `rasterdelta.errors.NotEnoughData` where the sample cannot carry the statistic."""

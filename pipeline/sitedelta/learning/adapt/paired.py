"""Before and after, mistake by mistake: what was put right, what went wrong, and what chance alone would do."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binom

from sitedelta.learning.adapt.seen import Seen

BEYOND = 0.1
"""Probability below which a difference is more than chance."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Mistakes at one threshold an image: objects that are missed, and false ones."""

    righted: int
    """Mistakes of the former network that the new one does not make."""
    wronged: int
    """Mistakes of the new one that the former did not make."""

    @classmethod
    def of(cls, before: Sequence[tuple[Seen, float]], after: Sequence[tuple[Seen, float]]) -> "Paired":
        """Compare image by image, each at its threshold."""
        righted = wronged = 0
        for (first, at), (second, then) in zip(before, after, strict=True):
            (missed, false), (missed_now, false_now) = first.mistakes(at), second.mistakes(then)
            righted += len(missed - missed_now) + max(0, false - false_now)
            wronged += len(missed_now - missed) + max(0, false_now - false)
        return cls(righted, wronged)

    @property
    def chance_better(self) -> float:
        """Probability that so many or more of the differences are for the better where both networks are alike.

        One-sided sign test (Q. McNemar 1947, doi:10.1007/BF02295996): each difference falls either way alike.
        """
        return self._tail(self.righted)

    @property
    def chance_worse(self) -> float:
        """The same for the worse."""
        return self._tail(self.wronged)

    def _tail(self, n: int) -> float:
        return float(binom.sf(n - 1, self.righted + self.wronged, 0.5))

    def said(self) -> str:
        """Say it in words."""
        if not self.righted + self.wronged:
            return "no mistake more or less"
        if self.chance_better < BEYOND:
            sure = f"better beyond chance (p {self.chance_better:.2g})"
        elif self.chance_worse < BEYOND:
            sure = f"worse beyond chance (p {self.chance_worse:.2g})"
        else:
            sure = f"which may be chance (p {min(self.chance_better, self.chance_worse):.2f})"
        return f"{self.righted} mistakes put right, {self.wronged} new ones: {sure}"

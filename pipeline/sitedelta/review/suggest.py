"""Which findings to look at so that a count is known well enough: few, drawn by how much each tells."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rasterdelta.reviewed import Sample, reviewed_interval, site_accuracy
from sitedelta.areas.zones import WHOLE_SITE
from sitedelta.records import Observation, SiteObject, Status
from sitedelta.review.apply import State
from sitedelta.review.counts import Review, group_of, review_of, sample_of


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to look at in one image for one class."""

    scene: str
    date: str
    label: str
    count: int
    low: int
    high: int
    """90 % interval of the true number as it stands."""
    chips: tuple[SiteObject, ...]
    """Findings to review, the most telling draw first."""
    search: bool
    """Whether looking at findings is not enough: the image must be searched for what was missed as well."""
    low_then: int
    high_then: int
    """The interval to be expected, were it done."""


def suggest(
    s: State, *, to: float, scene: str | None = None, labels: Sequence[str] = (), seed: int = 0
) -> tuple[Suggestion, ...]:
    """Say for one image what to review so that each count's interval is within a share of its middle.

    Findings are drawn without replacement, in proportion to the standard deviation of their being real (Neyman
    allocation), and always the same for one seed. How many are needed is told from what is expected of them.
    """
    review = review_of(s.findings.objects, s.reviewed, s.ground, s.findings.manifest.detectors)
    shown = [
        o
        for o in s.findings.observations
        if o.zone == WHOLE_SITE and o.status in (Status.COUNTED, Status.OBSERVED_ZERO, Status.PARTLY)
    ]
    found = []
    for label in dict.fromkeys(o.label for o in shown if not labels or o.label in labels):
        mine = [o for o in shown if o.label == label and scene in (None, o.scene)]
        if mine:
            last = max(mine, key=lambda o: (o.date, o.scene))
            found.append(_for_count(last, review, to, seed))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Task:
    """One count as it stands."""

    sample: Sample
    open: tuple[int, ...]
    """Findings that can be looked at, as numbers in the sample, in the order of the draw."""
    confirmed: int
    missed: int
    searched: bool

    def then(self, looks: int, *, searched: bool) -> tuple[int, int]:
        """Give the interval after the first findings of the draw were looked at, turning out as expected."""
        looked = self.sample.looked.copy()
        mine = np.array(self.open[:looks], np.intp)
        scores = self.sample.scores
        real = mine[np.argsort(-scores[mine], kind="stable")][: round(float(scores[mine].sum()))]
        looked[mine], looked[real] = 0, 1
        return reviewed_interval(
            site_accuracy(replace(self.sample, looked=looked)),
            confirmed=self.confirmed + len(real),
            open_scores=scores[list(self.open[looks:])],
            missed=self.missed,
            searched=searched or self.searched,
        )


def _for_count(o: Observation, review: Review, to: float, seed: int) -> Suggestion:
    sample, findings = sample_of(review, group_of(review, o.label, o.gsd_m), o.scene)
    seen = review.by_finding()
    here = [n for n, f in enumerate(findings) if f.scene == o.scene and not _settled(seen.get(f.id))]
    drawn = tuple(sorted(here, key=lambda n: -_draw(findings[n], seed)))
    real = [r for r in review.items if r.real and r.scene == o.scene and r.label == o.label]
    confirmed = sum(r.target is not None and r.target.said.label == o.label for r in real)
    task = _Task(sample, drawn, confirmed, len(real) - confirmed, (o.scene, o.label) in review.searched)
    looks, search = _needed(task, to)
    low, high = task.then(0, searched=False)
    return Suggestion(
        o.scene,
        o.date.isoformat(),
        o.label,
        len(real) + len(drawn),
        low,
        high,
        tuple(findings[n] for n in drawn[:looks]),
        search,
        *task.then(looks, searched=search),
    )


def _settled(r: object) -> bool:
    return bool(getattr(r, "settled", False))


def _needed(task: _Task, to: float) -> tuple[int, bool]:
    """Give how many findings to look at, and whether to search besides: findings alone where they are enough."""
    everything = len(task.open)
    search = not _near(task.then(everything, searched=False), to) and not task.searched
    low, high = -1, everything
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _near(task.then(middle, searched=search), to) else (middle, high)
    return high, search


def _near(interval: tuple[int, int], to: float) -> bool:
    low, high = interval
    return high - low <= to * (low + high)


def _draw(f: SiteObject, seed: int) -> float:
    """Give the key of a finding in a weighted draw without replacement (Gumbel, largest first).

    References
    ----------
    W. Kool, H. van Hoof, M. Welling, "Stochastic beams and where to find them: the Gumbel-top-k trick for sampling
    sequences without replacement", ICML 2019, arXiv:1903.06059.
    """
    digest = hashlib.sha256(f"{seed}/{f.scene}/{f.label}/{f.row:.2f}/{f.col:.2f}".encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 0.5) / 2**64
    score = min(max(f.score, 0.001), 0.999)
    return float(0.5 * np.log(score * (1 - score)) - np.log(-np.log(uniform)))

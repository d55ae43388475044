"""How good the detector is at a site, by what people decided there: its precision and recall, estimated anew."""

from dataclasses import dataclass
from datetime import datetime

from sitedelta.review.apply import State
from sitedelta.review.counts import Review, review_of, site_accuracies
from sitedelta.review.decision import Kind


@dataclass(frozen=True, slots=True)
class ImageAccuracy:
    """Precision and recall of one class in one image, with 90 % intervals."""

    scene: str
    date: datetime
    label: str
    gsd_m: float
    findings: int
    looked: int
    """Findings that people looked at and agree on."""
    searched: bool
    """Some ground of the image was searched for what the machine missed."""
    measured_precision: float
    measured_recall: float
    """Before anybody looked, of this detector at this ground sampling distance."""
    precision_low: float
    precision: float
    precision_high: float
    """Share of the findings that is real."""
    recall_low: float
    recall: float
    recall_high: float
    """Share of what is there that was found."""


def accuracies(s: State) -> tuple[ImageAccuracy, ...]:
    """Give a row for each image and class of which anybody reviewed the like."""
    f = s.findings
    review = review_of(f.objects, s.reviewed, s.ground, f.manifest.detectors)
    found = site_accuracies(review)
    scenes = {r.scene.id: r.scene for r in f.manifest.scenes}
    rows = []
    for (scene, label), accuracy in found.items():
        own, rate = scenes[scene], review.rates[label, scenes[scene].gsd_m]
        mine = [o for o in f.objects if (o.scene, o.label) == (scene, label)]
        rows.append(
            ImageAccuracy(
                *(scene, own.date, label, own.gsd_m, len(mine), _looked(review, scene, label)),
                (scene, label) in review.searched,
                *(rate.precision, rate.recall),
                *accuracy.precision,
                *accuracy.recall,
            )
        )
    return tuple(sorted(rows, key=lambda r: (r.date, r.scene, r.label)))


def _looked(review: Review, scene: str, label: str) -> int:
    """Count the findings that people looked at and agree on."""
    own = (r for r in review.items if r.scene == scene and r.target and r.target.kind is Kind.OBJECT)
    return sum(r.settled and r.target.said.label == label for r in own if r.target)

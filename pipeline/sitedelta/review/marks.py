"""What people decided of each finding, beside the finding itself: nothing that the machine said is changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sitedelta.records import ChangeRegion, Event, SiteObject
from sitedelta.report.findings import Findings
from sitedelta.review.decision import Kind, Verdict
from sitedelta.review.standing import Reviewed
from sitedelta.review.targets import event_id

DISPUTED = "disputed"
F = TypeVar("F", SiteObject, Event, ChangeRegion)
Mark = tuple[str | None, str | None]
"""The word that stands, and who said it, joined by `, `."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Findings with what people decided."""

    objects: tuple[SiteObject, ...]
    events: tuple[Event, ...]
    changes: tuple[ChangeRegion, ...]


def marked(findings: Findings, reviewed: tuple[Reviewed, ...]) -> Marked:
    """Fill the columns on review of objects, events and changed regions.

    An event that nobody decided on is rejected with an object that it rests on: what is not there neither arrived nor
    left nor stayed.
    """
    said = {(r.target.kind, r.target.id): mark for r in reviewed if r.target and (mark := _mark(r)) != (None, None)}
    objects = [_with(o, said.get((Kind.OBJECT, o.id))) for o in findings.objects]
    rejected = {o.id: (o.review, o.reviewers) for o in objects if o.review == Verdict.REJECT}
    events = [_with(e, said.get((Kind.EVENT, event_id(e))) or _of_objects(e, rejected)) for e in findings.events]
    changes = [_with(c, said.get((Kind.CHANGE, c.id))) for c in findings.changes]
    return Marked(tuple(objects), tuple(events), tuple(changes))


def _mark(r: Reviewed) -> Mark:
    if not r.voices:
        return None, None
    word = Verdict.ACCEPT if r.last.verdict is Verdict.ADD else r.last.verdict
    return DISPUTED if r.disputed else word.value, ", ".join(r.reviewers)


def _of_objects(e: Event, rejected: Mapping[str, Mark]) -> Mark | None:
    return rejected.get(e.object_before or "") or rejected.get(e.object_after or "")


def _with(finding: F, mark: Mark | None) -> F:
    review, reviewers = mark or (None, None)
    return replace(finding, review=review, reviewers=reviewers)

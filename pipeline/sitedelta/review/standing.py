"""What stands of all that was decided: the last word of each reviewer, and whether the reviewers agree."""

import math
from dataclasses import dataclass

from sitedelta.areas.zones import zones_at
from sitedelta.review.attach import Attached, Subject, reach_m
from sitedelta.review.decision import Decision, Kind, Spot, Verdict
from sitedelta.review.ground import Ground
from sitedelta.review.targets import Target


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One thing, and what people say of it."""

    subject: Subject
    target: Target | None
    """The finding that it is now; None where there is none."""
    scene: str | None
    """Its image's id here (of two, the later); None where that is no longer part of the site."""
    voices: tuple[Decision, ...]
    """The last word of each reviewer who can tell, by name."""
    disputed: bool
    """Reviewers disagree: nothing follows until they settle it."""
    site_row: float
    site_col: float
    zones: tuple[str, ...]
    """Zones that hold it where the reviewers have it."""

    @property
    def settled(self) -> bool:
        return bool(self.voices) and not self.disputed

    @property
    def real(self) -> bool | None:
        """Whether it is there; None where that is open."""
        return is_real(self.last) if self.settled else None

    @property
    def last(self) -> Decision:
        """The latest word that counts; of a thing that nobody can tell, the last of all."""
        return max(self.voices, key=lambda d: d.time) if self.voices else self.subject.last

    @property
    def label(self) -> str:
        """Class that it has, as the reviewers say."""
        return self.last.label

    @property
    def reviewers(self) -> tuple[str, ...]:
        return tuple(d.reviewer for d in self.voices)


def is_real(d: Decision) -> bool:
    """Tell whether a decision says that the thing is there."""
    return d.verdict not in (Verdict.REJECT, Verdict.UNSURE)


def reviewed(attached: Attached, ground: Ground) -> tuple[Reviewed, ...]:
    """Give what stands of each thing, in the order in which they were first decided on."""
    import numpy as np

    pairs: list[tuple[Subject, Target | None]] = [*attached.found, *((s, None) for s in attached.gone)]
    places = [_place(s, t, ground) for s, t in pairs]
    rows, cols = np.array(places, float).reshape(-1, 2).T
    zones = zones_at(ground.zones, rows, cols)
    here = [
        _reviewed(s, t, ground, place, tuple(filter(None, z.split(";"))))
        for (s, t), place, z in zip(pairs, places, zones, strict=True)
    ]
    gone = [_reviewed(s, None, ground, (s.last.where.site_row, s.last.where.site_col), ()) for s in attached.elsewhere]
    return tuple(sorted([*here, *gone], key=lambda r: r.subject.decisions[0].time))


def voices(subject: Subject) -> tuple[Decision, ...]:
    """Give the last word of each reviewer; who is unsure has none."""
    last = {d.reviewer: d for d in subject.decisions}
    return tuple(last[name] for name in sorted(last) if last[name].verdict is not Verdict.UNSURE)


def agree(a: Decision, b: Decision) -> bool:
    """Tell whether two reviewers say the same of a thing."""
    if is_real(a) != is_real(b):
        return False
    if not is_real(a):
        return True
    return a.label == b.label and (a.moved is None or b.moved is None or _near(a, a.moved, b.moved))


def _near(d: Decision, one: Spot, other: Spot) -> bool:
    away = math.hypot(one.site_row - other.site_row, one.site_col - other.site_col) * one.gsd_m
    return away <= reach_m(d.kind, d.label, d.size, one.gsd_m)


def _reviewed(
    s: Subject, t: Target | None, ground: Ground, place: tuple[float, float], zones: tuple[str, ...]
) -> Reviewed:
    said = voices(s)
    disputed = any(not agree(a, b) for a in said for b in said)
    return Reviewed(s, t, ground.known(s.last.look), said, disputed, *place, zones)


def _place(s: Subject, t: Target | None, ground: Ground) -> tuple[float, float]:
    """Give where a thing is: where people moved it, else where the machine has it now, else where it was."""
    moved = [d for d in voices(s) if d.moved]
    if moved:
        last = max(moved, key=lambda d: d.time)
        return ground.site_place(last.look, last.where)
    if t is not None:
        return t.spot.site_row, t.spot.site_col
    if s.kind is Kind.SEARCH:
        return s.last.spot.site_row, s.last.spot.site_col
    return ground.site_place(s.last.look, s.last.spot)

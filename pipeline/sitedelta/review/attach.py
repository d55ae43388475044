"""Decisions about one thing, and the finding of the present results that is this thing: by place, date and size."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rasterdelta.match import match_objects
from sitedelta.counts.series import SMALLEST_M
from sitedelta.review.decision import Decision, Kind, Look, Size, Spot, Verdict
from sitedelta.review.ground import Ground
from sitedelta.review.targets import Target

SHARE_OF_SIDE = 0.4
"""A thing moves by less than this share of its shorter side between two runs: its neighbour is a whole side away."""
SIZE_RATIO = 1.8
_REAL = (Verdict.ACCEPT, Verdict.RECLASS, Verdict.MOVE, Verdict.ADD)
Key = tuple[Kind, str, str | None]
"""Kind, image and earlier image, by the ids that they have now."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing and all that was decided about it."""

    decisions: tuple[Decision, ...]
    """In the order in which they were made; never empty."""

    @property
    def id(self) -> str:
        return self.decisions[0].subject

    @property
    def last(self) -> Decision:
        return self.decisions[-1]

    @property
    def anchor(self) -> Decision:
        """The decision that says best where the machine has the thing: the last one about a finding."""
        return next((d for d in reversed(self.decisions) if d.machine), self.last)

    @property
    def names(self) -> set[str]:
        """Classes that machine and reviewers gave it."""
        return {d.label for d in self.decisions} | {d.machine.label for d in self.decisions if d.machine}

    @property
    def kind(self) -> Kind:
        return self.last.kind


@dataclass(frozen=True, slots=True)
class Attached:
    """Subjects and the findings that they are about now."""

    found: tuple[tuple[Subject, Target], ...]
    gone: tuple[Subject, ...]
    """Their image is here, the finding is not."""
    elsewhere: tuple[Subject, ...]
    """Their image is no longer part of the site."""


def subjects(decisions: Iterable[Decision]) -> tuple[Subject, ...]:
    """Bring together what was decided about each thing, in order of time; equal times keep the ledger's order."""
    chains: dict[str, list[Decision]] = defaultdict(list)
    for d in decisions:
        chains[d.subject].append(d)
    return tuple(Subject(tuple(sorted(chain, key=lambda d: d.time))) for chain in chains.values())


def key_of(kind: Kind, look: Look, before: Look | None, ground: Ground) -> Key | None:
    """Give where a decision belongs; None where its image is no longer part of the site."""
    after, first = ground.known(look), ground.known(before) if before else None
    if after is None or (before is not None and first is None):
        return None
    return kind, after, first


def attach(about: Sequence[Subject], targets: Sequence[Target], ground: Ground) -> Attached:
    """Find for each subject the finding that it is about, one to one.

    Things are compared within one image (or pair of images) where they lie: in the image's own pixels where its bytes
    are the same, so that no alignment matters, else on the site grid. Nothing is attached farther away than a share of
    the thing's shorter side, so that a neighbour is never taken for it. Findings of the same class go first.
    """
    by_key: dict[Key, list[Subject]] = defaultdict(list)
    elsewhere = []
    for s in about:
        key = key_of(s.kind, s.last.look, s.last.before, ground)
        if key is None:
            elsewhere.append(s)
        else:
            by_key[key].append(s)
    here: dict[Key, list[Target]] = defaultdict(list)
    for t in targets:
        key = key_of(t.kind, t.look, t.before, ground)
        if key is not None:
            here[key].append(t)
    pairs = [p for key, mine in by_key.items() for p in _pairs(mine, here[key], ground)]
    taken = {s.id for s, _ in pairs}
    gone = [s for mine in by_key.values() for s in mine if s.id not in taken]
    return Attached(tuple(pairs), tuple(gone), tuple(elsewhere))


def reach_m(kind: Kind, label: str, size: Size, gsd_m: float) -> float:
    """Give how far apart two descriptions of one thing may lie, metres."""
    if kind is Kind.CHANGE:
        return SHARE_OF_SIDE * math.sqrt(size.area_m2 or 0.0) + gsd_m
    sides = [v for v in (size.length_m, size.width_m) if v] or [SMALLEST_M.get(label.rsplit(maxsplit=1)[-1], 3.0)]
    return SHARE_OF_SIDE * min(sides) + gsd_m / 2


def _pairs(mine: list[Subject], there: list[Target], ground: Ground) -> list[tuple[Subject, Target]]:
    """Attach within one image: what has the same class first, then what people say is there under another."""
    found: list[tuple[Subject, Target]] = []

    def match(who: Iterable[Subject], what: Iterable[Target], *, moved: bool = False) -> None:
        taken, had = {s.id for s, _ in found}, {t.id for _, t in found}
        found.extend(
            _matched([s for s in who if s.id not in taken], [t for t in what if t.id not in had], ground, moved=moved)
        )

    for label in sorted({t.said.label for t in there}):
        match((s for s in mine if label in s.names), (t for t in there if t.said.label == label))
    real = [s for s in mine if s.kind is Kind.OBJECT and any(d.verdict in _REAL for d in s.decisions)]
    match(real, there)
    match((s for s in real if s.last.moved), there, moved=True)
    return found


def _matched(
    mine: list[Subject], there: list[Target], ground: Ground, *, moved: bool = False
) -> list[tuple[Subject, Target]]:
    if not mine or not there:
        return []
    anchors = [s.anchor for s in mine]
    places = [place_m(d.kind, d.look, d.where if moved else d.spot, ground) for d in anchors]
    theirs = [place_m(t.kind, t.look, t.spot, ground) for t in there]
    gsd = ground.record(str(ground.known(there[0].look))).scene.gsd_m
    matches = match_objects(
        places,
        theirs,
        [side_m(d.size) for d in anchors],
        [side_m(t.size) for t in there],
        tolerance=np.array([reach_m(d.kind, d.label, d.size, gsd) for d in anchors]),
        size_ratio=SIZE_RATIO,
    )
    return [(mine[i], there[j]) for i, j in matches.pairs.tolist()]


def place_m(kind: Kind, look: Look, spot: Spot, ground: Ground) -> tuple[float, float]:
    """Give a place in metres: of an object in its image, of anything else on the site grid."""
    scene = ground.known(look)
    if kind is Kind.OBJECT and scene:
        gsd = ground.record(scene).scene.gsd_m
        if ground.holds(look) and spot.row is not None and spot.col is not None:
            return spot.row * gsd, spot.col * gsd
        row, col = ground.site_place(look, spot)
        own = ground.in_image(scene, np.array([row]), np.array([col]))
        if own:
            return float(own[0][0]) * gsd, float(own[1][0]) * gsd
    row, col = ground.site_place(look, spot)
    return row * ground.grid.gsd_m, col * ground.grid.gsd_m


def side_m(size: Size) -> float:
    side = size.length_m or math.sqrt(size.area_m2 or 0.0)
    return side or float("nan")

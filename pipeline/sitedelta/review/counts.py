"""Observations with what people said beside what the machine counted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from rasterdelta.reviewed import Sample, SiteAccuracy, reviewed_interval, site_accuracy
from sitedelta.areas.zones import WHOLE_SITE
from sitedelta.counts.claims import Claim
from sitedelta.records import Observation, SiteObject, Status
from sitedelta.review.decision import Kind
from sitedelta.review.ground import Ground
from sitedelta.review.standing import Reviewed
from sitedelta.running.manifest import DetectorRecord

COVERED = 0.99
"""A zone is searched where the searches cover this share of it."""
Rates = tuple[str, float, float, int, str]
"""Class, precision, recall, objects and source: images of one such group share what was measured."""


@dataclass(frozen=True, slots=True)
class Review:
    """All that people said of a site's objects, ready to be counted."""

    objects: tuple[SiteObject, ...]
    items: tuple[Reviewed, ...]
    """Things whose image is part of the site."""
    searched: dict[tuple[str, str], shapely.Geometry]
    """Ground that was searched, by image and class, in pixels of the grid."""
    searchers: dict[tuple[str, str], tuple[Reviewed, ...]]
    ground: Ground
    rates: dict[tuple[str, float], DetectorRecord]
    """What was measured of the detector, by class and ground sampling distance."""

    def by_finding(self) -> dict[str, Reviewed]:
        """Give what people said of each finding, by its id."""
        return {r.target.id: r for r in self.items if r.target}


def review_of(
    objects: Sequence[SiteObject], reviewed: Sequence[Reviewed], ground: Ground, detectors: Sequence[DetectorRecord]
) -> Review:
    """Sort what people said."""
    items = tuple(r for r in reviewed if r.subject.kind is Kind.OBJECT and r.scene)
    searches = defaultdict(list)
    for r in reviewed:
        if r.subject.kind is Kind.SEARCH and r.scene and r.real:
            searches[r.scene, r.label].append(r)
    outlines = {k: shapely.union_all([_searched(r, ground) for r in v]) for k, v in searches.items()}
    rates = {(d.label, d.gsd_m): d for d in detectors}
    return Review(tuple(objects), items, outlines, {k: tuple(v) for k, v in searches.items()}, ground, rates)


def with_review(observations: Sequence[Observation], review: Review) -> tuple[Observation, ...]:
    """Fill the columns on review of every class that somebody reviewed; the machine's columns stay as they are."""
    accuracies = site_accuracies(review)
    return tuple(_observation(o, review, accuracies.get((o.scene, o.label))) for o in observations)


def site_accuracies(review: Review) -> dict[tuple[str, str], SiteAccuracy]:
    """Give how good the detector is in each image, by image and class, where anybody looked at any of its like."""
    gsd = {r.scene.id: r.scene.gsd_m for r in review.ground.records}
    wanted = {(scene, label): group_of(review, label, gsd[scene]) for scene in gsd for label, _ in review.rates}
    touched = {g for g in set(wanted.values()) if g[2] and _touched(review, g, gsd)}
    return {k: site_accuracy(sample_of(review, g, k[0])[0]) for k, g in sorted(wanted.items()) if g in touched}


def sample_of(review: Review, group: Rates, scene: str) -> tuple[Sample, list[SiteObject]]:
    """Give what people found out of a group as it bears on one image, and the findings of its scores.

    All that was found out in other images is worth no more than the objects that the measured rates are worth: images
    differ by more than chance.
    """
    seen = review.by_finding()
    gsd = {r.scene.id: r.scene.gsd_m for r in review.ground.records}
    mine = [o for o in review.objects if group_of(review, o.label, gsd[o.scene]) == group]
    looked = np.array([_look(seen.get(o.id), o.label) for o in mine], np.int8)
    scores = np.array([o.score for o in mine], float)
    _, precision, recall, objects, _ = group
    own = np.array([o.scene == scene for o in mine], bool)
    worth = np.where(own, 1.0, _share(int((looked[~own] >= 0).sum()), objects))
    here, there = (_recalled(review, group, gsd, scene, own=k) for k in (True, False))
    part = _share(sum(there), objects)
    found, missed = (a + part * b for a, b in zip(here, there, strict=True))
    return Sample(scores, looked, worth, precision, recall, objects, found, missed), mine


def _share(number: int, worth: float) -> float:
    """Give what each of a number is worth that together are worth no more than so many."""
    return min(1.0, worth / max(number, 1))


def group_of(review: Review, label: str, gsd_m: float) -> Rates:
    """Give the group of a class at a ground sampling distance."""
    d = review.rates.get((label, gsd_m))
    return (label, d.precision, d.recall, d.objects, d.source) if d else (label, 0.0, 0.0, 0, "")


def _touched(review: Review, group: Rates, gsd: dict[str, float]) -> bool:
    searched = any(group_of(review, label, gsd[scene]) == group for scene, label in review.searched)
    return searched or any(
        group_of(review, label, gsd[str(r.scene)]) == group for r in review.items for label in _labels(r)
    )


def _labels(r: Reviewed) -> set[str]:
    """Give the classes whose count a thing bears on."""
    return {d.label for d in r.voices} | ({r.target.said.label} if r.target else set())


def _look(r: Reviewed | None, label: str) -> int:
    """Say whether a finding is real (1), is not (0), or is open (-1)."""
    if r is None or r.real is None:
        return -1
    return int(r.real and r.label == label)


def _recalled(review: Review, group: Rates, gsd: dict[str, float], scene: str, *, own: bool) -> tuple[int, int]:
    """Count the real objects that were found and missed on ground searched for all there are, here or elsewhere."""
    found = missed = 0
    for r in (x for x in review.items if (x.scene == scene) is own):
        area = review.searched.get((str(r.scene), r.label))
        if r.real and area is not None and group_of(review, r.label, gsd[str(r.scene)]) == group:
            inside = bool(shapely.intersects_xy(area, r.site_col, r.site_row))
            found += inside and _is_found(r, r.label)
            missed += inside and not _is_found(r, r.label)
    return found, missed


def _is_found(r: Reviewed, label: str) -> bool:
    return r.target is not None and r.target.said.label == label


def _searched(r: Reviewed, ground: Ground) -> shapely.Geometry:
    d = r.last
    return ground.from_wkt(d.outline or "POLYGON EMPTY", d.spot.gsd_m)


def _observation(machine: Observation, review: Review, accuracy: SiteAccuracy | None) -> Observation:
    o = _unreviewed(machine)
    items = [r for r in review.items if r.scene == o.scene and _in_zone(r.zones, o.zone)]
    real = [r for r in items if r.real and r.label == o.label and _counts(r, o)]
    confirmed = sum(_is_found(r, o.label) for r in real)
    missed = len(real) - confirmed
    names = sorted({n for r in items if o.label in _labels(r) for n in r.reviewers} | _searchers(review, o))
    if o.status is Status.NOT_OBSERVABLE or accuracy is None:
        known = len(real) or None
        said = ", ".join(names) or None
        return replace(o, reviewed_count=known, reviewed_low=known, reviewers=said if known else None)
    seen = review.by_finding()
    mine = [(f, seen.get(f.id)) for f in review.objects if _of(f, o)]
    disputed = [r for r in items if r.disputed and o.label in _labels(r)]
    settled = sum(r is not None and r.settled for _, r in mine)
    unseen = [f.score for f, r in mine if r is None or not (r.settled or r.disputed)]
    low, high = reviewed_interval(
        accuracy, confirmed=confirmed, open_scores=unseen, missed=missed, searched=_is_searched(review, o)
    )
    return replace(
        o,
        reviewed=settled,
        reviewed_count=len(real) + len(unseen) + sum(_is_found(r, o.label) for r in disputed),
        reviewed_low=low,
        reviewed_high=None if o.status is Status.PARTLY else high + len(disputed),
        disputed=len(disputed),
        reviewers=", ".join(names) or None,
    )


def _unreviewed(o: Observation) -> Observation:
    return replace(
        o,
        reviewed=None,
        reviewed_count=None,
        reviewed_low=None,
        reviewed_high=None,
        disputed=None,
        reviewers=None,
    )


def _of(f: SiteObject, o: Observation) -> bool:
    return f.scene == o.scene and f.label == o.label and _in_zone(f.zones.split(";"), o.zone)


def _counts(r: Reviewed, o: Observation) -> bool:
    """Tell whether a thing is long enough for what is counted at this ground sampling distance."""
    length = r.last.size.length_m
    claim = Claim(o.label, observable=True, min_length_m=o.min_length_m, reason=None)
    return length is None or _is_found(r, o.label) or length >= claim.least_m


def _in_zone(zones: Sequence[str], zone: str) -> bool:
    return zone == WHOLE_SITE or zone in zones


def _is_searched(review: Review, o: Observation) -> bool:
    area = review.searched.get((o.scene, o.label))
    if area is None:
        return False
    zone = review.ground.outline(o.zone)
    return float(shapely.intersection(zone, area).area) >= COVERED * float(zone.area)


def _searchers(review: Review, o: Observation) -> set[str]:
    return {n for r in review.searchers.get((o.scene, o.label), ()) for n in r.reviewers if _is_searched(review, o)}

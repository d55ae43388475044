"""Figures by class, data set, ground sampling distance, length and kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from rasterdelta.scoring import rate_interval
from sitedelta.evaluation.classnames import subclass_of
from sitedelta.evaluation.figures import LEVEL, Estimate, Figures, figures
from sitedelta.evaluation.judging import Judged, Rule

ALL = "all"
GSD_BANDS = (0.25, 0.4, 0.7, 1.25, 2.0, 3.2)
"""Metres; upper ends."""
LENGTH_BANDS = (3.0, 4.0, 5.0, 6.5, 8.3, 12.0, 20.0, 40.0)
"""Pixels along an object; upper ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one class over one group of images."""

    label: str
    data: str
    gsd: str
    """Band, or in a sweep the ground sampling distance itself; metres."""
    rule: Rule
    within: bool
    """False: beyond what counting speaks of."""
    figures: Figures


@dataclass(frozen=True, slots=True)
class Part:
    """Objects of one class that have something in common: a length in pixels, or a kind."""

    label: str
    by: str
    """`length`, `kind`, or `subclass`: that which the detector tells, of objects found whose kind is labelled."""
    name: str
    objects: int
    recall: Estimate | None
    found: int
    """Detections of this length; 0 for kinds, which detections do not carry."""
    precision: Estimate | None


def band(value: float, ends: Sequence[float], unit: str) -> str:
    """Name the band that holds a value.

    Examples
    --------
    >>> band(0.5, GSD_BANDS, "m"), band(0.2, GSD_BANDS, "m"), band(5, GSD_BANDS, "m")
    ('0.4 to 0.7 m', 'up to 0.25 m', 'over 3.2 m')
    """
    k = int(np.searchsorted(ends, value))
    if k == 0:
        return f"up to {ends[0]:g} {unit}"
    return f"over {ends[-1]:g} {unit}" if k == len(ends) else f"{ends[k - 1]:g} to {ends[k]:g} {unit}"


def rows_of(judged: Sequence[Judged], *, sweep: bool) -> list[Row]:
    """Give the figures of every class: overall, by data set, by ground sampling distance, and by both."""

    def gsd(j: Judged) -> str:
        return f"{j.gsd_m:g} m" if sweep else band(j.gsd_m, GSD_BANDS, "m")

    def data(j: Judged) -> str:
        return j.case.image.data

    def every(_: Judged) -> str:
        return ALL

    found: list[Row] = []
    for label in dict.fromkeys(j.label for j in judged):
        mine = [j for j in judged if j.label == label]
        by_data = [every, data] if len({data(j) for j in mine}) > 1 else [data]
        by_gsd = [gsd] if sweep else [every, gsd] if len({gsd(j) for j in mine}) > 1 else [every]
        for one, other in product(by_gsd, by_data):
            found += _rows(mine, other, one)
    return found


def _rows(mine: Sequence[Judged], data: Callable[[Judged], str], gsd: Callable[[Judged], str]) -> list[Row]:
    groups: dict[tuple[str, str, Rule], list[Judged]] = {}
    for j in sorted(mine, key=lambda j: j.gsd_m):
        groups.setdefault((data(j), gsd(j), j.rule), []).append(j)
    order = list(dict.fromkeys(data(j) for j in mine))
    keys = sorted(groups, key=lambda k: order.index(k[0]))
    return [Row(mine[0].label, *k, all(j.within for j in groups[k]), figures(groups[k])) for k in keys]


def parts_of(judged: Sequence[Judged]) -> list[Part]:
    """Give figures by length in pixels; in images as they are also by kind and by the sub-class that is told."""
    found: list[Part] = []
    for label in dict.fromkeys(j.label for j in judged):
        mine = [j for j in judged if j.label == label and j.observable and j.rule == judged[-1].rule]
        found += [p for k in range(len(LENGTH_BANDS) + 1) if (p := _of_length(label, mine, k))]
        own = [j for j in mine if j.case.original]
        kinds = sorted({str(k) for j in own for k in j.labels.kind[j.counted] if k})
        found += [_of_kind(label, own, k) for k in kinds]
        told = sorted({str(s) for j in own for s in j.found.subclass if s})
        found += [_of_subclass(label, own, s) for s in told]
    return found


def _of_length(label: str, mine: Sequence[Judged], k: int) -> Part | None:
    hits = objects = right = said = 0
    for j in mine:
        labelled = np.searchsorted(LENGTH_BANDS, j.labels.length_px) == k
        detected = np.searchsorted(LENGTH_BANDS, j.found.length_m / j.pixel_m) == k
        hits += int(labelled[j.verdicts.hits[:, 0]].sum())
        objects += int((labelled & j.counted).sum())
        if j.case.image.exhaustive:
            right += int(detected[j.verdicts.hits[:, 1]].sum())
            said += int(detected[j.verdicts.hits[:, 1]].sum() + detected[j.verdicts.false].sum())
    if not objects + said:
        return None
    name = band((0.0, *LENGTH_BANDS)[k] + 1e-9, LENGTH_BANDS, "pixels")
    return Part(label, "length", name, objects, _rate(hits, objects), said, _rate(right, said))


def _of_kind(label: str, mine: Sequence[Judged], kind: str) -> Part:
    hits = sum(int((j.labels.kind[j.verdicts.hits[:, 0]] == kind).sum()) for j in mine)
    objects = sum(int((j.counted & (j.labels.kind == kind)).sum()) for j in mine)
    return Part(label, "kind", kind, objects, _rate(hits, objects), 0, None)


def _of_subclass(label: str, mine: Sequence[Judged], name: str) -> Part:
    """Set the sub-class that was told of each hit beside that of its label, where its kind says one."""
    pairs = [
        (subclass_of(label, str(j.labels.kind[i])), str(j.found.subclass[k])) for j in mine for i, k in j.verdicts.hits
    ]
    known = [(true, told) for true, told in pairs if true]
    there, said = sum(true == name for true, _ in known), sum(told == name for _, told in known)
    right = sum(true == told == name for true, told in known)
    return Part(label, "subclass", name, there, _rate(right, there), said, _rate(right, said))


def _rate(hits: int, trials: int) -> Estimate | None:
    return Estimate(hits / trials, *rate_interval(hits, trials, level=LEVEL)) if trials else None

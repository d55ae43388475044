"""The figures as rows of tables: plain values, one dict a row, columns in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np

from sitedelta.evaluation.figures import Estimate, Figures, scores
from sitedelta.evaluation.groups import Part, Row
from sitedelta.evaluation.judging import Judged

Record = dict[str, Any]
_ESTIMATES = (
    *("recall", "precision", "f1", "average_precision", "count_error", "count_error_relative", "count_bias", "covered"),
)
_SCORES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Tables:
    """All that is written as tables."""

    figures: list[Record]
    parts: list[Record]
    scores: list[Record]
    images: list[Record]
    objects: list[Record]


def tables(judged: Sequence[Judged], rows: Sequence[Row], parts: Sequence[Part]) -> Tables:
    """Give everything as rows of tables."""
    return Tables(
        figures=[_figures(r) for r in rows],
        parts=[_part(p) for p in parts],
        scores=list(_scores(judged)),
        images=[_image(j) for j in judged],
        objects=[o for j in judged for o in _objects(j)],
    )


def _figures(row: Row) -> Record:
    head = {"class": row.label, "data": row.data, "gsd": row.gsd, "rule": row.rule, "within_limits": row.within}
    return head | _flat(row.figures)


def _flat(values: Figures) -> Record:
    found: Record = {}
    for f in fields(values):
        value = getattr(values, f.name)
        found |= _estimate(f.name, value) if f.name in _ESTIMATES else {f.name: _number(value)}
    return found


def _estimate(name: str, value: Estimate | None) -> Record:
    parts = (value.value, value.low, value.high) if value else (None, None, None)
    return dict(zip((name, f"{name}_low", f"{name}_high"), map(_number, parts), strict=True))


def _number(value: Any) -> Any:
    return round(float(value), 4) if isinstance(value, float) else value


def _part(part: Part) -> Record:
    head = {"class": part.label, "by": part.by, "name": part.name, "objects": part.objects, "found": part.found}
    return head | _estimate("recall", part.recall) | _estimate("precision", part.precision)


def _scores(judged: Sequence[Judged]) -> Iterator[Record]:
    """Say how many detections of each score are real: a calibrated score says that beforehand."""
    full = [j for j in judged if j.observable and j.case.image.exhaustive and j.rule == judged[-1].rule]
    for label in dict.fromkeys(j.label for j in full):
        score, real, _ = scores([j for j in full if j.label == label])
        for low, high in pairwise(_SCORES):
            here = (score >= low) & ((score < high) | (high == 1))
            if here.any():
                yield {
                    "class": label,
                    "from": low,
                    "to": high,
                    "detections": int(here.sum()),
                    "mean_score": _number(float(score[here].mean())),
                    "real": _number(float(real[here].mean())),
                }


def _image(j: Judged) -> Record:
    said, v = j.said, j.verdicts
    return {
        **_head(j),
        "site": j.case.image.site,
        "exhaustive": j.case.image.exhaustive,
        "status": said["status"],
        "count": said["count"],
        "low": said["low"],
        "high": said["high"],
        "true": j.true_count if j.observable else int((j.labels.clear & (j.labels.label == j.label)).sum()),
        "hits": len(v.hits),
        "misses": len(v.missed),
        "false_alarms": len(v.false) if j.case.image.exhaustive else None,
        "excused": len(v.excused),
        "hidden": j.hidden,
        "short": j.short,
        "reason": said["reason"],
    }


def _head(j: Judged) -> Record:
    return {
        "data": j.case.image.data,
        "image": j.case.image.path.name,
        "class": j.label,
        "gsd_m": _number(float(j.gsd_m)),
        "rule": j.rule,
    }


def _objects(j: Judged) -> Iterator[Record]:
    """Give every label and every detection of an image in which the class could be observed, each once."""
    if not j.observable:
        return
    v = j.verdicts
    partner = {int(i): int(k) for i, k in v.hits}
    for i in range(len(j.labels)):
        verdict = "hit" if i in partner else "miss" if j.counted[i] else "not counted"
        yield _head(j) | _label(j, i, verdict) | _detection(j, partner.get(i))
    for verdict, which in (("false alarm", v.false), ("excused", v.excused)):
        for k in which:
            yield _head(j) | _label(j, None, verdict) | _detection(j, int(k))


def _label(j: Judged, i: int | None, verdict: str) -> Record:
    if i is None:
        return {"verdict": verdict, "kind": None, "row": None, "col": None, "length_m": None}
    at = j.labels
    return {
        "verdict": verdict,
        "kind": str(at.kind[i]) or None,
        "row": round(float(at.row[i]), 2),
        "col": round(float(at.col[i]), 2),
        "length_m": round(float(at.length_px[i]) * j.pixel_m, 2),
    }


def _detection(j: Judged, k: int | None) -> Record:
    if k is None:
        return {"score": None, "subclass": None, "found_row": None, "found_col": None, "found_length_m": None}
    at = j.found
    values = {"score": at.score, "found_row": at.row, "found_col": at.col, "found_length_m": at.length_m}
    numbers = {name: round(float(np.asarray(v)[k]), 4 if name == "score" else 2) for name, v in values.items()}
    return {"score": numbers.pop("score"), "subclass": str(at.subclass[k]) or None, **numbers}


def csv_of(records: Sequence[Record]) -> str:
    """Give a table as CSV text; what is not known is empty."""
    import csv
    import io

    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    if records:
        out.writerow(records[0])
        out.writerows([["" if v is None else v for v in r.values()] for r in records])
    return text.getvalue()

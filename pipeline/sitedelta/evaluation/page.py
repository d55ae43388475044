"""The page of an evaluation: one HTML file that holds all it needs."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sitedelta.evaluation.chips import MOST, VERDICTS, Verdict, chips_of, page
from sitedelta.evaluation.groups import Part, Row
from sitedelta.evaluation.judging import Judged
from sitedelta.evaluation.tables import Record
from sitedelta.evaluation.words import cell, headline, sentences, sweep_sentences
from sitedelta.report.images import data_uri, jpeg
from sitedelta.report.page import dressed, environment
from sitedelta.report.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of chips."""

    name: str
    """File, without its ending."""
    label: str
    verdict: Verdict
    total: int
    sheet: Sheet

    @property
    def uri(self) -> str:
        """The picture itself, for a page."""
        return data_uri(jpeg(self.sheet.pixels, quality=85))

    @property
    def shown(self) -> int:
        """How many of all are drawn."""
        return min(self.total, MOST)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the page shows."""

    title: str
    rows: Sequence[Row]
    parts: Sequence[Part]
    scores: Sequence[Record]
    notes: Sequence[str]
    sweep: bool
    plots: Mapping[str, bytes]
    """PNG by name: `curve-<class>`, `counts-<class>`."""
    chips: Sequence[Shown]


def galleries(judged: Sequence[Judged], *, seed: int) -> list[Shown]:
    """Draw misses, false alarms and hits of every class; what there is none of has no page."""
    found = []
    for label in dict.fromkeys(j.label for j in judged):
        mine = [j for j in judged if j.label == label and j.rule == judged[-1].rule]
        for verdict in VERDICTS:
            if chips := chips_of(mine, verdict, seed=seed):
                name = f"{verdict.replace(' ', '-')}s-{label}".replace("misss", "misses")
                found.append(Shown(name, label, verdict, len(chips), page(chips)))
    return found


def render(found: Findings) -> str:
    """Give the page as text; everything that a file says is escaped."""
    env = environment()
    env.filters.update(cell=cell)
    pictures = {name: _embedded(png) for name, png in found.plots.items()}
    labels = list(dict.fromkeys(r.label for r in found.rows))
    heads = [(r.label, sentences(r)) for r in headline(found.rows)]
    if found.sweep:
        heads = [(label, said) for label in labels if (said := sweep_sentences(found.rows, label))]
    return dressed(env, "evaluation.html.j2", found=found, heads=heads, pictures=pictures, labels=labels)


def _embedded(png: bytes) -> str:
    """Give a drawing as a URI; as JPEG it would blur."""
    return "data:image/png;base64," + base64.b64encode(png).decode()

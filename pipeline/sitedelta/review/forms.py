"""How QGIS shows a review sheet: decisions by their colour and from a list, the machine's columns locked."""

from collections.abc import Sequence

from sitedelta.counts.claims import CLASSES
from sitedelta.report.qgis import Form, Marker, Outline, Symbol, categories
from sitedelta.review.decision import VERDICTS, Kind, Verdict
from sitedelta.review.rows import MACHINE, OTHER

_MACHINE = (*MACHINE, "standing", "chip")
_ADDED = ("class", "scene", "length_m", "width_m", "heading_deg")
"""What people fill in of a thing that they add."""
_OPEN, _YES, _NO, _NEW, _UNSURE = (
    "255,255,255,255",
    "64,220,120,255",
    "255,80,80,255",
    "255,176,0,255",
    "190,150,255,255",
)
_COLOURS = {
    Verdict.ACCEPT: _YES,
    Verdict.COMPLETE: _YES,
    Verdict.REJECT: _NO,
    Verdict.RECLASS: _NEW,
    Verdict.MOVE: _NEW,
    Verdict.ADD: _NEW,
    Verdict.UNSURE: _UNSURE,
}


def style(kind: Kind, scenes: Sequence[str]) -> str:
    """Give the style (QML) of the layer of one kind of finding; `scenes` are the images on which one may be added."""
    verdicts = tuple(map(str, VERDICTS[kind]))
    symbols = {v: _symbol(kind, _COLOURS[Verdict(v)]) for v in verdicts} | {"": _symbol(kind, _OPEN)}
    lists: dict[str, Sequence[str]] = {"review": verdicts}
    if kind is Kind.OBJECT:
        lists |= {"new_class": (*CLASSES, OTHER), "class": CLASSES, "scene": scenes}
    return categories("review", symbols, form=Form(lists, locked=tuple(c for c in _MACHINE if c not in _ADDED)))


def _symbol(kind: Kind, colour: str) -> Symbol:
    if kind in (Kind.CHANGE, Kind.SEARCH):
        return Outline(colour, dashed=kind is Kind.SEARCH)
    return Marker("circle" if kind is Kind.OBJECT else "diamond", colour)

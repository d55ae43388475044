"""Two dates side by side, with what was found drawn on both: as PNG, as SVG, or as a figure of Matplotlib."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from sitedelta.imagery.dates import has_date
from sitedelta.records import ChangeRegion, Event, EventKind
from sitedelta.report import geometry
from sitedelta.report.chips import region_outlines
from sitedelta.report.drawing import Drawing
from sitedelta.report.paper import Colour, Paper
from sitedelta.report.plain import line
from sitedelta.report.plot import Plot
from sitedelta.report.sheet import Sheet, text_width, wrapped
from sitedelta.review.decision import Verdict
from sitedelta.running.manifest import GridRecord
from sitedelta.scene import Scene
from sitedelta.words.wording import counted, metres, moment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = TypeVar("P", bound=Paper)

_WIDTH, _MARGIN = 1920, 20
_PANEL = (_WIDTH - 3 * _MARGIN) // 2
_LARGE, _MIDDLE, _SMALL = 22, 18, 15
"""Sizes of text, pixels."""
_INK: Colour = (0, 0, 0)
_WHITE: Colour = (255, 255, 255)
_GROUND: Colour = (109, 114, 111)
"""Where no image stands, and behind the legend."""
_CHANGED: Colour = (255, 240, 77)
_GREY: Colour = (150, 150, 150)
"""Of what people rejected."""


@dataclass(frozen=True, slots=True)
class _Mark:
    colour: Colour
    word: str
    corners: int
    """Of the polygon around the object; a circle has many."""
    turn: float
    """Of the first corner, in turns from straight up."""
    dashed: bool = False


_MARKS = {
    EventKind.STAYED: _Mark(_WHITE, "stayed", 4, 0.0),
    EventKind.DEPARTED: _Mark((255, 176, 0), "departed", 4, 0.125, dashed=True),
    EventKind.ARRIVED: _Mark((94, 200, 255), "arrived", 40, 0.0),
}
_REJECTED = _Mark(_GREY, "rejected on review", 3, 0.0)


@dataclass(frozen=True, slots=True)
class Sides:
    """What is to be drawn."""

    grid: GridRecord
    scenes: tuple[Scene, Scene]
    """Before and after."""
    images: tuple[np.ndarray | None, np.ndarray | None]
    """Of shape (M, N, B), uint8: the scenes on the grid, reduced; None where there is no image."""
    cell: float
    """Grid pixels on the side of their pixels."""
    changes: Sequence[ChangeRegion]
    events: Sequence[Event]
    title: str
    note: str = ""
    """Stands under all."""

    @property
    def scale(self) -> float:
        """Pixels of the sheet per pixel of the grid."""
        return _PANEL / self.grid.width

    @property
    def rejected(self) -> tuple[ChangeRegion, ...]:
        """Changed regions that people rejected."""
        return tuple(c for c in self.changes if _is_rejected(c))

    @property
    def height(self) -> int:
        """Of a panel."""
        return max(1, round(self.grid.height * self.scale))


def _is_rejected(finding: Event | ChangeRegion) -> bool:
    return finding.review == Verdict.REJECT


def side_by_side(sides: Sides) -> bytes:
    """Draw both dates with changed ground and what arrived, departed and stayed, as PNG."""
    return _drawn(sides, Sheet).png()


def as_svg(sides: Sides) -> bytes:
    """Draw the same as SVG, with the images at their own resolution."""
    return _drawn(sides, Drawing).svg()


def as_figure(sides: Sides) -> "Figure":
    """Draw the same as a figure of Matplotlib, to be shown, changed, or saved as PDF."""
    return _drawn(sides, Plot).figure


def _drawn(sides: Sides, make: Callable[[int, int, Colour], P]) -> P:
    title = [at for part in sides.title.split("\n") for at in wrapped(line(part), _LARGE, _WIDTH - 2 * _MARGIN)]
    told = [wrapped(line(_told(s)), _SMALL, _PANEL) for s in sides.scenes]
    note = wrapped(line(sides.note), _SMALL, _WIDTH - 2 * _MARGIN)
    top = _MARGIN + len(title) * _line(_LARGE) + _MARGIN // 2 + _line(_LARGE)
    under = top + sides.height + _MARGIN // 2
    legend = under + max(map(len, told)) * _line(_SMALL) + _MARGIN // 2
    entries = _entries(sides)
    foot = legend + (2 * _MARGIN + _MIDDLE if entries else 0)
    paper = make(_WIDTH, foot + len(note) * _line(_SMALL) + _MARGIN // 2, _WHITE)
    _write(paper, title, _MARGIN, _MARGIN, _LARGE)
    stands = [c for c in sides.changes if not _is_rejected(c)]
    outlines = {_GREY: _outlines(sides, sides.rejected), _CHANGED: _outlines(sides, stands)}
    for n, role in enumerate(("Before", "After")):
        left, scene = _MARGIN + n * (_PANEL + _MARGIN), sides.scenes[n]
        when = moment(scene.date, scene.date_precision) if has_date(scene) else "date unknown"
        paper.text(f"{role}: {when}", left, top - _MARGIN // 2, size=_LARGE, colour=_INK, anchor="ls")
        _draw_side(paper.panel(left, top, _PANEL, sides.height, _GROUND), sides, sides.images[n], outlines)
        _write(paper, told[n], left, under, _SMALL)
    _legend(paper, entries, legend)
    _write(paper, note, _MARGIN, foot, _SMALL)
    return paper


def _outlines(sides: Sides, regions: Sequence[ChangeRegion]) -> list[np.ndarray]:
    return [(rings + 0.5) * sides.scale for rings in region_outlines(sides.grid, regions, sides.scale)]


def _write(paper: Paper, lines: Sequence[str], x: float, y: float, size: int) -> None:
    for n, words in enumerate(lines):
        paper.text(words, x, y + n * _line(size), size=size, colour=_INK)


def _line(size: int) -> int:
    return round(1.4 * size)


def _told(scene: Scene) -> str:
    source = scene.source or f"not given ({scene.originals[0].name})"
    return f"{scene.sensor or 'sensor not given'}, {metres(scene.gsd_m)} per pixel. Source: {source}"


def _draw_side(
    panel: Paper, sides: Sides, image: np.ndarray | None, outlines: Mapping[Colour, list[np.ndarray]]
) -> None:
    if image is not None:
        factor = sides.cell * sides.scale
        colours = np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3)))
        panel.image(colours, image.shape[1] * factor, image.shape[0] * factor)
    for colour, rings in outlines.items():
        _cased(panel, rings, colour, closed=True)
    for event in sides.events:
        _event(panel, event, sides)
    _scale_bar(panel, sides)
    _north(panel, sides)


def _event(panel: Paper, event: Event, sides: Sides) -> None:
    mark = _REJECTED if _is_rejected(event) else _MARKS.get(event.kind)
    if mark is None:
        return
    x, y = (event.site_col + 0.5) * sides.scale, (event.site_row + 0.5) * sides.scale
    radius = max(7.0, 0.75 * event.length_m / sides.grid.gsd_m * sides.scale)
    _draw(panel, mark, x, y, radius)


def _draw(paper: Paper, mark: _Mark, x: float, y: float, radius: float) -> None:
    turns = 2 * np.pi * (np.arange(mark.corners + 1) / mark.corners + mark.turn)
    ring = np.column_stack([x + radius * np.sin(turns), y - radius * np.cos(turns)])
    sides = [ring] if not mark.dashed else [d for a, b in pairwise(ring) for d in _dashes(a, b)]
    _cased(paper, sides, mark.colour, closed=False)


def _cased(paper: Paper, paths: list[np.ndarray], colour: Colour, *, closed: bool) -> None:
    """Draw lines that stand out from bright ground as from dark."""
    paper.lines(paths, _INK, width=4, closed=closed)
    paper.lines(paths, colour, width=2, closed=closed)


def _dashes(start: np.ndarray, stop: np.ndarray) -> list[np.ndarray]:
    count = max(1, round(float(np.hypot(*(stop - start))) / 14))
    at = np.linspace(0, 1, 2 * count + 1)[:, None]
    points = start + at * (stop - start)
    return [points[k : k + 2] for k in range(0, 2 * count, 2)]


def _scale_bar(panel: Paper, sides: Sides) -> None:
    length = geometry.scale_bar_m(sides.grid.width * sides.grid.gsd_m)
    y, left = sides.height - 24.0, 24.0
    bar = [np.array([[left, y], [left + length / sides.grid.gsd_m * sides.scale, y]])]
    panel.lines(bar, _INK, width=8, closed=False)
    panel.lines(bar, _WHITE, width=4, closed=False)
    panel.text(metres(length), left, y - 10, size=_MIDDLE, colour=_WHITE, anchor="ls", halo=_INK)


def _north(panel: Paper, sides: Sides) -> None:
    x, y = _PANEL - 40.0, sides.height - 54.0
    north = geometry.north_deg(sides.grid)
    if north is None:
        panel.text("north unknown", _PANEL - 16, sides.height - 16, size=_SMALL, colour=_WHITE, anchor="rs", halo=_INK)
        return
    up = np.array([np.sin(np.radians(north)), -np.cos(np.radians(north))])
    aside = np.array([-up[1], up[0]])
    middle = np.array([x, y])
    arrow = np.array([middle + 26 * up, middle - 20 * up + 12 * aside, middle - 12 * up, middle - 20 * up - 12 * aside])
    panel.area(arrow, _WHITE)
    panel.lines([arrow], _INK, width=2, closed=True)
    panel.text("N", *(middle - 34 * up), size=_MIDDLE, colour=_WHITE, anchor="mm", halo=_INK)


def _entries(sides: Sides) -> list[tuple[str, _Mark | None]]:
    """Give what the legend explains: a word and its mark, None for changed ground."""
    entries: list[tuple[str, _Mark | None]] = [("changed ground", None)] if sides.changes else []
    stands = [e for e in sides.events if not _is_rejected(e)]
    for kind, mark in _MARKS.items():
        labels = Counter(e.label for e in stands if e.kind is kind)
        if labels:
            entries.append((f"{mark.word}: {', '.join(counted(labels[x], x) for x in sorted(labels))}", mark))
    rejected = len(sides.events) - len(stands) + len(sides.rejected)
    return [*entries, (f"{_REJECTED.word} (grey): {rejected}", _REJECTED)] if rejected else entries


def _legend(paper: Paper, entries: list[tuple[str, _Mark | None]], top: int) -> None:
    """Explain the marks that are there, all at one size."""
    if not entries:
        return
    height = _MIDDLE + _MARGIN
    widths = [44 + text_width(word, _MIDDLE) + _MARGIN for word, _ in entries]
    right = _MARGIN + sum(widths) + _MARGIN / 2
    paper.area(np.array([[_MARGIN, top], [right, top], [right, top + height], [_MARGIN, top + height]]), _GROUND)
    x, y = _MARGIN + 24.0, top + height / 2
    for (word, mark), width in zip(entries, widths, strict=True):
        if mark is None:
            paper.lines([np.array([[x - 14, y], [x + 14, y]])], _CHANGED, width=3, closed=False)
        else:
            _draw(paper, mark, x, y, 10.0)
        paper.text(word, x + 24, y + _MIDDLE * 0.36, size=_MIDDLE, colour=_WHITE, anchor="ls")
        x += width

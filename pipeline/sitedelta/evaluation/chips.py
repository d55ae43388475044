"""Pages of cut-outs: what was found, what was missed, what was taken for an object."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

import cv2
import numpy as np

from sitedelta.evaluation.judging import Judged
from sitedelta.imagery.bands import display_bands
from sitedelta.raster import Reader
from sitedelta.report.images import striped
from sitedelta.report.paper import Colour
from sitedelta.report.sheet import Sheet

Verdict = Literal["hit", "miss", "false alarm"]
Place = Callable[[float, float], np.ndarray]
"""From row and column of the image to x and y of the tile."""
VERDICTS: tuple[Verdict, ...] = ("miss", "false alarm", "hit")
COLOURS: dict[Verdict, Colour] = {"hit": (64, 224, 208), "miss": (255, 176, 0), "false alarm": (255, 96, 208)}
_COLUMNS, _ROWS = 8, 5
MOST = _COLUMNS * _ROWS
_TILE, _GAP, _CAPTION, _TEXT = 150, 8, 32, 12
_LEAST_PX, _AROUND = 24, 2.6
"""A chip shows so many pixels at least, and so many lengths of its object."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One object to be shown."""

    judged: Judged
    verdict: Verdict
    index: int
    """Of the label; of a false alarm, of the detection."""

    @property
    def place(self) -> tuple[float, float, float]:
        """Row, column and length in pixels."""
        j = self.judged
        if self.verdict == "false alarm":
            f = j.found
            return float(f.row[self.index]), float(f.col[self.index]), float(f.length_m[self.index]) / j.pixel_m
        at = j.labels
        return float(at.row[self.index]), float(at.col[self.index]), float(at.length_px[self.index])

    @property
    def score(self) -> float | None:
        """That of the detection, if any."""
        if self.verdict == "miss":
            return None
        k = self.index if self.verdict == "false alarm" else dict(self.judged.verdicts.hits.tolist())[self.index]
        return float(self.judged.found.score[k])


def chips_of(judged: Sequence[Judged], verdict: Verdict, *, seed: int) -> list[Chip]:
    """Choose what is shown: false alarms by falling score, others by lot, taking turns among the images."""
    rng = np.random.default_rng(seed)
    shown = [
        j for j in judged if j.observable and j.case.original and (verdict != "false alarm" or j.case.image.exhaustive)
    ]
    if verdict == "false alarm":
        every = [Chip(j, verdict, int(k)) for j in shown for k in j.verdicts.false]
        return sorted(every, key=lambda c: -(c.score or 0))
    each = [j.verdicts.hits[:, 0] if verdict == "hit" else j.verdicts.missed for j in shown]
    turns = [[Chip(j, verdict, int(k)) for k in rng.permutation(ks)] for j, ks in zip(shown, each, strict=True)]
    order = rng.permutation(len(turns))
    return [c for turn in zip_longest(*(turns[k] for k in order)) for c in turn if c is not None]


def page(chips: Sequence[Chip]) -> Sheet:
    """Draw up to `MOST` chips."""
    chosen = chips[:MOST]
    rows = -(-len(chosen) // _COLUMNS)
    sheet = Sheet(_COLUMNS * (_TILE + _GAP) + _GAP, rows * (_TILE + _CAPTION + _GAP) + _GAP, (255, 255, 255))
    for n, chip in enumerate(chosen):
        x, y = _GAP + n % _COLUMNS * (_TILE + _GAP), _GAP + n // _COLUMNS * (_TILE + _CAPTION + _GAP)
        sheet.paste(_drawn(chip), x, y)
        sheet.text(_caption(chip), x, y + _TILE + 2, size=_TEXT, colour=(40, 44, 48))
    return sheet


def _caption(chip: Chip) -> str:
    length = f"{chip.place[2] * chip.judged.pixel_m:.0f} m" + (f", score {chip.score:.2f}" if chip.score else "")
    name = chip.judged.case.image.path.stem
    return f"{length}\n{name if len(name) <= 20 else name[:19] + chr(0x2026)}"


def _drawn(chip: Chip) -> np.ndarray:
    row, col, length = chip.place
    side = max(_LEAST_PX, round(_AROUND * length))
    top, left = round(row + 0.5 - side / 2), round(col + 0.5 - side / 2)
    tile = Sheet(_TILE, _TILE, (109, 114, 111))
    tile.paste(_pixels(chip.judged, top, left, side), 0, 0)
    scale = _TILE / side
    _marks(tile, chip, lambda r, c: np.array([(c + 0.5 - left) * scale, (r + 0.5 - top) * scale]), scale)
    return tile.pixels


def _pixels(j: Judged, top: int, left: int, side: int) -> np.ndarray:
    with Reader(j.case.scene.uri) as reader:
        image, valid = reader.read((top, top + side, left, left + side), bands=display_bands(j.case.scene))
    shown = np.moveaxis(np.clip(j.stretch.apply(image) * 255 + 0.5, 0, 255).astype(np.uint8), 0, -1)
    shown = striped(shown, valid)
    how = cv2.INTER_AREA if side > _TILE else cv2.INTER_CUBIC
    resized = cv2.resize(shown, (_TILE, _TILE), interpolation=how).reshape(_TILE, _TILE, -1)
    return np.asarray(np.broadcast_to(resized, (_TILE, _TILE, 3)), np.uint8)


def _marks(tile: Sheet, chip: Chip, at: Place, scale: float) -> None:
    """Mark the object, and thinly all others in sight: labels by circles, detections by boxes."""
    j, v = chip.judged, chip.judged.verdicts
    sides: tuple[tuple[Verdict, np.ndarray], ...] = (("hit", v.hits[:, 0]), ("miss", v.missed))
    for verdict, which in sides:
        for i in which:
            mine = verdict == chip.verdict and i == chip.index
            radius = max(4.0, (0.6 if mine else 0.2) * j.labels.length_px[i] * scale)
            _line(tile, _circle(at(j.labels.row[i], j.labels.col[i]), radius), verdict, mine=mine)
    for k in v.false:
        box = _box(j, int(k), scale) + at(j.found.row[k], j.found.col[k])
        _line(tile, box, "false alarm", mine=chip.verdict == "false alarm" and k == chip.index)


def _line(tile: Sheet, path: np.ndarray, verdict: Verdict, *, mine: bool) -> None:
    if ((path > -_TILE) & (path < 2 * _TILE)).all():
        tile.lines([path], COLOURS[verdict], width=2 if mine else 1, closed=True)


def _circle(centre: np.ndarray, radius: float) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return centre + radius * np.column_stack([np.cos(turn), np.sin(turn)])


def _box(j: Judged, k: int, scale: float) -> np.ndarray:
    half_length, half_width = (0.6 * v[k] / j.pixel_m * scale for v in (j.found.length_m, j.found.width_m))
    turn = np.radians(j.found.heading_deg[k])
    along, across = np.array([np.sin(turn), -np.cos(turn)]), np.array([np.cos(turn), np.sin(turn)])
    return np.array(
        [a * half_length * along + b * half_width * across for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    )

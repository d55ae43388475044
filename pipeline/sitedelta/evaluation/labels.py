"""Labelled images in folders: what is in them, as people marked it (the layout: docs/evaluation.md)."""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sitedelta.errors import InputError
from sitedelta.evaluation.classnames import Meaning, meaning_of
from sitedelta.within import refuse_outside

Floats = NDArray[np.float64]
_TABLES = "labels.csv", "annotations.csv"
_BOX = "col_min", "row_min", "col_max", "row_max"
_CENTRE = "col", "row", "length_px"
_CLEAR = "", "clear"
_NO = "0", "false", "no"
_TWICE = 0.25
"""Two labels of one class whose centres are nearer than this share of the length mark one object."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The objects of one image; arrays of shape (n,)."""

    row: Floats
    col: Floats
    """Centre in pixels; the centre of the first pixel is (0, 0)."""
    length_px: Floats
    """Longer side."""
    label: NDArray[np.str_]
    """Class as counted, e.g. `aircraft`; empty where the name that was given is not known: it may be anything."""
    kind: NDArray[np.str_]
    """Sub-class, e.g. `helicopter`; empty where none is given."""
    clear: NDArray[np.bool_]
    """False: cut off, hidden or doubtful; neither a miss where it is not found, nor a false alarm where it is."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: NDArray[np.bool_] | NDArray[np.intp]) -> "Labels":
        """Give the chosen ones, by mask or by index."""
        return Labels(*(getattr(self, name)[index] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Shapes:
    """What is known of the objects of one image beyond their length; NaN where it is not. Arrays of shape (n,)."""

    width_px: Floats
    """Shorter side, of objects whose heading is given."""
    heading_deg: Floats
    """Clockwise from image up."""
    box_wide_px: Floats
    box_high_px: Floats
    """Sides of the box on the image's axes, of objects that are given as boxes."""


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image and its objects."""

    path: Path
    data: str
    """Name of its data set: that of the folder."""
    site: str
    """Images of one site are alike; its own name where no site is given."""
    gsd_m: float | None
    """Ground sampling distance as the labels state it; None: the image carries it, or it is not known."""
    exhaustive: bool
    """False: objects there may be unlabelled, so that nothing can be said of false alarms."""
    labels: Labels
    shapes: Shapes
    """In the order of `labels`."""
    twice: int
    """Labels left out because they lie on another one."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A folder of labelled images."""

    folder: Path
    images: tuple[LabelledImage, ...]
    unlabelled: tuple[str, ...]
    """Images without labels, which tell nothing."""
    unknown: Mapping[str, int]
    """Names of classes that are not known, and how many labels bear them."""


def read_labels(folder: Path) -> DataSet:
    """Read a folder of labelled images, or the folder of a reviewed site.

    Raises
    ------
    InputError
        One line: what is missing or cannot be read, and where.
    """
    for path in (folder, *(folder / n for n in (*_TABLES, "images.csv", "sites.json", "classes.csv"))):
        refuse_outside(path)
    if (folder / "manifest.json").is_file() and (folder / "objects.parquet").is_file():
        from sitedelta.review.training import reviewed_labels

        return reviewed_labels(folder)
    table = next((folder / n for n in _TABLES if (folder / n).is_file()), None)
    if table is None:
        raise InputError(f"{folder}: holds no labels.csv; docs/evaluation.md says how labelled images are laid out")
    images = folder / "images" if (folder / "images").is_dir() else folder
    meanings = _Meanings(folder / "classes.csv")
    rows: dict[str, list[_Row]] = {}
    for line, r in _lines(table, ("image", "class")):
        rows.setdefault(r["image"], []).append(_row(r, meanings, f"{table}, line {line}"))
    listed = _listed(folder / "images.csv") or {name: _Listed(None, exhaustive=True) for name in rows}
    for name in [*listed, *rows]:
        if not (images / name).is_file():
            raise InputError(f"{images / name}: is labelled, but there is no such file")
    sites = _sites(folder / "sites.json")
    found = tuple(_image(images / n, folder, said, sites.get(n), rows.get(n, [])) for n, said in listed.items())
    return DataSet(folder, found, _others(images, set(listed)), meanings.unknown)


@dataclass(frozen=True, slots=True)
class _Row:
    row: float
    col: float
    length_px: float
    label: str
    kind: str
    clear: bool
    shape: tuple[float, float, float, float]
    """As in `Shapes`."""


@dataclass(frozen=True, slots=True)
class _Listed:
    gsd_m: float | None
    exhaustive: bool


class _Meanings:
    """What the class names of a folder mean; keeps those that nobody knows."""

    def __init__(self, path: Path) -> None:
        rows = _lines(path, ("name", "class")) if path.is_file() else ()
        self._own = {r["name"]: Meaning(r["class"], r.get("kind") or "") for _, r in rows}
        self.unknown: dict[str, int] = {}

    def of(self, name: str) -> Meaning:
        found = self._own.get(name) or meaning_of(name)
        if found is None:
            self.unknown[name] = self.unknown.get(name, 0) + 1
        return found or Meaning("")


def _lines(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows of a table with the lines that they stand on, counted from 1."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            if missing := [n for n in needed if n not in (table.fieldnames or ())]:
                raise InputError(f"{path}: has no column {missing[0]!r}; its first line must name the columns")
            for r in table:
                yield table.line_num, {k: (v or "").strip() for k, v in r.items() if isinstance(k, str)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a table of UTF-8 text: {error}") from error


def _row(r: Mapping[str, str], meanings: _Meanings, where: str) -> _Row:
    meaning = meanings.of(r["class"])
    clear = r.get("visibility", "").lower() in _CLEAR and not meaning.cut
    kind = r.get("kind") or meaning.kind
    if r.get("col_min"):
        left, top, right, bottom = (_number(r, name, where) for name in _BOX)
        if not (right > left and bottom > top):
            raise InputError(f"{where}: col_max must be greater than col_min, and row_max than row_min")
        wide, high = right - left, bottom - top
        place, shape = ((top + bottom) / 2 - 0.5, (left + right) / 2 - 0.5), (math.nan, math.nan, wide, high)
        return _Row(*place, max(wide, high), meaning.label, kind, clear, shape)
    col, row, length = (_number(r, name, where) for name in _CENTRE)
    if length <= 0:
        raise InputError(f"{where}: length_px must be greater than 0")
    width, heading = (_number(r, name, where) if r.get(name) else math.nan for name in ("width_px", "heading_deg"))
    return _Row(row, col, length, meaning.label, kind, clear, (width, heading, math.nan, math.nan))


def _number(r: Mapping[str, str], name: str, where: str) -> float:
    try:
        value = float(r.get(name, ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{where}: {name} is {r.get(name) or 'missing'}; a label has {', '.join(_BOX)}, or {', '.join(_CENTRE)}"
        )
    return value


def _listed(path: Path) -> dict[str, _Listed]:
    if not path.is_file():
        return {}
    found = {}
    for line, r in _lines(path, ("image",)):
        gsd = _number(r, "gsd_m", f"{path}, line {line}") if r.get("gsd_m") else None
        found[r["image"]] = _Listed(gsd, r.get("exhaustive", "").lower() not in _NO)
    return found


def _sites(path: Path) -> dict[str, str]:
    """Give the site of each image; a file that is not there names none."""
    if not path.is_file():
        return {}
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {str(image): str(site) for site, images in said.items() for image in images}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{path}: must hold one list of image names a site: {error}") from error


def _image(path: Path, folder: Path, said: _Listed, site: str | None, rows: Sequence[_Row]) -> LabelledImage:
    kept = _once(rows)
    labels = Labels(
        row=np.array([r.row for r in kept], float),
        col=np.array([r.col for r in kept], float),
        length_px=np.array([r.length_px for r in kept], float),
        label=np.array([r.label for r in kept], str),
        kind=np.array([r.kind for r in kept], str),
        clear=np.array([r.clear for r in kept], bool),
    )
    shapes = Shapes(*np.array([r.shape for r in kept], float).reshape(-1, 4).T)
    name, twice = folder.resolve().name, len(rows) - len(kept)
    return LabelledImage(path, name, site or path.name, said.gsd_m, said.exhaustive, labels, shapes, twice)


def _once(rows: Sequence[_Row]) -> list[_Row]:
    """Leave out labels that lie on an earlier one of their class."""
    kept: list[_Row] = []
    for r in rows:
        if not any(_same(r, k) for k in kept):
            kept.append(r)
    return kept


def _same(one: _Row, other: _Row) -> bool:
    away = math.hypot(one.row - other.row, one.col - other.col)
    return one.label == other.label and away < _TWICE * min(one.length_px, other.length_px)


def _others(images: Path, listed: set[str]) -> tuple[str, ...]:
    endings = {Path(n).suffix for n in listed}
    return tuple(sorted(p.name for p in images.iterdir() if p.suffix in endings and p.name not in listed))

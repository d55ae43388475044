"""What a run did with a site: the record that the report, the evidence and the next run read."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sitedelta.errors import InputError
from sitedelta.scene import Scene

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from sitedelta.grid import SiteGrid

FORMAT = 5

AlignmentStatus = Literal["reference", "aligned", "georeference", "refused"]

Role = Literal["image", "beside", "mask", "terrain", "zones", "area", "model"]
"""What a file was given as; `beside`: metadata or georeference that lay beside an image and was read with it."""


@dataclass(frozen=True, slots=True)
class GridRecord:
    """The site grid."""

    height: int
    width: int
    gsd_m: float
    crs_wkt: str | None
    """None for a pixel grid."""
    affine: tuple[float, float, float, float, float, float]
    """a, b, c, d, e, f: x = a col + b row + c, y = d col + e row + f, for pixel corners."""


@dataclass(frozen=True, slots=True)
class AlignmentRecord:
    """How a scene was brought onto the site grid."""

    status: AlignmentStatus
    """`georeference`: the images could not be matched; the given georeference is used for counts, not for change."""
    model: str
    matrix: tuple[float, ...]
    """Site (col, row, 1) to the place where the nominal georeference shows it: 6 numbers, row by row."""
    residual_m: float | None
    support: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class SceneRecord:
    """One scene and what was made of it."""

    scene: Scene
    alignment: AlignmentRecord
    share_observed: float
    """Share of the site that it shows clearly, 0 to 1."""
    share_cloud: float
    """Share of the site under cloud, 0 to 1."""
    raster: str | None
    """Display image on the site grid, relative to the site's folder."""
    entry: int = 0
    """Number of the entry in the configuration's `imagery` that named it, from 0."""
    footprint: tuple[tuple[float, float], ...] | None = None
    """Outline of the whole original by its own georeference, longitude and latitude, closed; None without one."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that a run was given, as it was when the run read it."""

    role: Role
    scene: str | None
    """Of which scene; None where it speaks of the whole site."""
    name: str
    """Below the folder that all files of its scene share: `12/2400/1600.png` of web-map tiles, else the file's name."""
    path: str
    """Where it lay, relative to the site's folder."""
    bytes: int
    modified: datetime
    """When the file was last written, by its own time stamp, UTC."""
    sha256: str


@dataclass(frozen=True, slots=True)
class PairRecord:
    """Two consecutive scenes and how they were compared."""

    before: str
    after: str
    status: Literal["compared", "not_observable"]
    reason: str | None
    gsd_m: float
    method: str
    method_reason: str
    threshold: float | None
    false_alarm_rate: float | None
    notes: str
    changed_m2: float
    share_changed: float
    """Of what both dates show, 0 to 1."""
    share_observed: float
    """Of the site, 0 to 1."""
    raster: str | None
    """Change map, relative to the site's folder."""


@dataclass(frozen=True, slots=True)
class ZoneRecord:
    """A named part of the site."""

    id: str
    name: str
    area_m2: float
    polygon_wkt: str
    """In pixels (column, row) of the site grid."""


@dataclass(frozen=True, slots=True)
class DetectorRecord:
    """What counted, and how well it was measured to count at a ground sampling distance."""

    name: str
    label: str
    gsd_m: float
    precision: float
    recall: float
    objects: int
    source: str


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The detector that counted."""

    name: str
    files: dict[str, str]
    """SHA-256 of each file that it is made of (weights; the description of one's own), by name."""


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """What somebody said of the site."""

    date: datetime
    """UTC; midnight where only the day is known."""
    precision: Literal["day", "time"]
    text: str
    source: str | None


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """The reviewers' ledger as it was at one time; lines are only ever added to it."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything about a site that is not a table or a raster."""

    format: int
    key: str
    """Hash of inputs, parameters and software: equal keys give equal results."""
    site: str
    name: str
    grid: GridRecord
    zones: tuple[ZoneRecord, ...]
    scenes: tuple[SceneRecord, ...]
    pairs: tuple[PairRecord, ...]
    model: ModelRecord
    detectors: tuple[DetectorRecord, ...]
    statements: tuple[StatementRecord, ...]
    """In order of date."""
    parameters: dict[str, Any]
    """The site's configuration as it was run, defaults filled in."""
    software: dict[str, str]
    """Package versions."""
    notes: tuple[str, ...]
    """What the run wants the reader to know, e.g. duplicates left out, or sizes that do not fit an image's scale."""
    files: dict[str, str]
    """SHA-256 of each table and raster by path relative to the site's folder."""
    given: tuple[GivenFile, ...] = ()
    """Every file that the results were made from."""
    ledger: LedgerRecord | None = None
    """The reviewers' decisions that the observations take in; None where there were none."""
    code: str = ""
    """SHA-256 of the source of sitedelta and rasterdelta."""
    unfinished: tuple[str, ...] = ()
    """Tiles that were given up and why, one sentence each: their ground is not observable. The next run tries again."""


def grid_record(grid: "SiteGrid") -> GridRecord:
    """Write down a site grid."""
    a = grid.transform
    return GridRecord(*grid.shape, grid.gsd_m, grid.crs_wkt, (a.a, a.b, a.c, a.d, a.e, a.f))


@cache
def _adapter() -> "TypeAdapter[Manifest]":
    from pydantic import TypeAdapter

    return TypeAdapter(Manifest)


def to_json(manifest: Manifest) -> str:
    """Give the manifest as JSON text; the same manifest gives the same text."""
    return _adapter().dump_json(manifest, indent=1).decode() + "\n"


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; raises `InputError` where it is missing, damaged or of another format."""
    from pydantic import ValidationError

    try:
        content = path.read_bytes()
        _refuse_other_format(path, content)
        return _adapter().validate_json(content)
    except FileNotFoundError as error:
        msg = f"{path.parent} holds no site: {path.name} is missing; run `sitedelta run` first"
        raise InputError(msg) from error
    except ValidationError as error:
        msg = f"{path} is damaged ({error.errors()[0]['msg']}); run `sitedelta run` again"
        raise InputError(msg) from error


def _refuse_other_format(path: Path, content: bytes) -> None:
    """Look for the format by itself: the fields of another may differ."""
    try:
        found = json.loads(content)
    except ValueError:
        return
    stated = found.get("format", FORMAT) if isinstance(found, dict) else FORMAT
    if stated != FORMAT:
        msg = f"{path} has format {stated}, this version reads {FORMAT}; run `sitedelta run` again"
        raise InputError(msg)

"""From image files to scenes: what each is, when it was taken, and its checksum."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.errors import InputError
from sitedelta.files.hashing import sha256_file, sha256_files
from sitedelta.imagery.dates import NO_DATE, Taken, check, taken
from sitedelta.imagery.unrectified import with_terrain
from sitedelta.raster import RasterInfo, Reader, describe
from sitedelta.remote.address import plain
from sitedelta.scene import Kind, Scene
from sitedelta.settings.defaults import COARSEST_M, HIDDEN, Hidden
from sitedelta.settings.names import of_twins, slug, unique
from sitedelta.sources import (
    date_of,
    describe_mask,
    find_images,
    find_mask,
    find_tiles,
    read_metadata,
    read_reflectance,
    write_vrt,
)
from sitedelta.words.wording import day

if TYPE_CHECKING:
    from sitedelta.settings.config import Imagery, Site

SMALLEST = 8
"""Pixels on a side; less shows nothing."""

_COARSER = 1.02
"""A stated ground sampling distance that differs less than this from the georeference says the same."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What the user says of an image; None where the image is to say it itself."""

    date: date | datetime | None = None
    gsd_m: float | None = None
    source: str | None = None
    sensor: str | None = None
    bands: tuple[str, ...] | None = None
    kind: Kind = "optical"
    mask: Path | None = None
    """A provider's mask; one that lies beside the image where not given."""
    hidden: tuple[Hidden, ...] = HIDDEN
    """What counts as not observable."""
    dem: Path | None = None
    """Digital elevation model, for images that were not rectified."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """The images of a site, ready for work."""

    scenes: tuple[Scene, ...]
    """Sorted by date, then id."""
    notes: tuple[str, ...]
    """What the reader of the report should know, one sentence each: images left out, statements overruled."""


def ingest(site: "Site", *, workdir: Path, today: date | None = None) -> Ingest:
    """Find, describe and hash all images of a site.

    Parameters
    ----------
    site
        The site's configuration.
    workdir
        Folder for what has to be written (virtual rasters over web-map tiles); made when needed.
    today
        Images that claim to be taken later are refused; the current day where it is not given.

    Raises
    ------
    InputError
        One line that names the file: nothing found, not readable, no date, no ground sampling distance.
    """
    found: list[Scene] = []
    notes: list[str] = []
    for path, entry in entries(site).items():
        stated = Stated(
            entry.date,
            entry.gsd,
            entry.source,
            entry.sensor,
            entry.bands,
            entry.kind,
            entry.mask,
            site.hidden,
            site.dem,
        )
        scene, said = _scene(path, stated, workdir=workdir, require_date=True, today=today)
        found.append(scene)
        notes += said
    if not found:
        raise InputError(f"site {site.id}: {_nothing(site)}")
    scenes, dropped = _without_copies(found)
    ordered = sorted(scenes, key=lambda s: (s.date, s.id, str(s.originals[0])))
    ids = unique(s.id for s in ordered)
    named = tuple(replace(s, id=i) for s, i in zip(ordered, ids, strict=True))
    return Ingest(named, (*notes, *dropped))


def scene_from_file(
    path: Path,
    *,
    gsd_m: float | None = None,
    date: date | datetime | None = None,
    kind: Kind = "optical",
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: Path | None = None,
    require_date: bool = True,
    hashed: bool = True,
    workdir: Path | None = None,
) -> Scene:
    """Describe one image.

    Parameters
    ----------
    path
        An image file; a folder of web-map tiles where `workdir` is given.
    gsd_m
        Ground sampling distance in metres; needed where the image is not georeferenced.
    date
        When it was taken, where the image does not say.
    hidden
        What counts as not observable; see `sitedelta.scene.Hidden`.
    dem
        Digital elevation model, for an image that was not rectified (RPC); its model's mean height without one.
    require_date
        False: a date that is neither given nor found is `sitedelta.dates.NO_DATE`; see `sitedelta.dates.has_date`.
    hashed
        False: the file is not read whole, and the scene's checksum is empty.

    Raises
    ------
    InputError
        One line that names the file and what is missing.
    """
    if gsd_m is not None and not 0 < gsd_m <= COARSEST_M:
        raise InputError(f"gsd {gsd_m:g}: metres a pixel must be greater than 0 and at most {COARSEST_M:g}")
    stated = Stated(date=date, gsd_m=gsd_m, kind=kind, hidden=hidden, dem=dem)
    scene, _ = _scene(path, stated, workdir=workdir, require_date=require_date, today=None, hashed=hashed)
    return scene


def _dated_otherwise(left: Scene, kept: Scene) -> str:
    if left.date == kept.date:
        return ""
    return f", with its date of {day(kept.date)}: the other is dated {day(left.date)}"


def entries(site: "Site") -> "dict[Path, Imagery]":
    """Give each image with the entry that speaks of it: one that names it outright, else the first that finds it."""
    found = [(path, entry) for entry in site.imagery for path in find_images(entry)]
    named = {path: entry for path, entry in reversed(found) if entry.path == path}
    chosen: dict[Path, Imagery] = {}
    for path, entry in found:
        chosen.setdefault(path, named.get(path, entry))
    return chosen


def _nothing(site: "Site") -> str:
    searched = ", ".join(plain(e.stac) for e in site.imagery if e.stac)
    return f"{searched} offers no scene that shows the `aoi:` and is searched for; widen the search"


def _scene(
    path: Path, stated: Stated, *, workdir: Path | None, require_date: bool, today: date | None, hashed: bool = True
) -> tuple[Scene, tuple[str, ...]]:
    uri, originals, digest, stored = _opened(path, workdir, hashed=hashed)
    info, told = with_terrain(path, stored, stated.dem)
    said = read_metadata(path, info)
    when = _when(path, info, stated.date, require_date=require_date, today=today)
    gsd, notes = _gsd(path, info, stated.gsd_m or (None if info.gsd_m else said.gsd_m))
    _refuse_small(path, info)
    bands = _bands(path, info, stated.bands)
    scene = Scene(
        id=_id(when, path),
        uri=str(uri),
        originals=originals,
        sha256=digest,
        date=when.date,
        date_precision=when.precision,
        gsd_m=gsd,
        width=info.width,
        height=info.height,
        bands=bands,
        kind=stated.kind,
        georeferenced=info.georeferenced or info.ground is not None,
        dtype=info.dtype,
        sensor=stated.sensor or said.sensor,
        source=stated.source or said.source,
        sun_elevation_deg=said.sun_elevation_deg,
        sun_azimuth_deg=said.sun_azimuth_deg,
        off_nadir_deg=said.off_nadir_deg,
        mask=find_mask(path) if stated.mask is None else describe_mask(stated.mask),
        hidden=stated.hidden,
        ground=info.ground,
        reflectance=None if path.is_dir() else read_reflectance(path, bands),
    )
    return scene, (*notes, *told)


def _opened(path: Path, workdir: Path | None, *, hashed: bool) -> tuple[Path, tuple[Path, ...], str, RasterInfo]:
    """Give what GDAL opens, the originals behind it, their checksum, and what they hold."""
    if not path.is_dir() or workdir is None:
        info = describe(path)
        return path, (path,), sha256_file(path) if hashed else "", info
    mosaic = find_tiles(path)
    originals = tuple(t.path for t in mosaic.tiles)
    digest = sha256_files(originals, root=path)
    vrt = workdir / f"tiles-{digest[:16]}.vrt"
    write_vrt(mosaic, vrt)
    with Reader(vrt) as reader:
        return vrt, originals, digest, reader.info


def _when(
    path: Path, info: RasterInfo, given: date | datetime | None, *, require_date: bool, today: date | None
) -> Taken:
    if given is not None:
        return check(taken(given), today=today or datetime.now(UTC).date(), where=str(path))
    try:
        return date_of(path, info, today=today)
    except InputError:
        if require_date:
            raise
        return Taken(NO_DATE, "day")


def _gsd(path: Path, info: RasterInfo, given: float | None) -> tuple[float, tuple[str, ...]]:
    own = info.gsd_m
    if own is None and given is None:
        raise InputError(
            f"{path}: no georeference and no ground sampling distance; give metres a pixel with `gsd:` (--gsd): "
            "the length of something known divided by its pixels"
        )
    if own is None or (given is not None and given > own * _COARSER):
        return float(given or 0), ()
    if given is not None and given * _COARSER < own:
        return own, (f"{path.name}: the stated {given:g} m is finer than its pixels of {own:g} m, which are used.",)
    return own, ()


def _bands(path: Path, info: RasterInfo, given: tuple[str, ...] | None) -> tuple[str, ...]:
    if given is not None and len(given) != info.count:
        own = ", ".join(info.band_names)
        raise InputError(f"{path}: has {info.count} bands ({own}; alpha is none), `bands:` names {len(given)}")
    return given or info.band_names


def _refuse_small(path: Path, info: RasterInfo) -> None:
    if min(info.width, info.height) < SMALLEST:
        raise InputError(f"{path}: is only {info.width} x {info.height} pixels; give an image of at least {SMALLEST}")


def _id(when: Taken, path: Path) -> str:
    stem = path.name if path.is_dir() else path.stem
    return slug(f"{when.date:%Y-%m-%d} {stem}", longest=48) if when.date != NO_DATE else slug(stem, longest=48)


def _without_copies(scenes: Sequence[Scene]) -> tuple[list[Scene], list[str]]:
    """Keep the first of several files with the same bytes: by the entries of the configuration, then by path."""
    kept: dict[str, Scene] = {}
    notes = []
    for scene in scenes:
        first = kept.setdefault(scene.sha256, scene)
        if first is not scene:
            notes.append(f"{of_twins(scene.originals[0], first.originals[0])}{_dated_otherwise(scene, first)}.")
    return list(kept.values()), notes

"""Recompute a site from its originals with the recorded parameters, and compare what comes out."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from sitedelta.engine import Place
from sitedelta.errors import InputError, SitedeltaError
from sitedelta.evidence.links import named_events
from sitedelta.evidence.originals import Located, link
from sitedelta.evidence.stated import is_safe
from sitedelta.evidence.verdict import Difference, feeds
from sitedelta.files.store import SiteStore
from sitedelta.progress import Progress, silent
from sitedelta.report.findings import Findings, read_findings
from sitedelta.running.keys import code
from sitedelta.running.manifest import Manifest, SceneRecord
from sitedelta.running.versions import software
from sitedelta.settings.config import SEARCH, Site
from sitedelta.site import Site as OpenSite
from sitedelta.site import open_site
from sitedelta.words.sentences import key

_MOST = 20
"""Differences of a table that are named one by one."""
_RELATIVE, _ABSOLUTE = 1e-5, 1e-6
"""To this, numbers are the same: other processors round otherwise in their last digits."""
_PLACES = {"uri", "originals", "raster"}


def replay(
    root: Path, found: Sequence[Located], *, jobs: int = 0, progress: Progress = silent
) -> tuple[list[Difference], list[str]]:
    """Run a site again in a scratch folder; give what differs, and what to know of the comparison.

    Parameters
    ----------
    root
        The site's folder, whose files were checked.
    found
        All that the run was given, with the bytes that it had.
    """
    try:
        stands = open_site(root)
        with TemporaryDirectory(prefix="sitedelta-replay-") as folder:
            again = _run_again(stands, found, Path(folder), jobs=jobs, progress=progress)
            differences = list(_differences(read_findings(stands), again))
    except SitedeltaError as error:
        return [Difference("manifest.json", "recomputed", f"the site cannot be recomputed: {error}")], []
    return differences, list(_remarks(stands.manifest, again, differences))


def _run_again(stands: OpenSite, found: Sequence[Located], folder: Path, *, jobs: int, progress: Progress) -> Findings:
    from sitedelta.review.apply import apply_review
    from sitedelta.running.siterun import run_site

    site = recorded_site(stands.manifest, found, folder)
    store = SiteStore(folder / site.id)
    run_site(site, store, place=Place(jobs), progress=progress)
    if stands.manifest.ledger:
        store.review.write_bytes(stands.store.review.read_bytes()[: stands.manifest.ledger.bytes])
        apply_review(store)
    return read_findings(open_site(store.root))


def recorded_site(manifest: Manifest, found: Sequence[Located], folder: Path) -> Site:
    """Make the configuration of a site again, with an entry for each image, from its manifest and its files.

    Raises
    ------
    InputError
        A file is missing, or the manifest's parameters are none.
    """
    from pydantic import ValidationError

    given = {scene: list(files) for scene, files in groupby(found, key=lambda one: one.scene)}
    whole = _linked(given.get(None, []), folder / "given")
    parameters = dict(manifest.parameters)
    for name, role in (("zones", "zones"), ("dem", "terrain"), ("model", "model")):
        parameters[name] = _named(whole, role, parameters.get(name), manifest)
    if isinstance(parameters.get("aoi"), str):
        parameters["aoi"] = _named(whole, "area", parameters["aoi"], manifest)
    entries = parameters.get("imagery", [])
    try:
        parameters["imagery"] = [
            _entry(
                entries[r.entry], given.get(r.scene.id, []), folder / "originals" / f"{k:04d}" / _folder(manifest, r)
            )
            for k, r in enumerate(manifest.scenes)
        ]
        return _with_controls(Site.model_validate(parameters, context={"folder": folder}), manifest)
    except ValidationError as error:
        raise InputError(f"the recorded parameters cannot be used ({error.errors()[0]['msg']})") from error
    except (LookupError, TypeError, StopIteration) as error:
        raise InputError("the manifest does not say which parameters belong to which image") from error


def _linked(files: Sequence[Located], folder: Path) -> list[tuple[Located, Path]]:
    return [(one, link(one, folder / one.file.role)) for one in files]


def _named(linked: Sequence[tuple[Located, Path]], role: str, name: object, manifest: Manifest) -> str | None:
    """Give the file of a role that speaks of the whole site; of several (a model and its networks), by name."""
    if name is None or (role == "terrain" and not any(g.role == role for g in manifest.given)):
        return None
    found = next((p for one, p in linked if one.file.role == role and p.name == name), None)
    if found is None:
        raise InputError(f"{name}: the file of {role} is not among those that the run was given")
    return str(found)


def _folder(manifest: Manifest, record: SceneRecord) -> str:
    """Give the name of the folder that held an image's files: names of images and dates may come from it."""
    first = next(g for g in manifest.given if g.scene == record.scene.id)
    name = PurePosixPath(first.path).parents[len(PurePosixPath(first.name).parts) - 1].name
    return name if is_safe(name) else "images"


def _entry(entry: Mapping[str, Any], files: Sequence[Located], folder: Path) -> dict[str, Any]:
    """Give the entry for one image: its own file, or the folder of its web-map tiles."""
    paths = {one: link(one, folder) for one in files}
    images = [p for one, p in paths.items() if one.file.role == "image"]
    if not images:
        raise InputError("an image of the manifest has no file")
    masks = [p for one, p in paths.items() if one.file.role == "mask"]
    path = images[0] if len(images) == 1 and "/" not in _name(images[0], folder) else _image(images, folder)
    named = {"mask": str(masks[0])} if entry.get("mask") and masks else {}
    return {k: v for k, v in entry.items() if k not in SEARCH | {"mask"}} | {"path": str(path)} | named


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _image(images: Sequence[Path], folder: Path) -> Path:
    """Tell a folder of web-map tiles from one file within folders."""
    from sitedelta.sources import is_tile_folder

    return folder if is_tile_folder(folder) else images[0]


def _with_controls(site: Site, manifest: Manifest) -> Site:
    """Leave out control pairs whose images were not part of the run."""
    from sitedelta.settings.controlpairs import control_pairs

    scenes = [r.scene for r in manifest.scenes]
    kept = tuple(c for c in site.change.controls if control_pairs((c,), scenes))
    return site.model_copy(update={"change": site.change.model_copy(update={"controls": kept})})


def _differences(stands: Findings, again: Findings) -> Iterator[Difference]:
    tables = (
        ("manifest.json", _scenes(stands), _scenes(again)),
        ("manifest.json", _pairs(stands), _pairs(again)),
        ("observations.parquet", {key(o): o for o in stands.observations}, {key(o): o for o in again.observations}),
        ("objects.parquet", {o.id: o for o in stands.objects}, {o.id: o for o in again.objects}),
        ("events.parquet", dict(named_events(stands.events)), dict(named_events(again.events))),
        ("tracks.parquet", {t.id: t for t in stands.tracks}, {t.id: t for t in again.tracks}),
        ("changes.parquet", {c.id: c for c in stands.changes}, {c.id: c for c in again.changes}),
        ("zone_changes.parquet", _zones(stands), _zones(again)),
    )
    for file, a, b in tables:
        named = list(compared(a, b))
        yield from (Difference(file, "recomputed", said, feeds(file)) for said in named[:_MOST])
        if len(named) > _MOST:
            yield Difference(file, "recomputed", f"and {len(named) - _MOST} more", feeds(file))


def _scenes(f: Findings) -> dict[str, Any]:
    grid = {"site grid": f.manifest.grid, "detector": f.manifest.model, "zones": {z.id: z for z in f.manifest.zones}}
    return grid | {f"scene {r.scene.id}": r for r in f.manifest.scenes}


def _pairs(f: Findings) -> dict[str, Any]:
    return {f"pair {p.before}--{p.after}": p for p in f.manifest.pairs}


def _zones(f: Findings) -> dict[str, Any]:
    return {f"{z.zone}/{z.before}--{z.after}": z for z in f.zone_changes}


def compared(stands: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    """Name what differs between records: those that are on one side only, and fields that are not the same."""
    for name in dict.fromkeys((*stands, *again)):
        if name not in again:
            yield f"{name}: is not found again"
        elif name not in stands:
            yield f"{name}: is found, and is not in the table"
        else:
            a, b = stands[name], again[name]
            differing = [f for f in _flat(a) if not _same(_flat(a)[f], _flat(b).get(f))]
            if differing:
                yield f"{name}: " + "; ".join(
                    f"{f} {_short(_flat(a)[f])}, recomputed {_short(_flat(b).get(f))}" for f in differing[:4]
                )


def _flat(record: Any) -> dict[str, Any]:
    """Give the fields of a record, those of records within it after them, without where files lie."""
    if isinstance(record, Mapping):
        return {str(k): v for k, v in record.items()}
    found: dict[str, Any] = {}
    for f in fields(record):
        value = getattr(record, f.name)
        if f.name in _PLACES | {"entry"}:
            continue
        if f.name in ("scene", "alignment") and is_dataclass(value):
            found |= _flat(value)
        else:
            found[f.name] = value
    return found


def _same(a: Any, b: Any) -> bool:
    """Tell whether two values are the same, numbers to rounding."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    if hasattr(a, "equals_exact"):
        return bool(a.equals_exact(b, _ABSOLUTE))
    if is_dataclass(a) and is_dataclass(b):
        return _same(_flat(a), _flat(b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a if k not in _PLACES)
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _remarks(stands: Manifest, again: Findings, differences: Sequence[Difference]) -> Iterator[str]:
    own = again.manifest
    counts = sum(o.count is not None for o in again.observations)
    if not differences:
        bits = "bit for bit" if _tables(own) == _tables(stands) else "to rounding"
        yield (
            f"recomputed from the originals: {counts} counts, {len(again.events)} events and {len(again.changes)} "
            f"regions are the same, {bits}"
        )
    if stands.code != code():
        changed = [
            f"{n} {v} then, {software()[n]} now" for n, v in stands.software.items() if software().get(n, v) != v
        ]
        yield "recomputed with another version" + (f": {', '.join(changed)}" if changed else " of the source")


def _tables(manifest: Manifest) -> dict[str, str]:
    return {n: v for n, v in manifest.files.items() if n.endswith(".parquet")}

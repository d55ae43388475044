"""What lies where a site's images are looked for, told without opening a file."""

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sitedelta.detectors.named import networks_of
from sitedelta.running.versions import software as versions

if TYPE_CHECKING:
    from sitedelta.files.store import SiteStore
    from sitedelta.settings.config import Imagery, Site

Stamp: TypeAlias = tuple[int, int, int, int]
"""Size, time of writing and of change (nanoseconds), and number of a file: equal stamps, equal bytes."""
Sight: TypeAlias = dict[str, Stamp]
"""Stamps by path."""


def stamp_of(said: os.stat_result) -> Stamp:
    """Give the stamp of a file."""
    return said.st_size, said.st_mtime_ns, said.st_ctime_ns, said.st_ino


def sight_of(site: "Site", output: Path) -> Sight:
    """Give the stamps of all files that a run of a site might read.

    Parameters
    ----------
    output
        Folder of all results, which is not looked into.
    """
    found: Sight = {}
    for entry in site.imagery:
        found.update(_seen(_candidates(entry), output))
    single = [site.zones, site.dem, *_detector(site.model), site.aoi if isinstance(site.aoi, Path) else None]
    single += [e.mask for e in site.imagery]
    return found | stamps(filter(None, single))


def _detector(model: Path | None) -> tuple[Path, ...]:
    """Give the file that describes a detector, and those of its networks."""
    return () if model is None else (model, *networks_of(model))


def results_of(store: "SiteStore") -> Sight:
    """Give the stamps of results that a run would miss, and of what people decided."""
    return stamps((store.manifest, store.review, store.report / "index.html", store.alert_state))


def stamps(paths: Iterable[Path]) -> Sight:
    """Give the stamps of paths; what is not there has none."""
    said = {str(path): _stat(path) for path in paths}
    return {path: stamp_of(s) for path, s in said.items() if s is not None}


def _candidates(entry: "Imagery") -> Iterator[os.DirEntry[str]]:
    """Give the files in the folders that an entry speaks of."""
    path = entry.path
    if not isinstance(path, Path):
        return
    if path.is_dir():
        yield from _below(path)
    elif glob.has_magic(str(path)):
        top = next(p for p in path.parents if not glob.has_magic(str(p)))
        yield from _within(top) if top == path.parent else _below(top)
    else:
        stem = path.stem.lower()
        yield from (f for f in _within(path.parent) if f.name.lower().startswith(stem))


def _within(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            yield from (e for e in found if e.is_file())
    except OSError:
        return


def _below(folder: Path) -> Iterator[os.DirEntry[str]]:
    for here, folders, _ in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        yield from _within(here)


def _seen(files: Iterable[os.DirEntry[str]], output: Path) -> Iterator[tuple[str, Stamp]]:
    apart = f"{output}{os.sep}"
    for file in files:
        if not file.path.startswith(apart):
            try:
                yield file.path, stamp_of(file.stat())
            except OSError:
                continue


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


@cache
def software() -> str:
    """Name the code, the networks and the libraries that run, without reading them: others give other results."""
    import rasterdelta
    import sitedelta

    roots = [Path(next(iter(p.__path__))) for p in (sitedelta, rasterdelta)]
    seen = sorted(
        (os.path.relpath(f.path, root), f.stat().st_size, f.stat().st_mtime_ns)
        for root in roots
        for f in _below(root)
        if Path(f.path).parent.name != "__pycache__"
    )
    return hashlib.sha256(json.dumps([seen, dict(versions())]).encode()).hexdigest()[:20]

"""The files that a run was given: which they are, where they lay, and what their bytes were."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.detectors.models import detector
from sitedelta.errors import RunFailed
from sitedelta.files.hashing import sha256_file
from sitedelta.imagery.ingest import entries
from sitedelta.running.manifest import GivenFile, Role
from sitedelta.scene import Scene, Sensor
from sitedelta.sources import companions

if TYPE_CHECKING:
    from sitedelta.settings.config import Site


@dataclass(frozen=True, slots=True)
class _Known:
    """A file and what it was given as."""

    path: Path
    role: Role
    sha256: str | None = None
    """Where it was hashed already."""


def entry_numbers(site: "Site", scenes: Iterable[Scene]) -> tuple[int, ...]:
    """Give for each scene the number of the entry of the configuration that speaks of it, from 0."""
    named = entries(site)
    return tuple(site.imagery.index(named[_image(s, named)]) for s in scenes)


def given_files(site: "Site", scenes: Iterable[Scene], root: Path) -> tuple[GivenFile, ...]:
    """Describe every file behind a site's results, scene by scene, then what speaks of the whole site.

    Parameters
    ----------
    root
        The site's folder: paths are relative to it.

    Raises
    ------
    InputError
        A file cannot be read.
    RunFailed
        An image is no longer where the run found it.
    """
    named = entries(site)
    own = [f for s in scenes for f in _of_scene(s, _image(s, named), root)]
    return (*own, *(_file(k, None, _base(site, k), root) for k in _of_site(site, scenes)))


def _base(site: "Site", known: _Known) -> Path:
    """Give the folder below which a file that speaks of the whole site is named: networks stand beside their model."""
    return site.model.parent if site.model and known.role == "model" else known.path.parent


def _image(scene: Scene, named: Iterable[Path]) -> Path:
    """Give the image as it was found: a file, or the folder of web-map tiles that holds the originals."""
    first = scene.originals[0]
    found = next((p for p in (first, *first.parents) if p in set(named)), None)
    if found is None:
        raise RunFailed(f"{first} was there when the run began and is gone now; run again")
    return found


def _of_scene(scene: Scene, image: Path, root: Path) -> Iterator[GivenFile]:
    whole = image == scene.originals[0]
    found = [_Known(p, "image", scene.sha256 if whole else None) for p in scene.originals]
    near = companions(image) if whole else ()
    mask = Path(scene.mask.uri) if scene.mask else None
    found += [_Known(p, "beside") for p in near if p != mask]
    base = Path(os.path.commonpath([image.parent if whole else image, *(k.path.parent for k in found)]))
    if scene.mask and mask:
        found.append(_Known(mask, "mask", scene.mask.sha256))
        base = Path(os.path.commonpath([base, mask.parent])) if mask in near else base
    yield from (_file(k, scene.id, base, root) for k in found)


def _of_site(site: "Site", scenes: Iterable[Scene]) -> Iterator[_Known]:
    terrains = [s.ground.terrain for s in scenes if isinstance(s.ground, Sensor) and s.ground.terrain]
    if terrains:
        yield _Known(Path(terrains[0].uri), "terrain", terrains[0].sha256)
    if site.zones:
        yield _Known(site.zones, "zones")
    if isinstance(site.aoi, Path):
        yield _Known(site.aoi, "area")
    if site.model:
        yield from (_Known(p, "model") for p in dict.fromkeys((site.model, *detector(site.model).files)))


def _file(known: _Known, scene: str | None, base: Path, root: Path) -> GivenFile:
    path = known.path
    sha256 = known.sha256 or sha256_file(path)
    said = path.stat()
    within = path.is_relative_to(base)
    return GivenFile(
        role=known.role,
        scene=scene,
        name=path.relative_to(base).as_posix() if within else path.name,
        path=Path(os.path.relpath(path, root)).as_posix(),
        bytes=said.st_size,
        modified=datetime.fromtimestamp(said.st_mtime_ns // 10**9, UTC),
        sha256=sha256,
    )

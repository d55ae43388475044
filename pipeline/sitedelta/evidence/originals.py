"""Where the files are that a run was given, and whether they still have the same bytes."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Literal

from sitedelta.errors import InputError
from sitedelta.evidence.stated import Stated, StatedFile, is_safe
from sitedelta.files.hashing import sha256_file
from sitedelta.running.manifest import GivenFile, Role

_Place = tuple[str | None, Role, str]
"""Scene, role and name: what names a file in evidence and manifest alike."""


@dataclass(frozen=True, slots=True)
class Located:
    """A file that a run was given, and what was found of it."""

    scene: str | None
    file: StatedFile
    state: Literal["whole", "changed", "missing"]
    path: Path | None
    """Where it is now; None where it is missing."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where to look for originals."""

    folders: tuple[Path, ...] = ()
    """Where the user says that they are now."""
    recorded: bool = True
    """Look where they lay when the run read them, too."""
    _by_name: dict[str, list[Path]] = field(default_factory=dict)
    _by_size: dict[int, list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in chain.from_iterable(map(_files_below, self.folders)):
            self._by_name.setdefault(path.name, []).append(path)
            self._by_size.setdefault(path.stat().st_size, []).append(path)

    def named(self, scene: str | None, file: StatedFile) -> list[Path]:
        """Give files of the same name, those whose folders agree too first."""
        wanted = [*([scene] if scene else []), *PurePosixPath(file.name).parts]
        found = self._by_name.get(wanted[-1], [])
        return sorted(found, key=lambda p: (-_agree(p.parts, wanted), str(p)))

    def sized(self, file: StatedFile) -> list[Path]:
        """Give files of the same size: they may have been renamed."""
        return self._by_size.get(file.bytes, [])


def _files_below(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InputError(f"--originals {folder}: no such folder")
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (p for p in (Path(root, n) for n in sorted(names)) if p.is_file())


def _agree(parts: Sequence[str], wanted: Sequence[str]) -> int:
    """Count how many last parts of two paths are the same."""
    same = (a == b for a, b in zip(reversed(parts), reversed(wanted), strict=False))
    return next((n for n, equal in enumerate(same) if not equal), min(len(parts), len(wanted)))


def locate(stated: Stated, given: Sequence[GivenFile], root: Path, where: Whereabouts) -> Iterator[Located]:
    """Find every file that the run was given, and compare its bytes.

    Parameters
    ----------
    given
        Of the manifest: where they lay.
    root
        The site's folder.
    """
    lay = {(g.scene, g.role, g.name): root / g.path for g in given}
    for scene in stated.originals:
        yield from (_located(scene.scene, f, lay, where) for f in scene.files)
    yield from (_located(None, f, lay, where) for f in stated.given)


def _located(scene: str | None, file: StatedFile, lay: Mapping[_Place, Path], where: Whereabouts) -> Located:
    named = where.named(scene, file)
    recorded = lay.get((scene, file.role, file.name)) if where.recorded else None
    candidates = named or [*([recorded] if recorded and recorded.is_file() else []), *where.sized(file)]
    whole = next((p for p in candidates if is_same(p, file)), None)
    if whole:
        return Located(scene, file, "whole", whole)
    same_place = next(iter(named), None) or (recorded if recorded and recorded.is_file() else None)
    return Located(scene, file, "changed" if same_place else "missing", same_place)


def is_same(path: Path, file: StatedFile) -> bool:
    """Tell whether a file has the bytes that the evidence states."""
    return path.stat().st_size == file.bytes and sha256_file(path) == file.sha256


def link(one: Located, folder: Path) -> Path:
    """Give a file its recorded name again, by a link below a folder (a copy where links are not allowed); give that.

    Raises
    ------
    InputError
        It is missing, or its recorded name is none that a file can be given.
    """
    if one.path is None or not is_safe(one.file.name):
        raise InputError(f"{one.file.name}: is missing, or no name that a file can be given")
    path = folder / one.file.name
    if path.exists():
        raise InputError(f"{one.file.name}: two files of {one.scene or 'the site'} have this name")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.symlink_to(one.path.resolve())
    except OSError:
        shutil.copyfile(one.path, path)
    return path

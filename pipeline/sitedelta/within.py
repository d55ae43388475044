"""Folders and hosts beyond which nothing is read or written, whatever a configuration, a link or an image says."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sitedelta.errors import InputError
from sitedelta.remote.address import checked, host_of, plain


@dataclass(frozen=True, slots=True)
class Fence:
    """What the user named."""

    folders: tuple[Path, ...]
    """With all that is below them; links followed."""
    hosts: tuple[str, ...]
    """`example.org`, `*.example.org`, `example.org:8080`, `s3://bucket`."""

    def __str__(self) -> str:
        return ", ".join((*map(str, self.folders), *self.hosts))


_fences: list[Fence | None] = [None]
"""The one that stands is the last."""


@contextmanager
def within(*places: str | Path) -> Iterator[None]:
    """Refuse, within the block, to read or write outside these folders and hosts. For the whole process.

    Parameters
    ----------
    places
        Folders; hosts as addresses: `https://example.org`, `https://*.example.org`, `s3://bucket`. Without any, nothing
        is refused.

    Raises
    ------
    InputError
        One of them is no folder and no address. In the block: something leads elsewhere; one line that names it.
    """
    with fenced(_fence(places) if places else None):
        yield


@contextmanager
def fenced(fence: Fence | None) -> Iterator[None]:
    """Let a fence stand, or none."""
    _fences.append(fence)
    try:
        yield
    finally:
        _fences.pop()


@dataclass(frozen=True, slots=True)
class Carried:
    """Work that is done elsewhere within the fence that stands here."""

    work: Any
    fence: Fence

    def run(self) -> Any:
        """Do the work."""
        with fenced(self.fence):
            return self.work.run()


def carried(work: Any) -> Any:
    """Give work as it is sent to another process, which is to keep within the fence that stands here, if any."""
    fence = _fences[-1]
    return work if fence is None else Carried(work, fence)


def refuse_outside(path: Path) -> None:
    """Raise `InputError` where a path, links followed, leads outside the folders that were named."""
    fence = _fences[-1]
    if fence is not None and lies_outside(path):
        raise InputError(_outside(path, fence))


def lies_outside(path: Path) -> bool:
    """Tell whether a path, links followed, leads outside: what is only looked for is left alone then."""
    fence = _fences[-1]
    return fence is not None and not _is_inside(path, fence) and not _is_ours(path)


def refuse_beside(image: Path) -> None:
    """Raise `InputError` where a file that is read together with an image is a link that leads outside."""
    if _fences[-1] is None:
        return
    refuse_outside(image)
    try:
        links = [e.path for e in os.scandir(image.parent) if e.is_symlink() and e.name.startswith(image.stem)]
    except OSError:
        return
    for link in links:
        refuse_outside(Path(link))


def refuse_host(url: str) -> None:
    """Raise `InputError` where an address leads to a host that was not named."""
    fence = _fences[-1]
    if fence is None:
        return
    host = host_of(url)
    if not any(fnmatchcase(host, known) for known in fence.hosts):
        raise InputError(
            f"{plain(url)}: leads to {host}, and --within allows {fence} only; correct it, or name the host, too"
        )


def refuse_writing(path: Path) -> None:
    """Raise `InputError` where a file would be written outside; scratch files in the system's folder may be."""
    fence = _fences[-1]
    if fence is None or _is_inside(path, fence):
        return
    if not path.absolute().is_relative_to(Path(tempfile.gettempdir()).absolute()):
        raise InputError(_outside(path, fence))


def _outside(path: Path, fence: Fence) -> str:
    return f"{path}: leads outside {fence}, and --within allows no other place; correct it, or name its folder, too"


def _is_inside(path: Path, fence: Fence) -> bool:
    return _is_below(path, fence.folders)


def _is_ours(path: Path) -> bool:
    """Tell whether a file belongs to this program: its networks, its templates."""
    return _is_below(path, _own())


def _is_below(path: Path, folders: tuple[Path, ...]) -> bool:
    try:
        found = path.resolve()
    except (OSError, RuntimeError, ValueError):  # a link to itself, a name that no file can have
        return False
    return any(found.is_relative_to(folder) for folder in folders)


@cache
def _own() -> tuple[Path, ...]:
    found = (find_spec(name) for name in ("sitedelta", "rasterdelta"))
    return tuple(Path(place).resolve() for spec in found if spec for place in spec.submodule_search_locations or ())


def _fence(places: tuple[str | Path, ...]) -> Fence:
    texts = [p for p in places if isinstance(p, str) and "://" in p]
    folders = [Path(p).expanduser() for p in places if p not in texts]
    odd = next((p for p in folders if p.exists() and not p.is_dir()), None)
    if odd is not None:
        raise InputError(f"--within {odd}: is no folder; name the folder, or a host as https://example.org")
    try:
        hosts = tuple(host_of(checked(t)).lower() for t in texts)
    except ValueError as error:
        raise InputError(f"--within: {error}") from error
    return Fence(tuple(p.resolve() for p in folders), hosts)

"""Checksums of originals."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Thread
from typing import Any

from sitedelta.errors import InputError
from sitedelta.files.store import write_text
from sitedelta.within import refuse_outside

_Version = tuple[Path, int, int]
"""A file, when it was written, and its size."""

_begun: dict[_Version, Future[str]] = {}


def begin(*paths: Path) -> None:
    """Begin to hash files in threads, while other things are made ready; `sha256_file` gives the results."""
    for path in paths:
        future: Future[str] = Future()
        version = _version(path)
        if version and _begun.setdefault(version, future) is future:
            Thread(target=_fulfil, args=(path, future), daemon=True).start()


def _version(path: Path) -> _Version | None:
    try:
        said = path.stat()
    except (OSError, ValueError):
        return None
    return path, said.st_mtime_ns, said.st_size


def _fulfil(path: Path, future: Future[str]) -> None:
    try:
        future.set_result(_digest(path))
    except InputError as error:
        future.set_exception(error)


def sha256_file(path: Path) -> str:
    """Give the SHA-256 of a file's bytes as 64 hexadecimal digits.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    memory = _memory.get()
    return memory.give(path) if memory else _read(path)


def _read(path: Path) -> str:
    version = _version(path)
    begun = _begun.get(version) if version else None
    return _digest(path) if begun is None else begun.result()


def _digest(path: Path) -> str:
    refuse_outside(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


_RACY_NS = 2_000_000_000
"""A file that was written so shortly before may have been written again in the same tick of a clock."""


class _Memory:
    """Hashes of files that have not changed since, by size, times of writing and of change, device and number."""

    def __init__(self, known: dict[str, list[Any]]) -> None:
        self.known, self.used = known, dict[str, list[Any]]()

    def give(self, path: Path) -> str:
        name, before = str(path.absolute()), _stamp(path)
        kept = self.known.get(name)
        if before and kept and kept[:-1] == before:
            self.used[name] = kept
            return str(kept[-1])
        now, digest = time.time_ns(), _read(path)
        if before and _stamp(path) == before and max(before[1:3]) < now - _RACY_NS:
            self.used[name] = [*before, digest]
        return digest


_memory: ContextVar[_Memory | None] = ContextVar("_memory", default=None)


@contextmanager
def remembered(path: Path, *, anew: bool = False) -> Iterator[None]:
    """Within, hash only files that changed since `path` was written; write there what was hashed.

    Parameters
    ----------
    path : Path
        Where hashes are kept; one that is damaged is taken for empty.
    anew : bool
        Hash all files, whatever was kept.
    """
    memory = _Memory({} if anew else _kept(path))
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)
    if memory.used != memory.known or anew:
        write_text(path, json.dumps(memory.used, indent=0) + "\n", durable=False)


def _kept(path: Path) -> dict[str, list[Any]]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    whole = isinstance(found, dict) and all(isinstance(v, list) and len(v) == _FIELDS for v in found.values())
    return found if whole else {}


def _stamp(path: Path) -> list[int] | None:
    try:
        said = path.stat()
    except (OSError, ValueError):
        return None
    return [said.st_size, said.st_mtime_ns, said.st_ctime_ns, said.st_dev, said.st_ino]


_FIELDS = 6
"""Of what is kept of a file: its stamp and its hash."""


def sha256_files(paths: Sequence[Path], *, root: Path) -> str:
    """Give one SHA-256 for several files: of the sorted lines `<hash>  <path below root>`, as sha256sum prints them."""
    lines = sorted(f"{path.relative_to(root).as_posix()}\0{sha256_file(path)}" for path in paths)
    text = "".join(f"{digest}  {name}\n" for name, digest in (line.split("\0") for line in lines))
    return hashlib.sha256(text.encode()).hexdigest()

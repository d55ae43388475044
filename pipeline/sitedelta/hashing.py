"""Checksums of originals."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from sitedelta.errors import InputError

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
    version = _version(path)
    begun = _begun.get(version) if version else None
    return _digest(path) if begun is None else begun.result()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def sha256_files(paths: Sequence[Path], *, root: Path) -> str:
    """Give one SHA-256 for several files: of the sorted lines `<hash>  <path below root>`, as sha256sum prints them."""
    lines = sorted(f"{path.relative_to(root).as_posix()}\0{sha256_file(path)}" for path in paths)
    text = "".join(f"{digest}  {name}\n" for name, digest in (line.split("\0") for line in lines))
    return hashlib.sha256(text.encode()).hexdigest()

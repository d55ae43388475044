"""Checksums of originals."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from sitedelta.errors import InputError


def sha256_file(path: Path) -> str:
    """Give the SHA-256 of a file's bytes as 64 hexadecimal digits.

    Raises
    ------
    InputError
        The file cannot be read.
    """
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

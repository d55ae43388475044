"""What an `evidence.json` states that can be checked, read from a file that nobody need have been honest about."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sitedelta.errors import InputError
from sitedelta.running.manifest import GivenFile, Role

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class StatedFile:
    """A file that the run was given."""

    role: Role
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StatedScene:
    """An original and what was read with it."""

    scene: str
    files: tuple[StatedFile, ...]


@dataclass(frozen=True, slots=True)
class StatedLedger:
    """The reviewers' ledger as it was when the report was made."""

    bytes: int
    lines: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What can be checked."""

    format: str
    site: str
    code: str
    software: dict[str, str]
    files: dict[str, str]
    """SHA-256 by path relative to the site's folder."""
    originals: tuple[StatedScene, ...]
    given: tuple[StatedFile, ...]
    ledger: StatedLedger | None


@cache
def _adapter() -> "TypeAdapter[Stated]":
    from pydantic import TypeAdapter

    return TypeAdapter(Stated)


def read_stated(data: bytes, format_: str) -> Stated:
    """Read evidence; raises `InputError` where it is damaged or of another format."""
    from pydantic import ValidationError

    try:
        found = _adapter().validate_json(data)
    except ValidationError as error:
        raise InputError(f"it cannot be read ({error.errors()[0]['msg']})") from error
    if found.format != format_:
        raise InputError(f"it has the format {found.format!r}, and this version of sitedelta reads {format_}")
    return found


@dataclass(frozen=True, slots=True)
class _Given:
    """The part of a manifest that says where files lay: the same in all versions that wrote such evidence."""

    given: tuple[GivenFile, ...]


def read_given(manifest: bytes) -> tuple[GivenFile, ...]:
    """Read from a manifest of any version which files a run was given; raises `InputError` where it does not say."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(_Given).validate_json(manifest).given
    except ValidationError as error:
        raise InputError("the manifest does not say where files lay") from error


def is_safe(name: str) -> bool:
    r"""Tell whether a name leads to a place below the folder that it is relative to, on any system.

    Examples
    --------
    >>> is_safe("report/index.html"), is_safe("../a"), is_safe("/a"), is_safe("C:/a"), is_safe("a\\b")
    (True, False, False, False, False)
    """
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and not re.match(r"[A-Za-z]:", name)
    return plain and all(p not in ("", ".", "..") for p in parts) and not PurePosixPath(name).is_absolute()

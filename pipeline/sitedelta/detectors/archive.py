"""A detector in one file: a ZIP archive of its description, its networks and its model card."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sitedelta.errors import ConfigError
from sitedelta.files.store import written_aside

DESCRIPTION = "model.yaml"
CARD = "MODEL.md"
MOST = 100_000_000
"""Bytes of the largest description or network that is read."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def is_archive(path: Path) -> bool:
    """Tell whether a file is an archive, not a description that points to other files."""
    return path.is_file() and zipfile.is_zipfile(path)


def description(path: Path) -> str:
    """Give the description that an archive holds.

    Raises
    ------
    ConfigError
        It holds none, or is damaged.
    """
    content = _members(path, [DESCRIPTION])[DESCRIPTION]
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: its {DESCRIPTION} is not text in UTF-8") from None


def networks(path: Path, names: list[str]) -> dict[str, bytes]:
    """Give members of an archive by name.

    Raises
    ------
    ConfigError
        One is missing, or damaged.
    """
    return _members(path, names)


def _members(path: Path, names: list[str]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in names:
                if name not in archive.namelist():
                    raise ConfigError(f"{path}: holds no {name}; a model is what `sitedelta train` wrote, or YAML")
                if archive.getinfo(name).file_size > MOST:
                    raise ConfigError(f"{path}: its {name} is larger than {MOST // 1_000_000} MB")
            return {name: archive.read(name) for name in names}
    except (OSError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ConfigError(f"{path}: is damaged, copy it again ({error})") from error


def pack(path: Path, *, described: str, card: str, files: Mapping[str, bytes]) -> None:
    """Write an archive, aside first; the same content gives the same bytes."""
    members = {DESCRIPTION: described.encode(), CARD: card.encode(), **dict(sorted(files.items()))}
    with written_aside(path) as aside, zipfile.ZipFile(aside, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)

"""The networks that a description of a detector names, told without loading any."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sitedelta.detectors.archive import is_archive
from sitedelta.errors import ConfigError
from sitedelta.settings.yamlfile import read_yaml


def networks_of(model: Path) -> tuple[Path, ...]:
    """Give the files that a description names as its networks; none for an archive, or where it cannot be read.

    Parameters
    ----------
    model
        A description in YAML, or an archive, which holds its networks itself.
    """
    try:
        said = None if is_archive(model) else read_yaml(model).value
    except (ConfigError, OSError):  # a run says what is wrong with it
        return ()
    networks = said.get("networks") if isinstance(said, dict) else None
    entries = networks if isinstance(networks, list) else []
    return tuple(sorted({model.parent / name for e in entries if isinstance(e, dict) for name in _names(e)}))


def _names(entry: dict[str, Any]) -> Iterator[str]:
    """Give what one entry names, relative to the description."""
    file, closer = entry.get("file"), entry.get("closer")
    again = closer.get("file") if isinstance(closer, dict) else None
    yield from (name for name in (file, entry.get("features")) if isinstance(name, str))
    if isinstance(file, str) and isinstance(again, str):
        yield str(Path(file).parent / again)

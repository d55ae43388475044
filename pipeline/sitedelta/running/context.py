"""Whole-scene estimates on disk, so that tasks carry a path and a window and nothing else."""

import pickle
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from sitedelta.errors import RunFailed
from sitedelta.files.store import written_aside

T = TypeVar("T")


def save_context(content: object, path: Path) -> Path:
    """Write a frozen value for the workers of this run. Written anew by every run, never read from an older one."""
    with written_aside(path, durable=False) as aside:
        aside.write_bytes(pickle.dumps(content, protocol=5))
    return path


def load_context(path: Path, kind: type[T]) -> T:
    """Read what `save_context` wrote; kept in memory for the next tile of the same process."""
    content = _load(path, path.stat().st_mtime_ns)
    if not isinstance(content, kind):
        msg = f"{path} holds {type(content).__name__}, not {kind.__name__}"
        raise RunFailed(msg)
    return content


@lru_cache(maxsize=8)
def _load(path: Path, _changed: int) -> object:
    return pickle.loads(path.read_bytes())  # noqa: S301 - written by this run, see save_context

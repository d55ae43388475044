"""One process at a time: a step that no other process takes meanwhile."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sitedelta.errors import RunFailed
from sitedelta.within import refuse_writing


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process holds the file, hold it, and take it away at the end.

    The system lets go of it when the process ends, however it ends. For short steps: nobody says how long it takes.
    """
    refuse_writing(path.parent)
    file = _only(path)
    try:
        yield
    finally:
        with suppress(OSError):  # where open files cannot be taken away it stays, and does no harm
            path.unlink()
        file.close()


def _only(path: Path) -> Any:
    """Lock the file of this name; one that its last holder took away while we waited is not it any more."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file = path.open("ab")
            _lock(file)
            if _is_at(path, file):
                return file
            file.close()
    except OSError as error:
        raise RunFailed(f"cannot write {path}: {error.strerror or error}") from error


def _is_at(path: Path, file: Any) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file: Any) -> None:
    """Lock a file until it is closed."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)

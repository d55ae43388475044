"""The ledger of a site's alerts: a line of JSON each, only ever appended to; it survives all runs."""

from collections.abc import Sequence
from pathlib import Path

from sitedelta.alerts.entry import Entry, read_entry
from sitedelta.errors import InputError
from sitedelta.files.store import written_aside


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """Read all lines in order; none where there is no ledger.

    Raises
    ------
    InputError
        A line that cannot be read: which. Nothing is passed over in silence.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return tuple(_entry(line, path, n) for n, line in enumerate(content.split(b"\n"), 1) if line.strip())


def append(path: Path, entries: Sequence[Entry]) -> None:
    """Append lines: all of them or none. What stands is not touched."""
    if not entries:
        return
    content = path.read_bytes() if path.exists() else b""
    if content and not content.endswith(b"\n"):
        content += b"\n"
    with written_aside(path) as aside:
        aside.write_bytes(content + "".join(e.to_line() for e in entries).encode())


def _entry(line: bytes, path: Path, number: int) -> Entry:
    try:
        return read_entry(line)
    except (ValueError, TypeError, KeyError) as error:
        said = f"{path}, line {number}: is no alert ({type(error).__name__}); mend the line or move the file away"
        raise InputError(said) from error

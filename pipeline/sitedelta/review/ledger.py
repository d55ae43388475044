"""The ledger: one decision a line of JSON, only ever appended to, a whole batch or nothing."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.errors import InputError
from sitedelta.files.alone import alone
from sitedelta.files.store import SiteStore, written_aside
from sitedelta.review.decision import Decision

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def read_ledger(path: Path) -> tuple[Decision, ...]:
    """Read all decisions in the order in which they were taken in; none where there is no ledger.

    Raises
    ------
    InputError
        A line that cannot be read: which, and why. Nothing is passed over in silence.
    """
    return parse(ledger_bytes(path), str(path))


def parse(content: bytes, where: str) -> tuple[Decision, ...]:
    """Read the lines of a ledger; `where` names it in errors."""
    return tuple(_decision(line, f"{where}, line {n}") for n, line in enumerate(content.split(b"\n"), 1) if line)


def append(store: SiteStore, make: Callable[[tuple[Decision, ...]], Sequence[Decision]]) -> tuple[Decision, ...]:
    """Append what `make` gives for the decisions that stand; nobody else writes in between.

    What stands is not touched: the new file begins with the old one's bytes, and takes its place at once.
    """
    with alone(store.root / "work" / "review.lock"):
        content = ledger_bytes(store.review)
        standing = parse(content, str(store.review))
        new = tuple(make(standing))
        if new:
            with written_aside(store.review) as aside:
                aside.write_bytes(content + "".join(map(to_line, new)).encode())
    return new


def to_line(decision: Decision) -> str:
    """Give a decision as one line of JSON with its line feed."""
    said = _adapter().dump_python(decision, mode="json", exclude_none=True)
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def ledger_bytes(path: Path) -> bytes:
    """Give a ledger's lines; none where there is no ledger. A last line that was cut off is ended."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return content if content.endswith(b"\n") or not content else content + b"\n"


def _decision(line: bytes, where: str) -> Decision:
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}".lstrip(": ")
        raise InputError(f"{where}: is no decision ({what[:200]})") from error


@cache
def _adapter() -> "TypeAdapter[Decision]":
    from pydantic import TypeAdapter

    return TypeAdapter(Decision)

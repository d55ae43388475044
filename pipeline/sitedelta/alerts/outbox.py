"""Messages that wait to be sent: files, so that none is lost when the run ends, the machine stops or nobody answers."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sitedelta.alerts.entry import Entry
from sitedelta.files.store import write_json

FIRST_S = 30.0
"""Wait after the first failure; it doubles with each."""
LONGEST_S = 6 * 3600.0

Send = Callable[[str, bytes], str | None]
"""Sends a message by its key; gives why it could not be sent, None where it was taken."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    path: Path
    key: str
    body: bytes
    attempts: int
    due: float
    """When to try again, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the messages of one site."""

    sent: int
    waiting: int
    trouble: str | None
    """Why one could not be sent."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder of messages."""

    folder: Path

    def put(self, entries: Iterable[Entry]) -> None:
        """Add a message for each line; one that waits already stays as it is."""
        for entry in entries:
            path = self.folder / f"{entry.key}.json"
            if not path.exists():
                body = json.dumps({"key": entry.key, **entry.plain()}, ensure_ascii=False, allow_nan=False)
                write_json(path, {"body": body, "attempts": 0, "due": 0.0})

    def waiting(self) -> tuple[Message, ...]:
        """Give the messages in the order of what they say; one that is damaged is left alone."""
        found = [m for p in sorted(self.folder.glob("*.json")) if (m := _read(p))]
        return tuple(sorted(found, key=lambda m: (json.loads(m.body).get("time", ""), m.key)))

    def send(self, send: Send, *, now: float) -> Sent:
        """Try each message that is due; after a failure the others wait too, as they would go the same way.

        What was sent is taken away only then: a message may be sent twice, with the same key, and is never lost.
        """
        sent, trouble = 0, None
        for message in self.waiting():
            if message.due > now:
                continue
            trouble = send(message.key, message.body)
            if trouble is not None:
                _again(message, now)
                break
            message.path.unlink(missing_ok=True)
            sent += 1
        return Sent(sent, len(self.waiting()), trouble)


def _again(message: Message, now: float) -> None:
    wait = min(FIRST_S * 2.0**message.attempts, LONGEST_S)
    content = {"body": message.body.decode(), "attempts": message.attempts + 1, "due": now + wait}
    write_json(message.path, content)


def _read(path: Path) -> Message | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Message(path, path.stem, said["body"].encode(), int(said["attempts"]), float(said["due"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def folders(sites: Sequence[Path]) -> tuple[Outbox, ...]:
    """Give the outboxes of sites' folders that hold messages."""
    boxes = (Outbox(root / "work" / "outbox") for root in sites)
    return tuple(b for b in boxes if b.folder.is_dir() and any(b.folder.iterdir()))

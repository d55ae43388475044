"""Who holds a lock, and whether that process still lives."""

import json
import os
import socket
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

BEAT_S = 15.0
"""A holder shows that it lives this often."""
RESTART_S = 3 * BEAT_S
"""No restart of a machine takes less."""
QUIET_S = 600.0
"""A holder on another machine that gave no sign of life for so long has ended."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a lock."""

    token: str
    """Its own, unlike any other's."""
    host: str
    boot: str
    """Of the machine, by its system: another after each restart; empty where the system has none."""
    space: str
    """In which process numbers are told, by its system: containers have spaces of their own."""
    pid: int
    started: str
    """When the process began, in the system's own measure: numbers of processes are used again."""
    since: str
    """UTC."""
    run: str = ""
    """Of the run that gave it this work, where it is a worker: a run gives a site to one worker at a time."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @property
    def words(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


def this_process(run: str = "") -> Holder:
    """Describe the process that runs this, and the run that it works for."""
    pid = os.getpid()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Holder(uuid.uuid4().hex, socket.gethostname(), *_place(), pid, started(pid) or "", now, run)


def read_holder(text: str) -> Holder | None:
    """Read who holds a lock; None where the text is damaged."""
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):
        return None


@cache
def _place() -> tuple[str, str]:
    """Give the identities of this start of the machine and of this space of process numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return boot, str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return "", ""


def started(pid: int) -> str | None:
    """Give when a process began; None where there is none, empty where the system does not tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return _living(pid)


def _living(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass
    return ""


def ended(holder: Holder | None, age_s: float, here: Holder) -> str | None:
    """Say why a holder holds no more; None where it may be alive.

    Parameters
    ----------
    holder
        None where what it wrote is damaged.
    age_s
        Since its last sign of life, by the clock of the file system.
    here
        This process.
    """
    if holder is None:
        return "what it wrote is damaged" if age_s > RESTART_S else None
    if holder.host == here.host and holder.boot == here.boot and holder.space == here.space:
        return _ended_here(holder)
    if holder.host == here.host and holder.boot != here.boot and age_s > RESTART_S:
        return "the machine was started anew since"
    if is_lost(holder, here) and age_s > RESTART_S:
        return "the run lost that worker"
    return f"it gave no sign of life for {age_s / 60:.0f} minutes" if age_s > QUIET_S else None


def is_lost(holder: Holder | None, here: Holder) -> bool:
    """Tell whether a worker elsewhere had this very work before: it was given out again, as that worker was lost."""
    return holder is not None and bool(holder.run) and holder.run == here.run


def _ended_here(holder: Holder) -> str | None:
    now = started(holder.pid)
    if now is None:
        return "that process has ended"
    if now and holder.started and now != holder.started:
        return "that process has ended, and another has its number"
    return None

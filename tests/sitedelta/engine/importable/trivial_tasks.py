"""Tasks of no use that processes apart can import."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from sitedelta.files.store import write_text


@dataclass(frozen=True)
class Note:
    """Writes its number."""

    part: Path
    number: int
    raises: Exception | None = None

    def run(self):
        if self.raises is not None:
            raise self.raises
        with (self.part.parent / "log").open("a") as log:
            log.write(f"{self.number}\n")
        write_text(self.part, str(self.number))


@dataclass(frozen=True)
class Poison:
    """Crashes or hangs the process that does it, the first `times` times."""

    part: Path
    how: str
    times: int = 99

    def run(self):
        begun = self.part.with_suffix(".begun")
        with begun.open("a") as file:
            file.write(".")
        if begun.stat().st_size > self.times:
            write_text(self.part, "done at last")
        elif self.how == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif self.how == "hang":
            time.sleep(60)
        else:
            raise OSError(5, "Input/output error")


@dataclass(frozen=True)
class Nothing:
    """Does nothing, and gives its number: what remains is the cost of giving it out."""

    number: int

    def run(self):
        return self.number


@dataclass(frozen=True)
class Burn:
    """Keeps a processor busy for a number of turns."""

    turns: int

    def run(self):
        value = 0
        for k in range(self.turns):
            value = (value * 31 + k) % 1_000_003
        return value

"""Pieces of work that travel together, as giving one out costs more than a short one; each is done and told alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sitedelta.engine.apart import do_apart
from sitedelta.engine.outcome import Try
from sitedelta.errors import RunFailed
from sitedelta.running.keys import key_of

TURN_S = 0.5
"""A batch is to take about so long: much longer than giving it out, short for whoever waits for the last one."""
MOST = 64
"""Pieces of work in a batch."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Work that is done by the same software as here, or not at all: other software gives other results."""

    work: Any
    software: str

    def run(self) -> Any:
        """Do the work."""
        if self.software != software_key():
            raise RunFailed(
                "a worker of the cluster has other versions of sitedelta or its libraries: install the same"
            )
        return self.work.run()


@cache
def software_key() -> str:
    """Name sitedelta's code and the versions of its libraries."""
    return key_of("software")


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a batch."""

    tries: tuple[Try, ...]
    """Of the first of it; the worker's turn was over before the others."""
    seconds: float


def do_batch(messages: Sequence[bytes], limit_s: float | None) -> Turn:
    """Do pickled pieces of work one after the other, each under its own limit, for two turns at most."""
    begun = time.perf_counter()
    tries = list[Try]()
    for message in messages:
        tries.append(do_apart(message, limit_s))
        if time.perf_counter() - begun > 2 * TURN_S:
            break
    return Turn(tuple(tries), time.perf_counter() - begun)


class Pace:
    """How many pieces of work make a batch, by how long the last ones took."""

    def __init__(self) -> None:
        self._each_s: float | None = None

    @property
    def size(self) -> int:
        """One until something is known."""
        if self._each_s is None:
            return 1
        return min(MOST, max(1, int(TURN_S / max(self._each_s, 1e-9))))

    def learn(self, turn: Turn) -> None:
        """Take a batch into account, half as much as all before."""
        each = turn.seconds / len(turn.tries)
        self._each_s = each if self._each_s is None else (self._each_s + each) / 2

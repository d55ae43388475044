"""How far a run has come: silence, a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO


class Progress(Protocol):
    """What a verb calls as it works; never with results, only with how far it has come."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Say that `done` of `total` steps of the stage `what` are finished."""


def silent(done: int, total: int, what: str) -> None:
    """Say nothing."""


class Lines:
    """Plain lines for logs: each stage's first step, last step, and one every few seconds between.

    Parameters
    ----------
    stream
        Where the lines go.
    every_s
        Seconds between two lines of one stage.
    clock
        Seconds, monotonic.
    """

    def __init__(self, stream: TextIO, *, every_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._every_s, self._clock = stream, every_s, clock
        self._stage, self._said_at = "", 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Write a line if it is time for one."""
        now = self._clock()
        if what == self._stage and done < total and now - self._said_at < self._every_s:
            return
        self._stage, self._said_at = what, now
        print(f"{what}: {done}/{total}" if total > 0 else what, file=self._stream, flush=True)


@contextmanager
def bar() -> Iterator[Progress]:
    """Draw one bar a stage on stderr; the bars vanish when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        stages: dict[str, TaskID] = {}

        def draw(done: int, total: int, what: str) -> None:
            if what not in stages:
                stages[what] = bars.add_task(what, total=total)
            bars.update(stages[what], completed=done, total=total)

        yield draw


@contextmanager
def reporter(*, quiet: bool, stream: TextIO | None = None) -> Iterator[Progress]:
    """Choose how to report: silent when quiet, a bar on a terminal, else plain lines."""
    out = stream or sys.stderr
    if quiet:
        yield silent
    elif out.isatty():
        with bar() as draw:
            yield draw
    else:
        yield Lines(out)

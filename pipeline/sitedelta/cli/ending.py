"""Ending on request: Ctrl-C and SIGTERM end a command soon, with one line and the status that shells expect."""

import os
import signal
import sys
import time
from contextlib import suppress
from threading import Lock, Thread
from types import FrameType
from typing import NoReturn

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
_WORDS = {INTERRUPTED: "interrupted", TERMINATED: "ended by SIGTERM"}
_GRACE_S = 1.5
"""How long what is under way may take to end in order: locks are let go, what is half written is taken away."""
_line = Lock()
"""Taken by whoever says why the process ends."""


class Ended(SystemExit):
    """Somebody asks this process to end; goes through everything that only knows errors."""

    code: int

    def say(self) -> None:
        """Say who asked, unless that was said already."""
        _say(self.code)


def end_on_request() -> None:
    """Let SIGINT and SIGTERM raise `Ended`; where that does not end the process soon, end it as a crash would.

    Python heeds a signal between two of its own steps, and a step may be a long computation in a library. What a run
    writes is whole at any time, and the next run takes away what was half written.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # who began this process may have asked that: `nohup`, say
            signal.signal(number, _end)
    Thread(target=_see_to_it, args=(told,), daemon=True).start()


def _end(number: int, _: FrameType | None) -> NoReturn:
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)  # asked once is enough: what is ending must not be cut short
    sys.unraisablehook = lambda _: None
    raise Ended(128 + number)


def _see_to_it(told: int) -> None:
    """End the process where it has not ended by itself a while after a signal."""
    (number,) = os.read(told, 1)
    time.sleep(_GRACE_S)
    if signal.getsignal(number) in (_end, signal.SIG_IGN):  # else the work under way ends in its own way
        _say(128 + number)
        os._exit(128 + number)


def _say(status: int) -> None:
    if _line.acquire(blocking=False):
        with suppress(OSError, ValueError):  # whoever read our messages may be gone, too
            sys.stderr.write(f"sitedelta: error: {_WORDS[status]}\n")
            sys.stderr.flush()

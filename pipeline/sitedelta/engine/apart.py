"""Do a piece of work in a process apart, under a time limit: the same on a laptop and in the worker of a cluster."""

import json
import os
import signal
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Lock, local

from sitedelta.engine.outcome import Trouble, Try

_START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from sitedelta.engine.child import main; main()"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Apart:
    """A process apart; it is started when there is work, and anew after it was lost. Serves one thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None
        self._over = False
        self._lock = Lock()

    def do(self, message: bytes, limit_s: float | None) -> Try:
        """Have pickled work done; `Trouble` where the process ended, or took longer than `limit_s` seconds."""
        try:
            line = self._ready()
            line.send_bytes(message)
            if not line.poll(limit_s):
                self.stop()
                return Trouble("late", f"took longer than the limit of {limit_s:g} s")
            answer: Try = line.recv()
        except (EOFError, ConnectionError):
            return Trouble("crash", f"the process that did it ended{self._how()}")
        return answer

    def end(self) -> None:
        """End the process, whatever it does, for good; any thread may."""
        with self._lock:
            self._over = True
            if self._process is not None:
                self._process.kill()

    def stop(self) -> None:
        """End the process, whatever it does, until there is work again."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._line = None

    def _ready(self) -> Connection:
        with self._lock:
            if self._over:
                raise EOFError
            if self._line is None or self._process is None or self._process.poll() is not None:
                self.stop()
                self._process, self._line = _started()
                self._line.recv()  # time limits are for work, not for beginning to listen
            return self._line

    def _how(self) -> str:
        """Say how the process ended, as far as the system tells."""
        code = self._process.wait() if self._process else 0
        self.stop()
        return f" ({signal.Signals(-code).name})" if -code in set(signal.Signals) else ""


def _started() -> tuple[subprocess.Popen[bytes], Connection]:
    here, there = Pipe()
    with there:
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-P", "-c", _START, json.dumps(sys.path), str(there.fileno())],
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=dict.fromkeys(_THREADS, "1") | os.environ,
        )
    return process, here


_own = local()


def do_apart(message: bytes, limit_s: float | None) -> Try:
    """Do pickled work in the process that belongs to this thread; see `Apart.do`."""
    if not hasattr(_own, "apart"):
        _own.apart = Apart()
    done: Try = _own.apart.do(message, limit_s)
    return done

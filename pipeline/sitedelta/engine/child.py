"""A process that does pieces of work, one at a time, and is expendable: what crashes or hangs, hangs here."""

import os
import pickle
import signal
import sys
import warnings
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

from sitedelta.engine.outcome import Trouble, Try, attempt, said


def main() -> None:
    """Serve the process at the other end of a socket, whose number is the last argument, until that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: who began this work ends it
    if not os.environ.get("SITEDELTA_DEBUG"):
        warnings.simplefilter("ignore")
    import cv2

    from sitedelta.engine.batch import software_key

    cv2.setNumThreads(1)  # the cores are shared between tiles, not within one
    software_key()  # asked for by the work of a cluster
    line = Connection(int(sys.argv[-1]))
    asked: SimpleQueue[bytes] = SimpleQueue()
    line.send("listening")
    Thread(target=_listen, args=(line, asked), daemon=True).start()
    while True:
        line.send(_answer(asked.get()))


def _listen(line: Connection, asked: SimpleQueue[bytes]) -> None:
    """Take what is asked; leave, in the midst of work, when there is nobody left to give the result to."""
    try:
        while True:
            asked.put(line.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)


def _answer(message: bytes) -> Try:
    try:
        work = pickle.loads(message)  # noqa: S301 - sent by the process that started this one
    except (ImportError, AttributeError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        return Trouble("fault", said(error))
    return attempt(work)

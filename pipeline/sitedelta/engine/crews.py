"""Workers on this machine: this process itself, or processes apart."""

import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Timer

from sitedelta.engine.apart import Apart
from sitedelta.engine.outcome import Trouble, Try, attempt, said
from sitedelta.engine.window import WINDOW, Job
from sitedelta.within import carried


class Here:
    """No other than this process: nothing protects it from what the work does to it."""

    width, room = 1, WINDOW

    def __init__(self, expendable_s: float | None = None) -> None:
        self._jobs: deque[Job] = deque()
        self._expendable_s = expendable_s

    def give(self, job: Job) -> None:
        """Put a job in line."""
        self._jobs.append(job)

    def take(self) -> Iterable[tuple[Job, Try]]:
        """Do the next job."""
        job = self._jobs.popleft()
        with self._limited():
            found = attempt(job.work)
        yield job, found

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """End this process where a job takes too long; who began it for this work goes on with the next."""
        if self._expendable_s is None:
            yield
            return
        late = Timer(self._expendable_s, os._exit, (1,))
        late.daemon = True
        late.start()
        try:
            yield
        finally:
            late.cancel()


def packed(work: object) -> bytes | Trouble:
    """Give work as it travels; one that cannot is a trouble of its own."""
    try:
        return pickle.dumps(carried(work), protocol=5)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError) as error:
        return Trouble("fault", said(error))


class Processes:
    """Processes apart, each with a thread here that waits for it."""

    def __init__(self, width: int, limit_s: float | None) -> None:
        self.width, self.room = width, width * WINDOW
        self._limit_s = limit_s
        self._apart = [Apart() for _ in range(width)]
        self._free: SimpleQueue[Apart] = SimpleQueue()
        for apart in self._apart:
            self._free.put(apart)
        self._threads = ThreadPoolExecutor(width)
        self._jobs: dict[Future[Try], Job] = {}

    def give(self, job: Job) -> None:
        """Begin a job as soon as a process is free."""
        self._jobs[self._threads.submit(self._do, job)] = job

    def take(self) -> Iterable[tuple[Job, Try]]:
        """Wait for the next jobs that come to an end."""
        for future in wait(self._jobs, return_when=FIRST_COMPLETED).done:
            yield self._jobs.pop(future), future.result()

    def _do(self, job: Job) -> Try:
        message = packed(job.work)
        if isinstance(message, Trouble):
            return message
        apart = self._free.get()
        try:
            return apart.do(message, self._limit_s)
        finally:
            self._free.put(apart)

    def stop(self) -> None:
        """End all processes, whatever they do."""
        for apart in self._apart:
            apart.end()
        self._threads.shutdown(cancel_futures=True)
        for apart in self._apart:
            apart.stop()


@contextmanager
def processes(width: int, limit_s: float | None) -> Iterator[Processes]:
    """Give processes that are gone in the end."""
    crew = Processes(width, limit_s)
    try:
        yield crew
    finally:
        crew.stop()

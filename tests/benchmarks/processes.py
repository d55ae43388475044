"""Time and memory of whole commands, and of reading the same files."""

import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import rasterio

EVERY_S = 0.02
"""Between two looks at the memory of a command."""
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Run:
    """A finished command."""

    seconds: float
    largest_mib: float
    """Greatest resident memory of any one of its processes."""
    total_mib: float
    """Greatest sum over its processes at a time; what they share counts more than once."""


class CommandError(RuntimeError):
    """A command ended with an error."""


def run(command: Sequence[str]) -> Run:
    """Run a command to its end; raises `CommandError` with the last line that it said."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
            largest = total = 0.0
            while process.poll() is None:
                sizes = _resident(process.pid)
                largest, total = max(largest, *sizes), max(total, sum(sizes))
                time.sleep(EVERY_S)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            raise CommandError((said.read().decode(errors="replace").strip() or "no word").splitlines()[-1])
    return Run(seconds, largest / MIB, total / MIB)


def decode_seconds(paths: Sequence[Path]) -> float:
    """Time rasterio reading and decoding whole files, two threads each, in a process that has it loaded."""
    start = time.perf_counter()
    for path in paths:
        with rasterio.open(path, num_threads=2) as file:
            file.read()
    return time.perf_counter() - start


def _resident(pid: int) -> list[float]:
    """Give the resident bytes of each process of a tree; those that have just ended count 0."""
    try:
        first = psutil.Process(pid)
        return [_size(p) for p in (first, *first.children(recursive=True))]
    except psutil.NoSuchProcess:
        return [0.0]


def _size(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0

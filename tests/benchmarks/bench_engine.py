"""Measure what giving out work costs: python -m tests.benchmarks.bench_engine [--tiles 100000] [--turns 3000000].

Prints the overhead of a tile that does nothing, in this machine's processes and on a dask cluster of one and two
workers; the memory of client and scheduler as a long plan goes by; and how much faster two workers are than one at
tiles that keep a processor busy, beside what two plain processes reach here, which is the most that can be had.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from tests.robust.identity import scheduler, worker

from sitedelta.engine import Place, each

IMPORTABLE = Path(__file__).parents[1] / "sitedelta" / "engine" / "importable"
sys.path.append(str(IMPORTABLE))

from trivial_tasks import Burn, Nothing  # noqa: E402 - importable by the processes apart too


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3_000_000, help="of a tile that keeps a processor busy")
    parser.add_argument("--busy", type=int, default=24, help="tiles of that kind")
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    say(f"{os.cpu_count()} hardware threads, load {os.getloadavg()[0]:.1f}")
    overhead("two local processes", Place(2), min(given.tiles, 20_000))
    with cluster(1) as (place, _):
        overhead("a cluster of one worker", place, min(given.tiles, 5000))
        alone = busy(place, given)
    with cluster(2) as (place, head):
        overhead("a cluster of two workers", place, given.tiles, head)
        both = busy(place, given)
    say(f"two workers against one: {alone / both:.2f} times; two plain processes against one: {plain(given):.2f} times")


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def overhead(what: str, place: Place, tiles: int, head: psutil.Process | None = None) -> None:
    """Print what a tile costs that does nothing, and how memory goes."""
    list(each((Nothing(k) for k in range(8)), place, most=8))
    begun, used, grown = time.perf_counter(), time.process_time(), []
    for k, (work, found) in enumerate(each((Nothing(k) for k in range(tiles)), place, most=tiles)):
        assert found == work.number
        if head and k % (tiles // 10) == tiles // 20:
            grown.append((psutil.Process().memory_info().rss / 2**20, head.memory_info().rss / 2**20))
    wall, own = time.perf_counter() - begun, time.process_time() - used
    say(f"{what}: {wall / tiles * 1e3:.2f} ms a tile ({own / tiles * 1e3:.2f} ms of the client's), {tiles} tiles")
    if grown:
        say(f"  client, MB: {', '.join(f'{a:.0f}' for a, _ in grown)}")
        say(f"  scheduler, MB: {', '.join(f'{b:.0f}' for _, b in grown)}")


def busy(place: Place, given: argparse.Namespace) -> float:
    """Give the seconds that tiles take which keep a processor busy."""
    list(each((Burn(300_000) for _ in range(40)), place, most=40))  # every worker has begun its process by then
    begun = time.perf_counter()
    found = [v for _, v in each((Burn(given.turns) for _ in range(given.busy)), place, most=given.busy)]
    took = time.perf_counter() - begun
    assert set(found) == {Burn(given.turns).run()}
    return took


def plain(given: argparse.Namespace) -> float:
    """Give how much faster two plain processes are than one at the same work."""
    code = f"from trivial_tasks import Burn\nfor _ in range({given.busy // 2}): Burn({given.turns}).run()"

    def run(_: int) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    begun = time.perf_counter()
    run(0)
    run(0)
    alone = time.perf_counter() - begun
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(run, range(2)))
    return alone / (time.perf_counter() - begun)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[Place, psutil.Process]]:
    """Give a cluster of so many workers of one thread, and its scheduler's process."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        address = stack.enter_context(scheduler(Path(name)))
        head = next(p for p in psutil.Process().children() if name in " ".join(p.cmdline()))
        for _ in range(workers):
            stack.enter_context(worker(address))
        _await(address, workers)
        yield Place(scheduler=address), head


def _await(address: str, workers: int) -> None:
    import distributed

    with distributed.Client(scheduler_file=address) as client:
        client.wait_for_workers(workers, timeout=120)


if __name__ == "__main__":
    main()

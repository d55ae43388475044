# ruff: noqa: T201 - a script that reports
"""Run an airport of four dates in every way, and say whether tables, rasters and report are the same, byte for byte.

    python -m tests.robust.identity                               # a rendered airport
    python -m tests.robust.identity --images FOLDER --gsd 0.5     # real images, one a date, named by their dates
    python -m tests.robust.identity --config airport.yaml         # a site of one's own

Ways: one job; two jobs; killed (-9, with all its processes) at random moments and run again; on a dask scheduler with
two workers, of which one is killed. Prints a line for each, and ends with status 1 where anything differs: of tables,
rasters, report, catalogue, evidence and manifest, every byte.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sitedelta

ROOTS = os.pathsep.join(str(Path(sitedelta.__file__).parents[k] / n) for k, n in ((1, "."), (2, "kernels")))
CODE = "import sys; from sitedelta.cli import main; main(sys.argv[1:])"
WORKER = "from distributed.cli.dask_worker import main; main()"
SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"


def main() -> int:
    """Run in every way, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, help="of one site; rendered where not given")
    parser.add_argument("--images", type=Path, help="folder of images of one place, named by their dates")
    parser.add_argument("--gsd", type=float, help="metres a pixel, where the images do not say")
    parser.add_argument("--count", default="aircraft", help="what to count in --images, separated by commas")
    parser.add_argument("--side", type=int, default=420, help="pixels on a side of the rendered airport")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-cluster", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sitedelta-identity-") as name:
        folder = Path(name)
        if given.images:
            config = real(folder, given.images.absolute(), given.gsd, given.count)
        else:
            config = given.config.absolute() if given.config else rendered(folder, given.side)
        return compare(config, folder, kills=given.kills, seed=given.seed, cluster=not given.no_cluster)


def compare(config: Path, folder: Path, *, kills: int, seed: int, cluster: bool) -> int:
    """Run a site in every way; give in how many of them anything differed."""
    whole, took = _timed(config, folder / "one", "--jobs", "1")
    print(f"one job: {len(whole)} files, {sum(map(len, whole.values()))} bytes, {took:.1f} s", flush=True)
    both, took_two = _timed(config, folder / "two", "--jobs", "2")
    wrong = _told("two jobs", whole, both)
    chance = random.Random(seed)
    for k in range(kills):
        after = chance.uniform(0.2, 0.97 * took_two)
        at = _killed(config, folder / "killed", after)
        again, _ = _timed(config, folder / "killed", "--jobs", "2")
        wrong += _told(f"killed {k + 1} of {kills}, after {after:.1f} s, with {at} files", whole, again)
        shutil.rmtree(folder / "killed")
    if cluster:
        wrong += _told("two workers, one killed", whole, _on_cluster(config, folder, took))
    print(f"{wrong} ways differ")
    return wrong


def rendered(folder: Path, side: int) -> Path:
    """Write an airport of four dates and its configuration."""
    from tests.robust.renders import write_dates

    write_dates(folder / "in", dates=4, side=side)
    config = folder / "sites.yaml"
    config.write_text("output: out\nsites:\n- {id: airport, count: [aircraft], imagery: [{path: in/*.tif}]}\n")
    return config


def real(folder: Path, images: Path, gsd: float | None, count: str) -> Path:
    """Write a configuration of images that lie elsewhere."""
    said = f", gsd: {gsd:g}" if gsd else ""
    config = folder / "sites.yaml"
    site = f"{{id: airport, count: [{count}], imagery: [{{path: {images}{said}}}]}}"
    config.write_text(f"output: out\nsites:\n- {site}\n")
    return config


def content(out: Path) -> dict[str, bytes]:
    """Give the bytes of all files but those of the work in progress."""
    files = {p.relative_to(out).as_posix(): p for p in sorted(out.rglob("*")) if p.is_file()}
    found = {n: p.read_bytes() for n, p in files.items() if "/work/" not in n}
    assert any(n.endswith("objects.parquet") for n in found)
    assert any("/rasters/change-" in n for n in found)
    assert not list(out.rglob(".part-*"))
    return found


def started(config: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """Start `sitedelta run` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CODE, "run", str(config), "--out", str(out), "--quiet", *options],
        env=os.environ | {"PYTHONPATH": ROOTS}, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _timed(config: Path, out: Path, *options: str) -> tuple[dict[str, bytes], float]:
    begun = time.monotonic()
    process = started(config, out, *options)
    _, said = process.communicate()
    assert process.returncode == 0, said
    return content(out), time.monotonic() - begun


def _killed(config: Path, out: Path, after: float) -> int:
    """Kill a run and its processes; give how many files it left."""
    process = started(config, out, "--jobs", "2")
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return sum(p.is_file() for p in out.rglob("*"))


def _told(what: str, whole: dict[str, bytes], found: dict[str, bytes]) -> bool:
    different = sorted(n for n in set(whole) | set(found) if whole.get(n) != found.get(n))
    print(f"{what}: {'differs in ' + ', '.join(different) if different else 'the same'}", flush=True)
    return bool(different)


def _on_cluster(config: Path, folder: Path, took: float) -> dict[str, bytes]:
    with scheduler(folder) as address, worker(address) as first, worker(address):
        process = started(config, folder / "far", "--scheduler", address)
        time.sleep(0.6 * took)
        first.kill()
        _, said = process.communicate()
        assert process.returncode == 0, said
    return content(folder / "far")


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """Give the file of a dask scheduler."""
    file = folder / "scheduler.json"
    with _process(SCHEDULER, "--scheduler-file", str(file), "--port", "0", "--no-dashboard"):
        while not file.exists():
            time.sleep(0.1)
        yield str(file)


@contextmanager
def worker(address: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give a worker of one thread."""
    options = ("--scheduler-file", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    with _process(WORKER, *options) as process:
        yield process


@contextmanager
def _process(code: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    paths = [ROOTS, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main() > 0)

"""Many tiny sites of some scenes each, from images to reports: python -m tests.benchmarks.bench_sites [--sites 2000].

Prints what a site costs and the memory of the client as sites go by, and how long a second run and a second look take
where nothing is new. With `--scheduler N` the sites go to a dask cluster of N workers on this machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import psutil
import rasterio
import yaml
from affine import Affine
from tests.robust.identity import scheduler, worker

CODE = "import sys; from sitedelta.cli import main; main(sys.argv[1:])"
ACROSS = 60
"""Sites side by side on the ground; each of the others lies in a row further north."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=2000)
    parser.add_argument("--scenes", type=int, default=5)
    parser.add_argument("--side", type=int, default=64, help="pixels")
    parser.add_argument("--jobs", type=int, default=0, help="local processes; 0 means one a core")
    parser.add_argument("--scheduler", type=int, metavar="WORKERS", help="work on a cluster of so many workers instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        config, where = make(Path(name), given), ["--jobs", str(given.jobs)] if given.jobs else []
        if given.scheduler:
            address = stack.enter_context(scheduler(Path(name)))
            for _ in range(given.scheduler):
                stack.enter_context(worker(address))
            where = ["--scheduler", address]
        measure(config, given, where)


def make(folder: Path, given: argparse.Namespace) -> Path:
    """Write images and a configuration."""
    rng = np.random.default_rng(0)
    for k in range(given.sites):
        inbox = folder / "in" / f"{k}"
        inbox.mkdir(parents=True)
        ground = texture(rng, given.side + 8)
        for n in range(given.scenes):
            dy, dx = rng.integers(0, 8, 2)
            day = date(2024, 1, 1) + timedelta(days=5 * n)
            seen = ground[:, dy : dy + given.side, dx : dx + given.side]
            where = Affine(0.5, 0, 500_000 + 200.0 * (k % ACROSS), 0, -0.5, 3_900_000.0 + 200.0 * (k // ACROSS))
            write(inbox / f"{day:%Y%m%d}.tif", seen, where @ Affine.translation(int(dx), int(dy)))
    sites = [{"id": f"s{k}", "imagery": [{"path": f"in/{k}"}], "count": []} for k in range(given.sites)]
    config = folder / "sites.yaml"
    config.write_text(yaml.safe_dump({"output": "out", "sites": sites}))
    return config


def texture(rng: np.random.Generator, side: int) -> np.ndarray:
    """Give ground that a registration finds its way on: noise of two scales."""
    coarse = rng.integers(40, 200, (3, side // 8 + 1, side // 8 + 1)).repeat(8, 1).repeat(8, 2)[:, :side, :side]
    return (coarse + rng.integers(-30, 30, (3, side, side))).clip(1, 255).astype(np.uint8)


def write(path: Path, image: np.ndarray, where: Affine) -> None:
    """Write a GeoTIFF."""
    bands, height, width = image.shape
    options = {"driver": "GTiff", "count": bands, "height": height, "width": width, "dtype": "uint8"}
    with rasterio.open(path, "w", crs="EPSG:32636", transform=where, **options) as out:
        out.write(image)


def measure(config: Path, given: argparse.Namespace, where: list[str]) -> None:
    """Run, run again and look again."""
    sites, scenes = given.sites, given.scenes
    wall, used, memory = timed(config, sites, "run", *where)
    say(f"{sites} sites of {scenes} scenes: {wall:.0f} s, {sites / wall:.2f} sites/s, {wall / sites:.2f} s a site")
    say(f"  of the processor: {used / sites:.2f} s a site")
    say(f"  client, MB after sites done: {', '.join(f'{n}: {mb:.0f}' for n, mb in memory)}")
    time.sleep(3)  # what was written just now is read again
    for what in (["run", *where], ["watch", "--once", "--settle", "0"]):
        first, *_ = timed(config, 0, *what)
        again, used, _ = timed(config, 0, *what)
        say(f"{what[0]} with nothing new: {again:.2f} s ({used:.2f} s of the processor), first after it {first:.2f} s")


def timed(config: Path, sites: int, verb: str, *options: str) -> tuple[float, float, list[tuple[int, float]]]:
    """Give the seconds of a command by the clock and of processors, and its memory as sites are done."""
    command = [sys.executable, "-W", "ignore", "-c", CODE, verb, str(config), "--quiet", *options]
    begun, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    memory = list[tuple[int, float]]()
    watching = threading.Thread(target=follow, args=(process.pid, config.parent / "out", sites, memory), daemon=True)
    watching.start()
    if process.wait() != 0:
        raise SystemExit(process.returncode)
    watching.join()
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - begun, used, memory


def follow(pid: int, out: Path, sites: int, memory: list[tuple[int, float]]) -> None:
    """Note the memory of a process whenever another eighth of the sites has results."""
    marks = [sites * k // 8 for k in range(1, 9)] if sites else []
    while marks:
        try:
            rss = psutil.Process(pid).memory_info().rss / 2**20
        except psutil.Error:
            return
        done = sum(1 for _ in out.glob("*/manifest.json"))
        while marks and done >= marks[0]:
            memory.append((marks.pop(0), rss))
        time.sleep(1)


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

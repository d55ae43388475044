"""How long a look takes where nothing is new: many sites with some images each.

    python -m tests.benchmarks.bench_watch --sites 100 --images 5

One site is run; the others get its results, and a note of what they look like, as if each had been run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import rasterio
import yaml
from affine import Affine


def make(folder: Path, sites: int, images: int) -> Path:
    """Write images and a configuration of sites that look alike."""
    rng = np.random.default_rng(0)
    ground = rng.integers(40, 200, (3, 96, 96)).astype(np.uint8)
    for k in range(sites):
        inbox = folder / "in" / f"site-{k}"
        inbox.mkdir(parents=True)
        for n in range(images):
            day = date(2024, 1, 1) + timedelta(days=5 * n)
            _write(inbox / f"{day:%Y%m%d}.tif", ground, n)
    config = folder / "sites.yaml"
    said = [{"id": f"site-{k}", "imagery": [{"path": f"in/site-{k}"}], "count": []} for k in range(sites)]
    config.write_text(yaml.safe_dump({"output": "out", "sites": said}))
    return config


def _write(path: Path, ground: np.ndarray, number: int) -> None:
    where = {"crs": "EPSG:32636", "transform": Affine(0.5, 0, 767_900.0, 0, -0.5, 3_921_500.0)}
    with rasterio.open(path, "w", driver="GTiff", count=3, height=96, width=96, dtype="uint8", **where) as out:
        out.write(ground)
        out.update_tags(number=str(number))


def look(config: Path, *arguments: str) -> tuple[float, float]:
    """Look once in a process of its own; give the seconds of the clock, and those of the processor."""
    begun, before = time.perf_counter(), os.times()
    command = [
        sys.executable,
        "-c",
        "from sitedelta.cli import main; main()",
        "watch",
        str(config),
        "--once",
        "--settle",
        "0",
        *arguments,
    ]
    subprocess.run(command, check=True, env=os.environ, stdout=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - begun, used


def prepare(config: Path, sites: int) -> None:
    """Give all sites results: those of the first, and what a look at each would have written down."""
    from sitedelta.files.store import SiteStore
    from sitedelta.settings.config import load_config
    from sitedelta.watch.sight import results_of, sight_of
    from sitedelta.watch.state import State, setup_of, write_state

    look(config, "--site", "site-0", "--jobs", "1")
    loaded = load_config(config)
    for site in loaded.sites[1:sites]:
        shutil.copytree(loaded.output / "site-0", loaded.output / site.id)
        store = SiteStore(loaded.output / site.id)
        seen = sight_of(site, loaded.output.absolute()) | results_of(store)
        write_state(store, State(setup_of(site, site.alerts, None), "", seen))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--images", type=int, default=5)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = make(Path(folder), said.sites, said.images)
        prepare(config, said.sites)
        seconds, used = (min(times) for times in zip(*(look(config) for _ in range(5)), strict=True))
    what = f"nothing new at {said.sites} sites of {said.images} images"
    print(f"{what}: {seconds:.2f} s, {used:.2f} s of the processor")  # noqa: T201 - the result


if __name__ == "__main__":
    main()

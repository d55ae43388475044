"""The same input gives the same bytes: any number of workers, any folder, killed and resumed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import sitedelta

SIZE = 220
ROOTS = os.pathsep.join(str(Path(sitedelta.__file__).parents[k] / n) for k, n in ((1, "."), (2, "kernels")))
CODE = "import sys; from sitedelta.cli import main; main(sys.argv[1:])"


@pytest.fixture
def site(place, ground, configure):
    """Write two days of a place with something built in between; give the configuration."""
    world = ground(SIZE, SIZE, seed=31)
    later = np.clip(world * 1.05 + 3, 1, 230).astype(np.uint8)
    later[:, 80:104, 120:150] = np.array([225, 220, 210])[:, None, None]
    place.write("in/20241206.tif", world)
    place.write("in/20241213.tif", later)
    return configure({"path": "in/*.tif"})


def command(*arguments):
    environment = os.environ | {"PYTHONPATH": ROOTS, "SITEDELTA_DEBUG": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CODE, *map(str, arguments)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def finish(process):
    said, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return said


def content(folder):
    """Give the bytes of tables, rasters and report."""
    found = {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for pattern in ("*.parquet", "rasters/*", "report/**/*")
        for p in sorted(folder.glob(pattern))
        if p.is_file()
    }
    assert {"objects.parquet", "changes.parquet", "report/index.html"} <= set(found)
    assert any(n.startswith("rasters/change") for n in found)
    return found


def different(a, b):
    assert set(a) == set(b)
    return [n for n in a if a[n] != b[n]]


@pytest.mark.slow
def test_workers_do_not_matter(site, tmp_path):
    finish(command("run", site, "--out", tmp_path / "one", "--jobs", 1, "--quiet"))
    finish(command("run", site, "--out", tmp_path / "two", "--jobs", 2, "--quiet"))
    assert different(content(tmp_path / "one" / "base"), content(tmp_path / "two" / "base")) == []


@pytest.mark.slow
def test_killed_and_resumed(site, tmp_path):
    finish(command("run", site, "--out", tmp_path / "whole", "--jobs", 2, "--quiet"))
    broken = tmp_path / "broken" / "base"
    process = command("run", site, "--out", tmp_path / "broken", "--jobs", 2, "--quiet")
    until = time.monotonic() + 120
    while process.poll() is None and not list(broken.glob("work/parts/*-0.*")) and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (broken / "manifest.json").exists()
    assert list(broken.glob("work/parts/*"))
    finish(command("run", site, "--out", tmp_path / "broken", "--jobs", 2, "--quiet"))
    assert different(content(tmp_path / "whole" / "base"), content(broken)) == []
    assert list(broken.rglob(".part-*")) == []


def test_a_second_run_elsewhere_gives_the_same(site, tmp_path, spotter):
    del spotter
    first, second = (sitedelta.run(site, out=tmp_path / n, jobs=1)[0].folder for n in ("a", "b/deep"))
    assert first != second
    tables_and_rasters = [{n: c for n, c in content(f).items() if not n.startswith("report/")} for f in (first, second)]
    assert different(*tables_and_rasters) == []

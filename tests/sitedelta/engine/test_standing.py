"""A run with nothing new: told by what the system says of files; whatever else changed is noticed."""

import os
import shutil
import time
from importlib import import_module

import numpy as np
import pytest
import yaml

import sitedelta
from sitedelta.fleet import SiteWork
from sitedelta.fleet import standing as said
from sitedelta.settings.config import load_config

SIDE = 64


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Write no pictures, and take files for old that were written just now."""

    def build(site):
        site.store.report.mkdir(exist_ok=True)
        for name in ("index.html", "evidence.json", "site.kmz"):
            (site.store.report / name).write_text("stands")

    monkeypatch.setattr(import_module("sitedelta.report.build"), "build", build)
    monkeypatch.setattr(said, "RACY_S", -3600)
    monkeypatch.setattr(said, "_SKEW_S", -3600)


@pytest.fixture
def config(place, ground, tmp_path):
    world = ground(SIDE, SIDE)
    for day in ("06", "13"):
        place.write(f"in/202412{day}.tif", np.roll(world, int(day), 1))
    (tmp_path / "zones.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    path = tmp_path / "sites.yaml"
    path.write_text(yaml.safe_dump({"output": "out", "sites": [site()]}))
    return path


def site(**settings):
    return {"id": "s", "count": [], "imagery": [{"path": "in"}]} | settings


def stands(config):
    loaded = load_config(config)
    found = SiteWork(loaded.sites[0], loaded.output / "s").standing()
    assert found is None or found.nothing_new
    return found is not None


def test_what_a_run_left_stands_and_is_not_opened_again(config, monkeypatch):
    assert not stands(config)
    (done,) = sitedelta.run(config, jobs=1)
    assert stands(config)
    monkeypatch.setattr(import_module("sitedelta.fleet.work"), "open_site", None)
    (again,) = sitedelta.run(config, jobs=1)
    assert (again.sentences, again.report, again.nothing_new) == (done.sentences, done.report, True)


def rewritten(path):
    """Write other bytes into a file without changing its size, number or time of writing."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)


CHANGES = {
    "an image that looks the same": lambda at: rewritten(at / "in" / "20241206.tif"),
    "an image more": lambda at: shutil.copy(at / "in" / "20241206.tif", at / "in" / "20241220.tif"),
    "an image less": lambda at: (at / "in" / "20241206.tif").unlink(),
    "metadata above": lambda at: (at / "MTD_MSIL2A.xml").write_text("<x/>"),
    "another setting": lambda at: (at / "sites.yaml").write_text(
        yaml.safe_dump({"output": "out", "sites": [site(name="other")]})
    ),
    "a decision": lambda at: (at / "out" / "s" / "review.jsonl").write_text(""),
    "no table": lambda at: (at / "out" / "s" / "events.parquet").unlink(),
    "no page": lambda at: (at / "out" / "s" / "report" / "index.html").unlink(),
    "another manifest": lambda at: (at / "out" / "s" / "manifest.json").write_text("{}"),
    "a damaged note": lambda at: (at / "out" / "s" / "work" / "standing.json").write_text("{"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_is_noticed(config, tmp_path, what):
    sitedelta.run(config, jobs=1)
    assert stands(config)
    time.sleep(0.01)  # a tick of the file system's clock
    CHANGES[what](tmp_path)
    assert not stands(config)


def test_files_written_just_before_a_run_are_read_again(config, monkeypatch):
    monkeypatch.setattr(said, "RACY_S", 2.0)
    sitedelta.run(config, jobs=1)
    assert not stands(config)


def test_a_file_written_while_a_run_reads_it_is_read_again(config, tmp_path, monkeypatch):
    siterun = import_module("sitedelta.running.siterun")
    plain = siterun.settle

    def settle(*args, **options):
        found = plain(*args, **options)
        rewritten(tmp_path / "in" / "20241206.tif")
        return found

    monkeypatch.setattr(siterun, "settle", settle)
    sitedelta.run(config, jobs=1)
    assert not stands(config)


def test_reread_reads_all(config, monkeypatch):
    sitedelta.run(config, jobs=1)
    hashing, read = import_module("sitedelta.files.hashing"), []
    monkeypatch.setattr(hashing, "_digest", lambda path: read.append(path.name) or "0" * 64)
    with pytest.raises(AssertionError):
        sitedelta.run(config, jobs=1, reread=True, progress=fail)
    assert {"20241206.tif", "20241213.tif"} <= set(read)


def fail(*_):
    raise AssertionError("begins to work")

"""Whole sites side by side: the same results as one after the other, and one that fails keeps no other from its own."""

import os
import signal
from dataclasses import dataclass, replace

import numpy as np
import pytest
import yaml

import sitedelta
from sitedelta.engine import Place
from sitedelta.errors import InputError
from sitedelta.fleet import RunResult, SiteWork, run_sites
from sitedelta.watch.lock import SiteBusy

SIDE = 96


@pytest.fixture
def sites(place, ground, tmp_path):
    """Write three sites of two days each; nothing is counted."""
    for k in range(3):
        world = ground(SIDE, SIDE, seed=k)
        place.write(f"in/{k}/20241206.tif", world)
        place.write(f"in/{k}/20241213.tif", np.roll(world, 1, 1))

    def configure(**changes):
        content = [{"id": f"s{k}", "count": [], "imagery": [{"path": f"in/{k}/*.tif"}]} for k in range(3)]
        for site in content:
            site.update(changes.get(site["id"], {}))
        path = tmp_path / "sites.yaml"
        path.write_text(yaml.safe_dump({"output": "out", "sites": content}))
        return path

    return configure


def tables(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def test_side_by_side_is_the_same_as_one_after_the_other(sites, tmp_path):
    config, said = sites(), []
    done = sitedelta.run(config, jobs=2, progress=lambda *a: said.append(a))
    assert [r.site_id for r in done] == ["s0", "s1", "s2"]
    assert said == [(k, 3, "sites") for k in range(4)]
    sitedelta.run(config, jobs=1, out=tmp_path / "one")
    assert tables(tmp_path / "out") == tables(tmp_path / "one")
    assert len(tables(tmp_path / "out")) == 18
    assert all(r.nothing_new for r in sitedelta.run(config, jobs=2))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_site_that_cannot_be_used_is_named_after_the_others_are_done(sites, tmp_path, jobs):
    config = sites(s0={"imagery": [{"path": "in/none.tif"}]}, s2={"aoi": [1, 1, 2, 2]})
    with pytest.raises(InputError, match=r"none\.tif: no such file.*\(and 1 more of 3 sites failed\)$") as caught:
        sitedelta.run(config, jobs=jobs)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in (tmp_path / "out").iterdir() if p.is_dir()) == ["s1"]
    assert (tmp_path / "out" / "index.html").exists()


@dataclass(frozen=True, slots=True)
class Crashing(SiteWork):
    """Kills the process that does it, unless it may spread its tiles."""

    def run(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def run_at(self, place, progress=None):
        assert (place.jobs, progress is None) == (2, False)
        return RunResult(self.site, self.root, self.root, nothing_new=True, sentences=("tile by tile",))


def test_a_site_that_crashes_its_worker_is_done_tile_by_tile(monkeypatch, tmp_path):
    from sitedelta.fleet import spread

    works = [Crashing(f"s{k}", tmp_path / f"s{k}") for k in range(2)]
    monkeypatch.setattr(Crashing, "standing", lambda _: None)
    lost = replace(works[0])
    monkeypatch.setattr(spread, "each", lambda works, *_, **__: ((w, spread.Lost(w, "crash")) for w in works))
    found = run_sites(works, Place(2))
    assert [r.sentences for r in found] == [("tile by tile",)] * 2
    assert lost == works[0]


@dataclass(frozen=True, slots=True)
class Held(SiteWork):
    """Finds its site held by a worker that the run lost, the first three times."""

    def run_at(self, *_):
        tries.append(self.site)
        if len(tries) <= 3:
            busy = SiteBusy("held")
            busy.lost = True
            raise busy
        return RunResult(self.site, self.root, self.root, nothing_new=False, sentences=())


tries = []


def test_a_site_that_a_lost_worker_holds_is_tried_until_its_end_is_known(monkeypatch, tmp_path):
    from sitedelta.fleet import spread

    monkeypatch.setattr(spread, "_LOOK_S", 0.0)
    monkeypatch.setattr(Held, "standing", lambda _: None)
    (found,) = run_sites([Held("s", tmp_path / "s")], Place(1))
    assert isinstance(found, RunResult)
    assert len(tries) == 4
    tries[:] = []
    monkeypatch.setattr(spread, "_LOST_S", -1.0)
    (found,) = run_sites([Held("s", tmp_path / "s")], Place(1))
    assert isinstance(found, SiteBusy)

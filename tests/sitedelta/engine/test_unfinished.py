"""A run in which tiles were given up: it is finished, says so, and the next one makes good for them."""

from dataclasses import replace
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

import sitedelta
from sitedelta.cli import status_of
from sitedelta.comparison.pairs import ChangeTask
from sitedelta.counts import counting
from sitedelta.counts.counting import CountTask
from sitedelta.engine import Lost, work_off
from sitedelta.files.store import SiteStore
from sitedelta.imagery.views import ViewTask
from sitedelta.running import siteplan, siterun
from sitedelta.running.manifest import read_manifest
from sitedelta.running.tiles import cut

SIDE = 256
REASON = "the process that did it ended (SIGSEGV)"


@pytest.fixture
def site(place, ground, marks, configure, spotter, monkeypatch):
    """Write two days with an aircraft in each of two quarters; tiles are quarters."""
    del spotter
    for k, day in enumerate(("20241206", "20241213")):
        image = ground(SIDE, SIDE, seed=31)
        for at in (60, 190):
            marks(image, at, at + 5 * k, 60, 12, marks.AIRCRAFT)
        place.write(f"in/{day}.tif", image)
    monkeypatch.setattr(counting, "CORE", 128)
    monkeypatch.setattr(siteplan, "cut", partial(cut, core=128))
    return configure({"path": "in/*.tif"}, count=["aircraft"])


@pytest.fixture
def poisoned(monkeypatch):
    """Have tiles of some kind, whose core begins at row and column 0, given up."""

    def poison(*kinds):
        def doctored(tasks, place, **given):
            bad = [t for t in tasks if isinstance(t, kinds) and (t.tile.row0, t.tile.col0) == (0, 0)]
            lost = work_off([t for t in tasks if t not in bad], place, **given)
            return (*lost, *(Lost(t, REASON) for t in bad))

        monkeypatch.setattr(siterun, "work_off", doctored)

    return poison


def tables(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.glob("*.parquet"))}


def test_ground_that_was_not_searched_is_not_observable(site, poisoned):
    poisoned(CountTask)
    (result,) = sitedelta.run(site, jobs=1)
    assert len(result.unfinished) == 2
    assert "objects in 2024-12-06-20241206, rows 0 to 128, columns 0 to 128: " + REASON in result.unfinished
    rows = pd.read_parquet(result.folder / "observations.parquet")
    assert set(rows["status"]) == {"partly_observable"}
    assert set(rows["count"]) == {1}
    assert all("could not be processed" in r for r in rows["reason"])
    np.testing.assert_allclose(rows["share_observed"], 0.75, atol=0.02)
    events = gpd.read_parquet(result.folder / "events.parquet")
    assert set(events["kind"]) == {"stayed"}
    assert len(events) == 1
    page = (result.folder / "report" / "index.html").read_text()
    assert "Could not be processed, and is not observable: objects in 2024-12-06-20241206" in page


def test_departures_are_not_claimed_where_the_later_date_was_not_searched(site, poisoned, monkeypatch):
    poisoned(CountTask)
    doctored = siterun.work_off

    def later_only(tasks, place, **given):
        lost = doctored(tasks, place, **given)
        first = min(one.work.part.name.rsplit("-", 3)[0] for one in lost)
        kept = [one for one in lost if not one.work.part.name.startswith(first)]
        work_off([one.work for one in lost if one not in kept], place, **given)
        return tuple(kept)

    monkeypatch.setattr(siterun, "work_off", later_only)
    (result,) = sitedelta.run(site, jobs=1)
    events = gpd.read_parquet(result.folder / "events.parquet")
    assert sorted(events["kind"]) == ["not_observable", "stayed"]


def test_change_that_was_not_computed_is_not_observable(site, poisoned):
    poisoned(ChangeTask, ViewTask)
    (result,) = sitedelta.run(site, jobs=1)
    assert len(result.unfinished) == 3
    with rasterio.open(next((result.folder / "rasters").glob("change-*.tif"))) as change:
        values = change.read(1)
    assert (values[:128, :128] == 255).all()
    assert (values[140:240, 140:240] != 255).all()
    for view in (result.folder / "rasters").glob("scene-*.tif"):
        with rasterio.open(view) as image:
            assert not image.dataset_mask()[:128, :128].any()
            assert image.dataset_mask()[140:, 140:].all()


def test_the_next_run_makes_good(site, tmp_path, poisoned, monkeypatch):
    poisoned(CountTask, ChangeTask, ViewTask)
    sitedelta.run(site, jobs=1)
    done = []
    monkeypatch.setattr(
        siterun,
        "work_off",
        lambda t, p, **g: (done.extend(x for x in t if not x.part.exists()), work_off(t, p, **g))[1],
    )
    (result,) = sitedelta.run(site, jobs=1)
    assert not result.nothing_new
    assert result.unfinished == ()
    assert len(done) == 5
    (whole,) = sitedelta.run(site, jobs=1, out=tmp_path / "whole")
    assert tables(result.folder) == tables(whole.folder)
    for raster in (whole.folder / "rasters").iterdir():
        assert (result.folder / "rasters" / raster.name).read_bytes() == raster.read_bytes()
    assert sitedelta.run(site, jobs=1)[0].nothing_new


def test_the_command_says_it_in_one_line_and_fails(site, poisoned, capfd):
    poisoned(CountTask)
    assert status_of(["run", str(site), "--jobs", "1", "--quiet"]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("sitedelta: error: base: could not process objects in 2024-12-06-20241206, rows 0 to 128")
    assert "(and 1 more)" in line
    assert "run again" in line


def test_a_manifest_without_the_field_is_read(site):
    (result,) = sitedelta.run(site, jobs=1)
    store = SiteStore(result.folder)
    text = store.manifest.read_text()
    assert '"unfinished": []' in text
    store.manifest.write_text(text.replace(',\n "unfinished": []', ""))
    assert replace(read_manifest(store.manifest)).unfinished == ()


def test_watching_says_it_and_makes_good_at_the_next_look(site, poisoned, monkeypatch):
    poisoned(CountTask)
    (found,) = sitedelta.watch(site, once=True, jobs=1, settle=0).sites
    assert (found.outcome, found.status) == ("updated", 1)
    assert found.trouble.startswith("could not process objects in 2024-12-06-20241206")
    assert "the next look tries it again" in found.trouble
    monkeypatch.setattr(siterun, "work_off", work_off)
    (found,) = sitedelta.watch(site, once=True, jobs=1, settle=0).sites
    assert (found.outcome, found.status, found.trouble) == ("updated", 0, None)
    assert sitedelta.watch(site, once=True, jobs=1, settle=0).sites[0].outcome == "nothing_new"

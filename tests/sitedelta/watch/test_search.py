"""Watching a search of a STAC API, with the results in an object store: all of it on this machine."""

import json
from importlib import import_module

import pytest
import yaml

import sitedelta
from sitedelta.cli import status_of

pytestmark = pytest.mark.usefixtures("spotter")


@pytest.fixture
def deliver(tmp_path, world, serve, ground, marks):
    """Put scenes with so many aircraft on a server of files, and give the items that an API offers."""
    server, items = serve(tmp_path / "files"), list[dict]()

    def offer(name, day, aircraft, *, version="1"):
        pixels = ground(700, 700, seed=3)
        pixels[0, 420, 420] = int(day[-2:])  # no two scenes have the same bytes
        for k in range(aircraft):
            marks(pixels, 300 + 30 * k, 350, 14, 8, marks.AIRCRAFT)
        file = f"{name}-{version}.tif"
        world.write_cog(server.folder / file, pixels)
        asset = world.image(f"{server.url}/{file}", "red", "green", "blue", **{"file:checksum": f"1220{version * 64}"})
        items[:] = [i for i in items if i["id"] != name]
        items.append(world.item(name, day, {"visual": asset}))

    offer.items, offer.server = items, server
    return offer


@pytest.fixture
def config(deliver, tmp_path, world, serving_items, bucket):  # noqa: ARG001 - the store has to be there
    host = deliver.server.url.removeprefix("http://")
    rule = {"when": "above", "of": "aircraft", "n": 2}
    with serving_items(deliver.items) as (address, _):
        entry = {"stac": address, "collections": ["scenes"], "hosts": [host]}
        site = {"id": "base", "aoi": list(world.aoi), "imagery": [entry], "count": ["aircraft"], "alerts": [rule]}
        path = tmp_path / "sites.yaml"
        path.write_text(yaml.safe_dump({"output": "s3://results/out", "sites": [site]}))
        yield path


@pytest.fixture
def look(config):
    def once():
        (one,) = sitedelta.watch(config, once=True, jobs=1).sites
        return one

    return once


@pytest.fixture
def no_pictures(monkeypatch):
    """Write reports without pictures."""

    def build(site):
        site.store.report.mkdir(exist_ok=True)
        for name in ("index.html", "evidence.json", "site.kmz"):
            (site.store.report / name).write_text(str(len(site.manifest.scenes)))
        return site.store.report / "index.html"

    monkeypatch.setattr(import_module("sitedelta.report.build"), "build", build)
    monkeypatch.setattr(import_module("sitedelta.report.sitespage"), "write_sites_page", lambda *_: None)


def kinds(lines):
    return [line.kind for line in lines]


@pytest.mark.slow
def test_what_an_api_offers_is_watched_and_published(deliver, config, bucket, capsys):
    """Two scenes, an alert by exit status, report and catalogue in the store, then nothing new."""
    arguments = ["watch", str(config), "--once", "--jobs", "1"]
    assert status_of(arguments) == 0
    assert not bucket.exists("results/out/base")
    deliver("one", "2024-12-06", 1)
    deliver("two", "2024-12-13", 5)
    assert status_of(arguments) == 3
    assert "base: ALERT More than 2 aircraft at base" in capsys.readouterr().out
    index = json.loads(bucket.cat_file("results/out/base/files.json"))["files"]
    assert {"catalog.json", "report/index.html", "alerts.jsonl", "stac/scene-2024-12-13-two.json"} <= index.keys()
    assert b'<h2 id="h-alerts">Alerts</h2>' in bucket.cat_file("results/out/base/report/index.html")
    before = {name: bucket.info(name)["LastModified"] for name in bucket.find("results/out")}
    asked = len(deliver.server.asked)
    assert status_of([*arguments, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["sites"]
    assert (found["outcome"], found["arrivals"], found["alerts"]) == ("nothing_new", [], [])
    assert deliver.server.asked[asked:] == []
    assert {name: bucket.info(name)["LastModified"] for name in bucket.find("results/out")} == before


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_late_delivered_anew_and_gone(deliver, look, bucket):
    deliver("one", "2024-12-06", 1)
    deliver("three", "2024-12-20", 5)
    assert kinds(look().alerts) == ["fired"]
    deliver("two", "2024-12-13", 5)
    late = look()
    assert (kinds(late.arrivals), kinds(late.alerts)) == (["late"], ["corrected"])

    deliver("three", "2024-12-20", 0, version="2")
    anew = look()
    assert (kinds(anew.arrivals), kinds(anew.alerts)) == (["redelivered"], ["cleared"])
    assert "three.tif has other bytes than before" in anew.arrivals[0].text

    deliver.items[:] = [i for i in deliver.items if i["id"] != "two"]
    gone = look()
    assert (kinds(gone.arrivals), kinds(gone.alerts)) == (["removed"], ["withdrawn"])
    assert "two.tif, taken on 13 December 2024, is no longer among the site's images" in gone.arrivals[0].text
    assert bucket.cat_file("results/out/base/report/index.html") == b"2"

    deliver.items.clear()
    lost = look()
    assert (lost.outcome, lost.status) == ("failed", 2)
    assert "none of the images of imagery[0] is there any more" in lost.trouble
    assert bucket.cat_file("results/out/base/report/index.html") == b"2"


@pytest.mark.usefixtures("no_pictures")
def test_a_scene_that_cannot_be_read_keeps_no_other_from_being_watched(deliver, look):
    deliver("one", "2024-12-06", 1)
    deliver("two", "2024-12-13", 1)
    (deliver.server.folder / "two-1.tif").unlink()
    first = look()
    assert sorted(kinds(first.arrivals)) == ["new", "unusable"]
    assert "two cannot be used and is left out: " in next(a.text for a in first.arrivals if a.kind == "unusable")
    assert look().outcome == "nothing_new"
    deliver("two", "2024-12-13", 1)
    assert kinds(look().arrivals) == ["new"]


@pytest.mark.usefixtures("no_pictures")
def test_a_server_that_cannot_be_reached_is_asked_again_at_the_next_look(deliver, look):
    deliver("one", "2024-12-06", 1)
    deliver.server.failing = {"/one-1.tif": [503] * 4}
    failed = look()
    assert (failed.outcome, failed.status) == ("failed", 1)
    assert look().outcome == "updated"

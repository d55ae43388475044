"""Watching a small site: what comes, what is late, twice, anew or gone, and what is told."""

import json
import shutil
import time
from importlib import import_module

import numpy as np
import pytest
import yaml

import sitedelta
from sitedelta.alerts.ledger import read_ledger
from sitedelta.cli import status_of
from sitedelta.cli.ending import Ended
from sitedelta.files.store import SiteStore
from sitedelta.fleet import run_sites
from sitedelta.site import open_site
from sitedelta.watch.arrivals import read_arrivals
from sitedelta.watch.lock import held
from sitedelta.watch.state import state_path

pytestmark = pytest.mark.usefixtures("spotter")
SIZE = 150
PLACES = [(30, 30), (30, 75), (30, 120), (75, 30), (75, 120), (120, 30), (120, 75), (120, 120)]


@pytest.fixture(autouse=True)
def no_pictures(request, monkeypatch):
    """Write reports without pictures, but for the test that reads one."""

    def build(site):
        site.store.report.mkdir(exist_ok=True)
        for name in ("index.html", "evidence.json", "site.kmz"):
            (site.store.report / name).write_text("stands")
        return site.store.report / "index.html"

    if "whole_report" not in request.fixturenames:
        monkeypatch.setattr(import_module("sitedelta.report.build"), "build", build)
        monkeypatch.setattr(import_module("sitedelta.report.sitespage"), "write_page_over", lambda *_: None)


@pytest.fixture
def whole_report():
    """Ask for a report with all that is in it."""


@pytest.fixture(scope="module")
def world(ground):
    return ground(SIZE, SIZE, seed=8)


@pytest.fixture
def deliver(place, world, marks):
    """Put an image with so many aircraft into the inbox."""

    def write(name, aircraft, *, folder="in"):
        image = world.copy()
        for row, col in PLACES[:aircraft]:
            marks(image, row, col, 31, 19, marks.AIRCRAFT)
        return place.write(f"{folder}/{name}.tif", image)

    return write


@pytest.fixture
def config(configure, tmp_path):
    (tmp_path / "in").mkdir()
    return configure(
        {"path": "in"},
        count=["aircraft"],
        alerts=[{"when": "above", "of": "aircraft", "n": 4, "name": "Many"}],
    )


@pytest.fixture
def look(config):
    def once(**known):
        found = sitedelta.watch(config, once=True, jobs=1, **({"settle": 0} | known))
        (one,) = found.sites
        return one

    return once


@pytest.fixture
def store(tmp_path):
    return SiteStore(tmp_path / "out" / "base")


def kinds(lines):
    return [line.kind for line in lines]


def test_a_site_is_watched(look, deliver, store, tmp_path):
    assert look().outcome == "waiting"  # nothing there yet

    deliver("20241206", 2)
    first = look()
    assert (first.outcome, kinds(first.arrivals), first.alerts) == ("updated", ["new"], ())
    written = store.report.joinpath("index.html").stat().st_mtime_ns
    assert look().outcome == "nothing_new"
    assert store.report.joinpath("index.html").stat().st_mtime_ns == written

    deliver("20241216", 7)
    second = look()
    assert (kinds(second.arrivals), kinds(second.alerts), second.fired) == (["new"], ["fired"], True)
    assert "7 aircraft" in second.alerts[0].text
    assert look().outcome == "nothing_new"

    deliver("20241210", 6)
    shutil.copy(tmp_path / "in" / "20241206.tif", tmp_path / "in" / "20241206_copy.tif")
    third = look()
    assert kinds(third.arrivals) == ["duplicate", "late"]
    assert kinds(third.alerts) == ["corrected"]
    assert "20241206_copy.tif has the same bytes as 20241206.tif" in third.arrivals[0].text
    assert not third.fired

    (tmp_path / "in" / "20241206_copy.tif").unlink()
    (tmp_path / "in" / "20241210.tif").unlink()
    deliver("20241216", 8)
    fourth = look()
    assert sorted(kinds(fourth.arrivals)) == ["redelivered", "removed"]
    assert kinds(fourth.alerts) == ["corrected"]
    assert look().outcome == "nothing_new"

    ledger = read_ledger(store.alerts)
    assert kinds(ledger) == ["began", "fired", "corrected", "corrected"]
    assert len(read_arrivals(store.arrivals)) == 6
    assert [s.date.day for s in (r.scene for r in open_site(store.root).manifest.scenes)] == [6, 16]


@pytest.mark.slow
@pytest.mark.usefixtures("whole_report")
def test_the_report_shows_alerts_and_how_images_came(look, deliver, store, tmp_path):
    deliver("20241206", 2)
    deliver("20241210", 3)
    look()
    deliver("20241216", 7)
    (tmp_path / "in" / "20241210.tif").unlink()
    assert look().fired
    page = store.report.joinpath("index.html").read_text()
    assert '<h2 id="h-alerts">Alerts</h2>' in page
    assert "Many (more than 4 aircraft at base)" in page
    assert page.count('<g class="alarm">') == 1
    assert "20241210.tif, taken on 10 December 2024, was removed" in page
    assert "1 of 1 rules met, last alert 16 December 2024" in (tmp_path / "out" / "index.html").read_text()


def test_a_file_that_is_still_written_waits(look, deliver, tmp_path):
    deliver("20241206", 2)
    (tmp_path / "in" / "20241216.tif.part").write_bytes(b"II*")
    early = look(settle=3600)
    assert (early.outcome, early.waiting) == ("waiting", ("20241206.tif",))
    done = look(settle=0)
    assert (done.outcome, kinds(done.arrivals)) == ("updated", ["new"])
    deliver("20241216", 2)
    later = look(settle=3600)
    assert (later.outcome, later.waiting) == ("waiting", ("20241216.tif",))


def test_a_damaged_image_is_left_out_and_said_once(look, deliver, store, tmp_path):
    deliver("20241206", 2)
    (tmp_path / "in" / "20241216.tif").write_bytes(b"no image at all")
    found = look()
    assert (found.outcome, sorted(kinds(found.arrivals))) == ("updated", ["new", "unusable"])
    (said,) = [a.text for a in found.arrivals if a.kind == "unusable"]
    assert said.startswith("20241216.tif cannot be used and is left out: not an image")
    assert str(tmp_path) not in said
    assert look().outcome == "nothing_new"
    deliver("20241216", 3)
    assert kinds(look().arrivals) == ["new"]
    assert len(open_site(store.root).manifest.scenes) == 2


def test_a_damaged_image_that_comes_alone_is_said_once_too(look, deliver, store, tmp_path):
    deliver("20241206", 2)
    look()
    before = store.manifest.read_bytes()
    (tmp_path / "in" / "20241216.tif").write_bytes(b"no image at all")
    found = look()
    assert (found.outcome, kinds(found.arrivals)) == ("updated", ["unusable"])
    assert store.manifest.read_bytes() == before
    assert look().outcome == "nothing_new"
    (tmp_path / "in" / "20241216.tif").unlink()
    assert [look().arrivals, look().outcome] == [(), "nothing_new"]


def test_an_inbox_that_was_never_there_is_no_empty_one(config, tmp_path, capsys):
    arguments = ["watch", str(config), "--once", "--jobs", "1"]
    assert status_of(arguments) == 0
    assert capsys.readouterr().out.endswith("base: no image there yet\n")
    (tmp_path / "in").rmdir()
    for path in ("in", "in/*.tif"):
        config.write_text(config.read_text().replace("path: in", f"path: {path}").replace(f"{path}/*.tif", path))
        assert status_of(arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert f"base: error: site base: {tmp_path / 'in'}" in line
    (tmp_path / "in").mkdir()
    assert status_of(arguments) == 0


def test_an_inbox_that_is_gone_takes_nothing_away(look, deliver, store, tmp_path):
    deliver("20241206", 2)
    look()
    before = store.manifest.read_bytes()
    shutil.move(tmp_path / "in", tmp_path / "away")
    for _ in range(2):
        found = look()
        assert (found.outcome, found.status) == ("failed", 2)
        assert "is a disk or share away?" in found.trouble
    assert store.manifest.read_bytes() == before
    shutil.move(tmp_path / "away", tmp_path / "in")
    assert look().outcome == "nothing_new"


def test_a_site_that_another_run_holds_is_left_to_it(look, deliver, store):
    deliver("20241206", 2)
    with held(store.root, site="base"):
        found = look()
    assert (found.outcome, found.status) == ("busy", 0)
    assert look().outcome == "updated"


def test_watching_gives_the_bytes_of_a_run(look, deliver, config, store, tmp_path):
    for name, number in (("20241216", 5), ("20241206", 2)):
        deliver(name, number)
        look()
    sitedelta.run(config, out=tmp_path / "other", jobs=1)
    names = ["manifest.json", "observations.parquet", "objects.parquet", "changes.parquet"]
    for name in names:
        assert (store.root / name).read_bytes() == (tmp_path / "other" / "base" / name).read_bytes(), name


def test_nothing_new_opens_no_image_and_loads_nothing_heavy(look, deliver, config):
    import subprocess
    import sys

    deliver("20241206", 2)
    look()
    code = (
        "import sys; from sitedelta.cli import status_of\n"
        f"assert status_of(['watch', {str(config)!r}, '--once', '--settle', '0']) == 0\n"
        "print(sorted({'rasterio', 'cv2', 'pandas', 'scipy', 'dask', 'onnxruntime', 'jinja2'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == ["[]"]


def test_the_command_says_by_its_status_that_an_alert_was_told(deliver, config, capsys):
    arguments = ["watch", str(config), "--once", "--settle", "0", "--jobs", "1"]
    deliver("20241206", 2)
    assert status_of([*arguments, "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    deliver("20241216", 7)
    assert status_of(arguments) == 3
    said = capsys.readouterr().out
    assert "base: ALERT Many" in said
    assert "base: new: 20241216.tif, taken on 16 December 2024." in said
    assert status_of([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sites"][0]["outcome"] == "nothing_new"


def test_what_came_twice_is_said_once(deliver, config, tmp_path, capsys):
    deliver("20241206", 2)
    shutil.copy(tmp_path / "in" / "20241206.tif", tmp_path / "in" / "20241206_copy.tif")
    assert status_of(["watch", str(config), "--once", "--settle", "0", "--jobs", "1"]) == 0
    assert capsys.readouterr().out.count("has the same bytes as") == 1


def test_one_site_in_trouble_keeps_no_other_from_being_watched(deliver, config):
    said = yaml.safe_load(config.read_text())
    broken = {"id": "broken", "imagery": [{"path": "bad"}], "count": ["aircraft"], "zones": "none.geojson"}
    said["sites"].insert(0, broken)
    config.write_text(yaml.safe_dump(said))
    deliver("20241206", 2)
    deliver("20241206", 2, folder="bad")
    found = sitedelta.watch(config, once=True, jobs=1, settle=0)
    assert [s.outcome for s in found.sites] == ["failed", "updated"]
    assert "none.geojson" in found.sites[0].trouble
    assert found.exit_status == 2


def test_a_look_follows_another_until_it_is_ended(deliver, config):
    deliver("20241206", 2)
    seen = []

    def say(found):
        seen.append(found.sites[0].outcome)
        if len(seen) == 3:
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sitedelta.watch(config, every=0.01, settle=0, jobs=1, say=say)
    assert seen == ["updated", "nothing_new", "nothing_new"]
    assert time.monotonic() - began < 120


def test_a_damaged_state_is_made_anew(look, deliver, store):
    deliver("20241206", 2)
    look()
    state_path(store).write_text("{")
    assert look().outcome == "nothing_new"
    assert np.isfinite(json.loads(state_path(store).read_text())["format"])


def test_sigterm_between_two_sites_leaves_no_lock_and_loses_nothing(deliver, config, tmp_path, monkeypatch):
    from sitedelta.watch import verb

    said = yaml.safe_load(config.read_text())
    said["sites"].append({"id": "other", "imagery": [{"path": "in"}], "count": ["aircraft"]})
    config.write_text(yaml.safe_dump(said))
    deliver("20241206", 2)
    monkeypatch.setattr(verb, "run_sites", ended_before_the_second)
    with pytest.raises(Ended):
        sitedelta.watch(config, once=True, jobs=1, settle=0)
    assert not list((tmp_path / "out").rglob("*.lock"))
    monkeypatch.setattr(verb, "run_sites", run_sites)
    found = sitedelta.watch(config, once=True, jobs=1, settle=0)
    assert [s.outcome for s in found.sites] == ["nothing_new", "updated"]


def ended_before_the_second(works, place, *, told, progress):
    def ended(number, result):
        told(number, result)
        raise Ended(143)

    return run_sites(works, place, told=ended, progress=progress)


@pytest.fixture
def two(config):
    """Give a configuration of two sites that have one inbox, `other` the first."""
    said = yaml.safe_load(config.read_text())
    said["sites"].insert(0, {"id": "other", "imagery": [{"path": "in"}], "count": ["aircraft"]})
    config.write_text(yaml.safe_dump(said))
    return config


def test_each_site_is_told_and_sent_as_soon_as_it_is_done(deliver, two, monkeypatch):
    from sitedelta.alerts.outbox import Sent
    from sitedelta.watch import verb

    said = yaml.safe_load(two.read_text())
    said["webhook"] = "https://example.org/hook"
    said["sites"].reverse()
    two.write_text(yaml.safe_dump(said))
    deliver("20241206", 7)
    seen = []
    monkeypatch.setattr("sitedelta.alerts.outbox.Outbox.send", lambda *_, **__: seen.append("sent") or Sent(1, 0, None))
    monkeypatch.setattr(verb, "publish_all", lambda *_: seen.append("page"))
    found = sitedelta.watch(two, once=True, jobs=1, settle=0, tell=lambda s: seen.append(s.site))
    assert seen[:4] == ["base", "sent", "other", "page"]
    assert [s.site for s in found.sites] == ["base", "other"]


def test_many_sites_are_done_side_by_side_with_the_same_results(deliver, two, tmp_path, monkeypatch):
    from sitedelta.watch import verb

    deliver("20241206", 2)
    places = []
    monkeypatch.setattr(verb, "run_sites", lambda w, p, **k: places.append((len(w), p.jobs)) or run_sites(w, p, **k))
    monkeypatch.setattr("sitedelta.fleet.spread.each", lambda works, *_, **__: ((w, w.run()) for w in works))
    found = sitedelta.watch(two, once=True, jobs=2, settle=0)
    assert (places, [s.outcome for s in found.sites]) == ([(2, 2)], ["updated", "updated"])
    alone = sitedelta.watch(two, once=True, jobs=1, settle=0, out=tmp_path / "alone")
    assert [s.outcome for s in alone.sites] == ["updated", "updated"]
    for name in ("manifest.json", "observations.parquet"):
        assert (tmp_path / "out/base" / name).read_bytes() == (tmp_path / "alone/base" / name).read_bytes()


def test_a_configuration_that_is_broken_meanwhile_ends_no_watch(deliver, config):
    deliver("20241206", 2)
    whole, seen = config.read_text(), []

    def say(found):
        seen.append(found.mistake)
        config.write_text(whole if len(seen) == 2 else "sites: [")
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sitedelta.watch(config, every=0.01, settle=0, jobs=1, say=say)
    assert (seen[0], seen[2]) == (None, None)
    assert "sites.yaml" in seen[1]
    assert status_of(["watch", str(config), "--once"]) == 2


def test_a_site_that_is_busy_is_no_trouble_for_cron(deliver, config, store, capsys):
    deliver("20241206", 2)
    arguments = ["watch", str(config), "--once", "--settle", "0", "--jobs", "1"]
    with held(store.root, site="base"):
        assert status_of([*arguments, "--quiet"]) == 0
        assert capsys.readouterr().err == ""
        assert status_of(arguments) == 0
        assert "another run works on it" in capsys.readouterr().err

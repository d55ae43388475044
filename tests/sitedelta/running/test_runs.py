"""Whole runs of a small site: what they write, reuse and refuse."""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml

import sitedelta
from sitedelta.errors import ConfigError, InputError, RasterError
from sitedelta.files.hashing import sha256_file
from sitedelta.fleet import RunResult
from sitedelta.running.runs import report, run
from sitedelta.site import Site, open_site
from sitedelta.watch.holder import this_process
from sitedelta.watch.lock import SiteBusy, held

pytestmark = [
    pytest.mark.usefixtures("spotter"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]
SIZE = 220
DAYS = ("20241206", "20241210", "20241213")
STAYS, LEAVES, COMES = (60, 60), (150, 60), (70, 160)
PARKED = {"20241206": [], "20241210": [(180, 170)], "20241213": [(180, 170), (180, 185), (195, 170)]}
TABLES = ("objects", "events", "tracks", "observations", "changes", "zone_changes")


@pytest.fixture(scope="module")
def looks(ground, marks):
    """Give the ground on three days: one aircraft stays, one leaves after the first day, one comes on the last."""
    world = ground(SIZE + 20, SIZE + 20, seed=8)
    found = {}
    for k, day in enumerate(DAYS):
        image = np.clip(world * (1 + 0.03 * k) + 2 * k, 1, 230).astype(np.uint8)
        aircraft = [STAYS] + [LEAVES] * (k == 0) + [COMES] * (k == 2)
        for row, col in aircraft:
            marks(image, row + 10, col + 10, 41, 25, marks.AIRCRAFT)
        for row, col in PARKED[day]:
            marks(image, row + 10, col + 10, 11, 5, marks.VEHICLE)
        found[day] = image
    return found


def write_days(place, looks, days=DAYS, *, plain=False):
    """Write days, each with a georeference that is off by a few pixels; the first is right."""
    for day in days:
        k = DAYS.index(day)
        part = looks[day][:, 10 + k : 10 + k + SIZE, 10 - 2 * k : 10 - 2 * k + SIZE]
        place.write(f"in/{day}.{'png' if plain else 'tif'}", part, corner=None if plain else (767_900, 3_921_500))


def write_zones(folder):
    """Write two zones in pixels: the west with two of the aircraft, and the east."""

    def polygon(name, left, right):
        ring = [[left, -0.5], [right, -0.5], [right, SIZE - 0.5], [left, SIZE - 0.5], [left, -0.5]]
        return {
            "type": "Feature",
            "properties": {"id": name, "name": name.title(), "crs": "pixel"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }

    features = [polygon("west", 0, 109), polygon("east", 111, SIZE - 1)]
    (folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return "zones.geojson"


@pytest.fixture
def images(place, looks):
    """Write the three days, or some of them."""
    return partial(write_days, place, looks)


@pytest.fixture
def zones(tmp_path):
    return write_zones(tmp_path)


@dataclass(frozen=True)
class Whole:
    """What a run over the three days and two zones made."""

    done: RunResult
    site: Site
    plain: bool
    """The images are pictures without georeference."""


@pytest.fixture(scope="module", params=[False, True], ids=["georeferenced", "plain"])
def whole(request, looks, place_in, configure_in, spotting, tmp_path_factory):
    folder, plain = tmp_path_factory.mktemp("whole"), request.param
    write_days(place_in(folder), looks, plain=plain)
    entry = {"path": "in/*", "gsd": 0.5} if plain else {"path": "in/*"}
    with spotting():
        (done,) = run(configure_in(folder)(entry, zones=write_zones(folder)), jobs=1)
    return Whole(done, open_site(done.folder), plain)


def everything(folder):
    return {p.relative_to(folder).as_posix(): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def results(folder):
    """All but notes of what need not be read again, which wait until the images are a moment old."""
    notes = ("work/hashes.json", "work/standing.json")
    return {name: stamp for name, stamp in everything(folder).items() if name not in notes}


def by_day(table, column="date"):
    return table.assign(day=pd.to_datetime(table[column]).dt.strftime("%Y%m%d"))


def counts(site, zone="site", label="aircraft"):
    table = by_day(site.observations)
    chosen = table[(table["zone"] == zone) & (table["label"] == label)]
    return dict(zip(chosen["day"], chosen["count"], strict=True))


def test_a_run_writes_all_that_is_promised(whole):
    done = whole.done
    assert (done.site_id, done.nothing_new) == ("base", False)
    assert done.folder.parts[-2:] == ("out", "base")
    assert done.report == done.folder / "report" / "index.html"
    assert done.sentences
    for name in (
        "catalog.json", "manifest.json", *(f"{t}.parquet" for t in TABLES), "report/index.html", "report/site.kmz",
        "report/observations.csv", "report/zone_changes.csv", "report/tracks.csv", "report/evidence.json",
    ):  # fmt: skip
        assert (done.folder / name).stat().st_size > 0, name


def test_a_manifest_names_every_file_and_no_folder_of_the_machine(whole):
    manifest, folder = whole.site.manifest, whole.done.folder
    assert {p: sha256_file(folder / p) for p in manifest.files} == manifest.files
    assert str(folder.parents[1]) not in (folder / "manifest.json").read_text()


def test_a_run_counts_each_day_and_zone(whole):
    site = whole.site
    assert site.georeferenced is not whole.plain
    assert counts(site) == {DAYS[0]: 2, DAYS[1]: 1, DAYS[2]: 2}
    assert counts(site, "west") == {DAYS[0]: 2, DAYS[1]: 1, DAYS[2]: 1}
    assert counts(site, "east") == {DAYS[0]: 0, DAYS[1]: 0, DAYS[2]: 1}
    assert counts(site, "east", "vehicle") == {DAYS[0]: 0, DAYS[1]: 1, DAYS[2]: 3}
    assert (site.observations["share_observed"] > 0.9).all()


def test_a_run_places_objects_on_the_site(whole):
    objects = by_day(whole.site.objects)
    assert len(objects) == 5 + 4
    stays = objects[(objects["label"] == "aircraft") & (objects["site_row"].between(50, 70))]
    stays = stays[stays["site_col"] < 100]
    np.testing.assert_allclose(stays[["site_row", "site_col"]], [STAYS] * 3, atol=1.5)
    assert set(objects["zones"]) == {"west", "east"}


def test_a_run_tells_what_arrived_left_and_stayed(whole):
    events = by_day(whole.site.events, "date_after")
    told = {(r.day, r.label, r.kind) for r in events.itertuples()}
    assert told == {
        (DAYS[1], "aircraft", "departed"), (DAYS[1], "aircraft", "stayed"), (DAYS[1], "vehicle", "arrived"),
        (DAYS[2], "aircraft", "arrived"), (DAYS[2], "aircraft", "stayed"), (DAYS[2], "vehicle", "arrived"),
        (DAYS[2], "vehicle", "stayed"),
    }  # fmt: skip
    of_objects = set(events["object_before"].dropna()) | set(events["object_after"].dropna())
    assert of_objects <= set(whole.site.objects["id"])


def test_a_run_follows_objects_over_all_days(whole):
    tracks = whole.site.tracks
    assert set(tracks["id"]) == set(whole.site.objects["track"])
    aircraft = tracks[tracks["label"] == "aircraft"]
    found = {
        (r.seen_dates.replace("-", ""), pd.notna(r.absent_before), pd.notna(r.absent_after))
        for r in aircraft.itertuples()
    }
    assert found == {(";".join(DAYS), False, False), (DAYS[0], False, True), (DAYS[2], True, False)}
    assert aircraft["dwell_min_days"].max() == 7


def test_a_run_maps_change_where_something_left(whole):
    site = whole.site
    for p in site.manifest.pairs:
        assert (p.status, p.reason) == ("compared", None)
        assert p.share_observed > 0.85
        change = site.change(p.before, p.after)
        assert change.dims == ("y", "x")
        assert set(np.unique(change)) <= {0, 1, 255}
    first, _ = site.manifest.pairs
    # Some of the aircraft that left is marked, and hardly anything far from all objects.
    left = site.change(first.before, first.after).to_numpy()
    assert (left[LEAVES[0] - 20 : LEAVES[0] + 20, LEAVES[1] - 12 : LEAVES[1] + 12] == 1).mean() > 0.1
    assert (left[10:-10, 10:-10] == 1).mean() < 0.05
    assert len(site.changes) >= 2
    assert (site.changes.geometry.is_valid).all()


def test_a_run_brings_its_images_onto_one_grid(whole):
    site, scenes = whole.site, whole.site.manifest.scenes
    looks = [site.image(record.scene.id) for record in scenes]
    for record, shown in zip(scenes, looks, strict=True):
        assert shown.shape == (3, site.manifest.grid.height, site.manifest.grid.width)
        assert record.alignment.status in {"reference", "aligned"}
        assert record.raster is not None
    a, b = looks[:2]
    first, second = a.to_numpy()[1], b.to_numpy()[1]
    both = a.attrs["valid"] & b.attrs["valid"] & (np.minimum(first, second) > 25)  # no painted marks
    assert np.corrcoef(first[both], second[both])[0, 1] > 0.9


def test_the_page_over_all_sites_leaves_out_results_that_cannot_be_read(images, configure, tmp_path):
    images()
    path = configure({"path": "in/*"})
    one = yaml.safe_load(path.read_text())
    one["sites"].append({"id": "old", "imagery": [{"path": "in/*"}]})
    path.write_text(yaml.safe_dump(one))
    (tmp_path / "out" / "old").mkdir(parents=True)
    (tmp_path / "out" / "old" / "manifest.json").write_text('{"format": 1}')
    run(path, site="base", jobs=1)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "base/report/index.html" in page
    assert "old/report/index.html" not in page


def test_a_second_run_does_nothing(images, zones, configure):
    images()
    config = configure({"path": "in/*.tif"}, zones=zones)
    (first,) = run(config, jobs=1)
    stood = results(first.folder)
    (second,) = run(config, jobs=1)
    assert second.nothing_new
    assert second.sentences == first.sentences
    assert results(first.folder) == stood


def test_another_image_reuses_what_was_counted(images, configure, spotter):
    images(DAYS[:2])
    config = configure({"path": "in/*.tif"})
    (first,) = run(config, jobs=1)
    parts = {p: t for p, t in everything(first.folder).items() if "/count-" in p and p.endswith(".json")}
    raster = first.folder / "rasters"
    views = {p.name: p.stat().st_mtime_ns for p in raster.glob("scene-*")}
    calls = spotter.calls
    assert calls == len(parts) == 4

    images(DAYS[2:])
    (second,) = run(config, jobs=1)
    assert not second.nothing_new
    assert spotter.calls == calls + 2
    stood = everything(second.folder)
    assert {p: stood[p] for p in parts} == parts
    assert {n: (raster / n).stat().st_mtime_ns for n in views} == views
    assert len(open_site(second.folder).manifest.scenes) == 3


@pytest.mark.parametrize("kind", ["scene", "change"])
def test_a_deleted_raster_comes_back(images, configure, kind):
    images(DAYS[:2])
    config = configure({"path": "in/*.tif"})
    (first,) = run(config, jobs=1)
    path = next((first.folder / "rasters").glob(f"{kind}-*.tif"))
    content = path.read_bytes()
    path.unlink()
    (second,) = run(config, jobs=1)
    assert not second.nothing_new
    assert path.read_bytes() == content


def test_a_deleted_report_comes_back(images, configure):
    images(DAYS[:1])
    config = configure({"path": "in/*.tif"})
    (first,) = run(config, jobs=1)
    page = first.report.read_bytes()
    shutil.rmtree(first.report.parent)
    (second,) = run(config, jobs=1)
    assert second.nothing_new
    assert second.report.read_bytes() == page
    shutil.rmtree(first.report.parent)
    assert report(config) == (first.report,)
    assert first.report.read_bytes() == page


def test_a_changed_setting_is_something_new(images, configure):
    images(DAYS[:2])
    run(configure({"path": "in/*.tif"}), jobs=1)
    (done,) = run(configure({"path": "in/*.tif"}, limits={"vehicle": 0.4}), jobs=1)
    assert not done.nothing_new
    vehicles = open_site(done.folder).observations.query("label == 'vehicle'")
    assert (vehicles["status"] == "not_observable").all()
    assert vehicles["count"].isna().all()
    assert set(vehicles["reason"]) == {"gsd 0.5 m > 0.4 m"}


def test_since_and_until_choose_the_days(images, configure):
    images()
    config = configure({"path": "in/*.tif"})
    (done,) = run(config, jobs=1, since=date(2024, 12, 10))
    assert list(by_day(open_site(done.folder).scenes)["day"]) == list(DAYS[1:])
    (done,) = run(config, jobs=1, since=date(2024, 12, 6), until=date(2024, 12, 10))
    assert list(by_day(open_site(done.folder).scenes)["day"]) == list(DAYS[:2])
    with pytest.raises(InputError, match="no image is dated 2025-01-01 or later; the images date from 2024-12-06 to"):
        run(config, jobs=1, since=date(2025, 1, 1))


def test_an_unknown_site_is_named(images, configure):
    images(DAYS[:1])
    with pytest.raises(ConfigError, match="there is no site 'other' in the configuration: its sites are base"):
        run(configure({"path": "in/*.tif"}), site="other", jobs=1)


def test_an_input_error_leaves_no_folder_behind(images, configure, place, tmp_path):
    images(DAYS[:1])
    place.write("bad/empty-20241201.tif", np.zeros((3, 50, 50), np.uint16), nodata=0)
    for entry in ({"path": "none/*.tif"}, {"path": "in/*.tif", "bands": ["red"]}, {"path": "bad/*.tif"}):
        with pytest.raises(InputError) as caught:
            run(configure(entry), jobs=1)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="no image is dated"):
        run(configure({"path": "in/*.tif"}), jobs=1, until=date(2020, 1, 1))
    assert not (tmp_path / "out").exists()


def test_an_image_that_is_cut_off_is_named(images, configure, tmp_path):
    images(DAYS[:1])
    path = tmp_path / "in" / f"{DAYS[0]}.tif"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RasterError, match=DAYS[0]):
        run(configure({"path": "in/*.tif"}), jobs=1)
    assert not (tmp_path / "out").exists()


def test_an_image_that_cannot_be_placed_is_not_observable(images, configure, place, ground):
    images(DAYS[:2], plain=True)
    place.write("in/20241213.png", ground(SIZE, SIZE, seed=99), corner=None)
    (done,) = run(configure({"path": "in/*.png", "gsd": 0.5}), jobs=1)
    site = open_site(done.folder)
    last = site.manifest.scenes[-1]
    assert (last.alignment.status, last.raster, last.share_observed) == ("refused", None, 0.0)
    seen = by_day(site.observations).query("day == '20241213'")
    assert (seen["status"] == "not_observable").all()
    assert seen["count"].isna().all()
    assert seen["reason"].str.startswith("registration: ").all()
    assert [p.status for p in site.manifest.pairs] == ["compared", "not_observable"]
    assert site.manifest.pairs[1].reason.startswith("registration of ")
    assert "20241213" not in set(by_day(site.events, "date_after")["day"])
    with pytest.raises(InputError, match="has no raster for"):
        site.image(last.scene.id)


def test_days_around_one_that_cannot_be_compared_are_compared(images, configure, place, ground):
    images(DAYS)
    place.write(f"in/{DAYS[1]}.tif", ground(SIZE, SIZE, seed=99))
    (done,) = run(configure({"path": "in/*.tif"}), jobs=1)
    site = open_site(done.folder)
    first, hidden, last = (r.scene.id for r in site.manifest.scenes)
    found = [(p.before, p.after, p.status) for p in site.manifest.pairs]
    assert found == [(first, hidden, "not_observable"), (first, last, "compared")]
    told = by_day(site.events, "date_after")
    assert set(told[told["day"] == DAYS[2]]["kind"]) >= {"arrived"}
    assert (done.folder / "report" / "index.html").exists()


def test_a_georeferenced_image_that_cannot_be_matched_is_counted_but_not_compared(images, configure, place, ground):
    images(DAYS[:2])
    place.write("in/20241213.tif", ground(SIZE, SIZE, seed=99))
    (done,) = run(configure({"path": "in/*.tif"}), jobs=1)
    site = open_site(done.folder)
    assert site.manifest.scenes[-1].alignment.status == "georeference"
    assert counts(site)["20241213"] == 0
    assert site.manifest.pairs[-1].status == "not_observable"
    assert site.manifest.pairs[-1].raster is None


def test_images_of_two_resolutions(images, configure, place, looks):
    images(DAYS[:2])
    for day in DAYS[:2]:
        fine = looks[day][:, 10 : 10 + SIZE - 4, 10 : 10 + SIZE - 4]
        blocks = fine.reshape(3, (SIZE - 4) // 6, 6, (SIZE - 4) // 6, 6).mean((2, 4))
        place.write(f"in/coarse-{day}.tif", blocks.round().astype(np.uint8), gsd=3.0)
    (done,) = run(configure({"path": "in/*.tif"}), jobs=1)
    site = open_site(done.folder)
    assert site.manifest.grid.gsd_m == 0.5
    table = site.observations.query("zone == 'site'")
    coarse = table[table["gsd_m"] == 3.0]
    assert set(coarse.query("label == 'vehicle'")["status"]) == {"not_observable"}
    assert set(table[table["gsd_m"] == 0.5]["status"]) <= {"counted", "observed_zero"}
    assert {p.gsd_m for p in site.manifest.pairs} == {0.5, 3.0}
    for p in site.manifest.pairs:
        both = {s.scene.id: s.scene.gsd_m for s in site.manifest.scenes}
        assert both[p.before] == both[p.after]
    (three,) = [p for p in site.manifest.pairs if p.gsd_m == 3.0]
    if three.raster:
        with rasterio.open(done.folder / three.raster) as found:
            assert found.res == (0.5, 0.5)


def test_the_names_of_the_package_are_these_functions():
    assert sitedelta.run is run
    assert sitedelta.report is report
    assert sitedelta.open_site is open_site


def test_tables_carry_their_coordinates(images, configure):
    images(DAYS[:2])
    (done,) = run(configure({"path": "in/*.tif"}), jobs=1)
    for name in ("objects", "events", "changes"):
        assert geopandas.read_parquet(done.folder / f"{name}.parquet").crs.to_epsg() == 4326
    with pytest.raises(InputError, match=r"holds no site: manifest\.json is missing"):
        open_site(done.folder / "report")


def test_two_runs_of_one_site_never_mix(images, configure, tmp_path):
    images(DAYS[:1])
    config = configure({"path": "in/*"})
    with held(tmp_path / "out" / "base", site="base"):
        with pytest.raises(SiteBusy, match="site base: another run works on it"):
            run(config, jobs=1)
        assert not (tmp_path / "out" / "base" / "manifest.json").exists()
    (done,) = run(config, jobs=1)
    assert done.notes == ()
    with held(done.folder, site="base"), pytest.raises(SiteBusy):
        report(config)


def test_a_run_says_that_it_took_over_what_a_dead_one_held(images, configure, tmp_path):
    images(DAYS[:1])
    lock = tmp_path / "out" / "base" / "work" / "run.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(replace(this_process(), pid=2**22 + 1).to_json())
    (done,) = run(configure({"path": "in/*"}), jobs=1)
    assert "that process has ended" in done.notes[0]
    assert not lock.exists()

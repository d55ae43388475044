"""What a run starts from."""

from datetime import date
from pathlib import Path

import pytest

from sitedelta.errors import InputError, RunFailed
from sitedelta.files.store import SiteStore
from sitedelta.running.siteinputs import nothing_left_behind, parameters, portable, settle
from sitedelta.settings.config import load_config


@pytest.fixture
def site(place, ground, configure):
    for day, seed in (("20241206", 1), ("20241213", 2)):
        place.write(f"in/{day}.tif", ground(80, 90, seed=seed))

    def load(**more):
        return load_config(configure({"path": "in/*.tif"}, **more)).sites[0]

    return load


def test_inputs_are_settled(site, tmp_path):
    found = settle(site(), SiteStore(tmp_path / "out" / "base"))
    assert [s.date.date() for s in found.scenes] == [date(2024, 12, 6), date(2024, 12, 13)]
    assert found.grid.shape == (80, 90)
    assert found.zones == ()
    assert len(found.key) == 20


def test_the_key_does_not_name_the_place(site, tmp_path):
    here, again, there = (settle(site(), SiteStore(tmp_path / n)).key for n in ("out", "out", "elsewhere"))
    assert here == again == there


@pytest.mark.parametrize(
    "change",
    [
        {"count": ["aircraft"]},
        {"limits": {"aircraft": 0.3}},
        {"change": {"method": "cva"}},
        {"change": {"min_area_m2": 7.5}},
        {"name": "Other"},
        {"aoi": [35.0, 35.0, 36.5, 36.0]},
    ],
)
def test_the_key_names_every_setting(site, tmp_path, change):
    assert settle(site(**change), SiteStore(tmp_path)).key != settle(site(), SiteStore(tmp_path)).key


def test_the_key_names_the_scenes(site, tmp_path):
    store = SiteStore(tmp_path)
    assert settle(site(), store, since=date(2024, 12, 10)).key != settle(site(), store).key


def test_dates_without_an_image(site, tmp_path):
    with pytest.raises(InputError, match="no image is dated 2024-12-07 or later and 2024-12-08 or earlier"):
        settle(site(), SiteStore(tmp_path / "out"), since=date(2024, 12, 7), until=date(2024, 12, 8))
    assert not (tmp_path / "out").exists()


def test_parameters_hold_no_path_of_this_machine(site, tmp_path):
    (tmp_path / "aoi.geojson").write_text("{}")
    said = parameters(site(aoi="aoi.geojson"))
    assert said["imagery"] == [{"path": "*.tif", "kind": "optical"}]
    assert said["aoi"] == "aoi.geojson"
    assert said["zones"] is None
    assert str(tmp_path) not in str(said)


def test_scenes_are_written_relative_to_the_site(site, tmp_path):
    store = SiteStore(tmp_path / "out" / "base")
    scene = settle(site(), store).scenes[0]
    found = portable(scene, store.root)
    assert Path(found.uri) == Path("../../in/20241206.tif")
    assert found.originals == (Path("../../in/20241206.tif"),)
    assert (store.root / found.uri).resolve() == Path(scene.uri).resolve()


def test_what_was_made_goes_and_what_stood_stays(tmp_path):
    def refuse(error):
        with nothing_left_behind(tmp_path / "a" / "b"):
            (tmp_path / "a" / "b" / "c").mkdir(parents=True)
            raise error

    with pytest.raises(InputError):
        refuse(InputError("no"))
    assert not (tmp_path / "a").exists()
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError):
        refuse(InputError("no"))
    assert list((tmp_path / "a").iterdir()) == []
    with pytest.raises(RunFailed):
        refuse(RunFailed("later"))
    assert (tmp_path / "a" / "b" / "c").exists()

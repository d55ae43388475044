"""Sites of many kinds are computed again from what was recorded of them."""

import json
import shutil
from datetime import date

import numpy as np
import pytest
import yaml

import sitedelta
from rasterdelta.detect.shipped import FOLDER
from sitedelta.errors import InputError
from sitedelta.evidence.check import Wanted, check_site
from sitedelta.evidence.originals import Whereabouts
from sitedelta.evidence.replay import compared, recorded_site
from sitedelta.running.manifest import read_manifest
from sitedelta.running.runs import run
from sitedelta.settings.config import load_config

SIZE = 150


@pytest.fixture
def again(tmp_path):
    """Run a configuration, move the images away and ask for the same from where they are now."""

    def check(config, **knobs):
        (done,) = run(config, jobs=1, **knobs)
        shutil.move(tmp_path / "in", tmp_path / "moved")
        (site,) = sitedelta.verify(done.folder, originals=tmp_path / "moved", replay=True, jobs=1)
        assert site.differences == ()
        assert any(n.endswith("bit for bit") for n in site.notes), site.notes
        return site

    return check


@pytest.fixture
def world(ground):
    return ground(SIZE, SIZE, seed=4)


@pytest.mark.usefixtures("spotter")
def test_screenshots_with_a_date_and_odd_names(place, configure, again, world):
    place.write("in/a <b> & ü: x.png", world, corner=None)
    place.write("in/-x'\".png", np.clip(world * 1.04, 1, 250).astype(np.uint8), corner=None)
    again(
        configure(
            {"path": "in/a*.png", "date": "2024-12-06T08:12Z", "gsd": 0.5, "sensor": "S", "source": "=x"},
            {"path": "in/-*.png", "date": "2024-12-13", "gsd": 0.5},
        )
    )


@pytest.mark.usefixtures("spotter")
def test_masks_areas_settings_and_part_of_the_dates(place, configure, again, world, tmp_path):
    for k, day in enumerate(("20241129", "20241202", "20241206", "20241213")):
        place.write(f"in/{day}.tif", np.clip(world * (1 + 0.02 * k), 1, 250).astype(np.uint8))
    place.write("in/copy/20241213.tif", np.clip(world * 1.06, 1, 250).astype(np.uint8))
    clear = np.zeros((1, SIZE, SIZE), np.uint8)
    clear[:, :40] = 1
    place.write("in/clear.msk.tif", clear)
    west, south, east, north = 35.94, 35.39, 35.96, 35.41
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "area.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    config = configure(
        {"path": "in/20241[12][01][236]*.tif", "mask": "in/clear.msk.tif"},
        {"path": "in/**/202*.tif"},
        aoi="area.geojson",
        change={"controls": [["2024-11-29", "2024-12-02"], ["2024-12-06", "2024-12-13"]], "min_area_m2": 4.0},
        limits={"vehicle": 0.4},
        hidden=["cloud", "water"],
        count=["vehicle", "aircraft"],
    )
    site = again(config, since=date(2024, 12, 2))
    assert site.originals == 3 + 3 + 1  # three images, a mask each, the area


@pytest.mark.usefixtures("spotter")
def test_web_map_tiles(place, configure, again, ground):
    for k, day in enumerate(("2024-12-06", "2024-12-13")):
        for x in (0, 1):
            tile = ground(256, 256, seed=x)
            place.write(f"in/{day}/17/{78000 + x}/51000.png", np.clip(tile * (1 + k / 50), 1, 250).astype(np.uint8),
                        corner=None)  # fmt: skip
    again(configure({"path": "in/2024-12-06", "date": "2024-12-06"}, {"path": "in/2024-12-13", "date": "2024-12-13"}))


def test_a_detector_of_ones_own(place, configure, world, tmp_path):
    place.write("in/20241206.tif", world)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "net.onnx").write_bytes((FOLDER / "features.onnx").read_bytes())
    accuracy = {"gsd_max": 2.0, "threshold": -3.0, "precision": 0.9, "recall": 0.8, "objects": 30, "source": "my own"}
    network = {"class": "aircraft", "file": "net.onnx", "working_gsd": 0.5, "apart": 1.0, "apart_along": 1.0}
    said = {"name": "mine", "networks": [network | {"accuracy": [accuracy]}]}
    (tmp_path / "mine" / "model.yaml").write_text(yaml.safe_dump(said))
    (done,) = run(configure({"path": "in/*.tif"}, model="mine/model.yaml", count=["aircraft"]), jobs=1)
    (site,) = sitedelta.verify(done.folder, replay=True, jobs=1)
    assert site.differences == ()
    assert site.originals == 3
    done_again = sitedelta.bundle(done.folder, tmp_path / "b.zip", originals=True)
    shutil.rmtree(tmp_path / "mine")
    (site,) = sitedelta.verify(done_again.path, replay=True, jobs=1)
    assert site.differences == ()
    (site,) = sitedelta.verify(done.folder)
    assert {d.file for d in site.differences} == {"model.yaml", "net.onnx"}


def test_the_configuration_comes_back_as_it_was(made, tmp_path):
    """What a replay runs is what was run, but for one entry an image."""
    checked = check_site(made.root, Wanted(Whereabouts()))
    found = recorded_site(read_manifest(made.root / "manifest.json"), checked.originals, tmp_path / "scratch")
    (own,) = load_config(made.root.parents[1] / "sites.yaml").sites
    assert found.model_dump(exclude={"imagery", "zones"}) == own.model_dump(exclude={"imagery", "zones"})
    assert [i.source for i in found.imagery] == ["Example", None]
    assert [i.path.name for i in found.imagery] == ["20241206.tif", "20241213.png"]
    assert found.zones is not None
    assert found.zones.read_bytes() == own.zones.read_bytes()


@pytest.mark.parametrize("parameters", [{}, {"imagery": []}, {"imagery": [{"path": 3, "nonsense": 1}] * 2}])
def test_parameters_that_are_none_are_said(made, tmp_path, parameters):
    from dataclasses import replace

    checked = check_site(made.root, Wanted(Whereabouts()))
    manifest = replace(read_manifest(made.root / "manifest.json"), parameters=parameters)
    with pytest.raises(InputError):
        recorded_site(manifest, checked.originals, tmp_path / "scratch")


def test_records_are_compared_to_rounding():
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Row:
        count: int
        score: float
        zones: tuple[str, ...]

    row = Row(3, 0.5, ("a",))
    assert list(compared({"x": row}, {"x": Row(3, 0.5 + 1e-9, ("a",))})) == []
    assert list(compared({"x": row}, {"x": Row(4, 0.5, ("b",))})) == [
        "x: count 3, recomputed 4; zones ('a',), recomputed ('b',)"
    ]
    assert list(compared({"x": row}, {})) == ["x: is not found again"]
    assert list(compared({}, {"x": row})) == ["x: is found, and is not in the table"]

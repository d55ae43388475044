"""Doubts about the ground sampling distance of an image, from its objects: in counts, comparisons and whole runs."""

import json

import pytest

import sitedelta
from sitedelta.cli import status_of
from sitedelta.running.runs import run
from sitedelta.site import open_site
from sitedelta.verbs.compare import compare_files
from sitedelta.verbs.count import count_files

pytestmark = [
    pytest.mark.usefixtures("spotter"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]
SIZE = 260
STANDS = [(50, 40), (50, 120), (50, 200), (130, 40), (130, 120), (130, 200)]
PARKED = [(180 + 20 * r, 30 + 20 * c) for r in range(3) for c in range(4)]


@pytest.fixture(scope="module")
def apron(ground, marks):
    """Give six aircraft of 41 pixels and twelve vehicles of 11: 20 m and 5.5 m at 0.5 m a pixel."""
    image = ground(SIZE, SIZE, seed=3)
    for row, col in STANDS:
        marks(image, row, col, 41, 25, marks.AIRCRAFT)
    for row, col in PARKED:
        marks(image, row, col, 11, 5, marks.VEHICLE)
    return image


@pytest.fixture
def shot(place, apron):
    return place.write("shot.png", apron, corner=None)


def notes(path, gsd=None):
    (image,) = count_files([path], gsd=gsd, jobs=1).summary["images"]
    return image["notes"]


def test_the_right_distance_raises_no_doubt(shot):
    assert notes(shot, 0.5) == []


def test_a_distance_that_is_too_coarse_is_doubted(shot):
    (said,) = notes(shot, 2.5)
    assert said == (
        "a quarter of its 6 aircraft measure 102 m and more at 2.5 m a pixel, the longest published are 76.3 m: the "
        "ground sampling distance seems too coarse, 1.9 m or less would fit; sizes and counts of this image cannot be "
        "relied on until the one that was given is checked"
    )


def test_a_distance_that_is_too_fine_is_doubted(shot):
    (said,) = notes(shot, 0.2)
    assert said.startswith("three quarters of its 12 vehicles measure 2.2 m and less at 0.2 m a pixel, the shortest")
    assert "seems too fine, 0.4 m or more would fit" in said


def test_vehicles_of_a_size_that_none_has_are_doubted(place, ground, marks):
    image = ground(SIZE, SIZE, seed=3)
    for row, col in PARKED:
        marks(image, row, col, 17, 7, marks.VEHICLE)
    (said,) = notes(place.write("lot.png", image, corner=None), 0.55)
    assert said.startswith("its 12 vehicles measure 9.4 by 3.9 m in the middle at 0.55 m a pixel, longer than armour")


def test_a_georeference_that_lies_is_doubted(place, apron):
    (said,) = notes(place.write("earth.tif", apron, gsd=2.5))
    assert said.endswith("until its georeference is checked")


def test_the_command_says_it_below_the_count(shot, tmp_path, capsys):
    out = tmp_path / "found.csv"
    assert status_of(["count", str(shot), "--gsd", "2.5", "--out", str(out), "--jobs", "1"]) == 0
    counted, doubt, *_ = capsys.readouterr().out.splitlines()
    assert counted.startswith(f"{shot}: 6 aircraft")
    assert doubt.startswith(f"{shot}: a quarter of its 6 aircraft measure 102 m")
    assert json.loads((tmp_path / "found.csv.summary.json").read_text())["images"][0]["notes"]


def test_a_comparison_says_of_which_image(place, apron, shot, tmp_path):
    later = place.write("later.png", apron, corner=None)
    said = compare_files(shot, later, gsd=2.5, out=tmp_path / "events", jobs=1).summary()
    assert [len(said[side]["notes"]) for side in ("before", "after")] == [1, 1]
    assert len(sitedelta.compare(shot, later, gsd=0.5, jobs=1).attrs["summary"]["before"]["notes"]) == 0


def test_a_run_says_it_in_manifest_and_report(shot, configure):
    config = configure({"path": shot.name, "date": "2024-12-13", "gsd": 2.5}, count=["aircraft"])
    (done,) = run(config, jobs=1)
    (said,) = open_site(done.folder).manifest.notes
    assert said.startswith("2024-12-13-shot: a quarter of its 6 aircraft measure 102 m and more at 2.5 m a pixel")
    assert done.notes == (said,)
    assert said in done.report.read_text()

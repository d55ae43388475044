"""What arrived, departed or stayed between two images."""

import csv
import json

import numpy as np
import pytest

import sitedelta
from sitedelta.errors import InputError, RegistrationRefused
from sitedelta.verbs.compare import compare_files

pytestmark = [
    pytest.mark.usefixtures("spotter"),
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]
STAYS, LEAVES, COMES, PARKED = (60, 70), (180, 90), (90, 210), (200, 220)
SIZE = 280


@pytest.fixture
def dates(ground, marks):
    """Give the ground at two dates, 30 pixels larger on each side than the images."""
    world = ground(SIZE + 60, SIZE + 60, seed=4)
    before, after = world.copy(), np.clip(world * 1.05 + 3, 1, 250).astype(np.uint8)
    for image, places in ((before, (STAYS, LEAVES)), (after, (STAYS, COMES))):
        for row, col in places:
            marks(image, row + 30, col + 30, 41, 25, marks.AIRCRAFT)
    for image in (before, after):
        marks(image, PARKED[0] + 30, PARKED[1] + 30, 11, 5, marks.VEHICLE)
    return before, after


def inner(image, down=0, right=0):
    return image[:, 30 + down : 30 + down + SIZE, 30 + right : 30 + right + SIZE]


def told(folder):
    with (folder / "events.csv").open(newline="") as text:
        return {(r["class"], r["event"], round(float(r["row"])), round(float(r["col"]))) for r in csv.DictReader(text)}


EVENTS = {
    ("aircraft", "stayed", *STAYS),
    ("aircraft", "departed", *LEAVES),
    ("aircraft", "arrived", *COMES),
    ("vehicle", "stayed", *PARKED),
}


def near(found):
    """Match events to the expected ones within two pixels."""
    hits = set()
    for e in EVENTS:
        if any(f[:2] == e[:2] and max(abs(f[2] - e[2]), abs(f[3] - e[3])) <= 2 for f in found):
            hits.add(e)
    return hits


def test_georeferenced_images(place, dates, tmp_path):
    before = place.write("before.tif", inner(dates[0]))
    after = place.write("after.tif", inner(dates[1], 4, -3))  # shows the ground a little elsewhere than it says
    out = tmp_path / "out"
    done = compare_files(before, after, out=out, jobs=1)
    assert (out / "events.csv").read_text().splitlines()[0] == "class,event,row,col,score,length_m"
    found = told(out)
    assert near(found) == EVENTS
    assert len(found) == len(EVENTS)
    assert sorted(p.name for p in out.iterdir()) == ["compare.png", "events.csv", "summary.json"]
    assert (out / "compare.png").read_bytes()[:4] == b"\x89PNG"
    said = json.loads((out / "summary.json").read_text())
    assert said == json.loads(json.dumps(done.summary()))
    aircraft = said["classes"]["aircraft"]
    assert {k: aircraft[k] for k in ("status", "arrived", "departed", "stayed", "not_observable")} == {
        "status": "compared", "arrived": 1, "departed": 1, "stayed": 1, "not_observable": 0,
    }  # fmt: skip
    assert (aircraft["count_before"], aircraft["count_after"]) == (2, 2)
    assert said["classes"]["vehicle"]["stayed"] == 1


def test_plain_images_of_different_size_and_place(place, dates, tmp_path):
    before = place.write("before.png", inner(dates[0]), corner=None)
    after = place.write("after.png", dates[1][:, 12:-2, 20:], corner=None)
    compare_files(before, after, out=tmp_path / "out", gsd=0.5, jobs=1)
    found = told(tmp_path / "out")
    assert near(found) == EVENTS
    # What the after image shows beyond the before image is no event.
    assert len(found) == len(EVENTS)


def test_what_the_other_date_does_not_show_is_not_told(place, dates, tmp_path):
    before = place.write("before.tif", inner(dates[0]))
    hidden = inner(dates[1]).copy()
    hidden[:, 150:, :140] = 0
    after = place.write("after.tif", hidden, nodata=0)
    done = compare_files(before, after, out=tmp_path / "out", classes=("aircraft",), jobs=1)
    found = {(e.kind.value, round(e.site_row)): e.reason for e in done.events}
    assert set(found) == {("not_observable", LEAVES[0]), ("stayed", STAYS[0]), ("arrived", COMES[0])}
    assert "not shown clearly" in found["not_observable", LEAVES[0]]
    assert done.summary()["classes"]["aircraft"]["not_observable"] == 1


def test_a_class_that_one_image_cannot_show_is_not_observable(place, dates, tmp_path):
    before = place.write("before.tif", inner(dates[0]))
    half = inner(dates[1]).reshape(3, SIZE // 2, 2, SIZE // 2, 2).mean((2, 4)).astype(np.uint8)
    after = place.write("after.tif", half, gsd=1.0)
    done = compare_files(before, after, out=tmp_path / "out", jobs=1)
    said = done.summary()["classes"]
    assert said["vehicle"] == {"status": "not_observable", "reason": "gsd 1 m > 0.6 m"}
    assert said["aircraft"]["status"] == "compared"
    assert {e[0] for e in told(tmp_path / "out")} == {"aircraft"}


def test_the_function_returns_what_the_files_hold(place, dates, tmp_path):
    paths = place.write("before.tif", inner(dates[0])), place.write("after.tif", inner(dates[1]))
    table = sitedelta.compare(*paths, out=str(tmp_path / "out"), jobs=1)
    rows = list(csv.DictReader((tmp_path / "out" / "events.csv").open()))
    assert [f"{v:.2f}" for v in table["site_row"]] == [r["row"] for r in rows]
    assert list(table["kind"]) == [r["event"] for r in rows]
    assert table.attrs["summary"] == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert len(sitedelta.compare(*paths, jobs=1)) == len(table)


def test_images_of_two_places_are_refused(place, ground, tmp_path):
    a, b = place.write("a.tif", ground(256, 256, seed=1)), place.write("b.tif", ground(256, 256, seed=2))
    with pytest.raises(RegistrationRefused, match=r"cannot align b\.tif to a\.tif"):
        compare_files(a, b, out=tmp_path / "out", jobs=1)
    assert not (tmp_path / "out").exists()


def test_input_that_cannot_be_used(place, ground, tmp_path):
    a, far = place.write("a.tif", ground(64, 64)), place.write("far.tif", ground(64, 64), shift=(0, 9000))
    with pytest.raises(InputError, match="images without overlap"):
        compare_files(a, far, out=tmp_path / "out", jobs=1)
    with pytest.raises(InputError, match="unknown class 'ship'"):
        compare_files(a, a, out=tmp_path / "out", classes=("ship",), jobs=1)

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine

from sitedelta.errors import InputError
from sitedelta.files.hashing import sha256_file
from sitedelta.imagery.dates import NO_DATE, has_date
from sitedelta.imagery.ingest import Ingest, ingest, scene_from_file
from sitedelta.settings.config import Imagery, Site

TODAY = date(2025, 3, 1)
RNG = np.random.default_rng(3)


def picture(path, *, shape=(24, 32)):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, RNG.integers(0, 255, (*shape, 3), dtype=np.uint8))[1].tobytes())
    return path


def geotiff(path, *, gsd=0.5, bands=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    placed = {"crs": "EPSG:32636", "transform": Affine(gsd, 0, 766000, 0, -gsd, 3921500)}
    with rasterio.open(path, "w", driver="GTiff", count=bands, height=24, width=32, dtype="uint16", **placed) as sink:
        sink.write(RNG.integers(0, 9000, (bands, 24, 32), dtype=np.uint16))
    return path


def run(tmp_path, *entries, **site) -> Ingest:
    imagery = tuple(Imagery(**(e if isinstance(e, dict) else {"path": e})) for e in entries)
    return ingest(Site(id="base", imagery=imagery, **site), workdir=tmp_path / "work", today=TODAY)


def test_scenes_are_described_hashed_and_sorted(tmp_path):
    late = picture(tmp_path / "in" / "shot.png")
    early = geotiff(tmp_path / "in" / "Base 20241210_081233.tif")
    stated = {"date": date(2024, 12, 13), "gsd": 0.3, "source": "P, link", "sensor": "WV-3", "kind": "optical"}
    found = run(tmp_path, {"path": late, **stated}, early)
    first, second = found.scenes
    assert found.notes == ()
    assert (first.id, second.id) == ("2024-12-10-base-20241210-081233", "2024-12-13-shot")
    assert first.date == datetime(2024, 12, 10, 8, 12, 33, tzinfo=UTC)
    assert (first.date_precision, first.gsd_m, first.georeferenced) == ("time", 0.5, True)
    assert second.date == datetime(2024, 12, 13, tzinfo=UTC)
    assert (second.date_precision, second.gsd_m, second.georeferenced) == ("day", 0.3, False)
    assert (second.source, second.sensor, second.bands) == ("P, link", "WV-3", ("red", "green", "blue"))
    assert (second.width, second.height, second.dtype) == (32, 24, "uint8")
    assert (second.uri, second.originals) == (str(late), (late,))
    assert second.sha256 == sha256_file(late)
    assert not (tmp_path / "work").exists()


def test_the_same_bytes_twice_are_one_scene(tmp_path):
    first = picture(tmp_path / "a-2024-12-13.png")
    (tmp_path / "b-2024-12-13.png").write_bytes(first.read_bytes())
    found = run(tmp_path, {"path": tmp_path / "*.png", "gsd": 0.5})
    assert [s.originals[0].name for s in found.scenes] == ["a-2024-12-13.png"]
    first, second = "a-2024-12-13.png", "b-2024-12-13.png"
    said = f"{second} has the same bytes as {first} and is left out; {first} comes first and is kept."
    assert found.notes == (said,)


def test_of_the_same_bytes_the_first_by_entry_and_path_is_kept_whatever_came_first(tmp_path):
    data = picture(tmp_path / "in" / "2024-12-13-z.png").read_bytes()
    for name in ("in/2024-12-06-a.png", "sent/2024-12-13-z.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    kept = {
        order: run(tmp_path, *({"path": tmp_path / folder, "gsd": 0.5} for folder in order))
        for order in (("in", "sent"), ("sent", "in"))
    }
    assert [s.originals[0].name for s in kept["in", "sent"].scenes] == ["2024-12-06-a.png"]
    assert [s.originals[0].parent.name for s in kept["sent", "in"].scenes] == ["sent"]
    assert kept["in", "sent"].notes[0] == (
        "2024-12-13-z.png has the same bytes as 2024-12-06-a.png and is left out; 2024-12-06-a.png comes first and is "
        "kept, with its date of 6 December 2024: the other is dated 13 December 2024."
    )
    assert "in/2024-12-13-z.png has the same bytes as sent/2024-12-13-z.png" in kept["sent", "in"].notes[1]


def test_an_entry_that_names_a_file_goes_before_a_glob(tmp_path):
    geotiff(tmp_path / "a-2024-12-10.tif")
    special = geotiff(tmp_path / "b-2024-12-11.tif")
    found = run(tmp_path, {"path": tmp_path / "*.tif", "source": "P"}, {"path": special, "date": date(2024, 12, 13)})
    assert [(s.date.day, s.source) for s in found.scenes] == [(10, "P"), (13, None)]
    assert found.notes == ()


def test_ids_are_unique_and_safe(tmp_path):
    names = ["x/ü &<b>.png", "y/ü &<b>.png", "z/" + "long" * 60 + ".png", "z/" + "long" * 60 + "er.png", "z/;;.png"]
    for name in names:
        picture(tmp_path / "in" / name)
    found = run(tmp_path, {"path": tmp_path / "in" / "**" / "*.png", "gsd": 0.5, "date": date(2024, 12, 13)})
    ids = [s.id for s in found.scenes]
    assert len(set(ids)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", i) and len(i) <= 55 for i in ids)


def test_it_is_the_same_in_any_order(tmp_path):
    paths = [picture(tmp_path / d / "a.png") for d in ("p", "q", "r")]
    entries = [{"path": p, "gsd": 0.5, "date": date(2024, 12, 13)} for p in paths]
    assert run(tmp_path, *entries).scenes == run(tmp_path, *entries[::-1]).scenes


def test_a_folder_of_web_map_tiles_is_one_scene(tmp_path):
    for x, y in ((78622, 51830), (78623, 51831)):
        picture(tmp_path / "tiles-2024-12-13" / "17" / str(x) / f"{y}.png", shape=(256, 256))
    found = run(tmp_path, tmp_path / "tiles-2024-12-13")
    (scene,) = found.scenes
    assert scene.id == "2024-12-13-tiles-2024-12-13"
    assert (scene.width, scene.height, len(scene.originals)) == (512, 512, 2)
    assert scene.georeferenced
    assert 0.9 < scene.gsd_m < 1.0
    assert Path(scene.uri).parent == tmp_path / "work"
    assert run(tmp_path, tmp_path / "tiles-2024-12-13") == found


def test_an_enlarged_image_keeps_its_true_ground_sampling_distance(tmp_path):
    path = geotiff(tmp_path / "2024-12-13.tif", gsd=0.5)
    coarse = run(tmp_path, {"path": path, "gsd": 3.0})
    assert (coarse.scenes[0].gsd_m, coarse.notes) == (3.0, ())
    fine = run(tmp_path, {"path": path, "gsd": 0.3})
    assert fine.scenes[0].gsd_m == 0.5
    assert fine.notes == ("2024-12-13.tif: the stated 0.3 m is finer than its pixels of 0.5 m, which are used.",)
    assert run(tmp_path, {"path": path, "gsd": 0.501}).scenes[0].gsd_m == 0.5


def test_a_sidecar_gives_what_a_plain_picture_lacks_but_not_what_the_georeference_says(tmp_path):
    for path in (picture(tmp_path / "a.png"), geotiff(tmp_path / "b.tif", gsd=0.5)):
        item = {"type": "Feature", "properties": {"datetime": "2024-12-13T08:12:33Z", "gsd": 0.7}}
        path.with_suffix(".json").write_text(json.dumps(item))
    found = run(tmp_path, tmp_path / "a.png", tmp_path / "b.tif")
    assert [s.gsd_m for s in found.scenes] == [0.7, 0.5]


def test_stated_bands_name_the_bands(tmp_path):
    path = geotiff(tmp_path / "2024-12-13.tif", bands=4)
    names = ("blue", "green", "red", "nir")
    assert run(tmp_path, {"path": path, "bands": names}).scenes[0].bands == names
    with pytest.raises(InputError, match=r"has 4 bands .* `bands:` names 2"):
        run(tmp_path, {"path": path, "bands": names[:2]})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"gsd": 0.5}, r"shot\.png: neither its tags nor its name .* `date:`"),
        ({"date": date(2024, 12, 13)}, r"shot\.png: .*metres a pixel with `gsd:`"),
        ({"date": date(2025, 3, 4), "gsd": 0.5}, r"shot\.png: the date 2025-03-04 is in the future"),
        ({"date": date(1950, 1, 1), "gsd": 0.5}, r"shot\.png: .* before 1960"),
    ],
)
def test_what_is_missing_is_asked_for(tmp_path, entry, words):
    path = picture(tmp_path / "shot.png")
    with pytest.raises(InputError, match=words) as caught:
        run(tmp_path, {"path": path, **entry})
    assert "\n" not in str(caught.value)


def test_an_image_that_shows_nothing_is_refused(tmp_path):
    path = picture(tmp_path / "2024-12-13.png", shape=(7, 300))
    with pytest.raises(InputError, match="only 300 x 7 pixels"):
        run(tmp_path, {"path": path, "gsd": 0.5})


def test_one_bad_image_names_itself(tmp_path):
    picture(tmp_path / "a-2024-12-13.png")
    (tmp_path / "b-2024-12-14.png").write_bytes(b"not an image")
    with pytest.raises(InputError, match=r"b-2024-12-14\.png: not an image"):
        run(tmp_path, {"path": tmp_path / "*.png", "gsd": 0.5})


class TestSceneFromFile:
    def test_a_date_is_not_needed_where_it_is_not_asked_for(self, tmp_path):
        path = picture(tmp_path / "shot.png")
        scene = scene_from_file(path, gsd_m=0.5, require_date=False)
        assert (scene.date, scene.id, has_date(scene)) == (NO_DATE, "shot", False)
        with pytest.raises(InputError, match="`date:`"):
            scene_from_file(path, gsd_m=0.5)

    def test_a_date_that_is_found_is_kept(self, tmp_path):
        scene = scene_from_file(picture(tmp_path / "2024-12-13.png"), gsd_m=0.5, require_date=False)
        assert has_date(scene)
        assert scene.id == "2024-12-13-2024-12-13"

    def test_gsd_is_needed_without_georeference(self, tmp_path):
        with pytest.raises(InputError, match="--gsd"):
            scene_from_file(picture(tmp_path / "a.png"), require_date=False)
        assert scene_from_file(geotiff(tmp_path / "a.tif"), require_date=False).gsd_m == 0.5

    @pytest.mark.parametrize("gsd", [0, -1, float("nan"), float("inf"), 1001])
    def test_a_senseless_gsd_is_refused(self, tmp_path, gsd):
        with pytest.raises(InputError, match="greater than 0 and at most 1000"):
            scene_from_file(picture(tmp_path / "a.png"), gsd_m=gsd, require_date=False)

    def test_a_folder_is_no_image(self, tmp_path):
        with pytest.raises(InputError, match="is a folder"):
            scene_from_file(tmp_path, gsd_m=0.5, require_date=False)

"""Every file behind a run is described: images, what lies beside them, masks, zones, areas, models."""

import hashlib
import json
import os
from datetime import UTC, datetime

import numpy as np
import pytest

from sitedelta.errors import RunFailed
from sitedelta.imagery.ingest import ingest
from sitedelta.running.given import entry_numbers, given_files
from sitedelta.settings.config import load_config
from sitedelta.sources import companions


def described(config, root):
    (site,) = load_config(config).sites
    scenes = ingest(site, workdir=root / "work").scenes
    return given_files(site, scenes, root), entry_numbers(site, scenes)


def box(path):
    ring = [[38.0, 35.0], [38.01, 35.0], [38.01, 35.01], [38.0, 35.0]]
    polygon = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [polygon]}))
    return path.name


def test_each_file_has_its_bytes_and_its_time(place, ground, configure, tmp_path):
    path = place.write("in/20241206.tif", ground(40, 40))
    os.utime(path, ns=(0, 1_733_472_000_123_456_789))
    place.write("in/20241213.tif", ground(40, 40, seed=1))
    zones = box(tmp_path / "zones.geojson")
    found, entries = described(configure({"path": "in/*.tif"}, zones=zones), tmp_path / "out" / "base")
    assert [(g.role, g.name, g.path) for g in found] == [
        ("image", "20241206.tif", "../../in/20241206.tif"),
        ("image", "20241213.tif", "../../in/20241213.tif"),
        ("zones", "zones.geojson", "../../zones.geojson"),
    ]
    assert found[0].modified == datetime(2024, 12, 6, 8, tzinfo=UTC)
    for g in found:
        data = (tmp_path / "out" / "base" / g.path).resolve().read_bytes()
        assert (g.bytes, g.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert found[-1].scene is None
    assert entries == (0, 0)


def test_what_is_read_with_an_image_is_given_too(place, ground, configure, tmp_path):
    place.write("in/shot.png", ground(40, 40), corner=None)
    (tmp_path / "in" / "shot.pgw").write_text("0.5\n0\n0\n-0.5\n767900\n3921500\n")
    (tmp_path / "in" / "shot.json").write_text('{"type": "Feature", "properties": {"datetime": "2024-12-06"}}')
    (tmp_path / "in" / "notes.txt").write_text("mine")
    found, _ = described(configure({"path": "in/*.png", "gsd": 0.5}), tmp_path / "out")
    assert [(g.role, g.name) for g in found] == [("image", "shot.png"), ("beside", "shot.json"), ("beside", "shot.pgw")]
    assert {g.scene for g in found} == {"2024-12-06-shot"}


def test_a_providers_mask_is_a_mask_whether_found_or_named(place, ground, configure, tmp_path):
    place.write("in/20241206_081200_11_2465_3B_Visual.tif", ground(40, 40))
    place.write("in/20241206_081200_11_2465_3B_udm2.tif", np.ones((8, 40, 40), np.uint8))
    found, _ = described(configure({"path": "in/*Visual.tif"}), tmp_path / "out")
    assert [g.role for g in found] == ["image", "mask"]
    assert found[1].name.endswith("udm2.tif")

    place.write("masks/clear.tif", np.ones((1, 40, 40), np.uint8))
    found, _ = described(configure({"path": "in/*Visual.tif", "mask": "masks/clear.tif"}), tmp_path / "out")
    roles = {g.role: g.path for g in found}
    assert roles["mask"] == "../masks/clear.tif"
    assert "beside" in roles  # the other one lies beside the image still


def test_metadata_above_an_image_keep_their_place(place, ground, tmp_path):
    path = place.write("S2A.SAFE/GRANULE/L2A/IMG_DATA/R10m/T37_20241206T081200_B04_10m.tif", ground(40, 40)[:1])
    above = tmp_path / "S2A.SAFE" / "MTD_MSIL2A.xml"
    above.write_text("<a/>")
    assert companions(path) == (above,)


def test_tiles_are_named_below_their_folder(place, ground, configure, tmp_path):
    for x in (0, 1):
        for y in (0, 1):
            place.write(f"2024-12-06/17/{78000 + x}/{51000 + y}.png", ground(256, 256, seed=x + 2 * y), corner=None)
    entry = {"path": "2024-12-06", "date": "2024-12-06"}
    found, entries = described(configure(entry), tmp_path / "out")
    assert [g.name for g in found] == [f"17/{x}/{y}.png" for x in (78000, 78001) for y in (51000, 51001)]
    assert {g.role for g in found} == {"image"}
    assert entries == (0,)


def test_the_entry_that_names_an_image_is_told(place, ground, configure, tmp_path):
    place.write("in/20241206.tif", ground(40, 40))
    place.write("in/20241213.tif", ground(40, 40, seed=1))
    config = configure({"path": "in/*.tif"}, {"path": "in/20241213.tif", "source": "mine"})
    _, entries = described(config, tmp_path / "out")
    assert entries == (0, 1)


def test_an_image_that_went_away_meanwhile_is_named(place, ground, configure, tmp_path):
    place.write("in/20241206.tif", ground(40, 40))
    gone = place.write("in/20241213.tif", ground(40, 40, seed=1))
    (site,) = load_config(configure({"path": "in/*.tif"})).sites
    scenes = ingest(site, workdir=tmp_path / "work").scenes
    gone.unlink()
    with pytest.raises(RunFailed, match=r"20241213\.tif was there"):
        given_files(site, scenes, tmp_path / "out")

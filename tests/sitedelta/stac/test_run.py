"""A site whose imagery comes from a STAC catalogue, from its search to its evidence."""

import json

import numpy as np
import pytest
import yaml
from stac_validator.stac_validator import StacValidate

import sitedelta
from sitedelta.errors import InputError
from sitedelta.site import open_site


@pytest.fixture
def catalogue(tmp_path, world, serve, ground, marks):
    """Two dates of a place; a vehicle arrives in the middle of the site."""
    folder = tmp_path / "server"
    for name, day in (("one", "2024-12-06"), ("two", "2024-12-13")):
        pixels = ground(700, 700, seed=3)
        if name == "two":
            marks(pixels, 350, 350, 14, 8, marks.AIRCRAFT)
        world.write_cog(folder / f"{name}.tif", pixels)
        scl = np.full((1, 70, 70), 4, np.uint8)
        scl[:, :29, :] = 9
        world.write_cog(folder / f"{name}_SCL.tif", scl, gsd=20.0)
        assets = {
            "visual": world.image(f"{name}.tif", "red", "green", "blue"),
            "scl": world.image(f"{name}_SCL.tif"),
            "thumbnail": {"href": "t.png", "type": "image/png", "roles": ["thumbnail"]},
        }
        told = {"view:off_nadir": 11.5, "view:sun_elevation": 30.25, "eo:cloud_cover": 12.5}
        world.put(folder / f"{name}.json", world.item(name, day, assets, **told))
    links = [{"rel": "item", "href": f"./{n}.json"} for n in ("one", "two")]
    world.put(
        folder / "catalog.json",
        {"type": "Catalog", "id": "c", "description": "d", "stac_version": "1.0.0", "links": links},
    )
    return serve(folder)


@pytest.fixture
def config(tmp_path, catalogue, world):
    path = tmp_path / "sites.yaml"
    site = {
        "id": "base",
        "aoi": list(world.aoi),
        "imagery": [{"stac": f"{catalogue.url}/catalog.json"}],
        "count": ["aircraft"],
    }
    path.write_text(yaml.safe_dump({"output": "out", "sites": [site]}))
    return path


@pytest.mark.usefixtures("spotter")
def test_a_site_from_a_catalogue_runs_and_is_replayed_without_it(config, catalogue, tmp_path, schemas):
    (result,) = sitedelta.run(config, jobs=1)
    site = open_site(result.folder)
    first, second = (r.scene for r in site.manifest.scenes)
    assert [first.id, second.id] == ["2024-12-06-one", "2024-12-13-two"]
    assert (first.sensor, first.off_nadir_deg, first.sun_elevation_deg) == ("ExampleSat-1", 11.5, 30.25)
    assert first.source == f"scenes one, {catalogue.url}/one.json"
    assert first.mask is not None
    assert first.mask.provider == "scl"
    assert 0.05 < site.manifest.scenes[0].share_cloud < 0.5
    assert all(not p.is_absolute() and ".." not in p.parts for p in first.originals)
    counts = site.observations.query("zone == 'site' and label == 'aircraft'").sort_values("date")["count"]
    assert list(counts) == [0, 1]

    scene = json.loads((result.folder / "stac" / "scene-2024-12-06-one.json").read_text())
    assert {"rel": "derived_from", "href": f"{catalogue.url}/one.json", "type": "application/geo+json"} in scene[
        "links"
    ]
    assert scene["assets"]["original"]["file:checksum"] == f"1220{first.sha256}"
    assert scene["properties"]["view:sun_elevation"] == 30.25
    for path in [result.folder / "catalog.json", *(result.folder / "stac").glob("*.json")]:
        checked = StacValidate(str(path), schema_map=dict(schemas))
        checked.run()
        assert checked.valid, checked.message

    asked = len(catalogue.asked)
    (again,) = sitedelta.run(config, jobs=1)
    assert again.nothing_new
    assert all(not a.endswith(".tif") for a in catalogue.asked[asked:])

    catalogue.failing = dict.fromkeys(("/catalog.json", "/one.json", "/two.json"), [404] * 9)
    moved = result.folder.rename(tmp_path / "moved")
    verdict = sitedelta.verify(moved, replay=True, jobs=1)
    assert verdict.whole, verdict


@pytest.mark.slow
@pytest.mark.usefixtures("spotter")
def test_a_new_scene_is_noticed_by_the_next_run(config, catalogue, world):
    links = json.loads((catalogue.folder / "catalog.json").read_text())
    world.put(catalogue.folder / "catalog.json", links | {"links": links["links"][:1]})
    sitedelta.run(config, jobs=1)
    world.put(catalogue.folder / "catalog.json", links)
    (second,) = sitedelta.run(config, jobs=1)
    assert not second.nothing_new
    assert len(open_site(second.folder).manifest.scenes) == 2


def test_a_search_that_finds_nothing_is_one_line(config):
    document = yaml.safe_load(config.read_text())
    document["sites"][0]["imagery"][0] |= {"since": "2025-01-01"}
    config.write_text(yaml.safe_dump(document))
    with pytest.raises(InputError, match=r"site base: .*catalog.json offers no scene"):
        sitedelta.run(config)

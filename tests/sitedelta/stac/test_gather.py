"""Scenes of a static catalogue on a web server: only what the site needs is read, once."""

import hashlib
import json

import numpy as np
import pytest
import rasterio

from sitedelta.errors import InputError, RunFailed
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.stac import Query, find_items
from sitedelta.stac.gather import gather


@pytest.fixture
def catalogue(tmp_path, world, big, serve):
    """Two dates of one image file on a server."""
    folder = tmp_path / "server"
    world.write_cog(folder / "data" / "a.tif", big)
    for name, day in (("one", "2024-12-06"), ("two", "2024-12-13")):
        world.put(
            folder / f"{name}.json",
            world.item(name, day, {"visual": world.image("data/a.tif", "red", "green", "blue")}),
        )
    links = [{"rel": "item", "href": f"./{n}.json"} for n in ("one", "two")]
    world.put(
        folder / "catalog.json",
        {"type": "Catalog", "id": "c", "description": "d", "stac_version": "1.0.0", "links": links},
    )
    return serve(folder)


def test_only_the_bytes_that_the_site_needs_are_read(catalogue, world, tmp_path):
    query = Query(f"{catalogue.url}/one.json", world.aoi)
    (path,) = gather(query, tmp_path / "copies")
    size = (catalogue.folder / "data" / "a.tif").stat().st_size
    assert 0 < catalogue.bytes_of("a.tif") < 0.08 * size
    with rasterio.open(path) as copy, rasterio.open(catalogue.folder / "data" / "a.tif") as whole:
        window = whole.window(*copy.bounds).round_offsets().round_lengths()
        np.testing.assert_array_equal(copy.read(), whole.read(window=window))
        assert copy.descriptions == ("red", "green", "blue")
        assert copy.crs == whole.crs


def test_a_server_that_gives_whole_files_alone_is_read_too(catalogue, world, tmp_path):
    query = Query(f"{catalogue.url}/catalog.json", world.aoi)
    by_parts = gather(query, tmp_path / "parts")
    catalogue.by_parts = False
    whole = gather(query, tmp_path / "whole")
    assert [p.read_bytes() for p in whole] == [p.read_bytes() for p in by_parts]
    assert not list((tmp_path / "whole").rglob(".part-*"))


def test_what_was_copied_is_not_read_again(catalogue, world, tmp_path):
    query = Query(f"{catalogue.url}/catalog.json", world.aoi)
    first = gather(query, tmp_path / "copies")
    catalogue.asked.clear()
    assert gather(query, tmp_path / "copies") == first
    assert not [a for a in catalogue.asked if a.endswith(".tif")]
    first[0].write_bytes(b"damaged")
    again = gather(query, tmp_path / "copies")
    assert again == first
    assert first[0].stat().st_size > 1000


def test_the_same_scenes_give_the_same_bytes(catalogue, world, tmp_path):
    query = Query(f"{catalogue.url}/catalog.json", world.aoi)
    each = []
    for name in ("a", "b"):
        gather(query, tmp_path / name)
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        each.append({p.relative_to(tmp_path / name): (p.read_bytes(), p.stat().st_mtime) for p in files})
    assert each[0] == each[1]


def test_the_sidecar_says_what_was_read(catalogue, world, tmp_path):
    (path,) = gather(Query(f"{catalogue.url}/one.json?x=1", world.aoi), tmp_path)
    said = json.loads(path.with_suffix(".json").read_text())
    (origin,) = said["properties"]["sitedelta:cut_from"]
    original = catalogue.folder / "data" / "a.tif"
    assert origin["href"] == f"{catalogue.url}/data/a.tif"
    assert origin["bytes"] == original.stat().st_size
    assert origin["etag"] == f'"{original.stat().st_size}-of-a.tif"'
    assert said["assets"]["image"]["file:checksum"] == "1220" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert said["properties"]["datetime"] == "2024-12-06T08:12:00Z"


def test_the_link_to_a_scene_is_whole_however_long(catalogue, world, tmp_path):
    place = f"{catalogue.folder.name}/{'deep/' * 30}one.json"
    item = json.loads((catalogue.folder / "one.json").read_text())
    item["assets"]["visual"]["href"] = f"{catalogue.url}/data/a.tif"
    world.put(catalogue.folder / place, item)
    (path,) = gather(Query(f"{catalogue.url}/{place}", world.aoi), tmp_path / "copies")
    assert scene_from_file(path).source.endswith(f"one, {catalogue.url}/{place}")


def test_a_failing_server_is_asked_again(catalogue, world, tmp_path):
    catalogue.failing = {"/one.json": [503, 0], "/data/a.tif": [503, 503]}
    assert len(gather(Query(f"{catalogue.url}/one.json", world.aoi), tmp_path)) == 1


@pytest.mark.parametrize("cut", ["/one.json", "/data/a.tif"])
def test_a_network_that_stays_cut_is_one_line(catalogue, world, tmp_path, cut):
    catalogue.failing = {cut: [503] * 50}
    with pytest.raises(RunFailed, match=r"run again later") as caught:
        gather(Query(f"{catalogue.url}/one.json", world.aoi), tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("*.tif")) or list(tmp_path.rglob("*.tif")) == [catalogue.folder / "data" / "a.tif"]


def test_dates_and_cloud_select(catalogue, world):
    from sitedelta.imagery.dates import parse_date
    from sitedelta.stac.query import span

    since, until = span(parse_date("2024-12-13"), parse_date("2024-12-13"))
    assert [i.id for i in find_items(Query(f"{catalogue.url}/catalog.json", world.aoi, since=since, until=until))] == [
        "two"
    ]


def test_items_on_the_web_do_not_lead_to_files_here(catalogue, world, tmp_path):
    for href in ("file:///etc/passwd", "/vsimem/x", "/vsicurl/http://127.0.0.1:1/x"):
        world.put(catalogue.folder / "bad.json", world.item("bad", "2024-12-06", {"visual": world.image(href, "red")}))
        with pytest.raises(InputError, match=r"bad\.json"):
            gather(Query(f"{catalogue.url}/bad.json", world.aoi), tmp_path / "copies")


def test_other_hosts_have_to_be_named(catalogue, world, tmp_path):
    world.put(
        catalogue.folder / "far.json",
        world.item("far", "2024-12-06", {"visual": world.image("http://elsewhere.example/a.tif", "red")}),
    )
    with pytest.raises(
        InputError, match=r"elsewhere\.example, which the configuration does not name.*hosts: \[elsewhere\.example\]"
    ):
        gather(Query(f"{catalogue.url}/far.json", world.aoi), tmp_path)
    catalogue.moved["/one.json"] = "http://elsewhere.example/one.json"
    with pytest.raises(InputError, match=r"elsewhere\.example"):
        gather(Query(f"{catalogue.url}/one.json", world.aoi), tmp_path)


@pytest.mark.parametrize(("applied", "offset"), [(False, -0.1), (True, 0.0)])
def test_reflectance_is_read_from_scale_and_offset(tmp_path, world, big, applied, offset):
    """Some catalogues state an offset that their numbers already carry, and say so."""
    folder, assets = tmp_path / "local", {}
    for k, name in enumerate(("red", "green", "blue", "nir")):
        world.write_cog(folder / f"{name}.tif", big[k % 3 : k % 3 + 1, :700, :700].astype(np.uint16))
        assets[name] = world.image(f"{name}.tif", name, **{"raster:bands": [{"scale": 0.0001, "offset": -0.1}]})
    item = world.item("one", "2024-12-06", assets, **{"earthsearch:boa_offset_applied": applied})
    (path,) = gather(Query(str(world.put(folder / "one.json", item)), world.aoi), tmp_path / "copies")
    scene = scene_from_file(path)
    assert scene.bands == ("red", "green", "blue", "nir")
    assert scene.reflectance.gain == (0.0001,) * 4
    assert scene.reflectance.offset == (offset,) * 4


def test_bands_of_another_size_are_laid_on_the_finest(tmp_path, world, big):
    fine, coarse = big[:1, :700, :700], big[1:2, :350, :350]
    world.write_cog(tmp_path / "red.tif", fine)
    world.write_cog(tmp_path / "nir.tif", coarse, gsd=4.0)
    item = world.item("one", "2024-12-06", {n: world.image(f"{n}.tif", n) for n in ("nir", "red")})
    place = str(world.put(tmp_path / "one.json", item))
    (path,) = gather(Query(place, world.aoi), tmp_path / "copies", assets=("nir", "red"))
    with rasterio.open(path) as copy, rasterio.open(tmp_path / "red.tif") as whole:
        window = whole.window(*copy.bounds).round_offsets().round_lengths()
        rows, cols = window.toslices()
        np.testing.assert_array_equal(copy.read(2), fine[0][rows, cols])
        np.testing.assert_array_equal(copy.read(1), coarse[0].repeat(2, 0).repeat(2, 1)[rows, cols])


def test_items_beside_the_area_and_files_that_do_not_reach_it_are_none(tmp_path, world, big):
    world.write_cog(tmp_path / "a.tif", big[:, :64, :64])
    item = world.item("one", "2024-12-06", {"visual": world.image("a.tif", "red", "green", "blue")})
    place = str(world.put(tmp_path / "one.json", item))
    assert gather(Query(place, world.aoi), tmp_path / "copies") == ()
    (tmp_path / "a.tif").unlink()
    assert gather(Query(place, world.aoi), tmp_path / "copies") == ()
    assert find_items(Query(place, (1.0, 1.0, 2.0, 2.0))) == ()

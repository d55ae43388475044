"""Images named by their address: the part that shows the site, or the whole file where it has no georeference."""

import json

import pytest
import rasterio

from sitedelta.errors import InputError
from sitedelta.imagery.ingest import ingest
from sitedelta.remote.listing import listed
from sitedelta.remote.part import Part
from sitedelta.remote.reach import reach_of
from sitedelta.remote.web import Web
from sitedelta.running.siteinputs import parameters
from sitedelta.settings.config import load_config
from sitedelta.stac.entries import with_found
from sitedelta.stac.gather import gather_files


@pytest.fixture
def server(tmp_path, world, big, serve, place_in, ground):
    folder = tmp_path / "server"
    world.write_cog(folder / "2024-12-06-a.tif", big[:, :1024, :1024])
    place_in(folder).write("shot-1213.png", ground(60, 80), corner=None)
    return serve(folder)


def test_the_part_that_shows_the_site_is_copied(server, world, tmp_path):
    (path,) = gather_files(f"{server.url}/2024-12-06-a.tif?token=hush", world.aoi, tmp_path / "copies")
    with rasterio.open(path) as copy:
        assert max(copy.shape) < 500
    assert server.bytes_of(".tif") < 0.8 * (server.folder / "2024-12-06-a.tif").stat().st_size
    assert "hush" not in path.with_suffix(".json").read_text()
    before = server.bytes_of(".tif")
    assert gather_files(f"{server.url}/2024-12-06-a.tif?token=hush", world.aoi, tmp_path / "copies") == (path,)
    assert server.bytes_of(".tif") - before <= 1


def test_a_screenshot_is_copied_as_it_is(server, world, tmp_path):
    for area in (world.aoi, None):
        (path,) = gather_files(f"{server.url}/shot-1213.png", area, tmp_path / "copies")
        assert path.read_bytes() == (server.folder / "shot-1213.png").read_bytes()
        assert path.name == "shot-1213.png"
        said = json.loads(path.with_suffix(".json").read_text())
        assert said["properties"]["sitedelta:cut_from"][0]["href"] == f"{server.url}/shot-1213.png"


def test_entries_of_a_configuration_may_be_addresses(server, world, configure, tmp_path):
    path = configure(
        {"path": f"{server.url}/2024-12-06-a.tif", "source": "me"},
        {"path": f"{server.url}/shot-1213.png", "date": "2024-12-13", "gsd": 2.0},
        aoi=list(world.aoi),
    )
    site = with_found(load_config(path).sites[0], tmp_path / "images")
    first, second = ingest(site, workdir=tmp_path / "work").scenes
    assert (first.id, first.source, first.gsd_m) == ("2024-12-06-2024-12-06-a", "me", 2.0)
    assert (second.id, second.source) == ("2024-12-13-shot-1213", f"shot-1213, {server.url}/shot-1213.png")
    assert [i["path"] for i in parameters(site)["imagery"]] == [
        f"{server.url}/{p}" for p in ("2024-12-06-a.tif", "shot-1213.png")
    ]


def test_what_is_not_there_is_one_line(server, world, tmp_path):
    with pytest.raises(InputError, match=r"gone\.tif: there is no such file"):
        gather_files(f"{server.url}/gone.tif", world.aoi, tmp_path)


def test_a_pattern_finds_what_the_server_lists(server, world, ground, place_in, tmp_path):
    place_in(server.folder).write("shot-1220.png", ground(60, 80, seed=2), corner=None)
    place_in(server.folder / "deeper").write("shot-1227.png", ground(60, 80, seed=3), corner=None)
    found = gather_files(f"{server.url}/shot-*.png", None, tmp_path / "copies")
    assert [p.name for p in found] == ["shot-1213.png", "shot-1220.png"]
    assert [p.name for p in gather_files(f"{server.url}/deeper/*.png", world.aoi, tmp_path / "copies")] == [
        "shot-1227.png"
    ]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("none-*.png", r"none-\*\.png: matches nothing that .* links to"),
        ("*/shot-1213.png", "only the last part of an address on the web may be a pattern"),
        ("gone/*.png", r"there is no such file or page"),
    ],
)
def test_a_pattern_that_finds_nothing_is_one_line(server, tmp_path, pattern, why):
    with pytest.raises(InputError, match=why) as caught:
        gather_files(f"{server.url}/{pattern}", None, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "href", ["http://other.example/shot-1.png", "../shot-1.png", "/shot-1.png", "a/shot-1.png", "//other/shot-1.png"]
)
def test_a_listing_does_not_lead_elsewhere(server, href):
    folder = server.folder / "in"
    folder.mkdir()
    (folder / "page").write_text(f'<a href="{href}">shot</a>')
    web = Web(reach_of(server.url, ()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Web, "text", lambda *_: (folder / "page").read_text())
        with pytest.raises(InputError, match="matches nothing"):
            listed(f"{server.url}/in/shot-*.png", web)


def test_a_connection_that_breaks_goes_on_where_it_was(server, tmp_path):
    whole = (server.folder / "2024-12-06-a.tif").read_bytes()
    third = len(whole) // 3
    server.cut = {"/2024-12-06-a.tif": [third, third, 10]}
    web = Web(reach_of(server.url, ()))
    web.download(f"{server.url}/2024-12-06-a.tif", tmp_path / "copy.tif")
    assert (tmp_path / "copy.tif").read_bytes() == whole
    begins = [int(r.removeprefix("bytes=").rstrip("-")) for r in server.ranges]
    assert len(begins) == 3
    assert 0 < begins[0] <= third < begins[1] <= begins[2] <= 2 * third
    assert server.bytes_of(".tif") < 1.3 * len(whole)


def test_a_file_that_changes_on_its_way_is_begun_anew(server, tmp_path, monkeypatch):
    path = server.folder / "2024-12-06-a.tif"
    server.cut = {"/2024-12-06-a.tif": [1000]}
    monkeypatch.setattr(Part, "headers", lambda _: {})  # as a server that gives the whole file, as it is now
    Web(reach_of(server.url, ())).download(f"{server.url}/2024-12-06-a.tif", tmp_path / "copy.tif")
    assert (tmp_path / "copy.tif").read_bytes() == path.read_bytes()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(server, tmp_path, monkeypatch):
    monkeypatch.setattr("sitedelta.remote.web.MOST_FILE_BYTES", 5000)
    with pytest.raises(InputError, match=r"2024-12-06-a\.tif: is larger than 0 MB"):
        Web(reach_of(server.url, ())).download(f"{server.url}/2024-12-06-a.tif", tmp_path / "copy.tif")
    assert not list(tmp_path.glob("*.tif"))

"""Images named by their address: the part that shows the site, or the whole file where it has no georeference."""

import json

import pytest
import rasterio

from sitedelta.config import load_config
from sitedelta.errors import InputError
from sitedelta.ingest import ingest
from sitedelta.siteinputs import parameters
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

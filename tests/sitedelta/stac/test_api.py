"""Searching a STAC API (stac-fastapi) on this machine, whose assets lie on another server."""

import importlib.util
from pathlib import Path

import pytest

from sitedelta.errors import InputError
from sitedelta.imagery.dates import parse_date
from sitedelta.stac import Query, find_items
from sitedelta.stac.gather import gather
from sitedelta.stac.query import span

pytest.importorskip("stac_fastapi.api", reason="stac-fastapi is not installed")
_spec = importlib.util.spec_from_file_location("apiserver", Path(__file__).with_name("apiserver.py"))
apiserver = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(apiserver)


@pytest.fixture(scope="module")
def api(world):
    items = []
    for n in range(5):
        one = world.item(
            f"s{n}", f"2024-12-{6 + n:02d}", {"visual": world.image("http://127.0.0.1:1/a.tif", "red", gsd=2.0)}
        )
        items.append(one | {"properties": one["properties"] | {"eo:cloud_cover": 20.0 * n, "gsd": 2.0}})
    far = world.item("far", "2024-12-07", {"visual": world.image("a.tif")})
    ring = [[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]
    items.append(far | {"geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": [10, 10, 11, 11]})
    items.append(world.item("other", "2024-12-08", {"visual": world.image("a.tif")}) | {"collection": "others"})
    with apiserver.serving(items) as (url, backend):
        yield url, backend


def ids(query: Query) -> list[str]:
    return [item.id for item in find_items(query)]


def test_all_pages_of_a_search_are_read(api, world):
    url, backend = api
    backend.pages.clear()
    found = find_items(Query(url, world.aoi))
    assert {i.id for i in found} == {"s0", "s1", "s2", "s3", "s4", "other"}
    assert list(found) == sorted(found, key=lambda i: (i.start, i.collection))
    assert found[0].place == f"{url}/collections/scenes/items/s0"
    assert backend.pages[:3] == [2, 2, 2]


def test_collections_dates_and_cloud_narrow_it(api, world):
    url, _ = api
    since, until = span(parse_date("2024-12-07"), parse_date("2024-12-10"))
    assert ids(Query(url, world.aoi, collections=("scenes",), since=since, until=until)) == ["s1", "s2", "s3", "s4"]
    assert ids(Query(url, world.aoi, collections=("scenes",), max_cloud=25)) == ["s0", "s1"]
    assert ids(Query(url, world.aoi, collections=("scenes",), max_gsd_m=1.0)) == []


def test_a_collection_of_an_api_is_searched_alone(api, world):
    url, _ = api
    assert ids(Query(f"{url}/collections/others", world.aoi)) == ["other"]


def test_a_search_that_is_too_wide_is_refused(api, world):
    with pytest.raises(InputError, match=r"more than 3 scenes match; narrow the search"):
        find_items(Query(api[0], world.aoi, max_scenes=3))


def test_assets_on_another_port_have_to_be_named(api, world, tmp_path):
    with pytest.raises(InputError, match=r"127\.0\.0\.1:1, which the configuration does not name"):
        gather(Query(api[0], world.aoi, collections=("scenes",)), tmp_path)


def test_assets_of_a_search_are_read_where_they_lie(world, big, serve, tmp_path):
    world.write_cog(tmp_path / "server" / "a.tif", big[:, :1024, :1024])
    files = serve(tmp_path / "server")
    item = world.item(
        "one", "2024-12-06", {"visual": world.image(f"{files.url}/a.tif?sig=verysecret", "red", "green", "blue")}
    )
    with apiserver.serving([item]) as (url, _):
        (path,) = gather(Query(url, world.aoi, hosts=(files.url.removeprefix("http://"),)), tmp_path / "copies")
    assert files.bytes_of("a.tif") < 0.8 * (tmp_path / "server" / "a.tif").stat().st_size
    written = b"".join(p.read_bytes() for p in (tmp_path / "copies").rglob("*") if p.is_file())
    assert b"verysecret" not in written
    assert path.is_file()

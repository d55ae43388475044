"""Searching a stac-geoparquet file that another program (rustac) wrote."""

import pytest

from sitedelta.errors import InputError
from sitedelta.imagery.dates import parse_date
from sitedelta.stac import Query, find_items
from sitedelta.stac.query import span

rustac = pytest.importorskip("rustac", reason="rustac is not installed")


@pytest.fixture
def table(tmp_path, world):
    items = []
    for n in range(4):
        assets = {"visual": world.image("a.tif", "red", "green", "blue", gsd=2.0)}
        if n == 3:
            assets["scl"] = world.image("scl.tif")
        items.append(world.item(f"s{n}", f"2024-12-{6 + n:02d}", assets, **{"eo:cloud_cover": 20.0 * n, "gsd": 2.0}))
    far = world.item("far", "2024-12-07", {"visual": world.image("a.tif")})
    ring = [[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]
    items.append(far | {"geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": [10, 10, 11, 11]})
    path = tmp_path / "items.parquet"
    rustac.write_sync(str(path), {"type": "FeatureCollection", "features": items})
    return path


def test_items_are_as_they_were_written(table, world):
    found = find_items(Query(str(table), world.aoi))
    assert [i.id for i in found] == ["s0", "s1", "s2", "s3"]
    first, last = found[0], found[-1]
    assert (first.collection, first.cloud, first.gsd_m) == ("scenes", 0.0, 2.0)
    assert first.start.isoformat() == "2024-12-06T08:12:00+00:00"
    assert [a.key for a in first.assets] == ["visual"]
    assert {a.key for a in last.assets} == {"visual", "scl"}
    assert [b.common_name for b in first.assets[0].bands] == ["red", "green", "blue"]


def test_dates_and_cloud_narrow_it(table, world):
    since, until = span(parse_date("2024-12-07"), parse_date("2024-12-08"))
    assert [i.id for i in find_items(Query(str(table), world.aoi, since=since, until=until))] == ["s1", "s2"]
    assert [i.id for i in find_items(Query(str(table), world.aoi, max_cloud=30))] == ["s0", "s1"]


@pytest.mark.parametrize("content", [b"", b"PAR1 no", b"{}"])
def test_what_is_none_is_one_line(tmp_path, world, content):
    path = tmp_path / "items.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"items\.parquet: cannot be read as stac-geoparquet"):
        find_items(Query(str(path), world.aoi))

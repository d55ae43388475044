"""Catalogues whose parts were replaced at random: read, or refused in one line, and nothing is written elsewhere."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from sitedelta.errors import SitedeltaError
from sitedelta.stac import Query
from sitedelta.stac.gather import gather

ODD: tuple[Any, ...] = (
    None, True, -1, 1e400, float("nan"), "", "x" * 3000, "../../etc/passwd", "/etc/passwd", "file:///etc/passwd",
    "s3://b/k", [], {}, [[[]]], [None], {"a": None}, 10**30, "2024-13-45", "\ud800", "\0", "a\nb", ["a"] * 1000,
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", ".", "./one.json",
)  # fmt: skip
"""What parts are replaced by."""


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    each = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in each:
        yield from places(part, (*place, key))


def mutated(value: Any, rng: random.Random) -> Any:
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        *before, last = rng.choice(list(places(value)))
        part = value
        for key in before:
            part = part[key]
        if rng.random() < 0.2:
            del part[last]
        else:
            part[last] = rng.choice(ODD)
        if not list(places(value)):
            break
    return value


@pytest.mark.parametrize("seed", range(4))
def test_mutated_catalogues_are_read_or_refused_in_one_line(tmp_path, world, big, seed):
    rng, folder = random.Random(seed), tmp_path / "catalogue"
    world.write_cog(folder / "a.tif", big[:, :512, :512])
    asset = world.image("a.tif", "red", "green", "blue", gsd=2.0, **{"raster:bands": [{"scale": 1e-4}]})
    told = {"eo:cloud_cover": 3, "gsd": 2.0, "updated": "2024-12-07T00:00:00Z", "view:off_nadir": 3}
    item = world.item("one", "2024-12-06", {"visual": asset, "scl": world.image("a.tif")}, **told)
    extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]}}
    links = [{"rel": "item", "href": "./one.json"}, {"rel": "child", "href": "./two.json"}]
    parent = {"type": "Collection", "id": "scenes", "stac_version": "1.0.0", "extent": extent, "links": links}
    world.put(folder / "two.json", parent)
    refused: list[str] = []
    for _ in range(40):
        both = (mutated(item, rng), parent) if rng.random() < 0.7 else (item, mutated(parent, rng))
        for name, content in zip(("one.json", "collection.json"), both, strict=True):
            (folder / name).write_text(json.dumps(content))
        try:
            gather(Query(str(folder / "collection.json"), world.aoi, max_cloud=50), tmp_path / "copies")
        except SitedeltaError as error:
            refused.append(str(error))
    assert refused
    assert not any("\n" in line for line in refused)
    assert {p.name for p in tmp_path.iterdir()} <= {"catalogue", "copies"}

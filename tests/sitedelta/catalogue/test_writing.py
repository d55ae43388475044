import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pyproj import CRS
from shapely.geometry import shape
from stac_validator.stac_validator import StacValidate

from sitedelta.catalogue.writing import write_catalog
from sitedelta.files.store import SiteStore
from sitedelta.running.manifest import AlignmentRecord, GridRecord, Manifest, ModelRecord, PairRecord, SceneRecord
from sitedelta.scene import Scene
from sitedelta.site import Site

RASTERS = ("rasters/scene-a.tif", "rasters/scene-b.tif", "rasters/change-a--b.tif")
TABLES = ("observations.parquet", "objects.parquet", "events.parquet", "changes.parquet")
RING = ((35.94, 35.39), (35.97, 35.39), (35.97, 35.41), (35.94, 35.41), (35.94, 35.39))


def scene(name: str, day: int) -> SceneRecord:
    s = Scene(
        id=name, uri="/secret/x.png", originals=(Path("/secret/x.png"),), sha256="0" * 64,
        date=datetime(2024, 12, day, tzinfo=UTC), date_precision="day", gsd_m=0.5, width=10, height=10, bands=("red",),
        kind="optical", georeferenced=True, dtype="uint8", sensor="ExampleSat", off_nadir_deg=12.0,
    )  # fmt: skip
    alignment = AlignmentRecord("reference", "shift", (), None, None, None)
    return SceneRecord(s, alignment, 0.6, 0.2, f"rasters/scene-{name}.tif", footprint=RING)


def write_raster(path: Path, *, seen: float) -> None:
    """Write a raster on the grid, of which the right part is masked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((40, 80), np.bool_)
    mask[:, : round(80 * seen)] = True
    with rasterio.open(path, "w", driver="GTiff", width=80, height=40, count=1, dtype="uint8") as out:
        out.write(np.full((1, 40, 80), 7, np.uint8))
        out.write_mask(mask)


def make_site(folder: Path, *, georeferenced: bool = True) -> Site:
    for name in RASTERS:
        write_raster(folder / name, seen=0.5 if "scene-b" in name else 1.0)
    for name in TABLES:
        (folder / name).write_bytes(name.encode())
    crs = CRS.from_epsg(32636).to_wkt() if georeferenced else None
    grid = GridRecord(40, 80, 0.5, crs, (0.5, 0, 768000, 0, -0.5, 3921500))
    pair = PairRecord("a", "b", "compared", None, 0.5, "irmad", "", 1.0, 0.001, "", 10.0, 0.1, 1.0, RASTERS[2])
    manifest = Manifest(
        format=1, key="k", site="base", name="The base", grid=grid, zones=(), scenes=(scene("a", 6), scene("b", 13)),
        pairs=(pair,), model=ModelRecord("d 1", {}), detectors=(), statements=(), parameters={}, notes=(),
        software={"sitedelta": "0.1.0"},
        files={n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in (*RASTERS, *TABLES)},
    )  # fmt: skip
    return Site(SiteStore(folder), manifest)


@pytest.fixture
def site(tmp_path):
    return make_site(tmp_path / "base")


def items(site: Site) -> dict[str, pystac.Item]:
    catalog = pystac.Catalog.from_file(str(write_catalog(site)))
    return {i.id: i for i in catalog.get_items(recursive=True)}


def test_one_item_a_scene_and_one_a_change_map(site):
    found = items(site)
    assert list(found) == ["scene-a", "scene-b", "change-a--b", "tables"]
    assert found["scene-a"].datetime == datetime(2024, 12, 6, tzinfo=UTC)
    change = found["change-a--b"]
    assert change.datetime is None
    assert change.common_metadata.end_datetime == datetime(2024, 12, 13, tzinfo=UTC)


def test_assets_are_the_files_with_their_checksums(site):
    found = items(site)
    assert set(found["tables"].assets) == {"observations", "objects", "events", "changes"}
    for item in found.values():
        for asset in item.assets.values():
            path = Path(asset.get_absolute_href())
            assert asset.extra_fields["file:checksum"] == "1220" + hashlib.sha256(path.read_bytes()).hexdigest()
            assert asset.extra_fields["file:size"] == path.stat().st_size
            if path.suffix == ".tif":
                assert asset.extra_fields["proj:code"] == "EPSG:32636"


def test_links_are_relative_and_lead_to_items(site):
    write_catalog(site)
    for path in [site.store.catalog, *(site.store.root / "stac").glob("*.json")]:
        for link in json.loads(path.read_text())["links"]:
            assert link["href"].startswith("."), link
            assert (path.parent / link["href"]).exists()
        assert "/secret" not in path.read_text()


def test_change_derives_from_both_dates(site):
    found = items(site)
    for item in (found["change-a--b"], found["tables"]):
        sources = [link.resolve_stac_object().target.id for link in item.links if link.rel == "derived_from"]
        assert sources == ["scene-a", "scene-b"]
        assert item.properties["processing:software"] == {"sitedelta": "0.1.0"}


def test_footprint_holds_the_grid(site):
    item = items(site)["scene-a"]
    west, south, east, north = item.bbox
    assert 35.94 < west < east < 35.96
    assert 35.39 < south < north < 35.41
    assert item.geometry["type"] == "Polygon"


def test_a_scene_says_what_is_known_of_the_original_and_what_hides_the_site(site):
    p = items(site)["scene-a"].properties
    assert (p["gsd"], p["platform"], p["view:off_nadir"]) == (0.5, "ExampleSat", 12.0)
    assert p["eo:cloud_cover"] == 25.0
    assert (p["sitedelta:share_observed"], p["sitedelta:share_cloud"]) == (0.6, 0.2)
    assert p["sitedelta:original_sha256"] == "0" * 64
    assert p["sitedelta:original_footprint"]["coordinates"] == [[list(place) for place in RING]]


def test_footprint_of_a_scene_is_what_it_shows_of_the_site(site):
    whole, half = (shape(items(site)[f"scene-{n}"].geometry) for n in "ab")
    assert half.area == pytest.approx(whole.area / 2, rel=1e-3)
    assert half.within(whole.buffer(1e-6))


def test_the_collection_spans_all_dates_and_leads_to_the_report(site):
    (collection,) = pystac.Catalog.from_file(str(write_catalog(site))).get_collections()
    ((first, last),) = collection.extent.temporal.intervals
    assert (first, last) == (datetime(2024, 12, 6, tzinfo=UTC), datetime(2024, 12, 13, tzinfo=UTC))
    assert collection.assets["report"].href == "../report/index.html"
    assert all(item.get_collection().id == "base" for item in collection.get_items())


@pytest.mark.parametrize("georeferenced", [True, False])
def test_the_validator_of_stac_finds_nothing_wrong(tmp_path, schemas, georeferenced):
    site = make_site(tmp_path / "base", georeferenced=georeferenced)
    write_catalog(site)
    for path in [site.store.catalog, *sorted((site.store.root / "stac").glob("*.json"))]:
        found = StacValidate(str(path), schema_map=dict(schemas))
        found.run()
        assert found.valid, found.message


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("properties", "eo:cloud_cover", 101),
        ("properties", "view:off_nadir", -3),
        ("properties", "view:nearly", 1),
        ("properties", "datetime", "yesterday"),
        ("visual", "file:checksum", "SHA"),
        ("visual", "proj:shape", [1]),
        ("properties", "processing:software", "sitedelta"),
    ],
)
def test_the_validator_knows_a_fault(site, schemas, where, name, value):
    write_catalog(site)
    path = site.store.root / "stac" / "scene-a.json"
    item = json.loads(path.read_text())
    (item["properties"] if where == "properties" else item["assets"][where])[name] = value
    path.write_text(json.dumps(item))
    found = StacValidate(str(path), schema_map=dict(schemas))
    found.run()
    assert not found.valid


def test_an_extension_that_is_named_is_used(site, schemas):
    write_catalog(site)
    path = site.store.root / "stac" / "scene-a.json"
    item = json.loads(path.read_text())
    del item["properties"]["view:off_nadir"]
    path.write_text(json.dumps(item))
    found = StacValidate(str(path), schema_map=dict(schemas))
    found.run()
    assert not found.valid


def test_a_folder_that_was_moved_is_the_same_catalogue(site, tmp_path):
    before = {i.id: i.to_dict(include_self_link=False) for i in items(site).values()}
    moved = site.store.root.rename(tmp_path / "elsewhere")
    catalog = pystac.Catalog.from_file(str(moved / "catalog.json"))
    assert {i.id for i in catalog.get_items(recursive=True)} == set(before)
    for item in catalog.get_items(recursive=True):
        assert all(Path(a.get_absolute_href()).is_relative_to(moved) for a in item.assets.values())


def test_a_pixel_grid_has_no_footprint(tmp_path):
    item = items(make_site(tmp_path, georeferenced=False))["scene-a"]
    assert item.geometry is None
    assert item.bbox is None


def test_a_scene_that_was_not_placed_has_no_asset(tmp_path):
    site = make_site(tmp_path)
    first, second = site.manifest.scenes
    manifest = replace(site.manifest, scenes=(first, replace(second, raster=None)), pairs=())
    found = items(Site(site.store, manifest))
    assert not found["scene-b"].assets
    assert "change-a--b" not in found
    assert found["scene-b"].geometry["coordinates"] == [[list(place) for place in RING]]


def test_again_gives_the_same_bytes_and_no_stale_items(site):
    first = write_catalog(site).read_bytes()
    stale = site.store.root / "stac" / "scene-old.json"
    stale.write_text("{}")
    assert write_catalog(site).read_bytes() == first
    assert not stale.exists()

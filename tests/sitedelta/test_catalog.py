import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pystac
import pytest
from pyproj import CRS

from sitedelta.catalog import write_catalog
from sitedelta.manifest import AlignmentRecord, GridRecord, Manifest, ModelRecord, PairRecord, SceneRecord
from sitedelta.scene import Scene
from sitedelta.site import Site
from sitedelta.store import SiteStore

RASTERS = {"rasters/scene-a.tif": b"first", "rasters/scene-b.tif": b"second", "rasters/change-a--b.tif": b"change"}


def scene(name: str, day: int) -> SceneRecord:
    s = Scene(
        id=name, uri="/secret/x.png", originals=(Path("/secret/x.png"),), sha256="0" * 64,
        date=datetime(2024, 12, day, tzinfo=UTC), date_precision="day", gsd_m=0.5, width=10, height=10, bands=("red",),
        kind="optical", georeferenced=True, dtype="uint8", sensor="ExampleSat", off_nadir_deg=12.0,
    )  # fmt: skip
    alignment = AlignmentRecord("reference", "shift", (), None, None, None)
    return SceneRecord(s, alignment, 1.0, 0.0, f"rasters/scene-{name}.tif")


def make_site(folder: Path, *, georeferenced: bool = True) -> Site:
    for name, data in RASTERS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    crs = CRS.from_epsg(32636).to_wkt() if georeferenced else None
    grid = GridRecord(40, 80, 0.5, crs, (0.5, 0, 768000, 0, -0.5, 3921500))
    pair = PairRecord("a", "b", "compared", None, 0.5, "irmad", "", 1.0, 0.001, "", 10.0, 0.1, 1.0, list(RASTERS)[2])
    manifest = Manifest(
        format=1, key="k", site="base", name="The base", grid=grid, zones=(), scenes=(scene("a", 6), scene("b", 13)),
        pairs=(pair,), model=ModelRecord("d 1", {}), detectors=(), statements=(), parameters={}, software={}, notes=(),
        files={n: hashlib.sha256(d).hexdigest() for n, d in RASTERS.items()},
    )  # fmt: skip
    return Site(SiteStore(folder), manifest)


@pytest.fixture
def site(tmp_path):
    return make_site(tmp_path / "base")


def items(site: Site) -> dict[str, pystac.Item]:
    catalog = pystac.Catalog.from_file(str(write_catalog(site)))
    return {i.id: i for i in catalog.get_items()}


def test_one_item_a_scene_and_one_a_change_map(site):
    found = items(site)
    assert list(found) == ["scene-a", "scene-b", "change-a--b"]
    assert found["scene-a"].datetime == datetime(2024, 12, 6, tzinfo=UTC)
    change = found["change-a--b"]
    assert change.datetime is None
    assert change.common_metadata.end_datetime == datetime(2024, 12, 13, tzinfo=UTC)


def test_assets_are_the_files_with_their_checksums(site):
    for item in items(site).values():
        (asset,) = item.assets.values()
        path = Path(asset.get_absolute_href())
        assert asset.extra_fields["file:checksum"] == "1220" + hashlib.sha256(path.read_bytes()).hexdigest()
        assert asset.extra_fields["file:size"] == path.stat().st_size
        assert asset.extra_fields["proj:code"] == "EPSG:32636"


def test_links_are_relative_and_lead_to_items(site):
    write_catalog(site)
    for path in [site.store.catalog, *(site.store.root / "stac").glob("*.json")]:
        for link in json.loads(path.read_text())["links"]:
            assert link["href"].startswith("."), link
            assert (path.parent / link["href"]).exists()
        assert "/secret" not in path.read_text()


def test_change_derives_from_both_dates(site):
    found = items(site)["change-a--b"]
    sources = [link.resolve_stac_object().target.id for link in found.links if link.rel == "derived_from"]
    assert sources == ["scene-a", "scene-b"]


def test_footprint_holds_the_grid(site):
    item = items(site)["scene-a"]
    west, south, east, north = item.bbox
    assert 35.94 < west < east < 35.96
    assert 35.39 < south < north < 35.41
    assert item.geometry["type"] == "Polygon"


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


def test_again_gives_the_same_bytes_and_no_stale_items(site):
    first = write_catalog(site).read_bytes()
    stale = site.store.root / "stac" / "scene-old.json"
    stale.write_text("{}")
    assert write_catalog(site).read_bytes() == first
    assert not stale.exists()

import re
from pathlib import Path

import pytest
import yaml

from sitedelta.areas.zones import load_zones
from sitedelta.grid import SiteGrid, earth_grid
from sitedelta.grid.choice import utm_crs
from sitedelta.settings.config import SEARCH, Change, Config, Imagery, Site, load_config

CONFIGS = Path(__file__).parents[2] / "configs"
REAL = {"hmeimim": (35.9487, 35.4010), "rechitsa-camp": (30.39, 52.37)}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_it_is_valid(path):
    assert load_config(path).sites


@pytest.mark.parametrize(("name", "centre"), REAL.items())
def test_real_sites_have_zones_within_their_area(name, centre):
    site = load_config(CONFIGS / f"{name}.yaml").sites[0]
    west, south, east, north = site.aoi
    assert west < centre[0] < east
    assert south < centre[1] < north
    zones = load_zones(site.zones, grid_over(site.aoi))
    rows, cols = grid_over(site.aoi).shape
    assert len(zones) >= 3
    for zone in zones:
        left, top, right, bottom = zone.polygon.bounds
        assert left > 0
        assert top > 0
        assert right < cols
        assert bottom < rows
        assert 10_000 < zone.area_m2 < 1_000_000


def grid_over(aoi) -> SiteGrid:
    from odc.geo.geobox import GeoBox
    from odc.geo.geom import BoundingBox

    west, south, east, north = aoi
    crs = utm_crs((west + east) / 2, (south + north) / 2)
    box = BoundingBox(west, south, east, north, "EPSG:4326").polygon.to_crs(crs).boundingbox
    found = GeoBox.from_bbox(box, resolution=1.0)
    return earth_grid(found.shape.yx, found.affine, crs, 1.0)


def test_the_template_holds_every_key_with_a_comment():
    text = (CONFIGS / "template.yaml").read_text(encoding="utf-8")
    value = yaml.safe_load(text)
    site = value["sites"][0]
    assert set(value) == set(Config.model_fields)
    assert set(site) == set(Site.model_fields)
    assert set(site["imagery"][0]) == set(Imagery.model_fields) - SEARCH
    assert set(site["imagery"][1]) == SEARCH
    assert set(site["change"]) == set(Change.model_fields)
    keys = {*Config.model_fields, *Site.model_fields, *Imagery.model_fields, *Change.model_fields}
    for key in keys:
        before = re.search(rf"(.*)\n *(- )?{key}:", text)
        assert before is not None, key
        assert before[1].strip().startswith(("#", "- #", "imagery:")), key


def test_the_template_says_what_the_defaults_are():
    change = load_config(CONFIGS / "template.yaml").sites[0].change
    assert change == Change()

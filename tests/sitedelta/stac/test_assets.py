"""Which assets of an item are read."""

import pytest

from sitedelta.errors import InputError
from sitedelta.stac.assets import band_names, choose
from sitedelta.stac.item import read_item


def of(world, **assets):
    return read_item(world.item("one", "2024-12-06", assets, gsd=10.0), "/folder/one.json")


def keys(choice):
    return [a.key for a in choice.assets]


def sentinel(world):
    bands = {n: world.image(f"{n}.tif", n, gsd=10.0) for n in ("blue", "green", "red", "nir")}
    jp2 = {f"{n}-jp2": {**world.image(f"{n}.jp2", n, gsd=10.0), "type": "image/jp2"} for n in ("red", "blue")}
    more = {
        "swir16": world.image("swir.tif", "swir16", gsd=20.0),
        "visual": {**world.image("tci.tif", "red", "green", "blue", gsd=10.0), "roles": ["visual"]},
        "scl": world.image("scl.tif", gsd=20.0),
        "thumbnail": {"href": "t.jpg", "type": "image/jpeg", "roles": ["thumbnail"]},
        "granule_metadata": {"href": "m.xml", "type": "application/xml", "roles": ["metadata"]},
    }
    return of(world, **jp2, **bands, **more)


def test_bands_of_one_size_are_laid_together(world):
    choice = choose(sentinel(world))
    assert keys(choice) == ["red", "green", "blue", "nir"]
    assert (choice.mask.key, choice.provider) == ("scl", "scl")


def test_assets_can_be_named(world):
    assert keys(choose(sentinel(world), named=("visual",))) == ["visual"]
    with pytest.raises(InputError, match=r"has no asset 'rgb'; its assets are blue, "):
        choose(sentinel(world), named=("rgb",))


def test_the_finest_goes_first_and_colour_is_worth_twice(world):
    four = world.image("ms.tif", "blue", "green", "red", "nir", gsd=1.2)
    sharp, visual = world.image("pan.tif", "pan", gsd=0.3), world.image("v.tif", "red", "green", "blue", gsd=0.5)
    assert keys(choose(of(world, ms=four, pan=sharp))) == ["pan"]
    assert keys(choose(of(world, ms=four, pan=sharp, visual=visual))) == ["visual"]
    assert keys(choose(of(world, visual=four, other=world.image("o.tif", "red", "green", "blue", gsd=1.2)))) == [
        "visual"
    ]


def test_planet_has_its_mask_beside_it(world):
    assets = {
        "ortho_analytic_4b": world.image("20241213_3B_AnalyticMS.tif", "blue", "green", "red", "nir", gsd=3.0),
        "ortho_udm2": world.image("20241213_3B_udm2.tif"),
    }
    choice = choose(of(world, **assets))
    assert (keys(choice), choice.provider) == (["ortho_analytic_4b"], "udm2")


def test_radar_is_told_by_its_polarisations(world):
    item = of(world, vv=world.image("vv.tif", gsd=10.0), vh=world.image("vh.tif", gsd=10.0))
    assert keys(choose(item, kind="sar")) == ["vv", "vh"]


def test_an_item_without_an_image_is_one_line(world):
    with pytest.raises(InputError, match=r"one\.json, item one: none of its assets is an image"):
        choose(of(world, report={"href": "r.pdf", "type": "application/pdf"}))


def test_bands_of_newer_catalogues_are_read(world):
    asset = {
        **world.image("a.tif"),
        "bands": [{"name": "B4", "eo:common_name": "red"}, {"name": "B3", "common_name": "green"}],
    }
    asset |= {"raster:scale": 0.0001, "raster:offset": -0.1}
    (found,) = of(world, data=asset).assets
    assert band_names(found) == ("red", "green")
    assert [(b.scale, b.offset) for b in found.bands] == [(0.0001, -0.1)] * 2


@pytest.mark.parametrize(
    "raw",
    [None, [], {"assets": {}}, {"assets": {}, "id": 3, "properties": {}}, {"assets": {}, "id": "a", "properties": {}},
     {"assets": {}, "id": "a", "properties": {"datetime": "2024-13-01"}}, {"assets": [], "id": "a", "properties": {}}],
)  # fmt: skip
def test_what_is_no_item_is_one_line(raw):
    with pytest.raises(InputError, match="here"):
        read_item(raw, "here")

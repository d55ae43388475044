"""Rasters as cloud-optimised GeoTIFFs."""

import numpy as np
import pytest
import rasterio
from affine import Affine

from sitedelta.errors import RunFailed
from sitedelta.files.rasterfile import Layout, read_tag, write_cog
from sitedelta.grid import earth_grid, pixel_grid
from sitedelta.imagery.arrays import read_dataarray
from sitedelta.running.tiles import cut

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
ORIGIN = Affine(0.5, 0, 767_900, 0, -0.5, 3_921_500)


def grid(height, width):
    return earth_grid((height, width), ORIGIN, "EPSG:32636", 0.5)


def blocks(image, mask=None, core=200):
    for t in cut(image.shape[1:], halo=0, core=core):
        part = np.s_[t.row0 : t.row1, t.col0 : t.col1]
        yield t.row0, t.col0, image[:, *part], None if mask is None else mask[part]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_pixels_survive(tmp_path, dtype):
    image = (np.random.default_rng(0).random((2, 300, 410)) * 200).astype(dtype)
    path = tmp_path / "a.tif"
    write_cog(path, blocks(image), grid(300, 410), Layout(2, dtype, ("one", "two"), nodata=0), tags={"KEY": "value"})
    with rasterio.open(path) as found:
        np.testing.assert_array_equal(found.read(), image)
        assert found.descriptions == ("one", "two")
        assert found.nodata == 0
        assert found.tags()["KEY"] == "value"
        assert found.crs.to_epsg() == 32636
        assert found.transform == ORIGIN
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


def test_a_large_raster_is_tiled_with_overviews(tmp_path):
    image = np.zeros((1, 1100, 1300), np.uint8)
    image[0, 300:900] = 7
    write_cog(tmp_path / "a.tif", blocks(image), grid(1100, 1300), Layout(1, "uint8", ("x",)), tags={})
    with rasterio.open(tmp_path / "a.tif") as found:
        assert found.block_shapes[0] == (512, 512)
        assert found.block_shapes == [(512, 512)]
        assert found.overviews(1)[0] == 2
        assert found.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert found.compression.name == "deflate"


@pytest.mark.parametrize("jpeg", [False, True])
def test_masks_are_kept(tmp_path, jpeg):
    image = np.full((3, 300, 410), 90, np.uint8)
    mask = np.ones((300, 410), bool)
    mask[100:180, 50:250] = False
    write_cog(
        tmp_path / "a.tif", blocks(image, mask), grid(300, 410), Layout(3, "uint8", tuple("rgb"), jpeg=jpeg), tags={}
    )
    with rasterio.open(tmp_path / "a.tif") as found:
        np.testing.assert_array_equal(found.dataset_mask() > 0, mask)
        np.testing.assert_allclose(found.read()[:, mask], 90, atol=2 if jpeg else 0)
        assert [c.name for c in found.colorinterp] == ["red", "green", "blue"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif"]


def test_a_fourth_band_is_data_and_not_transparency(tmp_path):
    image = np.zeros((4, 60, 70), np.uint8)
    image[3, 10:] = 200
    write_cog(
        tmp_path / "a.tif",
        blocks(image),
        grid(60, 70),
        Layout(4, "uint8", ("blue", "green", "red", "nir")),
        tags={},
    )
    with rasterio.open(tmp_path / "a.tif") as found:
        assert "alpha" not in [c.name for c in found.colorinterp]
        assert (found.dataset_mask() == 255).all()


def test_without_georeference_none_is_written(tmp_path):
    write_cog(
        tmp_path / "a.tif",
        blocks(np.ones((1, 20, 30), np.uint8)),
        pixel_grid((20, 30), 1.0),
        Layout(1, "uint8", ("x",)),
        tags={},
    )
    with rasterio.open(tmp_path / "a.tif") as found:
        assert found.crs is None
        assert found.transform == Affine.identity()


def test_nothing_else_in_the_folder_is_touched(tmp_path):
    (tmp_path / "a.plain.tif").write_text("the user's own")
    write_cog(
        tmp_path / "a.tif", blocks(np.ones((1, 20, 30), np.uint8)), grid(20, 30), Layout(1, "uint8", ("x",)), tags={}
    )
    assert (tmp_path / "a.plain.tif").read_text() == "the user's own"


def test_blocks_that_fail_leave_nothing(tmp_path):
    def failing():
        yield 0, 0, np.ones((1, 10, 30), np.uint8), None
        raise RunFailed("no more")

    with pytest.raises(RunFailed, match="no more"):
        write_cog(tmp_path / "a.tif", failing(), grid(20, 30), Layout(1, "uint8", ("x",)), tags={})
    assert list(tmp_path.iterdir()) == []


def test_the_same_blocks_give_the_same_bytes(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (3, 300, 410)).astype(np.uint8)
    mask = image[0] > 20
    for name, core in (("a", 100), ("b", 100), ("c", 173)):
        layout = Layout(3, "uint8", tuple("rgb"), jpeg=True)
        write_cog(tmp_path / name / "x.tif", blocks(image, mask, core), grid(300, 410), layout, tags={"K": "v"})
    assert len({(tmp_path / n / "x.tif").read_bytes() for n in "abc"}) == 1


def test_tags_are_read_where_there_are_any(tmp_path):
    write_cog(
        tmp_path / "a.tif",
        blocks(np.ones((1, 20, 30), np.uint8)),
        grid(20, 30),
        Layout(1, "uint8", ("x",)),
        tags={"K": "v"},
    )
    assert read_tag(tmp_path / "a.tif", "K") == "v"
    assert read_tag(tmp_path / "a.tif", "L") is None
    assert read_tag(tmp_path / "none.tif", "K") is None
    (tmp_path / "b.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:40])
    assert read_tag(tmp_path / "b.tif", "K") is None


def test_arrays_carry_coordinates_and_mask(tmp_path):
    image = np.arange(2 * 20 * 30, dtype=np.uint16).reshape(2, 20, 30)
    mask = np.ones((20, 30), bool)
    mask[:5] = False
    write_cog(tmp_path / "a.tif", blocks(image, mask), grid(20, 30), Layout(2, "uint16", ("red", "")), tags={})
    found = read_dataarray(tmp_path / "a.tif")
    assert found.dims == ("band", "y", "x")
    np.testing.assert_array_equal(found.values, image)
    np.testing.assert_array_equal(found.attrs["valid"], mask)
    assert list(found.band.values) == ["red", "2"]
    assert (float(found.x[0]), float(found.y[0])) == (767_900.25, 3_921_499.75)
    assert found.attrs["transform"] == tuple(ORIGIN)[:6]
    assert "32636" in found.attrs["crs"] or "36N" in found.attrs["crs"]

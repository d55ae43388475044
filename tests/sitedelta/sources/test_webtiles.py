import cv2
import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from sitedelta.errors import InputError
from sitedelta.raster import Reader
from sitedelta.sources import find_tiles, is_tile_folder, write_vrt

ZOOM, X0, Y0 = 17, 78622, 51830
RNG = np.random.default_rng(5)


def tile(value, *, size=256) -> np.ndarray:
    """Give a blue, green, red picture."""
    return np.full((size, size, 3), value, np.uint8)


def put(folder, x, y, picture, *, zoom=ZOOM, ending="png"):
    path = folder / str(zoom) / str(x) / f"{y}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(f".{ending}", picture)[1].tobytes())
    return path


@pytest.fixture
def folder(tmp_path):
    """Two by three tiles with one gap, and a coarser level that is not to be used."""
    put(tmp_path / "t", X0 // 2, Y0 // 2, tile((1, 1, 1)), zoom=ZOOM - 1)
    for i, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (0, 2), (1, 2)]):
        put(tmp_path / "t", X0 + x, Y0 + y, tile((10 * i, 20 * i, 30 * i)))
    return tmp_path / "t"


def read_all(folder, vrt):
    write_vrt(find_tiles(folder), vrt)
    with Reader(vrt) as reader:
        info = reader.info
        return info, *reader.read((0, info.height, 0, info.width))


def test_it_is_recognised(folder, tmp_path):
    assert is_tile_folder(folder)
    assert not is_tile_folder(folder / str(ZOOM))
    assert not is_tile_folder(tmp_path)


def test_tiles_become_one_image_with_gaps(folder, tmp_path):
    info, image, valid = read_all(folder, tmp_path / "work" / "a.vrt")
    assert (info.width, info.height, info.band_names) == (512, 768, ("red", "green", "blue"))
    assert not valid[256:512, 256:].any()
    assert valid.sum() == 5 * 256 * 256
    for i, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (0, 2), (1, 2)]):
        part = image[:, y * 256 : (y + 1) * 256, x * 256 : (x + 1) * 256]
        assert (part == np.array([30 * i, 20 * i, 10 * i])[:, None, None]).all()


def test_they_lie_where_web_maps_put_them(folder, tmp_path):
    info, *_ = read_all(folder, tmp_path / "a.vrt")
    west, north = Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True).transform(
        info.transform.c, info.transform.f
    )
    n = 2**ZOOM
    assert west == pytest.approx(X0 / n * 360 - 180, abs=1e-9)
    assert north == pytest.approx(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * Y0 / n)))), abs=1e-9)
    assert info.gsd_m == pytest.approx(156543.03 / n * np.cos(np.radians(north)), rel=0.01)


def test_kinds_of_tiles_may_mix(tmp_path):
    folder = tmp_path / "t"
    colours = RNG.integers(0, 255, (4, 3), dtype=np.uint8)
    index = RNG.integers(0, 4, (256, 256), dtype=np.uint8)
    path = put(folder, X0, Y0, tile(0))
    table = {i: (*map(int, c), 0 if i == 0 else 255) for i, c in enumerate(colours)}
    with rasterio.open(path, "w", driver="PNG", count=1, height=256, width=256, dtype="uint8") as sink:
        sink.write_colormap(1, table)
        sink.write(index[None])
    put(folder, X0 + 1, Y0, tile(77)[..., 0], ending="jpg")
    put(folder, X0 + 2, Y0, np.dstack([tile((1, 2, 3)), np.where(index > 1, 255, 0).astype(np.uint8)]))
    put(folder, X0 + 3, Y0, tile((9, 9, 9)), ending="webp")
    _, image, valid = read_all(folder, tmp_path / "a.vrt")
    np.testing.assert_array_equal(valid[:, :256], index > 0)
    expected = np.moveaxis(colours[index], 2, 0) * (index > 0)
    np.testing.assert_array_equal(image[:, :, :256], expected)
    np.testing.assert_allclose(image[:, :, 256:512], 77, atol=1)
    assert valid[:, 256:512].all()
    np.testing.assert_array_equal(valid[:, 512:768], index > 1)
    assert valid[:, 768:].all()


def test_large_tiles(tmp_path):
    put(tmp_path / "t", X0, Y0, tile(5, size=512))
    info, *_ = read_all(tmp_path / "t", tmp_path / "a.vrt")
    assert info.width == 512
    assert info.transform.a == pytest.approx(156543.03 / 2**ZOOM / 2, rel=1e-6)


def test_the_virtual_raster_is_the_same_wherever_the_folder_lies(folder, tmp_path):
    write_vrt(find_tiles(folder), tmp_path / "a.vrt")
    before = (tmp_path / "a.vrt").read_bytes()
    (tmp_path / "moved").mkdir()
    folder.rename(tmp_path / "moved" / "t")
    write_vrt(find_tiles(tmp_path / "moved" / "t"), tmp_path / "moved" / "a.vrt")
    assert (tmp_path / "moved" / "a.vrt").read_bytes() == before


def test_names_with_special_characters(tmp_path):
    put(tmp_path / "a & <b> 'c'", X0, Y0, tile(5))
    _, image, valid = read_all(tmp_path / "a & <b> 'c'", tmp_path / "a.vrt")
    assert valid.all()
    assert (image == 5).all()


def test_reading_reduced(folder, tmp_path):
    write_vrt(find_tiles(folder), tmp_path / "a.vrt")
    with Reader(tmp_path / "a.vrt") as reader:
        image, valid = reader.read((0, 768, 0, 512), out_shape=(6, 4))
    assert valid.sum() == 20
    assert (image[:, 4:, 2:] == np.array([120, 80, 40])[:, None, None]).all()


def test_a_tile_that_is_cut_off_is_named(folder):
    path = folder / str(ZOOM) / str(X0) / f"{Y0}.png"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=f"{Y0}.png: is cut off"):
        find_tiles(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: put(f, X0 + 5, Y0, tile(1, size=128)), "squares of one size, not 128 x 128, 256 x 256"),
        (lambda f: put(f, X0 + 5, Y0, tile(1)[:100]), "squares of one size"),
        (lambda f: put(f, X0 + 2000, Y0, tile(1)), "more than 1024 tiles apart"),
        (lambda f: put(f, X0, Y0, tile(1), ending="jpg"), "two files stand for the tile"),
        (lambda f: put(f, X0 + 5, Y0, np.full((256, 256), 300, np.uint16)), "8 bits"),
        (lambda f: put(f, 5, 5, tile(1), zoom=18), ""),
    ],
)
def test_odd_folders_are_refused_in_one_line(folder, change, words):
    change(folder)
    if words:
        with pytest.raises(InputError, match=words) as caught:
            find_tiles(folder)
        assert str(folder) in str(caught.value)
    else:
        assert find_tiles(folder).zoom == 18


def test_no_tiles(tmp_path):
    with pytest.raises(InputError, match="no web-map tiles"):
        find_tiles(tmp_path)


def test_numbers_beyond_the_zoom_level(tmp_path):
    put(tmp_path, 9, 9, tile(1), zoom=2)
    with pytest.raises(InputError, match="do not exist at their zoom level"):
        find_tiles(tmp_path)

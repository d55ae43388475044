import math
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.enums import ColorInterp

from sitedelta.errors import RasterError
from sitedelta.raster import Reader, describe, read
from sitedelta.raster.tiff import stored_end

UTM = "EPSG:32637"
NORTH_UP = Affine(0.5, 0, 220000, 0, -0.5, 3920000)
RNG = np.random.default_rng(7)
SCENE = RNG.integers(1, 255, (3, 40, 60), dtype=np.uint8)


def write(path, data, **profile):
    data = np.atleast_3d(data) if data.ndim == 3 else data[None]
    keys = {"driver": "GTiff", "count": data.shape[0], "height": data.shape[1], "width": data.shape[2]} | profile
    interp = keys.pop("colorinterp", None)
    with rasterio.open(path, "w", dtype=data.dtype, **keys) as sink:
        if interp:
            sink.colorinterp = interp
        sink.write(data)
    return path


def whole(path, **kw):
    info = describe(path)
    return read(path, (0, info.height, 0, info.width), **kw)


def test_a_plain_geotiff(tmp_path):
    path = write(tmp_path / "a.tif", SCENE, crs=UTM, transform=NORTH_UP, photometric="RGB")
    info = describe(path)
    assert (info.width, info.height, info.count, info.dtype) == (60, 40, 3, "uint8")
    assert (info.band_names, info.nodata, info.transform) == (("red", "green", "blue"), None, NORTH_UP)
    assert info.georeferenced
    assert info.gsd_m == 0.5
    image, valid = whole(path)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, SCENE)
    assert valid.all()


def test_a_plain_png_has_no_place(tmp_path):
    path = write(tmp_path / "a.png", SCENE, driver="PNG")
    info = describe(path)
    assert (info.crs, info.gsd_m, info.transform, info.georeferenced) == (None, None, Affine.identity(), False)
    np.testing.assert_array_equal(whole(path)[0], SCENE)


@given(row0=st.integers(-30, 60), rows=st.integers(1, 50), col0=st.integers(-30, 80), cols=st.integers(1, 50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_windows_reach_beyond_the_image(tmp_path, row0, rows, col0, cols):
    path = tmp_path / "a.tif"
    if not path.exists():
        write(path, SCENE)
    image, valid = read(path, (row0, row0 + rows, col0, col0 + cols))
    padded = np.pad(SCENE, ((0, 0), (30, 80), (30, 80)))
    inside = np.pad(np.ones((40, 60), bool), ((30, 80), (30, 80)))
    where = (slice(row0 + 30, row0 + 30 + rows), slice(col0 + 30, col0 + 30 + cols))
    np.testing.assert_array_equal(valid, inside[where])
    np.testing.assert_array_equal(image, padded[:, *where])


def test_reducing_averages_what_is_valid(tmp_path):
    data = RNG.normal(100, 30, (2, 64, 96)).astype(np.float32)
    data[:, :16, :16] = -9999
    path = write(tmp_path / "a.tif", data, nodata=-9999)
    image, valid = read(path, (0, 64, 0, 96), out_shape=(8, 12))
    expected = data.reshape(2, 8, 8, 12, 8).mean(axis=(2, 4))
    assert not valid[:2, :2].any()
    assert valid.sum() == 8 * 12 - 4
    np.testing.assert_allclose(image[:, valid], expected[:, valid], rtol=1e-5)
    assert (image[:, ~valid] == 0).all()


def test_reducing_a_window_that_reaches_beyond_the_image(tmp_path):
    data = RNG.normal(100, 30, (1, 64, 64)).astype(np.float32)
    path = write(tmp_path / "a.tif", data)
    image, valid = read(path, (-12, 84, -8, 88), out_shape=(12, 12))
    inside = np.zeros((12, 12), bool)
    inside[2:9, 1:9] = True
    np.testing.assert_array_equal(valid, inside)
    expected = data[0, 4:60].reshape(7, 8, 8, 8).mean(axis=(1, 3))
    np.testing.assert_allclose(image[0, 2:9, 1:9], expected, rtol=1e-5)


def test_bands_are_chosen_by_index_and_do_not_change_validity(tmp_path):
    data = SCENE.astype(np.int16)
    data[2, 5, 6] = -1
    path = write(tmp_path / "a.tif", data, nodata=-1)
    image, valid = whole(path, bands=[1, 0])
    assert not valid[5, 6]
    assert valid.sum() == valid.size - 1
    np.testing.assert_array_equal(image[:, valid], data[[1, 0]][:, valid])


@pytest.mark.parametrize(("nodata", "dtype"), [(0, "uint8"), (255, "uint8"), (65535, "uint16")])
def test_no_data_that_may_be_data_counts_only_in_all_bands(tmp_path, nodata, dtype):
    data = SCENE.astype(dtype)
    data[0, 3, 4] = nodata
    data[:, 7, 8] = nodata
    image, valid = whole(write(tmp_path / "a.tif", data, nodata=nodata))
    assert valid[3, 4]
    assert image[0, 3, 4] == nodata
    assert not valid[7, 8]
    assert valid.sum() == valid.size - 1


def test_nan_and_infinity_are_not_valid_and_not_given(tmp_path):
    data = SCENE.astype(np.float64)
    data[0, 1, 2], data[1, 3, 4], data[2, 5, 6] = np.nan, np.inf, 1e300
    image, valid = whole(write(tmp_path / "a.tif", data))
    assert valid.sum() == valid.size - 3
    assert np.isfinite(image).all()
    image, valid = whole(write(tmp_path / "b.tif", data, nodata=math.nan))
    assert valid.sum() == valid.size - 3


@pytest.mark.parametrize("driver", ["PNG", "GTiff"])
def test_alpha_is_a_mask(tmp_path, driver):
    alpha = np.full((1, 40, 60), 255, np.uint8)
    alpha[0, :10] = 0
    four = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    extra = {"colorinterp": four, "photometric": "RGB"} if driver == "GTiff" else {}
    path = write(tmp_path / f"a.{driver}", np.concatenate([SCENE, alpha]), driver=driver, **extra)
    assert describe(path).band_names == ("red", "green", "blue")
    image, valid = whole(path)
    assert image.shape[0] == 3
    np.testing.assert_array_equal(valid, alpha[0] > 0)
    assert (image[:, :10] == 0).all()
    np.testing.assert_array_equal(image[:, 10:], SCENE[:, 10:])


def test_a_fourth_band_that_is_described_is_no_alpha(tmp_path):
    data = np.concatenate([SCENE, SCENE[:1] // 2])
    path = write(tmp_path / "a.tif", data)
    assert describe(path).count == 3
    with rasterio.open(path, "r+") as sink:
        sink.set_band_description(4, "NIR")
    assert describe(path).band_names == ("red", "green", "blue", "nir")
    image, valid = whole(path)
    assert valid.all()
    np.testing.assert_array_equal(image, data)


def test_grey_with_alpha(tmp_path):
    data = np.stack([SCENE[0], np.where(SCENE[1] > 128, 255, 0).astype(np.uint8)])
    path = write(tmp_path / "a.png", data, driver="PNG")
    image, valid = whole(path)
    assert image.shape[0] == describe(path).count == 1
    np.testing.assert_array_equal(valid, data[1] > 0)


def test_a_mask_band(tmp_path):
    path = tmp_path / "a.tif"
    shape = {"count": 3, "height": 40, "width": 60, "dtype": "uint8"}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", driver="GTiff", **shape) as sink:
        sink.write(SCENE)
        sink.write_mask(SCENE[0] > 100)
    np.testing.assert_array_equal(whole(path)[1], SCENE[0] > 100)


@pytest.fixture
def palette(tmp_path):
    index = RNG.integers(0, 4, (40, 60), dtype=np.uint8)
    colours = {0: (0, 0, 0, 0), 1: (250, 10, 20, 255), 2: (30, 240, 50, 255), 3: (60, 70, 230, 255)}
    path = tmp_path / "palette.png"
    with rasterio.open(path, "w", driver="PNG", count=1, height=40, width=60, dtype="uint8") as sink:
        sink.write_colormap(1, colours)
        sink.write(index[None])
    table = np.array([colours[i] for i in range(4)], np.float32)
    return path, np.moveaxis(table[index], 2, 0)


def test_a_palette_becomes_colours_and_its_transparent_entries_a_mask(palette):
    path, colours = palette
    info = describe(path)
    assert (info.count, info.band_names) == (3, ("red", "green", "blue"))
    image, valid = whole(path)
    np.testing.assert_array_equal(valid, colours[3] > 0)
    np.testing.assert_array_equal(image, colours[:3])


def test_a_palette_is_reduced_by_colour_not_by_index(palette):
    path, colours = palette
    image, valid = whole(path, out_shape=(10, 15))
    weight = (colours[3] > 0).reshape(10, 4, 15, 4).sum(axis=(1, 3))
    summed = colours[:3].reshape(3, 10, 4, 15, 4).sum(axis=(2, 4))
    np.testing.assert_array_equal(valid, weight >= 8)
    np.testing.assert_allclose(image[:, valid], (summed / np.maximum(weight, 1))[:, valid], rtol=1e-4)


def test_a_large_palette_is_read_in_strips(palette, monkeypatch):
    path, _ = palette
    shapes = [None, (20, 30), (7, 11)]
    at_once = [whole(path, out_shape=s) for s in shapes]
    monkeypatch.setattr("sitedelta.raster.reader._STRIP_PIXELS", 500)
    for shape, (image, valid) in zip(shapes[:2], at_once[:2], strict=True):
        again, valid_again = whole(path, out_shape=shape)
        np.testing.assert_allclose(again, image, atol=1e-4)
        np.testing.assert_array_equal(valid_again, valid)
    assert whole(path, out_shape=shapes[2])[0].shape == at_once[2][0].shape


def test_sixteen_bits_and_named_bands(tmp_path):
    data = RNG.integers(0, 12000, (4, 40, 60), dtype=np.uint16)
    path = write(tmp_path / "a.tif", data, crs=UTM, transform=NORTH_UP)
    with rasterio.open(path, "r+") as sink:
        for i, name in enumerate(("blue", "green", "Band 3 (Red)", "Near Infrared"), 1):
            sink.set_band_description(i, name)
    assert describe(path).band_names == ("blue", "green", "red", "nir")
    np.testing.assert_array_equal(whole(path)[0], data)


def test_bands_without_names_are_numbered(tmp_path):
    path = write(tmp_path / "a.tif", SCENE, photometric="MINISBLACK")
    assert describe(path).band_names == ("band1", "band2", "band3")


@pytest.mark.parametrize("lat", [-60.0, 0.0, 35.4])
def test_ground_size_in_degrees(tmp_path, lat):
    step = 1e-5
    transform = Affine(step, 0, 35.9, 0, -step, lat)
    info = describe(write(tmp_path / "a.tif", SCENE, crs="EPSG:4326", transform=transform))
    assert info.gsd_m == pytest.approx(1.1132 * math.sqrt(math.cos(math.radians(lat))), rel=0.01)


def test_ground_size_in_web_mercator_is_not_that_of_its_coordinates(tmp_path):
    lat = 52.37
    y = 6378137 * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
    transform = Affine(1, 0, 3383000, 0, -1, y)
    info = describe(write(tmp_path / "a.tif", SCENE, crs="EPSG:3857", transform=transform))
    assert info.gsd_m == pytest.approx(math.cos(math.radians(lat)), rel=0.005)


def test_ground_size_of_rotated_and_south_up_grids(tmp_path):
    turned = NORTH_UP @ Affine.rotation(30) @ Affine.scale(2)
    for name, transform, size in (("a", turned, 1.0), ("b", Affine(0.5, 0, 220000, 0, 0.5, 3920000), 0.5)):
        info = describe(write(tmp_path / f"{name}.tif", SCENE, crs=UTM, transform=transform))
        assert info.gsd_m == pytest.approx(size, rel=1e-9)


def test_feet_are_converted(tmp_path):
    transform = Affine(1, 0, 2000000, 0, -1, 500000)
    info = describe(write(tmp_path / "a.tif", SCENE, crs="EPSG:2263", transform=transform))
    assert info.gsd_m == pytest.approx(0.3048, rel=1e-3)


def test_coordinates_without_a_system_give_no_place(tmp_path):
    info = describe(write(tmp_path / "a.tif", SCENE, transform=NORTH_UP))
    assert not info.georeferenced
    info = describe(write(tmp_path / "b.tif", SCENE, crs='LOCAL_CS["hall",UNIT["metre",1]]', transform=NORTH_UP))
    assert not info.georeferenced


def test_envi(tmp_path):
    path = write(tmp_path / "a.dat", SCENE, driver="ENVI", crs=UTM, transform=NORTH_UP)
    assert describe(path).gsd_m == 0.5
    np.testing.assert_array_equal(whole(path)[0], SCENE)
    path.write_bytes(path.read_bytes()[: 40 * 60 * 3 - 1])
    with pytest.raises(RasterError, match="cut off"):
        describe(path)


def test_a_reader_reads_many_windows(tmp_path):
    path = write(tmp_path / "a.tif", SCENE)
    with Reader(path) as reader:
        parts = [reader.read((row, row + 8, 0, 60))[0] for row in range(0, 40, 8)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), SCENE)


def smooth() -> np.ndarray:
    rows, cols = np.mgrid[:200, :300]
    plane = 120 + 60 * np.sin(rows / 17) + 40 * np.cos(cols / 23)
    return (plane[..., None] + RNG.normal(0, 6, (200, 300, 3))).clip(0, 255).astype(np.uint8)


def encoded(ending, *options) -> bytes:
    return cv2.imencode(ending, smooth(), list(options))[1].tobytes()


def stored(driver, **profile) -> bytes:
    with rasterio.MemoryFile() as file:
        shape = {"count": 3, "height": 200, "width": 300, "dtype": "uint8"}
        with file.open(driver=driver, **shape, **profile) as sink:
            sink.write(np.moveaxis(smooth(), 2, 0))
        return bytes(file.read())


WHOLE = {
    "jpeg": (".jpg", encoded(".jpg")),
    "progressive": (".jpg", encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
    "restart": (".jpg", encoded(".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 8)),
    "png": (".png", encoded(".png")),
    "webp": (".webp", encoded(".webp")),
    "tiff": (".tif", stored("GTiff")),
    "deflate": (".tif", stored("GTiff", compress="deflate", tiled=True, blockxsize=64, blockysize=64)),
    "bigtiff": (".tif", stored("GTiff", BIGTIFF="YES")),
    "bigendian": (".tif", stored("GTiff", ENDIANNESS="BIG")),
    "jp2": (".jp2", stored("JP2OpenJPEG", QUALITY=100, REVERSIBLE="YES")),
    "nitf": (".ntf", stored("NITF")),
    "bmp": (".bmp", encoded(".bmp")),
}


@pytest.mark.parametrize(("ending", "data"), WHOLE.values(), ids=WHOLE)
def test_whole_files_are_read(tmp_path, ending, data):
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    image, valid = whole(path)
    assert image.shape == (3, 200, 300)
    assert valid.all()


@pytest.mark.parametrize("share", [0.05, 1 / 3, 0.9, 0.999])
@pytest.mark.parametrize(("ending", "data"), WHOLE.values(), ids=WHOLE)
def test_files_that_are_cut_off_are_refused(tmp_path, ending, data, share):
    path = tmp_path / f"a{ending}"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(RasterError) as caught:
        describe(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_thumbnail_does_not_make_a_jpeg_whole(tmp_path):
    data, thumbnail = WHOLE["jpeg"][1], encoded(".jpg", cv2.IMWRITE_JPEG_QUALITY, 5)
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    assert describe(path).width == 300
    path.write_bytes((data[:2] + segment + data[2:])[: len(segment) + len(data) // 3])
    with pytest.raises(RasterError, match="cut off"):
        describe(path)


def test_bytes_after_the_end_do_not_matter(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(WHOLE["jpeg"][1] + b"\0" * 100)
    assert describe(path).width == 300


def test_damage_within_a_jpeg_is_found_when_it_is_read(tmp_path):
    data = bytearray(WHOLE["jpeg"][1])
    middle = len(data) // 2
    data[middle : middle + 4000] = b"\xff\xd3" * 2000
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with pytest.raises(RasterError, match="damaged"):
        whole(path)


def png_claiming(width, height) -> bytes:
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.tif", b"this is a letter, not an image\n" * 40, "not an image in a format that can be read"),
        ("a.tif", b"", "empty file"),
        ("a.jpg", b"\xff\xd8\xff", ""),
        ("a.png", png_claiming(60_000, 60_000), "too many"),
        ("a.vrt", b"<VRTDataset rasterXSize='9' rasterYSize='9'/>", "virtual raster"),
        ("a.tif", b"<VRTDataset rasterXSize='9' rasterYSize='9'/>", "not an image"),
        (
            "a.png",
            b"<GDAL_WMS><Service name='TMS'><ServerUrl>http://localhost:9/</ServerUrl></Service></GDAL_WMS>",
            "not",
        ),
        ("a.tif", b'{"type": "FeatureCollection", "features": []}', "not an image"),
        ("a\nb.tif", b"x", ""),
    ],
)
def test_what_is_no_image_is_refused_in_one_line(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(RasterError) as caught:
        describe(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value).replace(str(path), "")


def test_absent_files_and_folders(tmp_path):
    with pytest.raises(RasterError, match="no such file"):
        describe(tmp_path / "none.tif")
    with pytest.raises(RasterError, match="is a folder"):
        describe(tmp_path)
    with pytest.raises(RasterError, match="no such file"):
        read(tmp_path / "none.tif", (0, 1, 0, 1))


def test_a_pipe_is_no_image(tmp_path):
    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(RasterError, match="not a file"):
        describe(tmp_path / "a.tif")


def test_complex_values_are_refused(tmp_path):
    path = write(tmp_path / "a.tif", SCENE.astype(np.complex64))
    with pytest.raises(RasterError, match="complex"):
        describe(path)


@pytest.mark.parametrize("transform", [Affine(math.nan, 0, 1, 0, 1, 1), Affine(0.5, 0, 0, 0.5, 0, 0)])
def test_georeferences_that_mean_nothing_are_refused(tmp_path, transform):
    path = write(tmp_path / "b.tif", SCENE, crs=UTM, transform=NORTH_UP)
    with rasterio.open(path, "r+") as sink:
        sink.transform = transform
    with pytest.raises(RasterError, match="georeference"):
        describe(path)


def test_originals_and_their_folder_are_left_alone(tmp_path):
    path = write(tmp_path / "a.tif", SCENE)
    before = path.read_bytes()
    whole(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


def test_stored_end_is_the_end_of_the_last_block(tmp_path):
    path = write(tmp_path / "a.tif", SCENE)
    assert stored_end(path) <= path.stat().st_size < stored_end(path) + 1000
    (tmp_path / "b.tif").write_bytes(path.read_bytes()[:6])
    assert stored_end(tmp_path / "b.tif") > 10**15


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_bytes_break_the_tiff_check(tmp_path, body):
    path = tmp_path / "x.tif"
    path.write_bytes(b"II*\x00" + body)
    assert stored_end(path) >= 0


def test_tags_of_all_domains_are_found_without_case(tmp_path):
    path = write(tmp_path / "a.tif", SCENE)
    with rasterio.open(path, "r+") as sink:
        sink.update_tags(TIFFTAG_DATETIME="2024:12:13 08:12:33")
        sink.update_tags(ns="IMAGERY", ACQUISITIONDATETIME="2024-12-13 08:12:33", SATELLITEID="PLEIADES")
    info = describe(path)
    assert info.tag("tifftag_datetime") == "2024:12:13 08:12:33"
    assert info.tag("NONE", "SatelliteId") == "PLEIADES"
    assert info.tag("NONE") is None


def test_real_images_are_read(real_data):
    taizhou = describe(real_data / "change" / "taizhou" / "2000TM")
    assert (taizhou.width, taizhou.height, taizhou.count, taizhou.gsd_m) == (400, 400, 6, 30.0)
    image, valid = whole(min((real_data / "airbus" / "images").glob("*.jpg")), out_shape=(256, 256))
    assert valid.all()
    assert 20 < image.mean() < 235

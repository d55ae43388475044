"""Images with an RPC or control points are placed on the ground in one resampling, with terrain where it is given."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC

from sitedelta.errors import InputError
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import prepare
from sitedelta.verbs.change import change_files
from sitedelta.verbs.count import count_files
from sitedelta.verbs.register import register_files

UTM = "EPSG:32636"
LON, LAT, HEIGHT = 35.95, 35.4, 120.0
TO_LONLAT = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
EAST, NORTH = Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform(LON, LAT)
SIZE = 400
PER_DEGREE = (90_850.0, 110_950.0)
"""Metres a degree of longitude and of latitude there."""


def hills(lon, lat):
    """Give the ground's height, metres."""
    return HEIGHT + 40 * np.sin((lon - LON) * 800) * np.cos((lat - LAT) * 900)


def rpc(*, lean=0.4):
    """Give a sensor that looks aslant: a metre of height moves the ground by `lean` metres to the east."""
    scale = SIZE / 2
    line, samp = [0.0] * 20, [0.0] * 20
    half = 0.003
    line[2] = -half * PER_DEGREE[1] / scale
    samp[1] = half * PER_DEGREE[0] / scale
    samp[3], line[4], samp[7] = lean * 100 / scale, 0.003, 0.002
    one = [1.0] + [0.0] * 19
    return RPC(
        height_off=HEIGHT, height_scale=100, lat_off=LAT, lat_scale=half, line_den_coeff=one, line_num_coeff=line,
        line_off=scale, line_scale=scale, long_off=LON, long_scale=half, samp_den_coeff=one, samp_num_coeff=samp,
        samp_off=scale, samp_scale=scale,
    )  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """An image of 1 m pixels that was not rectified, with the ground places of its marks."""

    path: Path
    lon: np.ndarray
    lat: np.ndarray


def see(path, image, model, marks=((80, 90), (110, 300), (200, 210), (310, 120), (330, 330))):
    """Paint bright dots where a sensor shows places on the hills."""
    from rasterdelta.rpc import Rpc

    own = Rpc(
        model.line_off, model.line_scale, model.samp_off, model.samp_scale, model.lat_off, model.lat_scale,
        model.long_off, model.long_scale, model.height_off, model.height_scale, tuple(model.line_num_coeff),
        tuple(model.line_den_coeff), tuple(model.samp_num_coeff), tuple(model.samp_den_coeff),
    )  # fmt: skip
    lon, lat = own.to_ground(*np.array(marks, float).T, hills)
    rows, cols = own.to_image(lon, lat, hills(lon, lat))
    grid_rows, grid_cols = np.mgrid[0:SIZE, 0:SIZE]
    image = image.astype(float) * 0.5
    for r, c in zip(rows, cols, strict=True):
        image += 200 * np.exp(-((grid_rows - r) ** 2 + (grid_cols - c) ** 2) / (2 * 2.0**2))
    with rasterio.open(path, "w", driver="GTiff", width=SIZE, height=SIZE, count=3, dtype="uint8") as out:
        out.write(np.clip(image, 0, 255).astype(np.uint8))
        out.rpcs = model
    return Seen(path, lon, lat)


@pytest.fixture
def dem(tmp_path):
    path = tmp_path / "dem.tif"
    step = 1e-4
    rows, cols = np.mgrid[0:200, 0:200]
    lon, lat = LON - 0.01 + (cols + 0.5) * step, LAT + 0.01 - (rows + 0.5) * step
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=200, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(step, 0, LON - 0.01, 0, -step, LAT + 0.01),
    ) as out:  # fmt: skip
        out.write(hills(lon, lat).astype(np.float32), 1)
    return path


@pytest.fixture
def seen(tmp_path, ground):
    return see(tmp_path / "aslant.tif", ground(SIZE, SIZE), rpc())


@pytest.fixture
def map_sheet(tmp_path):
    """Give an empty sheet of 1 m pixels, north up, around the place."""
    path = tmp_path / "sheet.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=500, height=500, count=3, dtype="uint8", crs=UTM,
        transform=Affine(1, 0, round(EAST) - 250, 0, -1, round(NORTH) + 250),
    ) as out:  # fmt: skip
        out.write(np.full((3, 500, 500), 9, np.uint8))
    return path


def spots(path, lon, lat):
    """Give where bright dots lie in a raster, in pixels off the places given."""
    with rasterio.open(path) as file:
        plane = file.read(1).astype(float)
        x, y = Transformer.from_crs("EPSG:4326", file.crs, always_xy=True).transform(lon, lat)
        cols, rows = ~file.transform @ (np.array(x), np.array(y))
    off = []
    for r, c in zip(rows - 0.5, cols - 0.5, strict=True):
        top, left = int(r) - 12, int(c) - 12
        part = np.clip(plane[top : top + 25, left : left + 25] - 150, 0, None)
        assert part.sum() > 0
        where = np.mgrid[0:25, 0:25] * part / part.sum()
        off.append(np.hypot(where[0].sum() + top - r, where[1].sum() + left - c))
    return np.array(off)


def orthorectify(scene, path):
    """Write a scene on its own ground grid."""
    from sitedelta.alignment.warp import read_placed
    from sitedelta.files.rasterfile import Layout, write_cog
    from sitedelta.grid import locate, scene_grid

    grid = scene_grid(scene)
    image, valid = read_placed(
        scene, locate(scene, grid).to_scene, (0, grid.shape[0], 0, grid.shape[1]), bands=range(3)
    )
    blocks = [(0, 0, np.clip(np.round(image), 0, 255).astype(np.uint8), valid)]
    write_cog(path, blocks, grid, Layout(3, "uint8", ("red", "green", "blue")), tags={})
    return path


def test_places_on_hills_are_found_with_terrain(seen, dem, tmp_path):
    scene = scene_from_file(seen.path, dem=dem, require_date=False)
    assert scene.georeferenced
    assert scene.gsd_m == pytest.approx(1.0, abs=0.01)
    path = orthorectify(scene, tmp_path / "ortho.tif")
    assert spots(path, seen.lon, seen.lat).max() < 0.5
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 32636
        assert file.transform.e == -file.transform.a
        lon, lat = TO_LONLAT.transform(*file.transform @ (file.width / 2, file.height / 2))
        assert (lon, lat) == (pytest.approx(LON, abs=5e-4), pytest.approx(LAT, abs=5e-4))


def test_without_terrain_hills_are_off_by_their_lean(seen, tmp_path):
    scene = scene_from_file(seen.path, require_date=False)
    off = spots(orthorectify(scene, tmp_path / "flat.tif"), seen.lon, seen.lat)
    expected = 0.4 * np.abs(hills(seen.lon, seen.lat) - HEIGHT)
    np.testing.assert_allclose(off, expected, atol=0.7)
    assert off.max() > 2


@pytest.mark.parametrize("sidecar", ["RPB", "_RPC.TXT"])
def test_sidecars_are_read(seen, dem, sidecar, tmp_path):
    path = tmp_path / "moved" / "a.tif"
    path.parent.mkdir()
    with rasterio.open(seen.path) as file:
        pixels, model = file.read(), file.rpcs
    with rasterio.open(path, "w", driver="GTiff", width=SIZE, height=SIZE, count=3, dtype="uint8") as out:
        out.write(pixels)
    write = {"RPB": write_rpb, "_RPC.TXT": write_rpc_txt}[sidecar]
    write(path, model)
    scene = scene_from_file(path, dem=dem, require_date=False)
    assert spots(orthorectify(scene, tmp_path / "o.tif"), seen.lon, seen.lat).max() < 0.5


def write_rpc_txt(path, m):
    lines = [
        f"LINE_OFF: {m.line_off}", f"SAMP_OFF: {m.samp_off}", f"LAT_OFF: {m.lat_off}", f"LONG_OFF: {m.long_off}",
        f"HEIGHT_OFF: {m.height_off}", f"LINE_SCALE: {m.line_scale}", f"SAMP_SCALE: {m.samp_scale}",
        f"LAT_SCALE: {m.lat_scale}", f"LONG_SCALE: {m.long_scale}", f"HEIGHT_SCALE: {m.height_scale}",
    ]  # fmt: skip
    for name in ("line_num", "line_den", "samp_num", "samp_den"):
        values = getattr(m, f"{name}_coeff")
        lines += [f"{name.upper()}_COEFF_{k}: {v!r}" for k, v in enumerate(values, 1)]
    path.with_name(f"{path.stem}_RPC.TXT").write_text("\n".join(lines) + "\n")


def write_rpb(path, m):
    def values(name, numbers):
        return f"\t{name} = (\n" + ",\n".join(f"\t\t\t{v!r}" for v in numbers) + ");\n"

    text = (
        'satId = "XX01";\nbandId = "P";\nSpecId = "RPC00B";\nBEGIN_GROUP = IMAGE\n\terrBias = 0.0;\n\terrRand = 0.0;\n'
    )
    for name, value in (
        ("lineOffset", m.line_off), ("sampOffset", m.samp_off), ("latOffset", m.lat_off), ("longOffset", m.long_off),
        ("heightOffset", m.height_off), ("lineScale", m.line_scale), ("sampScale", m.samp_scale),
        ("latScale", m.lat_scale), ("longScale", m.long_scale), ("heightScale", m.height_scale),
    ):  # fmt: skip
        text += f"\t{name} = {value!r};\n"
    text += values("lineNumCoef", m.line_num_coeff) + values("lineDenCoef", m.line_den_coeff)
    text += values("sampNumCoef", m.samp_num_coeff) + values("sampDenCoef", m.samp_den_coeff)
    path.with_suffix(".RPB").write_text(text + "END_GROUP = IMAGE\nEND;\n")


@pytest.mark.parametrize("count", [4, 12])
def test_control_points_place_an_image(tmp_path, ground, count):
    turned = Affine.translation(EAST - 150, NORTH + 220) @ Affine.rotation(-10) @ Affine.scale(1, -1)
    rng = np.random.default_rng(0)
    corners = [(20, 20), (20, 380), (380, 20), (380, 380)]
    pixels = (corners + [tuple(p) for p in rng.uniform(10, 390, (8, 2))])[:count]
    points = [GroundControlPoint(r, c, *(turned @ (c, r))) for r, c in pixels]
    path = tmp_path / "gcp.tif"
    image = ground(SIZE, SIZE) // 2
    image[:, 199:204, 249:254] = 255
    with rasterio.open(path, "w", driver="GTiff", width=SIZE, height=SIZE, count=3, dtype="uint8") as out:
        out.write(image)
        out.gcps = (points, rasterio.crs.CRS.from_string(UTM))
    scene = scene_from_file(path, require_date=False)
    lon, lat = TO_LONLAT.transform(*(turned @ (251.5, 201.5)))
    ortho = orthorectify(scene, tmp_path / "o.tif")
    assert spots(ortho, np.array([lon]), np.array([lat])).max() < 0.5


def test_change_lies_on_the_ground(tmp_path, ground, dem):
    before = see(tmp_path / "a.tif", ground(SIZE, SIZE), rpc(), marks=((10, 10),))
    image = ground(SIZE, SIZE)
    image[:, 180:220, 180:240] = 250
    after = see(tmp_path / "b.tif", image, rpc(lean=0.4), marks=((10, 10),))
    done = change_files(before.path, after.path, out=tmp_path / "out", dem=dem)
    from sitedelta.grid.ground import ground_of

    scene = scene_from_file(before.path, dem=dem, require_date=False)
    lon, lat = ground_of(scene.ground).lonlat(np.array([199.5]), np.array([209.5]))
    with rasterio.open(tmp_path / "out" / "change.tif") as file:
        assert file.crs.to_epsg() == 32636
        x, y = Transformer.from_crs("EPSG:4326", file.crs, always_xy=True).transform(lon[0], lat[0])
        assert next(file.sample([(x, y)]))[0] == 1
    said = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert said["before"]["ground"] == "placed by its RPC over dem.tif"
    assert done.regions


def test_register_brings_it_onto_a_map(seen, dem, tmp_path):
    scene = scene_from_file(seen.path, dem=dem, require_date=False)
    reference = orthorectify(scene, tmp_path / "reference.tif")
    said = register_files(reference, seen.path, out=tmp_path / "on.tif", dem=dem)
    assert spots(tmp_path / "on.tif", seen.lon, seen.lat).max() < 0.5
    assert said["moving"]["ground"] == "placed by its RPC over dem.tif"


def test_counts_have_coordinates_on_the_ground(seen, dem):
    from sitedelta.grid import scene_lonlat

    scene = scene_from_file(seen.path, dem=dem, require_date=False)
    lon, lat = scene_lonlat(scene, np.array([200.0]), np.array([210.0]))
    assert (lon[0], lat[0]) == (pytest.approx(seen.lon[2], abs=1e-6), pytest.approx(seen.lat[2], abs=1e-6))
    said = count_files([seen.path], dem=dem, classes=["aircraft"]).summary
    assert said["images"][0]["classes"]["aircraft"]["status"] in ("counted", "observed_zero")


def test_what_is_assumed_is_said(seen, dem):
    from sitedelta.imagery.unrectified import placed_by

    flat, hilly = (scene_from_file(seen.path, dem=d, require_date=False).ground for d in (None, dem))
    assert placed_by(flat) == "placed by its RPC over ground of 120 m height, everywhere"
    assert placed_by(hilly) == "placed by its RPC over dem.tif"


def test_a_terrain_that_cannot_be_used(seen, tmp_path, ground):
    with pytest.raises(InputError, match=r"no such digital elevation model; correct `dem:`"):
        scene_from_file(seen.path, dem=tmp_path / "none.tif", require_date=False)
    plain = tmp_path / "plain.tif"
    cv2.imwrite(str(plain), ground(40, 40)[0])
    with pytest.raises(InputError, match="is not georeferenced; give a digital elevation model that is"):
        scene_from_file(seen.path, dem=plain, require_date=False)


def test_the_sun_is_turned_into_the_image(seen, dem):
    from dataclasses import replace

    from sitedelta.imagery.sunangle import sun_in_image

    scene = replace(scene_from_file(seen.path, dem=dem, require_date=False), sun_azimuth_deg=150.0)
    assert sun_in_image(scene).azimuth_deg == pytest.approx(150, abs=15)
    assert prepare(scene).clear.mask.any()

"""Bringing one image onto the grid of another."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from scipy import ndimage

import sitedelta
from sitedelta.errors import InputError, RegistrationRefused
from sitedelta.verbs.register import register_files

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
SIZE = 256


@pytest.fixture
def pair(place, ground):
    """Give a reference and a moving image whose georeference is wrong by (3, -5) pixels (row, column)."""
    world = ground(SIZE + 60, SIZE + 60)
    reference = place.write("reference.tif", world[:, 30 : 30 + SIZE, 30 : 30 + SIZE])
    moving = place.write("moving.tif", world[:, 27 : 27 + SIZE, 35 : 35 + SIZE])
    return reference, moving


def read(path):
    with rasterio.open(path) as found:
        about = SimpleNamespace(**found.profile, shape=found.shape, dtypes=found.dtypes, names=found.descriptions)
        return found.read(), found.dataset_mask() > 0, about


def test_the_moving_image_comes_onto_the_reference_grid(pair, tmp_path):
    said = register_files(*pair, out=tmp_path / "out.tif")
    image, valid, found = read(tmp_path / "out.tif")
    reference, _, its = read(pair[0])
    assert (found.shape, found.crs, found.transform, found.dtypes) == (its.shape, its.crs, its.transform, its.dtypes)
    assert found.names == ("red", "green", "blue")
    np.testing.assert_allclose(image[:, 20:-20, 20:-20].astype(int), reference[:, 20:-20, 20:-20], atol=2)
    assert valid[20:-20, 20:-20].all()
    # The moving image begins three rows above the reference, and ends three rows earlier.
    assert not valid[-2:].any()
    assert not valid[:, :4].any()
    assert said["model"] in {"shift", "affine", "field"}
    np.testing.assert_allclose(np.reshape(said["matrix"], (2, 3)), [[1, 0, -5], [0, 1, 3]], atol=0.15)
    assert said["inliers"] <= said["tie_points"]
    assert 0 < said["support"] <= 1
    assert said["reference"]["file"] == "reference.tif"


def test_the_field_says_where_the_moving_image_shows_the_ground(pair, tmp_path):
    register_files(*pair, out=tmp_path / "out.tif", field=tmp_path / "field.tif")
    (dcol, drow), _, found = read(tmp_path / "field.tif")
    assert (found.dtypes, found.names) == (("float32", "float32"), ("dcol", "drow"))
    assert np.isnan(found.nodata)
    assert found.shape == (SIZE, SIZE)
    reference, moving = read(pair[0])[0][1].astype(float), read(pair[1])[0][1].astype(float)
    rows, cols = np.mgrid[0:SIZE, 0:SIZE]
    inside = np.isfinite(dcol)
    assert inside.mean() > 0.9
    shown = ndimage.map_coordinates(moving, [(rows + drow)[inside], (cols + dcol)[inside]], order=1)
    assert np.median(np.abs(shown - reference[inside])) < 2
    np.testing.assert_allclose(dcol[inside], -5, atol=0.5)
    np.testing.assert_allclose(drow[inside], 3, atol=0.5)


def test_the_field_is_in_pixels_of_the_moving_image(place, ground, tmp_path):
    world = ground(SIZE + 60, SIZE + 60)
    reference = place.write("reference.tif", world[:, 30 : 30 + SIZE, 30 : 30 + SIZE])
    # Rightly georeferenced, but cut from elsewhere: the same ground has other pixels.
    moving = place.write("moving.tif", world[:, 10 : 20 + SIZE, 18 : 38 + SIZE], shift=(-20, -12))
    register_files(reference, moving, out=tmp_path / "out.tif", field=tmp_path / "f.tif", points=tmp_path / "p.csv")
    (dcol, drow), _, _ = read(tmp_path / "f.tif")
    np.testing.assert_allclose(np.nanmedian(dcol), 12, atol=0.1)
    np.testing.assert_allclose(np.nanmedian(drow), 20, atol=0.1)
    rows = list(csv.DictReader((tmp_path / "p.csv").open()))
    inlying = [r for r in rows if r["inlier"] == "1"]
    assert np.median([float(r["dcol"]) for r in inlying]) == pytest.approx(12, abs=0.3)
    assert np.median([float(r["drow"]) for r in inlying]) == pytest.approx(20, abs=0.3)
    image, valid, _ = read(tmp_path / "out.tif")
    np.testing.assert_allclose(image[:, valid].astype(int), world[:, 30 : 30 + SIZE, 30 : 30 + SIZE][:, valid], atol=3)


def test_points_are_listed(pair, tmp_path):
    register_files(*pair, out=tmp_path / "out.tif", points=tmp_path / "points.csv")
    rows = list(csv.DictReader((tmp_path / "points.csv").open()))
    assert list(rows[0]) == ["col", "row", "dcol", "drow", "quality", "inlier", "uncertainty"]
    inlying = np.array([[float(r["dcol"]), float(r["drow"])] for r in rows if r["inlier"] == "1"])
    np.testing.assert_allclose(np.median(inlying, 0), [-5, 3], atol=0.2)


def test_plain_images_need_no_ground_sampling_distance(place, ground, tmp_path):
    world = ground(SIZE + 60, SIZE + 60)
    reference = place.write("a.png", world[:, 30 : 30 + SIZE, 30 : 30 + SIZE], corner=None)
    moving = place.write("b.png", world[:, 22 : 22 + SIZE, 26 : 26 + SIZE], corner=None)
    register_files(reference, moving, out=tmp_path / "out.tif", field=tmp_path / "f.tif", model="affine")
    (dcol, drow), _, found = read(tmp_path / "f.tif")
    assert found.crs is None
    assert np.nanmedian(dcol) == pytest.approx(4, abs=0.2)
    assert np.nanmedian(drow) == pytest.approx(8, abs=0.2)


def test_the_data_type_and_the_bands_are_the_moving_images(place, ground, tmp_path):
    world = ground(SIZE, SIZE)
    reference = place.write("a.tif", world)
    four = np.concatenate([world, world[:1]]).astype(np.uint16) * 40
    moving = place.write("b.tif", four, shift=(2, 1))
    register_files(reference, moving, out=tmp_path / "out.tif")
    image, valid, found = read(tmp_path / "out.tif")
    assert found.dtypes == ("uint16",) * 4
    inner = np.s_[:, 20:-20, 20:-20]
    np.testing.assert_allclose(image[inner][0].astype(int), four[inner][0], atol=120)
    assert valid[20:-20, 20:-20].all()


def test_the_function_returns_what_the_file_holds(pair, tmp_path):
    found = sitedelta.register(*pair, out=str(tmp_path / "out.tif"))
    image, valid, its = read(tmp_path / "out.tif")
    np.testing.assert_array_equal(found.values, image)
    np.testing.assert_array_equal(found.attrs["valid"], valid)
    assert found.dims == ("band", "y", "x")
    assert found.attrs["summary"]["moving"]["file"] == "moving.tif"
    without = sitedelta.register(*pair)
    np.testing.assert_array_equal(without.values, image)
    assert float(found.x[0]) == its.transform.c + 0.25


def test_two_places_are_refused_and_nothing_is_written(place, ground, tmp_path):
    a = place.write("a.tif", ground(SIZE, SIZE, seed=1))
    b = place.write("b.tif", ground(SIZE, SIZE, seed=2))
    targets = {"out": tmp_path / "o" / "out.tif", "field": tmp_path / "o" / "f.tif", "points": tmp_path / "o" / "p.csv"}
    with pytest.raises(RegistrationRefused, match=r"cannot align b\.tif to a\.tif: .*; nothing was written") as caught:
        register_files(a, b, **targets)
    assert caught.value.exit_status == 1
    assert not (tmp_path / "o").exists()


def test_images_without_overlap_are_an_input_error(place, ground, tmp_path):
    a = place.write("a.tif", ground(64, 64))
    b = place.write("b.tif", ground(64, 64), shift=(0, 4000))
    with pytest.raises(InputError, match="images without overlap"):
        register_files(a, b, out=tmp_path / "out.tif")


def test_an_unknown_model_is_an_input_error(pair, tmp_path):
    with pytest.raises(InputError, match="unknown registration model 'bend': choose one of auto, shift, affine, field"):
        register_files(*pair, out=tmp_path / "out.tif", model="bend")

"""Mapping what changed between two images."""

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import rasterio
from pyproj import Transformer

import sitedelta
from sitedelta.errors import InputError, RegistrationRefused
from sitedelta.verbs.change import change_files

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
SIZE = 300
BUILT = (120, 160, 30, 24)
"""Row, column, rows and columns of what was built."""


def planted(world, seed=5):
    """Give the ground at another date: other light and noise, and one thing built."""
    rng = np.random.default_rng(seed)
    later = world.astype(float) * 1.08 + 4 + rng.normal(0, 1.5, world.shape)
    r, c, h, w = BUILT
    later[:, r : r + h, c : c + w] = np.array([235, 90, 60])[:, None, None] + rng.normal(0, 3, (3, h, w))
    return np.clip(later, 1, 255).astype(np.uint8)


@pytest.fixture
def world(ground):
    return ground(SIZE, SIZE, seed=11)


def read(path):
    with rasterio.open(path) as found:
        return found.read(1), SimpleNamespace(**found.profile, shape=found.shape, dtypes=found.dtypes)


def truth():
    r, c, h, w = BUILT
    mask = np.zeros((SIZE, SIZE), bool)
    mask[r : r + h, c : c + w] = True
    return mask


def assert_found(change, *, inner=np.s_[20:-20, 20:-20]):
    hit = (change == 1) & truth()
    assert hit.sum() > 0.6 * truth().sum()
    near = truth()
    r, c, h, w = BUILT
    near[r - 10 : r + h + 10, c - 10 : c + w + 10] = True
    elsewhere = (change == 1)[inner] & ~near[inner]
    assert elsewhere.mean() < 0.02


def test_georeferenced_images(place, world, tmp_path):
    before = place.write("before.tif", world)
    after = place.write("after.tif", planted(world))
    out = tmp_path / "out"
    done = change_files(before, after, out=out, method="irmad", jobs=1)

    change, found = read(out / "change.tif")
    assert set(np.unique(change)) <= {0, 1, 255}
    assert (found.dtypes[0], found.nodata, found.shape) == ("uint8", 255, (SIZE, SIZE))
    with rasterio.open(before) as its:
        assert (found.crs, found.transform) == (its.crs, its.transform)
    assert_found(change)
    assert sorted(p.name for p in out.iterdir()) == ["change.png", "change.tif", "changes.geojson", "summary.json"]
    assert (out / "change.png").read_bytes()[:4] == b"\x89PNG"

    regions = json.loads((out / "changes.geojson").read_text())["features"]
    assert len(regions) == len(done.regions) >= 1
    largest = regions[0]["properties"]
    r, c, h, w = BUILT
    lon, lat = Transformer.from_crs("EPSG:32636", "EPSG:4326", always_xy=True).transform(
        767_900 + (c + w / 2) * 0.5, 3_921_500 - (r + h / 2) * 0.5
    )
    metre = 1e-5
    ring = np.array(regions[0]["geometry"]["coordinates"][0])
    assert ring[:, 0].min() - metre < lon < ring[:, 0].max() + metre
    assert ring[:, 1].min() - metre < lat < ring[:, 1].max() + metre
    assert np.ptp(ring[:, 1]) * 111_000 == pytest.approx(h * 0.5, abs=5)
    assert largest["area_m2"] == pytest.approx(h * w * 0.25, rel=0.5)
    assert largest["score"] > 1
    assert sum(f["properties"]["area_m2"] for f in regions) == pytest.approx((change == 1).sum() * 0.25)

    said = json.loads((out / "summary.json").read_text())
    assert said == json.loads(json.dumps(done.summary()))
    assert said["changed_m2"] == pytest.approx((change == 1).sum() * 0.25, abs=0.01)
    assert said["share_observed"] == pytest.approx((change != 255).mean(), abs=1e-5)
    assert said["share_changed"] == pytest.approx((change == 1).sum() / (change != 255).sum(), abs=1e-5)
    assert said["regions"] == len(regions)
    assert (said["before"]["file"], said["after"]["file"], said["gsd_m"]) == ("before.tif", "after.tif", 0.5)
    assert said["alignment"]["note"].startswith("taken as they lie: the same ground at 4 of 4 places")


def test_plain_images_are_brought_together(place, ground, tmp_path):
    big = ground(SIZE + 40, SIZE + 40, seed=11)
    before = place.write("a.png", big[:, 20 : 20 + SIZE, 20 : 20 + SIZE], corner=None)
    moved = big.copy()
    moved[:, 20 : 20 + SIZE, 20 : 20 + SIZE] = planted(big[:, 20 : 20 + SIZE, 20 : 20 + SIZE])
    after = place.write("b.png", moved[:, 26 : 26 + SIZE, 13 : 13 + SIZE], corner=None)
    out = tmp_path / "out"
    done = change_files(before, after, out=out, method="irmad", gsd=0.5, jobs=1)

    change, found = read(out / "change.tif")
    assert found.crs is None
    assert_found(change)
    # The after image begins six rows lower and seven columns to the left.
    assert (change[:5] == 255).all()
    assert (change[:, -6:] == 255).all()
    collection = json.loads((out / "changes.geojson").read_text())
    feature = collection["features"][0]
    assert feature["properties"]["crs"] == "pixel"
    r, c, h, w = BUILT
    ring = np.array(feature["geometry"]["coordinates"][0])
    np.testing.assert_allclose(ring.min(0), [c - 0.5, r - 0.5], atol=6)
    np.testing.assert_allclose(ring.max(0), [c + w - 0.5, r + h - 0.5], atol=6)
    assert done.regions[0].lon is None


@pytest.mark.parametrize("finer", ["before", "after"])
def test_different_ground_sampling_distances(place, world, tmp_path, finer):
    def halved(image):
        return image.reshape(3, SIZE // 2, 2, SIZE // 2, 2).mean((2, 4)).round().astype(np.uint8)

    images = {"before": world, "after": planted(world)}
    paths = [
        place.write(f"{n}.tif", image if n == finer else halved(image), gsd=0.5 if n == finer else 1.0)
        for n, image in images.items()
    ]
    out = tmp_path / "out"
    change_files(*paths, out=out, method="irmad", jobs=1)
    change, found = read(out / "change.tif")
    if finer == "before":
        assert found.shape == (SIZE, SIZE)
        blocks = change.reshape(SIZE // 2, 2, SIZE // 2, 2)
        assert (np.ptp(blocks, axis=(1, 3)) == 0).all()
        assert_found(change)
    else:
        assert found.shape == (SIZE // 2, SIZE // 2)
        assert_found(np.kron(change, np.ones((2, 2), np.uint8)))
    assert json.loads((out / "summary.json").read_text())["gsd_m"] == 1.0


def test_what_one_date_does_not_show_is_not_observable(place, world, tmp_path):
    before = place.write("before.tif", world)
    later = planted(world)
    later[:, :, :60] = 0
    after = place.write("after.tif", later, nodata=0)
    change_files(before, after, out=tmp_path / "out", jobs=1)
    change, _ = read(tmp_path / "out" / "change.tif")
    assert (change[:, :59] == 255).all()
    assert (change[40:-40, 90:-40] != 255).all()
    said = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert said["share_observed"] < 0.81


def test_the_function_returns_what_the_files_hold(place, world, tmp_path):
    before, after = place.write("before.tif", world), place.write("after.tif", planted(world))
    found = sitedelta.change(before, after, out=str(tmp_path / "out"), score=True, jobs=1)
    change, _ = read(tmp_path / "out" / "change.tif")
    score, its = read(tmp_path / "out" / "score.tif")
    assert its.dtypes[0] == "float32"
    np.testing.assert_array_equal(found["change"].values, change)
    np.testing.assert_array_equal(found["score"].values, score)
    np.testing.assert_array_equal(np.isnan(score), change == 255)
    assert (score[change == 1] > 0).all()
    assert found.attrs["summary"] == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert len(found.attrs["regions"]) == found.attrs["summary"]["regions"]
    nowhere = sitedelta.change(before, after, jobs=1)
    np.testing.assert_array_equal(nowhere["change"].values, change)
    assert "score" not in nowhere


def test_nothing_changed_is_a_finding(place, world, tmp_path):
    before = place.write("a.tif", world)
    again = place.write("b.tif", np.clip(world * 1.05 + 3, 1, 255).astype(np.uint8))
    done = change_files(before, again, out=tmp_path / "out", jobs=1)
    assert done.found.share_changed < 0.01
    assert done.summary()["share_observed"] > 0.9
    assert json.loads((tmp_path / "out" / "changes.geojson").read_text())["type"] == "FeatureCollection"


def test_images_that_cannot_be_matched_but_lie_alike_are_taken_as_given(place, world, ground, tmp_path):
    before = place.write("a.tif", world)
    other = place.write("b.tif", ground(SIZE, SIZE, seed=77))
    done = change_files(before, other, out=tmp_path / "out", jobs=1)
    assert done.summary()["alignment"]["model"] == "as given"
    assert "nothing in the images bears it out; matching was refused" in done.summary()["alignment"]["note"]


@pytest.mark.parametrize("blind", ["a.tif", "b.tif"])
def test_an_image_that_shows_nothing_is_not_compared(place, world, tmp_path, blind):
    rng = np.random.default_rng(0)
    fog = cv2.resize(rng.normal(200, 12, (6, 6)).astype(np.float32), (SIZE, SIZE)) + rng.normal(0, 1, (3, SIZE, SIZE))
    images = [place.write(n, fog.astype(np.uint8) if n == blind else world) for n in ("a.tif", "b.tif")]
    with pytest.raises(RegistrationRefused, match=rf"{blind} shows next to nothing of what .\.tif shows"):
        change_files(*images, out=tmp_path / "out", jobs=1)
    assert not (tmp_path / "out").exists()


def test_plain_images_of_two_places_are_refused(place, world, ground, tmp_path):
    before = place.write("a.png", world, corner=None)
    other = place.write("b.png", ground(SIZE, SIZE - 20, seed=77), corner=None)
    with pytest.raises(RegistrationRefused, match=r"cannot align b\.png to a\.png"):
        change_files(before, other, out=tmp_path / "out", gsd=0.5, jobs=1)
    assert not (tmp_path / "out").exists()


def test_input_that_cannot_be_used(place, world, tmp_path):
    a = place.write("a.tif", world)
    far = place.write("far.tif", world, shift=(0, 9000))
    grey = place.write("grey.tif", world[:1])
    plain = place.write("plain.png", world, corner=None)
    out = tmp_path / "out"
    for pair, message, options in [
        ((a, far), "images without overlap", {}),
        ((a, grey), "give two images with the same bands", {}),
        ((a, plain), "give metres a pixel", {}),
        ((a, tmp_path / "none.tif"), "none.tif", {}),
        ((a, a), "unknown change method 'magic': choose one of auto", {"method": "magic"}),
    ]:
        with pytest.raises(InputError, match=message) as caught:
            change_files(*pair, out=out, jobs=1, **options)
        assert "\n" not in str(caught.value)
    assert not out.exists()


def test_an_empty_image_is_an_input_error(place, world, tmp_path):
    a = place.write("a.tif", world)
    empty = place.write("empty.tif", np.zeros((3, SIZE, SIZE), np.uint16), nodata=0)
    with pytest.raises(InputError, match=r"empty\.tif: holds no valid pixel"):
        change_files(a, empty, out=tmp_path / "out", jobs=1)


@pytest.mark.parametrize("method", ["irmad", "cva", "structure"])
def test_every_method_finds_what_was_built(place, world, tmp_path, method):
    before, after = place.write("before.tif", world), place.write("after.tif", planted(world))
    done = change_files(before, after, out=tmp_path / "out", method=method, jobs=1)
    assert done.summary()["method"] == method
    assert done.summary()["method_reason"] == "asked for"
    change, _ = read(tmp_path / "out" / "change.tif")
    assert ((change == 1) & truth()).sum() > 0.1 * truth().sum()


def test_an_index_is_compared_where_its_bands_are_named(place, ground, tmp_path):
    world = ground(200, 210, seed=3)
    four = np.concatenate([world, world[:1] // 2 + 90])
    later = four.copy()
    later[3, 60:110, 70:130] = 20
    before, after = (place.write(n, i, gsd=10.0) for n, i in (("b.tif", four), ("a.tif", later)))
    for path in (before, after):
        with rasterio.open(path, "r+") as file:
            file.descriptions = ("red", "green", "blue", "nir")
    done = change_files(before, after, out=tmp_path / "out", method="ndvi")
    assert done.estimate.model.method == "ndvi"
    change = done.found.rows(slice(0, 200))
    assert (change[65:105, 75:125] == 1).mean() > 0.95
    assert (change == 1).mean() < 0.1
    plain = place.write("p.tif", world, gsd=10.0)
    with pytest.raises(InputError, match=r"p.tif has no band 'nir', which ndvi compares"):
        change_files(before, plain, out=tmp_path / "no", method="ndvi")
    assert not (tmp_path / "no").exists()

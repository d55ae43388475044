"""What hides the ground: providers' masks, the bands, and what the user says of it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import rasterio

from rasterdelta.masks import Kind
from sitedelta.errors import InputError
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import prepare
from sitedelta.imagery.sunangle import sun_in_image
from sitedelta.sources import find_images, find_mask
from sitedelta.verbs.change import change_files
from sitedelta.verbs.count import count_files

STRIP = "20241206_081203_12_24c1"


def clouded(image, *, centre=(150, 200), radius=110):
    rng = np.random.default_rng(1)
    noise = cv2.GaussianBlur(rng.normal(size=image.shape[1:]).astype(np.float32), (0, 0), radius / 6)
    rows, cols = np.mgrid[0 : image.shape[1], 0 : image.shape[2]]
    reach = radius - np.hypot(rows - centre[0], cols - centre[1]) + 0.2 * radius * noise / noise.std()
    cover = np.clip(reach / (0.6 * radius) + 0.5, 0, 1)
    white = np.array([230, 233, 240])[:, None, None]
    return (image * (1 - cover) + white * cover).astype(np.uint8), cover > 0.7


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        (f"{STRIP}_3B_AnalyticMS_SR.tif", f"{STRIP}_3B_udm2.tif"),
        (f"{STRIP}_3B_AnalyticMS_SR_8b_clip.tif", f"{STRIP}_3B_udm2_clip.tif"),
        (f"{STRIP}_3B_Visual.tif", f"{STRIP}_3B_AnalyticMS_DN_udm.tif"),
        ("composite.tif", "composite_udm2.tif"),
        ("IMG_DATA/R10m/T36SYE_20241206T081239_B04_10m.jp2", "IMG_DATA/R20m/T36SYE_20241206T081239_SCL_20m.jp2"),
        ("T36SYE_20241206T081239.tif", "T36SYE_20241206T081239_SCL.tif"),
        ("LC08_L2SP_174035_20241206_20241212_02_T1_SR_B4.TIF", "LC08_L2SP_174035_20241206_20241212_02_T1_QA_PIXEL.TIF"),
    ],
)
def test_a_mask_is_found_beside_its_image(tmp_path, image, mask):
    for name in (image, mask, "20241207_081203_12_24c1_3B_udm2.tif", "other_SCL.tif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = find_mask(tmp_path / image)
    assert found is not None
    assert found.uri == str(tmp_path / mask)


def test_the_better_of_two_masks_is_taken(tmp_path):
    for name in ("3B_AnalyticMS", "3B_AnalyticMS_DN_udm", "3B_udm2"):
        (tmp_path / f"{STRIP}_{name}.tif").write_bytes(b"x")
    assert find_mask(tmp_path / f"{STRIP}_3B_AnalyticMS.tif").provider == "udm2"


def test_masks_are_no_images(place, ground):
    from sitedelta.settings.config import Imagery

    place.write(f"{STRIP}_3B_Visual.tif", ground(40, 40))
    place.write(f"{STRIP}_3B_udm2.tif", np.zeros((8, 40, 40), np.uint8))
    found = find_images(Imagery(path=place.folder))
    assert [p.name for p in found] == [f"{STRIP}_3B_Visual.tif"]


@pytest.mark.parametrize("gsd", [0.5, 1.0])
def test_a_providers_mask_is_believed(place, ground, gsd):
    path = place.write(f"{STRIP}_3B_Visual.tif", ground(120, 160))
    udm = np.zeros((8, round(60 / gsd), round(80 / gsd)), np.uint8)
    half = udm.shape[2] // 2
    udm[5, :, :half] = 1
    udm[2, :10, half:] = 1
    place.write(f"{STRIP}_3B_udm2.tif", udm, gsd=gsd)
    found = prepare(scene_from_file(path, require_date=False))
    assert (found.kinds[:, :80] == Kind.CLOUD).all()
    assert not found.clear.mask[:, :80].any()
    assert not found.clear.mask[: round(10 * gsd / 0.5), 80:].any()
    assert found.clear.mask[round(10 * gsd / 0.5) :, 80:].all()


def test_a_mask_of_another_projection_is_looked_up_by_place(place, ground):
    from rasterio.warp import calculate_default_transform, reproject

    path = place.write("a.tif", ground(100, 120))
    codes = np.zeros((100, 120), np.uint8)
    codes[20:60, 30:90] = 9
    with rasterio.open(path) as file:
        transform, width, height = calculate_default_transform(file.crs, "EPSG:4326", 120, 100, *file.bounds)
        warped = np.zeros((height, width), np.uint8)
        reproject(codes, warped, src_transform=file.transform, src_crs=file.crs, dst_transform=transform,
                  dst_crs="EPSG:4326")  # fmt: skip
    place.write("a_SCL.tif", warped[None], crs="EPSG:4326", transform=transform)
    kinds = prepare(scene_from_file(path, require_date=False)).kinds
    assert ((kinds == Kind.CLOUD) == (codes == 9)).mean() > 0.98


def test_a_mask_that_is_not_what_its_name_says(place, ground):
    path = place.write("a.tif", ground(40, 40))
    place.write("a_udm2.tif", np.zeros((1, 40, 40), np.uint8))
    with pytest.raises(InputError, match=r"a_udm2\.tif: is named a UDM2, which has 8 bands, and has 1"):
        prepare(scene_from_file(path, require_date=False))


def test_what_hides_is_the_users_to_say(place, ground):
    image, cover = clouded(ground(320, 400))
    path = place.write("a.tif", image, gsd=1.5)
    scene = scene_from_file(path, require_date=False)
    found = prepare(scene)
    assert (~found.clear.mask)[cover].mean() > 0.9
    assert (found.kinds == Kind.CLOUD)[cover].mean() > 0.9
    assert prepare(replace(scene, hidden=())).clear.mask.all()
    assert scene.hidden_by == "under cloud"
    assert replace(scene, hidden=("cloud", "haze", "snow")).hidden_by == "under cloud, haze, snow"


def test_radar_sees_through(place, ground):
    image, _ = clouded(ground(320, 400))
    scene = scene_from_file(place.write("a.tif", image, gsd=1.5), kind="sar", require_date=False)
    assert prepare(scene).clear.mask.all()


def test_a_cloud_is_no_change_and_no_zero(place, ground, tmp_path):
    before, (after, cover) = ground(320, 400), clouded(ground(320, 400))
    paths = [place.write(n, i, gsd=1.5) for n, i in (("a.tif", before), ("b.tif", after))]
    change_files(*paths, out=tmp_path / "seen")
    with rasterio.open(tmp_path / "seen" / "change.tif") as file:
        found = file.read(1)
    assert (found[cover] == 255).mean() > 0.9
    assert not (found[~cover & (cv2.dilate(cover.astype(np.uint8), np.ones((121, 121))) == 0)] == 255).any()
    said = count_files([paths[1]], out=tmp_path / "o.csv", classes=["aircraft"]).summary["images"][0]["classes"]
    assert said["aircraft"]["status"] == "partly_observable"


def test_the_sun_turns_with_the_image(place, ground):
    from affine import Affine

    image = ground(40, 50)
    tags = {"SUN_AZIMUTH": "150", "SUN_ELEVATION": "40"}

    def sun(name, transform, crs="EPSG:32636"):
        path = place.write(name, image, crs=crs, transform=transform, tags=tags)
        return sun_in_image(scene_from_file(path, gsd_m=2.0, require_date=False)).azimuth_deg

    assert sun("up.tif", Affine(1, 0, 7e5, 0, -1, 39e5)) == pytest.approx(150)
    assert sun("south.tif", Affine(1, 0, 7e5, 0, 1, 39e5)) == pytest.approx(30)
    turned = Affine(1, 0, 7e5, 0, -1, 39e5) @ Affine.rotation(30)
    assert sun("turned.tif", turned) == pytest.approx(120)
    degrees = Affine(1e-5, 0, 35.9, 0, -1e-5 * np.cos(np.radians(35.4)), 35.4)
    assert sun("degrees.tif", degrees, "EPSG:4326") == pytest.approx(150, abs=0.1)
    assert sun("plain.tif", Affine.identity(), None) is None


def test_counts_in_an_image_that_shows_nothing_are_not_observable(tmp_path):
    rng = np.random.default_rng(0)
    soft = cv2.resize(rng.normal(200, 12, (12, 12)).astype(np.float32), (900, 700), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "fog.png"), soft.clip(0, 255).astype(np.uint8))
    done = count_files([tmp_path / "fog.png"], gsd=0.5, jobs=1)
    for said in done.summary["images"][0]["classes"].values():
        assert (said["status"], said["count"]) == ("not_observable", None)
        assert said["reason"] == "100% without any detail: cloud, fog, calm water or a blank image"

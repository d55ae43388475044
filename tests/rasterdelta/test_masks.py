import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from rasterdelta.errors import KernelError
from rasterdelta.masks import bright_cloud, shrink, unsaturated
from rasterdelta.types import Image, Mask


def test_saturated_in_any_band() -> None:
    image = np.full((2, 3, 4), 100, np.float32)
    image[1, 2, 3] = 255
    usable = unsaturated(image, ceiling=255)
    assert not usable[2, 3]
    assert usable.sum() == 11


@settings(max_examples=25, deadline=None)
@given(pixels=st.integers(0, 6), seed=st.integers(0, 50))
def test_shrink_agrees_with_scipy(pixels: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((40, 50)) > 0.02
    kept = shrink(mask, pixels)
    distance = ndimage.distance_transform_edt(mask)
    assert not kept[~mask].any()
    # OpenCV's 5 x 5 distance is right to a few per cent.
    assert kept[distance > 1.06 * pixels + 0.01].all() or mask.all()
    assert not kept[distance < 0.94 * pixels - 0.01].any()


def test_shrink_of_nothing_invalid_keeps_the_edge() -> None:
    assert shrink(np.ones((5, 5), np.bool_), 2).all()


def test_shrink_by_less_than_nothing() -> None:
    with pytest.raises(KernelError, match="-1"):
        shrink(np.ones((5, 5), np.bool_), -1)


def ground(size: int = 800) -> Image:
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 1, (size, size)), 2)
    base = 0.3 + 0.15 * noise / noise.std() * 0.5
    return np.stack([base * 1.05, base, base * 0.8]).clip(0, 1).astype(np.float32)


def valid(image: Image) -> Mask:
    return np.ones(image.shape[1:], np.bool_)


def clouded(image: Image) -> tuple[Image, Mask]:
    rows, cols = np.mgrid[0 : image.shape[1], 0 : image.shape[2]]
    distance = np.hypot(rows - 300, cols - 350)
    cover = np.clip((260 - distance) / 60, 0, 1).astype(np.float32)
    return image * (1 - cover) + np.array([0.85, 0.87, 0.9], np.float32)[:, None, None] * cover, distance < 180


def test_cloud_is_found_and_ground_is_not() -> None:
    image, thick = clouded(ground())
    free = bright_cloud(image, valid(image), gsd_m=1.0)
    assert (~free)[thick].mean() > 0.9
    assert free[np.s_[600:, :]].all()


@pytest.mark.parametrize("kind", ["apron", "roof", "aircraft", "plain"])
def test_bright_ground_stays(kind: str) -> None:
    image = ground()
    if kind == "apron":
        image[:, 100:500, 100:700] = np.array([0.8, 0.75, 0.68], np.float32)[:, None, None]
    if kind == "roof":
        image[:, 100:170, 100:700] = 0.95
    if kind == "aircraft":
        for row in range(50, 750, 60):
            cv2.ellipse(image[0], (400, row), (25, 4), 0, 0, 360, 0.95, -1)
        image[1:] = np.where(image[0] == np.float32(0.95), np.float32(0.95), image[1:])
    assert bright_cloud(image, valid(image), gsd_m=1.0).all()


def test_invalid_pixels_are_another_masks_affair() -> None:
    image, _ = clouded(ground())
    assert bright_cloud(image, ~valid(image), gsd_m=1.0).all()


def test_too_small_to_tell() -> None:
    assert bright_cloud(np.ones((3, 8, 8), np.float32), np.ones((8, 8), np.bool_), gsd_m=0.5).all()


@pytest.mark.parametrize("gsd", [0.0, -1.0, float("nan")])
def test_bad_ground_sampling_distance(gsd: float) -> None:
    with pytest.raises(KernelError, match="positive"):
        bright_cloud(ground(64), np.ones((64, 64), np.bool_), gsd_m=gsd)


def test_shapes_must_agree() -> None:
    with pytest.raises(KernelError, match="belong together"):
        bright_cloud(ground(64), np.ones((3, 3), np.bool_), gsd_m=1.0)

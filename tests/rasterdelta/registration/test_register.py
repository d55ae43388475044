import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from rasterdelta.errors import KernelError
from rasterdelta.registration.register import register
from rasterdelta.registration.result import IDENTITY, Alignment, Refusal
from rasterdelta.types import Image, Matrix, Plane

_SPEC = importlib.util.spec_from_file_location("scenes", Path(__file__).with_name("conftest.py"))
scenes = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(scenes)


def shift(dcol: float, drow: float) -> Matrix:
    return np.array([[1.0, 0.0, dcol], [0.0, 1.0, drow]])


def turn(degrees: float, scale: float, dcol: float, drow: float) -> Matrix:
    z = scale * np.exp(1j * np.radians(degrees))
    return np.array([[z.real, -z.imag, dcol], [z.imag, z.real, drow]])


def noisy(plane: Plane, seed: int, sigma: float = 3.0) -> Image:
    return (plane + np.random.default_rng(seed).normal(0, sigma, plane.shape)).astype(np.float32)[None]


def worst(result: Alignment | Refusal, truth: Matrix, shape: tuple[int, int], margin: int = 20) -> float:
    assert isinstance(result, Alignment), getattr(result, "reason", "")
    rows, cols = (
        a.astype(np.float32) for a in np.mgrid[margin : shape[0] - margin : 24, margin : shape[1] - margin : 24]
    )
    dcol, drow = result.displacement(rows, cols)
    want = [m[0] * cols + m[1] * rows + m[2] for m in truth]
    return float(np.hypot(cols + dcol - want[0], rows + drow - want[1]).max())


def test_known_shift_comes_back(ground: Plane) -> None:
    truth = shift(-2.4, 1.32)
    moving = scenes.warped(ground, truth, ground.shape)
    result = register(noisy(ground, 0), noisy(moving, 1))
    assert worst(result, truth, ground.shape) < 0.05
    assert result.model == "shift"
    assert result.residual_px < 0.3
    assert result.support > 0.9


@pytest.mark.parametrize("seed", range(2))
def test_any_subpixel_shift(ground: Plane, seed: int) -> None:
    truth = shift(*np.random.default_rng(seed).uniform(-30, 30, 2))
    result = register(noisy(ground, 0), noisy(scenes.warped(ground, truth, ground.shape), 1))
    assert worst(result, truth, ground.shape, margin=32) < 0.06


def test_large_shift_without_a_start(ground: Plane) -> None:
    reference, moving = ground[:, :420], ground[:, 220:]
    assert worst(register(noisy(reference, 0), noisy(moving, 1)), shift(-220, 0), reference.shape) < 0.1


@pytest.mark.parametrize(("degrees", "scale"), [(3.0, 1.0), (-43.0, 0.9), (90.0, 1.0), (178.0, 1.3)])
def test_rotation_and_scale(ground: Plane, degrees: float, scale: float) -> None:
    z = scale * np.exp(1j * np.radians(degrees))
    middle = 320 * (1 + 1j)
    t = 340 * (1 + 1j) - z * middle
    truth = turn(degrees, scale, t.real, t.imag)
    moving = scenes.warped(ground, truth, (680, 680))
    result = register(noisy(ground, 0), noisy(moving, 1))
    assert isinstance(result, Alignment), result.reason
    rows, cols = (a.astype(np.float32) for a in np.mgrid[200:440:20, 200:440:20])
    dcol, drow = result.displacement(rows, cols)
    want = [m[0] * cols + m[1] * rows + m[2] for m in truth]
    assert np.hypot(cols + dcol - want[0], rows + drow - want[1]).max() < 0.25
    assert result.model == "affine"


@pytest.mark.parametrize("factor", [1 / 3, 2.0])
def test_known_ratio_of_pixel_sizes(ground: Plane, factor: float) -> None:
    size = tuple(round(n * factor) for n in ground.shape)
    moving = cv2.resize(ground, size[::-1], interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    f = moving.shape[0] / ground.shape[0]
    truth = np.array([[f, 0, (f - 1) / 2], [0, f, (f - 1) / 2]])
    result = register(noisy(ground, 0), noisy(moving, 1), scale=factor)
    assert worst(result, truth, ground.shape) < 0.3 * max(1.0, factor)


def test_a_rough_pixel_size_is_mended(ground: Plane) -> None:
    truth = turn(12.0, 1.35, 150.0, -60.0)
    moving = scenes.warped(ground, truth, (900, 900))
    result = register(noisy(ground, 0), noisy(moving, 1), scale=1.0)
    assert isinstance(result, Alignment), result.reason
    np.testing.assert_allclose(result.matrix[:, :2], truth[:, :2], atol=0.005)
    assert not register(noisy(ground, 0), noisy(moving, 1), scale=1.0, start=IDENTITY)


def under(ground: Plane, cover: np.ndarray, seed: int) -> np.ndarray:
    """Put cloud with a slow texture of its own over some of the ground."""
    rng = np.random.default_rng(seed)
    cloud = 900 + 15 * cv2.GaussianBlur(rng.normal(0, 1, ground.shape).astype(np.float32), (0, 0), 6) * 6
    soft = cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 4)
    return noisy(ground * (1 - soft) + cloud * soft, seed)


@pytest.mark.parametrize(("share", "aligned"), [(0.3, True), (0.7, False)])
@pytest.mark.parametrize("which", ["reference", "moving"])
def test_scattered_cloud_over_most_of_the_ground_is_refused(
    ground: Plane, share: float, aligned: bool, which: str
) -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, ground.shape).astype(np.float32), (0, 0), 45)
    pair = [noisy(ground, 0), under(ground, noise > np.quantile(noise, 1 - share), 1)]
    result = register(*(pair if which == "moving" else pair[::-1]))
    assert bool(result) == aligned, getattr(result, "reason", result)


def test_ground_that_is_known_to_be_hidden_counts_as_not_borne_out(ground: Plane) -> None:
    valid = np.ones(ground.shape, np.bool_)
    valid[:420] = False
    pair = noisy(ground, 0), noisy(ground, 1)
    assert register(*pair, moving_valid=valid)
    result = register(*pair, moving_valid=valid, moving_covered=np.ones(ground.shape, np.bool_))
    assert isinstance(result, Refusal)
    assert "of the common ground" in result.reason


def test_affine_with_a_start(ground: Plane) -> None:
    truth = np.array([[1.02, 0.01, 8.0], [-0.004, 0.99, -5.0]])
    moving = scenes.warped(ground, truth, ground.shape)
    result = register(noisy(ground, 0), noisy(moving, 1), start=shift(20, 10))
    assert worst(result, truth, ground.shape, margin=40) < 0.3
    assert result.model == "affine"


def test_other_radiometry_and_other_bands(ground: Plane) -> None:
    truth = shift(5.3, -7.8)
    moving = scenes.warped(ground, truth, ground.shape)
    bright = 4095 * np.clip(moving / 800, 0, 1) ** 1.6 * 0.7 + 90
    bands = np.concatenate([noisy(bright, 1, 10), noisy(0.2 * bright + 7, 2, 3), noisy(1.5 * bright, 3, 20)])
    assert worst(register(noisy(ground, 0), bands), truth, ground.shape) < 0.06


def test_half_the_image_invalid(ground: Plane, elsewhere: Plane) -> None:
    truth = shift(-2.4, 1.32)
    moving = scenes.warped(ground, truth, ground.shape)
    moving[:, :320] = elsewhere[:, :320]
    valid = np.ones(ground.shape, np.bool_)
    valid[:, :320] = False
    result = register(noisy(ground, 0), noisy(moving, 1), moving_valid=valid)
    assert worst(result, truth, ground.shape) < 0.06
    assert 0.3 < result.support < 0.7
    assert (result.points.col + result.points.dcol > 300).all()


def test_changed_ground_is_outvoted(ground: Plane, elsewhere: Plane) -> None:
    truth = shift(3.7, 2.2)
    moving = scenes.warped(ground, truth, ground.shape)
    moving[100:500, 100:500] = elsewhere[100:500, 100:500]
    result = register(noisy(ground, 0), noisy(moving, 1))
    assert worst(result, truth, ground.shape) < 0.06
    assert not result.points.inlier.all()


def test_different_sizes(ground: Plane) -> None:
    result = register(noisy(ground, 0), noisy(ground[100:500, 60:600], 1))
    assert worst(result, shift(-60, -100), ground.shape) < 0.06


def test_screen_furniture_does_not_hold_the_image_still(ground: Plane) -> None:
    reference, moving = ground[:, :560].copy(), ground[:, 80:].copy()
    for image in (reference, moving):
        image[600:, :] = np.where(np.arange(560) // 7 % 2, 0, 900)
        for r, c in ((10, 10), (10, 400), (300, 500)):
            logo = np.random.default_rng(c).random((6, 12)) > 0.5
            image[r : r + 24, c : c + 48] = np.kron(logo, np.ones((4, 4))) * 900
    assert worst(register(noisy(reference, 0), noisy(moving, 1)), shift(-80, 0), (560, 560)) < 0.1


def smooth(seed: int, amplitude: float, size: int) -> Plane:
    few = np.random.default_rng(seed).normal(0, amplitude, (3, 3)).astype(np.float32)
    return cv2.resize(few, (size, size), interpolation=cv2.INTER_CUBIC)


def test_smooth_field_is_recovered() -> None:
    size = 768
    plane = scenes.textured(3, size, size)
    rows, cols = (a.astype(np.float32) for a in np.mgrid[0:size, 0:size])
    u, v = 4 + smooth(0, 0.6, size), -6 + smooth(1, 0.6, size)
    moving = plane  # reference(x) = moving(x + u): the truth is known on the reference grid without inversion
    reference = cv2.remap(plane, cols + u, rows + v, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    result = register(noisy(reference, 0), noisy(moving, 1), model="field")
    assert isinstance(result, Alignment), result.reason
    assert result.model == "field"
    dcol, drow = result.displacement(rows, cols)
    error = np.hypot(dcol - u, drow - v)[16:-16, 16:-16]
    assert np.median(error) < 0.07
    assert np.quantile(error, 0.95) < 0.25


def test_field_stays_bounded_where_nothing_is_seen(ground: Plane) -> None:
    valid = np.zeros(ground.shape, np.bool_)
    valid[:400, :400] = True
    moving = scenes.warped(ground, shift(2.5, 1.5), ground.shape)
    result = register(noisy(ground, 0), noisy(moving, 1), reference_valid=valid, model="field")
    assert isinstance(result, Alignment), result.reason
    assert np.abs(result.field).max() < 1.5


def test_same_input_gives_the_same_bytes(ground: Plane) -> None:
    moving = noisy(scenes.warped(ground, turn(2.0, 1.01, 9, -4), ground.shape), 1)
    one, two = (register(noisy(ground, 0), moving, model="field") for _ in range(2))
    np.testing.assert_array_equal(one.matrix, two.matrix)
    np.testing.assert_array_equal(one.field, two.field)
    np.testing.assert_array_equal(one.points.dcol, two.points.dcol)


def odd(kind: str, ground: Plane, elsewhere: Plane) -> Image:
    rng = np.random.default_rng(5)
    if kind == "unrelated":
        return noisy(elsewhere, 1)
    if kind == "mirror":
        return noisy(ground[:, ::-1], 1)
    if kind == "fog":
        return cv2.resize(rng.normal(200, 12, (20, 20)).astype(np.float32), ground.shape).round()[None]
    if kind == "noise":
        return rng.normal(100, 10, (1, *ground.shape)).astype(np.float32)
    return np.full((1, *ground.shape), 180, np.float32)


@pytest.mark.parametrize("kind", ["unrelated", "mirror", "fog", "noise", "blank"])
def test_what_cannot_be_trusted_is_refused(ground: Plane, elsewhere: Plane, kind: str) -> None:
    result = register(noisy(ground, 0), odd(kind, ground, elsewhere))
    assert isinstance(result, Refusal)
    assert not result
    assert result.reason


def test_a_start_does_not_persuade(ground: Plane, elsewhere: Plane) -> None:
    assert not register(noisy(ground, 0), odd("unrelated", ground, elsewhere), start=IDENTITY)


def test_nothing_valid_is_refused(ground: Plane) -> None:
    result = register(noisy(ground, 0), noisy(ground, 1), moving_valid=np.zeros(ground.shape, np.bool_))
    assert isinstance(result, Refusal)
    assert "moving" in result.reason


def test_a_wrong_start_is_mended(ground: Plane) -> None:
    truth = shift(-130.5, 90.25)
    moving = scenes.warped(ground, truth, ground.shape)
    valid = np.ones(ground.shape, np.bool_)
    valid[:, 509:] = valid[:90] = False
    result = register(noisy(ground, 0), noisy(moving, 1), moving_valid=valid, start=IDENTITY)
    assert isinstance(result, Alignment), result.reason
    np.testing.assert_allclose(result.matrix, truth, atol=0.1)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_bad_scale(ground: Plane, scale: float) -> None:
    with pytest.raises(KernelError, match="positive"):
        register(ground[None], ground[None], scale=scale)


def test_mask_of_another_shape(ground: Plane) -> None:
    with pytest.raises(KernelError, match="belong together"):
        register(ground[None], ground[None], moving_valid=np.ones((3, 3), np.bool_))

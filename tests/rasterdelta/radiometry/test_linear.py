import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.radiometry import fit_linear
from rasterdelta.types import Image, Mask


def pair(gain: float, offset: float, changed: float, seed: int = 0) -> tuple[Image, Image, Mask]:
    rng = np.random.default_rng(seed)
    moving = rng.gamma(4.0, 25.0, (2, 150, 160)).astype(np.float32)
    reference = gain * moving + offset + rng.normal(0, 2.0 * gain, moving.shape)
    moving = moving + rng.normal(0, 2.0, moving.shape)
    rows = round(changed * 150)
    reference[:, :rows] = gain * rng.uniform(150, 400, (2, rows, 160)) + offset
    return reference.astype(np.float32), moving.astype(np.float32), np.ones((150, 160), np.bool_)


@settings(max_examples=12, deadline=None)
@given(gain=st.floats(0.3, 3), offset=st.floats(-50, 200), seed=st.integers(0, 3))
def test_known_relation_despite_a_third_of_change(gain: float, offset: float, seed: int) -> None:
    fit = fit_linear(*pair(gain, offset, 0.3, seed))
    np.testing.assert_allclose(fit.gain, gain, rtol=0.02)
    np.testing.assert_allclose(fit.offset, offset, atol=2.5 * gain)
    assert fit.pixels > 0.5 * 150 * 160


def test_apply_brings_the_dates_together() -> None:
    reference, moving, valid = pair(1.7, -20, 0.0)
    fit = fit_linear(reference, moving, valid)
    rest = fit.apply(moving) - reference
    assert np.abs(rest.mean(axis=(1, 2))).max() < 0.3
    np.testing.assert_allclose(fit.residual, rest.std(axis=(1, 2)), rtol=0.15)


def test_identical_images_give_the_identity() -> None:
    _, moving, valid = pair(1, 0, 0.0)
    fit = fit_linear(moving, moving, valid)
    np.testing.assert_allclose(fit.gain, 1, rtol=1e-5)
    np.testing.assert_allclose(fit.offset, 0, atol=1e-3)
    assert fit.pixels == valid.sum()


def test_masked_pixels_have_no_say() -> None:
    reference, moving, valid = pair(1.2, 5, 0.6)
    valid[: round(0.6 * 150)] = False
    np.testing.assert_allclose(fit_linear(reference, moving, valid).gain, 1.2, rtol=0.02)


def test_same_seed_same_bytes() -> None:
    images = pair(1.2, 5, 0.2)
    one, two = (fit_linear(*images, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.gain, two.gain)
    np.testing.assert_array_equal(one.offset, two.offset)


def test_too_few_pixels() -> None:
    reference, moving, valid = pair(1, 0, 0.0)
    with pytest.raises(NotEnoughData, match="0 pixels"):
        fit_linear(reference, moving, np.zeros_like(valid))


def test_a_constant_band() -> None:
    reference, moving, valid = pair(1, 0, 0.0)
    moving[1] = 7
    with pytest.raises(NotEnoughData, match="band 2 does not vary"):
        fit_linear(reference, moving, valid)


def test_shapes_and_bands_must_agree() -> None:
    reference, moving, valid = pair(1, 0, 0.0)
    with pytest.raises(KernelError, match="shapes differ"):
        fit_linear(reference[:1], moving, valid)
    with pytest.raises(KernelError, match="2 bands"):
        fit_linear(reference, moving, valid).apply(moving[:1])

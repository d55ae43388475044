import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.display import fit_stretch
from rasterdelta.errors import KernelError, NotEnoughData

VALID = np.ones((60, 70), np.bool_)


def test_eight_bits_pass_as_they_are() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 60, 70)).astype(np.float32)
    np.testing.assert_allclose(fit_stretch(image, VALID, dtype="uint8").apply(image), image / 255, rtol=1e-6)


def test_colours_stay() -> None:
    rng = np.random.default_rng(0)
    grey = rng.uniform(300, 900, (60, 70))
    image = np.stack([grey * 1.2, grey, grey * 0.8]).astype(np.float32)
    stretch = fit_stretch(image, VALID, dtype="uint16")
    assert np.unique(stretch.low).size == np.unique(stretch.high).size == 1
    out = stretch.apply(image)
    assert (out[0] >= out[1]).all()
    assert (out[1] >= out[2]).all()


def test_hot_pixels_and_nodata_do_not_darken() -> None:
    image = np.random.default_rng(0).normal(500, 50, (1, 60, 70)).astype(np.float32)
    image[0, 3, :5] = 65535
    valid = VALID.copy()
    valid[40:] = False
    image[0, 40:] = 0
    out = fit_stretch(image, valid, dtype="uint16").apply(image)
    assert 0.3 < out[0, :40].mean() < 0.7


@settings(max_examples=30, deadline=None)
@given(low=st.floats(-1e4, 1e4), span=st.floats(0, 1e5), seed=st.integers(0, 3))
def test_always_in_range(low: float, span: float, seed: int) -> None:
    image = (low + span * np.random.default_rng(seed).random((2, 60, 70))).astype(np.float32)
    out = fit_stretch(image, VALID, dtype="float32").apply(image)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


def test_no_valid_pixel() -> None:
    with pytest.raises(NotEnoughData):
        fit_stretch(np.ones((1, 60, 70), np.float32), ~VALID, dtype="uint16")


def test_another_number_of_bands() -> None:
    stretch = fit_stretch(np.ones((1, 60, 70), np.float32), VALID, dtype="uint16")
    with pytest.raises(KernelError, match="1 bands"):
        stretch.apply(np.ones((3, 60, 70), np.float32))

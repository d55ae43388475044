import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.difference.auto import INDICES
from rasterdelta.difference.indices import INDEX_BANDS, index_difference, ndsi, ndvi, ndwi, normalised_difference
from rasterdelta.errors import KernelError, NotEnoughData

GOOD = np.ones((1, 1), bool)


def pixel(value, dtype=np.float32):
    return np.full((1, 1), value, dtype)


def test_known_values():
    red, green, nir, swir = (pixel(v) for v in (0.1, 0.2, 0.5, 0.3))
    assert ndvi(red, nir, GOOD)[0, 0] == pytest.approx(0.4 / 0.6)
    assert ndwi(green, nir, GOOD)[0, 0] == pytest.approx(-0.3 / 0.7)
    assert ndsi(green, swir, GOOD)[0, 0] == pytest.approx(-0.1 / 0.5)


@given(st.integers(0, 65535), st.integers(0, 65535))
def test_integers_do_not_wrap_around(a, b):
    found = normalised_difference(pixel(a, np.uint16), pixel(b, np.uint16), GOOD)[0, 0]
    assert np.isnan(found) if a + b == 0 else found == pytest.approx((a - b) / (a + b), abs=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (np.nan, 1), (1, np.inf), (-1, 3), (1, -1)])
def test_what_has_no_index_is_not_valid(a, b):
    assert np.isnan(normalised_difference(pixel(a), pixel(b), GOOD)[0, 0])


def test_masked_pixels_are_nan_and_huge_values_do_not_overflow():
    assert np.isnan(normalised_difference(pixel(1), pixel(2), ~GOOD)[0, 0])
    assert normalised_difference(pixel(3e38), pixel(1e38), GOOD)[0, 0] == pytest.approx(0.5)


def grass(seed=0, shape=(120, 130)):
    rng = np.random.default_rng(seed)
    nir, red = rng.normal(4000, 150, shape), rng.normal(800, 60, shape)
    return np.stack([nir, red]).astype(np.float32)


@pytest.mark.parametrize("name", sorted(INDEX_BANDS))
def test_planted_loss_is_found_with_its_sign_and_little_else(name, sample):
    before, after = grass(0), grass(1)
    after[:, 40:70, 30:60] = np.array([1500, 1400])[:, None, None] + grass(2)[:, 40:70, 30:60] / 10
    valid = np.ones((120, 130), bool)
    valid[5, 5] = False
    model = INDICES[name]([sample(before, after, valid)], gsd_m=10)
    score, rise = model.score(before, after, valid), model.rise(before, after, valid)
    assert (score[42:68, 32:58] > model.threshold).all()
    assert (rise[42:68, 32:58] < 0).all()
    score[36:74, 26:64] = 0
    assert (score > model.threshold).mean() < 0.01
    assert np.isnan(rise[5, 5])
    assert model.method == name
    assert model.notes.endswith(".")


def test_nothing_changed_means_nothing_found(sample):
    before, valid = grass(0), np.ones((120, 130), bool)
    model = INDICES["ndvi"]([sample(before, before)], gsd_m=10)
    assert not (model.score(before, before, valid) > model.threshold).any()
    quiet = INDICES["ndvi"]([sample(before, grass(1))], gsd_m=10)
    assert (quiet.score(before, grass(1), valid) > quiet.threshold).mean() < 0.02


def test_wrong_bands_and_empty_samples_are_refused(sample):
    three = np.ones((3, 20, 20), np.float32)
    with pytest.raises(KernelError, match="two bands"):
        index_difference(three, three, np.ones((20, 20), bool))
    with pytest.raises(NotEnoughData, match="score"):
        INDICES["ndvi"]([sample(three[:2], three[:2], np.zeros((20, 20), bool))], gsd_m=10)

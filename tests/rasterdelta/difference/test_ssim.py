import numpy as np
import pytest
from skimage.metrics import structural_similarity

from rasterdelta.difference import ssim

INNER = np.s_[8:-8, 8:-8]


def fitted(sample, before, after, valid=None):
    model = ssim.fit([sample(before, after, valid)], gsd_m=1.0)
    seen = np.ones(before.shape[1:], bool) if valid is None else valid
    return model, model.score(before, after, seen)


@pytest.mark.parametrize("bands", [1, 3])
def test_it_is_the_published_similarity(sample, make_pair, bands):
    before, after = (image - min(0, image.min()) for image in make_pair(bands=bands))
    model, score = fitted(sample, before, after)
    _, wanted = structural_similarity(
        before.astype(float),
        after.astype(float),
        data_range=model.span,
        gaussian_weights=True,
        sigma=ssim.SIGMA,
        use_sample_covariance=False,
        channel_axis=0,
        full=True,
    )
    np.testing.assert_allclose(score[INNER], 1 - wanted.mean(axis=0)[INNER], atol=2e-5)


def test_masked_ground_has_no_say(sample, make_pair):
    before, after = make_pair()
    valid = np.ones(before.shape[1:], bool)
    valid[30:50, 40:70] = False
    model, score = fitted(sample, before, after, valid)
    spoilt = after.copy()
    spoilt[:, ~valid] = np.nan
    np.testing.assert_array_equal(model.score(before, spoilt, valid), score)
    assert np.isnan(score[~valid]).all()
    assert np.isfinite(score[valid]).all()


def test_new_texture_stands_out_of_equal_brightness(sample, quiet_pair):
    before, _ = quiet_pair
    rng = np.random.default_rng(2)
    after = before + rng.normal(0, 3, before.shape).astype(np.float32)
    after[:, 40:70, 40:80] = before[:, 40:70, 40:80][:, ::-1]
    model, score = fitted(sample, before, after)
    changed = score > model.threshold
    assert changed[44:66, 44:76].mean() > 0.6
    assert changed[:30].mean() < 0.05


def test_identical_dates_are_alike(sample, quiet_pair):
    before, _ = quiet_pair
    model, score = fitted(sample, before, before.copy())
    assert np.abs(score).max() < 1e-5
    assert not (score > model.threshold).any()


def test_negative_values_are_counted_from_the_lowest(sample, make_pair):
    before, after = (image - image.min() for image in make_pair(bands=1))
    lowest = min(before.min(), after.min())
    _, score = fitted(sample, before, after)
    _, below = fitted(sample, before - np.float32(500), after - np.float32(500))
    assert lowest == 0
    np.testing.assert_allclose(below, score, atol=1e-4)


def test_large_values_keep_their_digits(sample, make_pair):
    before, after = (image.astype(np.float32) + 60_000 for image in make_pair())
    model, score = fitted(sample, before, after)
    _, wanted = structural_similarity(
        before[0].astype(float),
        after[0].astype(float),
        data_range=model.span,
        gaussian_weights=True,
        sigma=ssim.SIGMA,
        use_sample_covariance=False,
        full=True,
    )
    one = model.score(before[:1], after[:1], np.ones(before.shape[1:], bool))
    assert one.shape == score.shape
    np.testing.assert_allclose(one[INNER], 1 - wanted[INNER], atol=5e-4)

import numpy as np
import pytest
from scipy.stats import chi2, median_abs_deviation

from rasterdelta.difference import cva
from rasterdelta.errors import KernelError


def test_score_is_the_norm_of_robust_z_scores(sample):
    rng = np.random.default_rng(0)
    before = rng.normal(100, 10, (3, 60, 60)).astype(np.float32)
    after = (before + rng.normal([[[5]], [[-3]], [[0]]], [[[2]], [[4]], [[8]]], before.shape)).astype(np.float32)
    model = cva.fit([sample(before, after)], gsd_m=10, sigma=0)
    d = (after - before).reshape(3, -1)
    z = (d - np.median(d, axis=1, keepdims=True)) / median_abs_deviation(d, axis=1, scale="normal")[:, None]
    found = model.score(before, after, np.ones((60, 60), bool))
    np.testing.assert_allclose(found.ravel(), np.linalg.norm(z, axis=0), rtol=1e-3)
    assert (found**2 > chi2.isf(0.05, 3)).mean() == pytest.approx(0.05, rel=0.3)


def test_change_on_a_third_of_the_area_hardly_moves_the_fit(sample):
    rng = np.random.default_rng(0)
    before = rng.normal(100, 10, (2, 60, 60)).astype(np.float32)
    after = (before + rng.normal(0, 4, before.shape)).astype(np.float32)
    after[:, :20] += 100
    model = cva.fit([sample(before, after)], gsd_m=10)
    changed = model.score(before, after, np.ones((60, 60), bool)) > model.threshold
    assert changed[:18].all()
    assert not changed[22:].any()


def moved_by(vector, sample):
    rng = np.random.default_rng(0)
    before = rng.normal(100, 10, (len(vector), 60, 60)).astype(np.float32)
    after = (before + rng.normal(0, 1, before.shape)).astype(np.float32)
    after[:, 10:20, 10:20] = before[:, 10:20, 10:20] + 1000 * np.asarray(vector, np.float32)[:, None, None]
    valid = np.ones((60, 60), bool)
    valid[12, 12] = False
    return before, after, valid, cva.fit([sample(before, after)], gsd_m=10)


@pytest.mark.parametrize(("vector", "angle"), [((1, 1, 1), 0), ((-1, -1, -1), np.pi), ((1, -1, 0), np.pi / 2)])
def test_direction_is_the_angle_to_all_bands_rising_alike(vector, angle, sample):
    before, after, valid, model = moved_by(vector, sample)
    found = model.direction(before, after, valid)
    assert found[15, 15] == pytest.approx(angle, abs=0.05)
    np.testing.assert_array_equal(np.isnan(found), ~valid)
    own = model.direction(before, after, valid, reference=vector)
    assert own[15, 15] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("vector", [(1, 0), (-1, 0.5), (0.3, -1), (1, 2, 3), (-1, 2, -3), (1, -1, 1, -2)])
def test_angles_give_the_vector_back(vector, sample):
    before, after, valid, model = moved_by(vector, sample)
    angles = model.angles(before, after, valid)
    assert angles.shape == (len(vector) - 1, 60, 60)
    at = angles[:, 15, 15].astype(float)
    sines = np.concatenate([[1], np.cumprod(np.sin(at))])
    unit = np.append(sines[:-1] * np.cos(at), sines[-1])
    expected = np.asarray(vector) * model.weight.ravel()
    np.testing.assert_allclose(unit, expected / np.linalg.norm(expected), atol=0.02)
    assert np.isnan(angles[:, 12, 12]).all()


def test_what_has_no_direction_is_refused_or_nan(sample):
    before, after, valid, model = moved_by((1, 1), sample)
    for reference in ((1, 2, 3), (0, 0)):
        with pytest.raises(KernelError, match="2 components"):
            model.direction(before, after, valid, reference=reference)
    same = after - model.centre
    assert np.isnan(model.direction(same, after, valid)).mean() > 0.3
    one = cva.fit([sample(before[:1], after[:1])], gsd_m=10)
    with pytest.raises(KernelError, match="one band"):
        one.angles(before[:1], after[:1], valid)

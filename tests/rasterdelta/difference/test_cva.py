import numpy as np
import pytest
from scipy.stats import chi2, median_abs_deviation

from rasterdelta.difference import cva


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

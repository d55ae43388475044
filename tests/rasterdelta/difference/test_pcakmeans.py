from functools import partial

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from rasterdelta.difference import logratio, pcakmeans
from rasterdelta.difference.pcakmeans import plain_cva


def changed_pair(seed=0, bands=3, noise=8.0):
    rng = np.random.default_rng(seed)
    shape = (80, 90)
    ground = np.stack([gaussian_filter(rng.normal(0, 300, shape), 4) for _ in range(bands)]) + 200
    truth = np.zeros(shape, bool)
    truth[20:50, 30:60] = True
    after = np.where(truth, ground + 40, ground)
    before, after = (i + rng.normal(0, noise, i.shape) for i in (ground, after))
    return before.astype(np.float32), after.astype(np.float32), truth


def test_map_is_that_of_principal_components_and_k_means(sample):
    before, after, _ = changed_pair()
    valid = np.ones(before.shape[1:], bool)
    model = pcakmeans.fit([sample(before, after)], gsd_m=10, false_alarm_rate=0.5)
    ours = model.score(before, after, valid) > model.threshold
    difference = plain_cva([sample(before, after)], gsd_m=10).score(before, after, valid)
    windows = np.lib.stride_tricks.sliding_window_view(difference, (5, 5)).reshape(-1, 25)
    features = PCA(3, svd_solver="full").fit_transform(windows.astype(float))
    clusters = KMeans(2, n_init=10, random_state=0).fit_predict(features)
    theirs = (clusters == clusters[np.argmax(windows.mean(axis=1))]).reshape(76, 86)
    assert (ours[2:-2, 2:-2] == theirs).mean() > 0.995


def test_change_is_found_in_noise_that_hides_single_pixels(sample):
    before, after, truth = changed_pair(noise=18)
    valid = np.ones(truth.shape, bool)
    model = pcakmeans.fit([sample(before, after)], gsd_m=10)
    found = model.score(before, after, valid) > model.threshold
    single = plain_cva([sample(before, after)], gsd_m=10)
    alone = single.score(before, after, valid) > single.threshold
    overlap = [(m & truth).sum() / (m | truth).sum() for m in (found, alone)]
    assert overlap[0] > max(0.85, overlap[1] + 0.1)


def test_any_difference_can_be_clustered(sample):
    rng = np.random.default_rng(4)
    level = np.full((1, 100, 100), 60, np.float32)
    flooded = level.copy()
    flooded[:, 30:70, 20:80] = 15
    before, after = (i * rng.gamma(3, 1 / 3, i.shape).astype(np.float32) for i in (level, flooded))
    model = pcakmeans.fit([sample(before, after)], gsd_m=10, difference=partial(logratio.fit, sigma=0))
    found = model.score(before, after, np.ones((100, 100), bool)) > model.threshold
    truth = flooded[0] == 15
    assert (found & truth).sum() / (found | truth).sum() > 0.9
    assert "logratio" in model.notes


def test_the_split_does_not_depend_on_how_the_sample_is_cut(sample):
    before, after, _ = changed_pair()
    whole = pcakmeans.fit([sample(before, after)], gsd_m=10)
    parts = pcakmeans.fit([sample(before[:, r], after[:, r]) for r in (np.s_[:43], np.s_[43:])], gsd_m=10)
    assert parts.threshold == pytest.approx(whole.threshold, rel=0.05)
    np.testing.assert_allclose(parts.weights, whole.weights, atol=0.02)


def test_weights_are_a_direction(sample):
    before, after, _ = changed_pair()
    model = pcakmeans.fit([sample(before, after)], gsd_m=10, side=3)
    assert model.weights.shape == (3, 3)
    assert np.linalg.norm(model.weights) == pytest.approx(1, rel=1e-5)
    assert (model.weights > 0).all()
    assert model.halo == 1


def test_bands_and_gain_do_not_matter_to_the_map(sample):
    before, after, _ = changed_pair()
    valid = np.ones(before.shape[1:], bool)
    scale = np.array([0.5, 30, 4], np.float32)[:, None, None]
    first = pcakmeans.fit([sample(before, after)], gsd_m=10)
    other = pcakmeans.fit([sample(scale * before, scale * after)], gsd_m=10)
    expected = first.score(before, after, valid) > first.threshold
    found = other.score(scale * before, scale * after, valid) > other.threshold
    assert (expected == found).mean() > 0.999

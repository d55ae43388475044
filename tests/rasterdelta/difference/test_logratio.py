import numpy as np
import pytest

from rasterdelta.difference import logratio


def speckled(level, seed, looks=4):
    return level * np.random.default_rng(seed).gamma(looks, 1 / looks, level.shape).astype(np.float32)


def test_flooded_area_is_found_whatever_the_gain(sample):
    level = np.full((1, 120, 120), 80, np.float32)
    flooded = level.copy()
    flooded[:, 30:80, 40:90] = 12
    before, after = speckled(level, 0), 3 * speckled(flooded, 1)
    model = logratio.fit([sample(before, after)], gsd_m=10)
    changed = model.score(before, after, np.ones((120, 120), bool)) > model.threshold
    truth = flooded[0] == 12
    assert (changed & truth).sum() / (changed | truth).sum() > 0.9
    assert np.exp(model.centre) == pytest.approx(3, rel=0.1)


def test_rise_and_fall_by_one_factor_score_alike(sample):
    level = np.full((1, 90, 90), 100, np.float32)
    before, after = level.copy(), level.copy()
    after[:, 10:30, 10:30], after[:, 60:80, 60:80] = 400, 25
    model = logratio.fit([sample(before, after)], gsd_m=10)
    score = model.score(before, after, np.ones((90, 90), bool))
    assert score[20, 20] == pytest.approx(np.log(405 / 105), rel=1e-3)
    assert score[70, 70] == pytest.approx(np.log(105 / 30), rel=1e-3)
    assert score[45, 45] == 0


def test_speckle_alone_is_hardly_ever_change(sample):
    level = np.full((1, 200, 200), 80, np.float32)
    before, after = speckled(level, 2), speckled(level, 3)
    model = logratio.fit([sample(before, after)], gsd_m=10, false_alarm_rate=0.001)
    changed = model.score(before, after, np.ones((200, 200), bool)) > model.threshold
    assert changed.mean() < 0.01
    assert model.false_alarm_rate <= 0.001 + 1e-12

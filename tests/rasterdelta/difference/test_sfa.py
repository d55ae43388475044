import numpy as np
import pytest
from scipy.linalg import eigh

from rasterdelta.difference import sfa
from rasterdelta.errors import KernelError, NotEnoughData


def test_slowness_agrees_with_the_generalised_eigenproblem(quiet_pair, sample):
    x, y = (a.reshape(len(a), -1).astype(float) for a in quiet_pair)
    x, y = ((a - a.mean(1, keepdims=True)) / a.std(1, keepdims=True) for a in (x, y))
    expected = eigh(np.cov(x - y, bias=True), (np.cov(x, bias=True) + np.cov(y, bias=True)) / 2, eigvals_only=True)
    notes = sfa.fit([sample(*quiet_pair)], gsd_m=30, iterations=0).notes
    assert f"slowness {', '.join(f'{v:.3f}' for v in expected)}." in notes
    assert "not reweighted" in notes


def test_does_not_depend_on_gain_and_offset_of_bands(quiet_pair, sample):
    before, after = quiet_pair
    valid = np.ones(before.shape[1:], bool)
    gain, offset = (
        np.array([3, 0.2, 1, 7], np.float32)[:, None, None],
        np.array([5, -9, 0, 1], np.float32)[:, None, None],
    )
    changed = gain * after + offset
    plain = sfa.fit([sample(before, after)], gsd_m=30).score(before, after, valid)
    scaled = sfa.fit([sample(before, changed)], gsd_m=30).score(before, changed, valid)
    np.testing.assert_allclose(scaled, plain, rtol=2e-3, atol=2e-3)


def test_constant_and_repeated_bands_take_no_part(quiet_pair, sample):
    before, after = quiet_pair
    valid = np.ones(before.shape[1:], bool)
    plain = sfa.fit([sample(before, after)], gsd_m=30, iterations=0)
    extended = [np.concatenate([a, np.full_like(a[:1], 9), a[:1]]) for a in (before, after)]
    more = sfa.fit([sample(*extended)], gsd_m=30, iterations=0)
    assert len(more.features) == len(plain.features) == 4
    assert np.isfinite(more.score(*extended, valid)).all()


def test_planted_change_is_recovered(make_pair, sample):
    before, after = make_pair(7, shape=(200, 200))
    truth = np.zeros((200, 200), bool)
    truth[50:110, 60:120] = True
    after[:, truth] = np.random.default_rng(1).normal(350, 90, (4, truth.sum()))
    model = sfa.fit([sample(before, after)], gsd_m=30)
    changed = model.score(before, after, np.ones_like(truth)) > model.threshold
    assert (changed & truth).sum() / (changed | truth).sum() > 0.85


def test_what_cannot_be_compared_is_refused(quiet_pair, sample):
    before, after = quiet_pair
    with pytest.raises(KernelError, match="same bands"):
        sfa.fit([sample(before, after[:3])], gsd_m=30)
    with pytest.raises(NotEnoughData, match="vary"):
        sfa.fit([sample(before, np.full_like(after, 200))], gsd_m=30)

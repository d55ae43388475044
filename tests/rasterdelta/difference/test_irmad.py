import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh
from scipy.ndimage import binary_dilation
from scipy.stats import chi2

from rasterdelta.difference import irmad
from rasterdelta.difference.canonical import canonical_correlations
from rasterdelta.errors import NotEnoughData


def independent_correlations(x, y):
    """Canonical correlations as roots of the generalised eigenproblem S12 S22^-1 S21 a = rho^2 S11 a."""
    p = len(x)
    s = np.cov(np.vstack([x, y]))
    rho2 = eigh(s[:p, p:] @ np.linalg.solve(s[p:, p:], s[p:, :p]), s[:p, :p], eigvals_only=True)
    return np.sqrt(np.clip(rho2[::-1], 0, 1))


def test_correlations_agree_with_the_generalised_eigenproblem(quiet_pair):
    x, y = (a.reshape(len(a), -1).astype(float) for a in quiet_pair)
    found = canonical_correlations(x, y, np.ones(x.shape[1]))
    np.testing.assert_allclose(found.correlation, independent_correlations(x, y), atol=1e-8)


def test_variates_have_unit_variance_and_pair_up(quiet_pair):
    x, y = (a.reshape(len(a), -1).astype(float) for a in quiet_pair)
    weight = np.random.default_rng(0).random(x.shape[1])
    found = canonical_correlations(x, y, weight)
    u = found.before @ (x - found.mean_before[:, None])
    v = found.after @ (y - found.mean_after[:, None])
    w = weight / weight.sum()
    np.testing.assert_allclose((u * w) @ u.T, np.eye(4), atol=1e-8)
    np.testing.assert_allclose((v * w) @ v.T, np.eye(4), atol=1e-8)
    np.testing.assert_allclose((u * w) @ v.T, np.diag(found.correlation), atol=1e-8)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_mad_does_not_depend_on_affine_mixes_of_the_bands(seed):
    from scipy.stats import ortho_group

    rng = np.random.default_rng(seed)
    ground = rng.normal(0, 10, (4, 40, 50))
    before = ground + rng.normal(0, 3, ground.shape)
    after = ground + rng.normal(0, 3, ground.shape)
    turn = ortho_group.rvs(4, random_state=seed) @ np.diag(rng.uniform(0.5, 2, 4))
    mixed = np.einsum("ij,jrc->irc", turn, after) + rng.uniform(-50, 50, (4, 1, 1))
    valid = np.ones((40, 50), bool)

    def scored(second):
        pair = before.astype(np.float32), second.astype(np.float32)
        return irmad.fit([irmad.PairSample(*pair, valid)], gsd_m=30, iterations=5).score(*pair, valid)

    np.testing.assert_allclose(scored(mixed), scored(after), rtol=2e-3, atol=2e-3)


def test_false_alarm_rate_holds_without_change(make_pair, sample):
    before, after = make_pair(5, shape=(300, 300))
    model = irmad.fit([sample(before, after)], gsd_m=30, sigma=0, false_alarm_rate=0.01)
    score = model.score(before, after, np.ones((300, 300), bool))
    assert model.threshold**2 >= chi2.isf(0.01, 4) - 1e-6
    assert (score**2 > chi2.isf(0.01, 4)).mean() == pytest.approx(0.01, rel=0.25)
    assert (score**2 > chi2.isf(0.1, 4)).mean() == pytest.approx(0.1, rel=0.1)


def test_smoothing_only_lowers_false_alarms(make_pair, sample):
    before, after = make_pair(6, shape=(200, 200))
    model = irmad.fit([sample(before, after)], gsd_m=30, false_alarm_rate=0.01)
    assert (model.score(before, after, np.ones((200, 200), bool)) > model.threshold).mean() < 0.01


def test_planted_change_is_recovered_and_does_not_move_the_fit(make_pair, sample):
    before, after = make_pair(7, shape=(200, 200))
    truth = np.zeros((200, 200), bool)
    truth[50:110, 60:120] = True
    rng = np.random.default_rng(1)
    after[:, truth] = rng.normal(350, 90, (4, truth.sum()))
    model = irmad.fit([sample(before, after)], gsd_m=30)
    changed = model.score(before, after, np.ones_like(truth)) > model.threshold
    assert changed[truth].all()
    assert not changed[~binary_dilation(truth, np.ones((5, 5)))].any()  # so far does the mean of neighbours reach
    sharp = irmad.fit([sample(before, after)], gsd_m=30, sigma=0)
    alone = sharp.score(before, after, np.ones_like(truth)) > sharp.threshold
    assert (alone & truth).sum() / (alone | truth).sum() > 0.97


def test_says_whether_it_has_converged(quiet_pair, sample):
    once = irmad.fit([sample(*quiet_pair)], gsd_m=30, iterations=1, tolerance=1e-12)
    assert "stopped after 1 reweightings, the last of which moved a correlation by" in once.notes
    assert "converged after" in irmad.fit([sample(*quiet_pair)], gsd_m=30, iterations=100).notes
    assert "not reweighted" in irmad.fit_mad([sample(*quiet_pair)], gsd_m=30).notes


def test_constant_and_repeated_bands_take_no_part(quiet_pair, sample):
    before, after = quiet_pair
    valid = np.ones(before.shape[1:], bool)
    plain = irmad.fit([sample(before, after)], gsd_m=30)
    extended = [
        np.concatenate([a, np.full_like(a[:1], 9), a[:1], a[:1] + a[1:2]]).astype(np.float32) for a in (before, after)
    ]
    more = irmad.fit([sample(*extended)], gsd_m=30)
    assert len(more.variates) == 4
    np.testing.assert_allclose(more.score(*extended, valid), plain.score(before, after, valid), rtol=0.02, atol=0.02)


def test_band_counts_may_differ(quiet_pair, sample):
    before, after = quiet_pair
    model = irmad.fit([sample(before, after[:3])], gsd_m=30)
    assert len(model.variates) == 3


def test_a_date_that_does_not_vary_is_refused(quiet_pair, sample):
    before, after = quiet_pair
    with pytest.raises(NotEnoughData, match="vary"):
        irmad.fit([sample(before, np.full_like(after, 200))], gsd_m=30)


def test_penalty_shrinks_correlations_but_ignores_gains(quiet_pair):
    x, y = (a.reshape(len(a), -1).astype(float) for a in quiet_pair)
    weight = np.ones(x.shape[1])
    plain, shrunk = (canonical_correlations(x, y, weight, penalty=p) for p in (0.0, 0.2))
    scaled = canonical_correlations(x * np.array([[1], [3], [0.1], [9]]), y, weight, penalty=0.2)
    assert (shrunk.correlation < plain.correlation).all()
    np.testing.assert_allclose(scaled.correlation, shrunk.correlation, atol=1e-10)
    difference = shrunk.before @ (x - x.mean(1, keepdims=True)) - shrunk.after @ (y - y.mean(1, keepdims=True))
    np.testing.assert_allclose(shrunk.variance, difference.var(axis=1), rtol=1e-8)
    np.testing.assert_allclose(plain.variance, 2 * (1 - plain.correlation), rtol=1e-8)


def test_no_change_probability_is_uniform_without_change(make_pair, sample):
    before, after = make_pair(5, shape=(200, 200))
    model = irmad.fit([sample(before, after)], gsd_m=30, sigma=0)
    score = model.score(before, after, np.ones((200, 200), bool))
    probability = irmad.no_change_probability(score, variates=len(model.variates))
    assert probability.dtype == np.float32
    np.testing.assert_allclose(np.quantile(probability, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.03)
    assert np.isnan(irmad.no_change_probability(np.array([[np.nan]], np.float32), variates=4)).all()


def test_no_weight_is_refused():
    with pytest.raises(NotEnoughData, match="weight"):
        canonical_correlations(np.ones((2, 5)), np.ones((2, 5)), np.zeros(5))

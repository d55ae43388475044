import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.controls import (
    BINS,
    EVERYTHING,
    GROUPS,
    Control,
    block_groups,
    bulk_rate,
    kept_share,
    null_rate,
    score_bins,
)
from rasterdelta.regions import find_regions, min_pixels, tidy

SIZE = 320


def field(rng, sigma, size=SIZE):
    plane = rng.normal(size=(size, size)).astype(np.float32)
    plane = cv2.GaussianBlur(plane, (0, 0), sigma) if sigma else plane
    return plane / plane.std()


def chi(rng, sigma, freedom, size=SIZE):
    return np.sqrt(sum(field(rng, sigma, size) ** 2 for _ in range(freedom)))


STATISTICS = {
    "half-normal": lambda rng, sigma, size=SIZE: chi(rng, sigma, 1, size),
    "chi of 4": lambda rng, sigma, size=SIZE: chi(rng, sigma, 4, size),
    "chi-square of 4": lambda rng, sigma, size=SIZE: chi(rng, sigma, 4, size) ** 2,
    "exponential": lambda rng, sigma, size=SIZE: chi(rng, sigma, 2, size) ** 2,
    "uneven": lambda rng, sigma, size=SIZE: chi(rng, sigma, 3, size) * np.exp(0.2 * field(rng, 12, size)),
}


def histogram(score):
    groups = block_groups(np.arange(score.shape[0]), np.arange(score.shape[1]))
    seen = np.isfinite(score)
    bins = groups[seen] * BINS + score_bins(score[seen])
    return np.bincount(bins, minlength=GROUPS * BINS).reshape(GROUPS, BINS)


@given(st.lists(st.floats(-1, 100, width=32), min_size=1, max_size=50))
def test_only_what_exceeds_the_threshold_falls_into_the_last_bin(values):
    score = np.array(values, np.float32)
    bins = score_bins(score)
    assert ((bins == BINS - 1) == (score > 1)).all()
    assert (np.diff(bins[np.argsort(score)]) >= 0).all()
    assert bins.min() >= 0


@pytest.mark.parametrize("value", [0.0, -0.0, -3.0, 1e-30])
def test_what_is_tiny_falls_into_the_first_bin(value):
    assert score_bins(np.array([value], np.float32)) == 0


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("sigma", [0, 3])
def test_the_interval_covers_the_share_of_unchanged_pairs(statistic, sigma):
    rng = np.random.default_rng(5)
    draw = STATISTICS[statistic]
    threshold = np.float32(np.quantile(draw(rng, sigma, 1200), 0.99))
    covered = []
    for _ in range(10):
        score = draw(rng, sigma).astype(np.float32) / threshold
        found = bulk_rate(histogram(score))
        covered.append(found.low <= (score > 1).mean() <= found.high)
        assert found.rate == pytest.approx(0.01, rel=0.8)
    assert sum(covered) >= 6


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_real_change_hardly_moves_the_rate(share):
    rng = np.random.default_rng(7)
    score = (chi(rng, 1, 4) / 3.6).astype(np.float32)
    plain = bulk_rate(histogram(score))
    rows = round(share * SIZE)
    score[:rows] = rng.uniform(1.2, 5, (rows, SIZE))
    moved = bulk_rate(histogram(score))
    assert moved.rate == pytest.approx(plain.rate, rel=0.25)
    assert moved.high < 4 * plain.rate


def test_histograms_of_tiles_add_up():
    score = chi(np.random.default_rng(1), 1, 3).astype(np.float32) / 4
    rows, cols = np.arange(SIZE), np.arange(SIZE)
    whole = histogram(score)
    parts = np.zeros_like(whole)
    for r in (slice(0, 100), slice(100, SIZE)):
        bins = block_groups(rows[r], cols) * BINS + score_bins(score[r])
        parts += np.bincount(bins.ravel(), minlength=GROUPS * BINS).reshape(GROUPS, BINS)
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize(
    "score",
    [
        np.zeros((0, 0), np.float32),
        np.full((SIZE, SIZE), np.nan, np.float32),
        np.zeros((SIZE, SIZE), np.float32),
        np.ones((8, 8), np.float32),
        np.full((SIZE, SIZE), 5, np.float32),
        np.full((SIZE, SIZE), 0.5, np.float32),
    ],
)
def test_what_shows_too_little_cannot_be_told(score):
    found = bulk_rate(histogram(score))
    assert (found.rate, found.low, found.high, found.source) == (None, None, None, "none")
    assert found.reason


def test_a_threshold_far_above_the_noise_gives_a_rate_of_zero_not_none():
    score = (chi(np.random.default_rng(2), 1, 4) / 40).astype(np.float32)
    found = bulk_rate(histogram(score))
    assert found.source == "bulk"
    assert 0 <= found.rate < 1e-9


def test_pixels_that_hang_together_widen_the_interval():
    def width(sigma):
        found = bulk_rate(histogram((chi(np.random.default_rng(3), sigma, 4) / 3.6).astype(np.float32)))
        return found.high / found.low

    assert width(4) > 1.5 * width(0)


AREA = {"gsd_m": 0.5, "min_area_m2": 20.0}


@pytest.mark.parametrize(("sigma", "quantile"), [(1.5, 0.97), (3, 0.99), (5, 0.97)])
def test_what_cleaning_leaves_stays_below_the_high_end(sigma, quantile):
    rng = np.random.default_rng(11)
    threshold = np.float32(np.quantile(chi(rng, sigma, 4, 1000), quantile))
    below = 0
    for _ in range(8):
        score = (chi(rng, sigma, 4) / threshold).astype(np.float32)
        windows = [score[:160], score[160:]]
        found = bulk_rate(histogram(score), kept=kept_share(windows, **AREA))
        cleaned = find_regions(tidy(score > 1, np.isfinite(score), **AREA), min_px=min_pixels(**AREA))
        below += cleaned.runs.length.sum() / score.size <= found.high
        assert found.low == 0
    assert below >= 7


def test_a_finding_is_not_taken_for_noise():
    rng = np.random.default_rng(4)
    score = (chi(rng, 1, 4) / 4).astype(np.float32)
    plain = kept_share([score], **AREA)
    score[100:160, 100:160] = 3
    assert kept_share([score], **AREA).share == pytest.approx(plain.share, abs=0.02)
    assert plain.share < 0.02


@pytest.mark.parametrize("windows", [[], [np.full((64, 64), np.nan, np.float32)]])
def test_without_a_sample_nothing_is_taken_off(windows):
    assert kept_share(windows, **AREA) == EVERYTHING


def test_without_cleaning_nothing_is_taken_off():
    score = chi(np.random.default_rng(4), 1, 4).astype(np.float32) / 4
    assert kept_share([score], gsd_m=30.0, min_area_m2=20.0) == EVERYTHING


def controls(rng, mean, spread, n):
    """Draw pairs with a number of regions whose rate differs from pair to pair."""
    rates = rng.gamma(1 / spread**2, mean * spread**2, n) * 1e6 / 60
    regions = rng.poisson(rates)
    return [Control(1e6, float(20 * k + rng.exponential(40, k).sum()), int(k)) for k in regions]


@pytest.mark.parametrize("pairs", [2, 3, 6])
@pytest.mark.parametrize("mean", [0.0003, 0.01])
def test_the_interval_holds_a_further_unchanged_pair(pairs, mean):
    rng = np.random.default_rng(pairs)
    held = []
    for _ in range(200):
        *known, new = controls(rng, mean, 0.7, pairs + 1)
        found = null_rate(known, min_area_m2=20)
        assert 0 <= found.low <= found.rate <= found.high <= 1
        held.append(found.low <= new.flagged_m2 / new.seen_m2 <= found.high)
    assert np.mean(held) >= 0.84


def test_no_false_region_is_not_certainty():
    found = null_rate([Control(1e5, 0.0, 0)] * 3, min_area_m2=20)
    assert (found.rate, found.low, found.regions_per_km2, found.pairs) == (0.0, 0.0, 0.0, 3)
    assert found.high == pytest.approx(20 / 1e5)


def test_rates_are_of_what_was_seen():
    found = null_rate([Control(1e5, 1000.0, 2), Control(3e5, 1000.0, 4)], min_area_m2=20)
    assert found.rate == pytest.approx(0.005)
    assert found.regions_per_km2 == pytest.approx(15)


@pytest.mark.parametrize("pairs", [[], [Control(1e5, 100.0, 1)], [Control(1e5, 100.0, 1), Control(0.0, 0.0, 0)]])
def test_too_few_controls_cannot_tell(pairs):
    found = null_rate(pairs, min_area_m2=20)
    assert found.rate is None
    assert "control pair" in found.reason

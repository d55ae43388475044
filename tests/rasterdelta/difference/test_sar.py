"""The radar method on seeded pairs with exact truth: 8-bit amplitudes under speckle, each date with its own looks."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, shift

from rasterdelta.difference import amplitude, logratio, sar
from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData

SIZE = 128


@dataclass(frozen=True, slots=True)
class RadarPair:
    before: np.ndarray
    after: np.ndarray
    truth: np.ndarray


def flood(seed, looks=(4, 4), **how):
    """A river in textured fields widens; islands and bays of a few pixels."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:SIZE, :SIZE]
    away = np.abs(cols - 60 - 12 * np.sin(rows / 17)) + 5 * _texture(rng, 3)
    land = _fields(rng) * 10 ** (0.08 * _texture(rng, 3))
    narrow, wide = (np.where(away < w, 1.0, land) for w in (10, 26))
    return _seen(rng, narrow, wide, (away >= 10) & (away < 26), looks, **how)


def harvest(seed, looks=(4, 1), **how):
    """Some of many fields turn brighter, some darker."""
    rng = np.random.default_rng(seed)
    ground = _fields(rng)
    rows, cols = np.mgrid[:SIZE, :SIZE]
    darker = (np.abs(rows - 30) < 14) & (np.abs(cols - 40) < 18)
    brighter = (np.abs(rows + cols - 170) < 16) & (np.abs(rows - cols) < 20)
    later = np.where(darker, ground / 5, np.where(brighter, ground * 5, ground))
    return _seen(rng, ground, later, darker | brighter, looks, **how)


def still(seed, looks=(4, 1), **how):
    """Nothing happens."""
    rng = np.random.default_rng(seed)
    ground = _fields(rng)
    return _seen(rng, ground, ground, np.zeros(ground.shape, bool), looks, **how)


def coast(seed, looks=(1, 4), **how):
    """A sea that is darker on one date than its share of the gain, beside a bank of sand that comes up."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:SIZE, :SIZE]
    sea = cols > 60 + 10 * np.sin(rows / 20)
    bank = sea & (np.hypot(rows - 64, cols - 80) < 13)
    before = np.where(sea, 2.0, _fields(rng))
    return _seen(rng, before, np.where(bank, 22.0, before), bank, looks, **how)


def _fields(rng):
    edges = [np.sort(rng.integers(0, SIZE, 5)) for _ in range(2)]
    row, col = (np.searchsorted(e, np.arange(SIZE)) for e in edges)
    return rng.uniform(12, 45, (6, 6))[row[:, None], col]


def _texture(rng, sigma):
    field = gaussian_filter(rng.normal(0, 1, (SIZE, SIZE)), sigma)
    return field / field.std()


def _seen(rng, before, after, truth, looks, *, gain=1.3, gamma=1.0, correlated=0.5, offset=0.3):
    """Show the ground on two dates: speckle, half a pixel of shift, and stretches to 8 bits of their own."""
    after = shift(after, (offset, -offset), order=1, mode="nearest")
    dates = []
    for ground, count, factor, power in ((before, looks[0], 1.0, 1.0), (after, looks[1], gain, gamma)):
        amplitude = np.sqrt(ground * _speckle(rng, count, correlated)) ** power
        dates.append(np.clip(np.rint(factor * amplitude * 150 / np.quantile(amplitude, 0.9)), 0, 255))
    return RadarPair(*(d.astype(np.float32)[None] for d in dates), truth)


def _speckle(rng, looks, correlated):
    waves = rng.normal(0, 1, (looks, 2, SIZE, SIZE))
    if correlated:
        waves = gaussian_filter(waves, (0, 0, correlated, correlated))
    power = (waves**2).sum(axis=(0, 1))
    return power / power.mean()


def changes(pair, fit=sar.fit):
    valid = np.ones(pair.truth.shape, bool)
    model = fit([PairSample(pair.before, pair.after, valid)], gsd_m=10)
    return model.score(pair.before, pair.after, valid) > model.threshold


def kappa(found, truth):
    observed = (found == truth).mean()
    chance = found.mean() * truth.mean() + (1 - found.mean()) * (1 - truth.mean())
    return (observed - chance) / (1 - chance)


@pytest.mark.parametrize("looks", [(4, 4), (1, 4), (1, 1), (8, 8)])
@pytest.mark.parametrize(("scene", "bar"), [(flood, 0.88), (harvest, 0.92), (coast, 0.92)])
def test_change_is_found_whatever_the_looks(scene, bar, looks):
    pair = scene(1, looks)
    assert kappa(changes(pair), pair.truth) > bar


@pytest.mark.parametrize("gamma", [0.7, 1.4])
@pytest.mark.parametrize(("scene", "bar"), [(flood, 0.88), (harvest, 0.9), (coast, 0.92)])
def test_dates_may_be_stretched_each_in_its_own_way(scene, bar, gamma):
    pair = scene(2, (4, 2), gamma=gamma)
    found = kappa(changes(pair), pair.truth)
    assert found > bar
    assert found > kappa(changes(pair, logratio.fit), pair.truth)


@pytest.mark.parametrize("looks", [(1, 4), (4, 4), (1, 1)])
@pytest.mark.parametrize("seed", [3, 4])
def test_where_nothing_happened_little_is_flagged(seed, looks):
    assert changes(still(seed, looks)).mean() < 0.025


def test_single_looks_need_the_average_over_like_neighbours():
    pair = harvest(5, (1, 1))
    assert kappa(changes(pair), pair.truth) > kappa(changes(pair, logratio.fit), pair.truth) + 0.05


def test_a_gain_between_the_dates_does_not_matter():
    pair = flood(6, (4, 4))
    scaled = RadarPair(pair.before, 1000 * pair.after, pair.truth)
    assert (changes(scaled) == changes(pair)).mean() > 0.999


def test_the_order_of_the_dates_does_not_matter():
    pair = harvest(7)
    swapped = RadarPair(pair.after, pair.before, pair.truth)
    assert (changes(swapped) == changes(pair)).mean() > 0.995


def test_equal_bands_are_worth_one():
    pair = flood(8)
    three = RadarPair(np.repeat(pair.before, 3, 0), np.repeat(pair.after, 3, 0), pair.truth)
    np.testing.assert_array_equal(changes(three), changes(pair))


def test_huge_values_are_amplitudes_too():
    pair = flood(9)
    huge = RadarPair(np.float32(1e30) * pair.before, np.float32(1e30) * pair.after, pair.truth)
    assert (changes(huge) == changes(pair)).mean() > 0.999


def test_darkness_on_both_dates_is_refused():
    dark = np.zeros((1, 40, 40), np.float32)
    with pytest.raises(NotEnoughData, match="zero"):
        sar.fit([PairSample(dark, dark, np.ones((40, 40), bool))], gsd_m=10)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 100), st.integers(0, 100))
def test_every_bit_is_the_same_in_any_window(row, col):
    pair = _flood_once()
    valid = np.ones(pair.truth.shape, bool)
    valid[30:40, 50:90] = False
    model = sar.fit([PairSample(pair.before, pair.after, valid)], gsd_m=10)
    whole = model.score(pair.before, pair.after, valid)
    top, left = max(0, row - model.halo), max(0, col - model.halo)
    part = np.s_[top:, left:]
    found = model.score(pair.before[:, *part], pair.after[:, *part], valid[part])[row - top :, col - left :]
    np.testing.assert_array_equal(found, whole[row:, col:])


_flood_once = partial(flood, 10)


@pytest.mark.parametrize("power", [0.6, 1.0, 1.5])
def test_contrast_is_measured_on_what_both_dates_show(power):
    rng = np.random.default_rng(0)
    level = np.log(gaussian_filter(_fields(rng), 1)).astype(np.float32)
    first, second = (x + rng.normal(0, 0.05, level.shape).astype(np.float32) for x in (level, power * level + 2))
    second[20:60, 30:70] = 9  # a change, which shows on one date only
    found = amplitude.contrast([(first, second)], (0.05, 0.05))
    assert np.exp(found) == pytest.approx(power, rel=0.08)


def test_contrast_without_any_step_is_none():
    flat = np.zeros((40, 40), np.float32)
    assert amplitude.contrast([(flat, flat)], (1.0, 1.0)) == 0


def test_noise_is_that_of_even_ground_and_blind_to_edges():
    rng = np.random.default_rng(0)
    plane = (np.repeat(rng.uniform(0, 9, 4), 32)[:, None] + rng.normal(0, 0.3, (128, 128))).astype(np.float32)
    plane[5:20, 5:20] = np.nan
    assert amplitude.noise([plane[:64], plane[64:]]) == pytest.approx(0.3, rel=0.1)
    assert amplitude.noise([np.zeros((2, 2), np.float32)]) == 1


@pytest.mark.parametrize("share", [0.05, 0.2, 0.35])
def test_threshold_lies_between_two_classes_however_large(share):
    rng = np.random.default_rng(0)
    changed = rng.random(50_000) < share
    ratios = (rng.normal(0, 0.1, 50_000) + np.where(changed, 0.8, 0)).astype(np.float32)
    threshold, _ = amplitude.ratio_threshold(ratios, 0.001)
    assert 0.3 < threshold < 0.55


@pytest.mark.parametrize("draw", [np.random.Generator.normal, np.random.Generator.laplace])
def test_one_class_is_not_split(draw):
    ratios = draw(np.random.default_rng(0), 0, 0.1, 50_000).astype(np.float32)
    threshold, rate = amplitude.ratio_threshold(ratios, 0.001)
    assert threshold >= 0.25
    assert rate <= 0.001 + 1e-9

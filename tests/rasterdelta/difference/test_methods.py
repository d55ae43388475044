"""What every change model owes its users, whatever the algorithm."""

import itertools
import pickle
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.difference.auto import METHODS, MethodName, choose
from rasterdelta.difference.protocol import PairSample
from rasterdelta.errors import NotEnoughData

NAMES = sorted(METHODS)
ANYWHERE = sorted(set(NAMES) - {"siamese"})
"""Of images that are noise, too; what was learned from pictures has its own tests."""
BY_PIXEL = ["cva", "irmad", "mad", "sfa"]
GSD_M = 5.0


def scene(seed=3, bands=3, shape=(150, 170)):
    rng = np.random.default_rng(seed)
    before = np.abs(rng.normal(120, 25, (bands, *shape))).astype(np.float32)
    after = (1.1 * before + rng.normal(5, 8, before.shape)).astype(np.float32)
    after[:, 40:60, 50:80] += 150
    valid = np.ones(shape, bool)
    valid[:20, :30] = False
    valid[rng.random(shape) < 0.01] = False
    return before, after, valid


def pieces(total, cuts):
    edges = [0, *sorted(cuts), total]
    return [(a, b) for a, b in itertools.pairwise(edges) if b > a]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(rows=st.sets(st.integers(1, 149), max_size=3), cols=st.sets(st.integers(1, 169), max_size=3))
def test_score_does_not_depend_on_the_tiling(name, rows, cols):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    whole = model.score(before, after, valid)
    tiled = np.full_like(whole, np.nan)
    for r0, r1 in pieces(150, rows):
        for c0, c1 in pieces(170, cols):
            top, left = (max(0, first - model.halo) // model.stride * model.stride for first in (r0, c0))
            window = np.s_[top : r1 + model.halo, left : c1 + model.halo]
            part = model.score(before[:, *window], after[:, *window], valid[window])
            tiled[r0:r1, c0:c1] = part[r0 - top : r1 - top, c0 - left : c1 - left]
    if name in BY_PIXEL:
        np.testing.assert_array_equal(tiled, whole)
    else:
        np.testing.assert_allclose(tiled, whole, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"siamese", "structure"}))  # they need things: see their own tests
def test_planted_change_is_found_and_little_else(name):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    score = model.score(before, after, valid)
    changed = score > model.threshold
    assert changed[44:56, 54:76].mean() > 0.95
    away = valid.copy()
    away[30:70, 40:90] = False
    assert changed[away].mean() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_score_is_nan_exactly_where_not_valid_and_ignores_what_is_there(name):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    score = model.score(before, after, valid)
    np.testing.assert_array_equal(np.isnan(score), ~valid)
    assert score.dtype == np.float32
    before[:, ~valid], after[:, ~valid] = 1e6, -1e6
    np.testing.assert_array_equal(model.score(before, after, valid), score)
    again = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    assert again.threshold == model.threshold


@pytest.mark.parametrize("name", NAMES)
def test_score_is_the_same_wherever_its_arrays_lie_in_memory(name):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    score = model.score(before, after, valid)
    rng = np.random.default_rng(0)
    for _ in range(30):
        others = [np.empty(n, np.uint8) for n in rng.integers(1, 60_000, 12)]
        np.testing.assert_array_equal(model.score(before.copy(), after.copy(), valid), score)
        del others


@pytest.mark.parametrize("name", NAMES)
def test_nan_pixels_count_as_not_valid(name):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    marked = valid.copy()
    marked[100, 100] = False
    expected = model.score(before, after, marked)
    after[1, 100, 100] = np.nan
    np.testing.assert_allclose(model.score(before, after, valid), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_too_little_is_refused_in_words(name):
    tiny = np.ones((3, 1, 1), np.float32)
    for sample in (
        [],
        [PairSample(tiny, tiny, np.ones((1, 1), bool))],
        [PairSample(np.zeros((3, 40, 40), np.float32), np.zeros((3, 40, 40), np.float32), np.zeros((40, 40), bool))],
    ):
        with pytest.raises(NotEnoughData, match="valid"):
            METHODS[name](sample, gsd_m=GSD_M)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_integers_score_as_their_values_do(name, dtype):
    before, after, valid = scene()
    before, after = (np.clip(np.round(a), 0, 255).astype(dtype) for a in (before, after))
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    plain = [a.astype(np.float32) for a in (before, after)]
    np.testing.assert_array_equal(model.score(before, after, valid), model.score(*plain, valid))
    assert METHODS[name]([PairSample(*plain, valid)], gsd_m=GSD_M).threshold == model.threshold


@pytest.mark.parametrize("name", BY_PIXEL)
@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_scale_of_the_values_does_not_matter(name, factor):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    scaled = [a * np.float32(factor) for a in (before, after)]
    other = METHODS[name]([PairSample(*scaled, valid)], gsd_m=GSD_M)
    np.testing.assert_allclose(other.score(*scaled, valid), model.score(before, after, valid), rtol=2e-3, atol=2e-3)
    assert other.threshold == pytest.approx(model.threshold, rel=2e-3)


@pytest.mark.parametrize("name", ANYWHERE)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_huge_values_are_refused_or_scored_but_never_garbage(name):
    before, after, valid = (a * np.float32(1e30) if a.dtype == np.float32 else a for a in scene())
    try:
        model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    except NotEnoughData:
        return
    changed = model.score(before, after, valid) > model.threshold
    changed[30:70, 40:90] = False
    assert changed.mean() < 0.05


@pytest.mark.parametrize("name", ANYWHERE)
def test_one_band_is_enough(name):
    before, after, valid = scene(bands=1)
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    score = model.score(before, after, valid)
    np.testing.assert_array_equal(np.isnan(score), ~valid)
    changed = score > model.threshold
    changed[30:70, 40:90] = False
    assert changed.mean() < 0.1


@pytest.mark.parametrize("name", BY_PIXEL)
def test_a_huge_pixel_among_others_is_changed_or_nan(name):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    after[0, 100, 100] = 3e38
    found = model.score(before, after, valid)
    assert np.isnan(found[100, 100]) or found[100, 100] > model.threshold
    assert np.isfinite(found[110:, 110:][valid[110:, 110:]]).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bands", [1, 3])
def test_identical_dates_show_no_change(name, bands):
    before, _, valid = scene(bands=bands)
    model = METHODS[name]([PairSample(before, before.copy(), valid)], gsd_m=GSD_M)
    assert not (model.score(before, before, valid) > model.threshold).any()


@pytest.mark.parametrize("name", NAMES)
def test_constant_dates_give_no_change_or_a_clear_refusal(name):
    flat = np.full((2, 30, 30), 7, np.float32)
    valid = np.ones((30, 30), bool)
    try:
        model = METHODS[name]([PairSample(flat, flat, valid)], gsd_m=GSD_M)
    except NotEnoughData as refusal:
        assert "vary" in str(refusal)  # noqa: PT017 - either outcome is right
    else:
        assert not (model.score(flat, flat, valid) > model.threshold).any()


@pytest.mark.parametrize("name", NAMES)
def test_models_travel_between_processes_and_say_what_they_are(name):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.score(before, after, valid), model.score(before, after, valid))
    assert copy.method == name
    assert model.notes.endswith(".")
    assert model.false_alarm_rate is None or 0 <= model.false_alarm_rate <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_model_scores_tiles_that_show_nothing(name):
    before, after, valid = scene()
    model = METHODS[name]([PairSample(before, after, valid)], gsd_m=GSD_M)
    nothing = model.score(before[:, :9, :9], after[:, :9, :9], np.zeros((9, 9), bool))
    assert np.isnan(nothing).all()
    assert model.score(before[:, 60:61, 60:61], after[:, 60:61, 60:61], np.ones((1, 1), bool)).shape == (1, 1)


@pytest.mark.parametrize(
    ("bands", "kind", "gsd_m", "name"),
    [
        (1, "sar", 1.0, "sar"),
        (3, "optical", 0.5, "siamese"),
        (4, "optical", 2.0, "siamese"),
        (1, "optical", 2.0, "structure"),
        (4, "optical", 3.0, "structure"),
        (4, "optical", 10.0, "irmad"),
        (3, "optical", 30.0, "irmad"),
        (2, "optical", 10.0, "cva"),
    ],
)
def test_choice_of_method(bands, kind, gsd_m, name):
    chosen, reason = choose(bands=bands, kind=kind, gsd_m=gsd_m)
    assert chosen == name
    assert reason.endswith(".")
    assert reason.count(". ") == 0


def test_every_method_name_is_registered():
    assert set(METHODS) == set(get_args(MethodName))

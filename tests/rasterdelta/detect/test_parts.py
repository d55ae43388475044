import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.cascade import REFUSED, Cascade, fit_gate
from rasterdelta.detect.channels import COUNT, level, reduce_by
from rasterdelta.detect.classes import AIRCRAFT, VEHICLE
from rasterdelta.detect.fitting import fit
from rasterdelta.detect.heading import long_axis_deg, mirror_axis_deg
from rasterdelta.detect.polar import Sampler, invariants
from rasterdelta.detect.pyramid import GATE_FEATURES, features, halo_px, places, scales
from rasterdelta.detect.sampling import Labels, sample
from rasterdelta.detect.scorer import Scorer
from rasterdelta.detect.suppress import suppress
from rasterdelta.errors import KernelError


def middle_features(image, length_px=14.0):
    here = level(image, np.ones(image.shape, bool), 1.0)
    middle = np.array([image.shape[0] // 2])
    return invariants(Sampler.of(here, length_px).spectra(middle, middle))[:, 0]


def blob(turn_deg=0.0, n=65):
    y, x = np.mgrid[:n, :n] - n // 2
    t = np.deg2rad(turn_deg)
    u, v = x * np.cos(t) + y * np.sin(t), -x * np.sin(t) + y * np.cos(t)
    return (
        0.3 + 0.5 * np.exp(-((u / 6) ** 2) - (v / 2) ** 2) + 0.3 * np.exp(-(((u - 3) / 2) ** 2) - ((v - 4) / 2) ** 2)
    ).astype(np.float32)


def test_quarter_turns_leave_the_features_as_they_are():
    image = np.random.default_rng(0).random((65, 65)).astype(np.float32)
    for turns in (1, 2, 3):
        np.testing.assert_allclose(
            middle_features(np.ascontiguousarray(np.rot90(image, turns))), middle_features(image), atol=2e-3
        )


def test_a_mirror_image_has_the_same_features():
    image = np.random.default_rng(1).random((65, 65)).astype(np.float32)
    np.testing.assert_allclose(middle_features(np.ascontiguousarray(image[:, ::-1])), middle_features(image), atol=2e-3)


@pytest.mark.parametrize("turn", [17, 45, 71])
def test_any_turn_changes_the_features_less_than_another_shape_does(turn):
    here = middle_features(blob())
    other = middle_features(np.random.default_rng(2).random((65, 65)).astype(np.float32))
    assert np.linalg.norm(middle_features(blob(turn)) - here) < 0.3 * np.linalg.norm(other - here)


def test_gain_and_offset_hardly_change_the_features():
    image = blob()
    np.testing.assert_allclose(middle_features(image * 0.7 + 0.1), middle_features(image), rtol=0.15, atol=0.05)


@pytest.mark.parametrize("turn", [0, 30, 80, 135])
def test_the_long_axis_of_a_bar_is_its_heading(turn):
    y, x = np.mgrid[:65, :65] - 32
    t = np.deg2rad(turn)
    along, across = x * np.sin(t) - y * np.cos(t), x * np.cos(t) + y * np.sin(t)
    bar = (0.3 + 0.5 / (1 + np.exp((np.abs(along) - 7) * 3)) / (1 + np.exp((np.abs(across) - 3) * 3))).astype(
        np.float32
    )
    around = Sampler.of(level(bar, np.ones(bar.shape, bool), 1.0), 14.0).spectra(np.array([32]), np.array([32]))
    assert abs((long_axis_deg(around)[0] - turn + 90) % 180 - 90) < 12
    assert abs((mirror_axis_deg(around)[0] - turn + 45) % 90 - 45) < 12  # a bar has two mirror axes


def test_invalid_pixels_do_not_leak_into_the_channels():
    image = np.random.default_rng(3).random((80, 80)).astype(np.float32)
    valid = np.ones(image.shape, bool)
    valid[:, 40:] = False
    spoiled = np.where(valid, image, 1e6).astype(np.float32)
    a, b = level(np.where(valid, image, 0).astype(np.float32), valid, 1.0), level(spoiled * valid, valid, 1.0)
    assert a.channels.shape == (COUNT, 80, 80)
    np.testing.assert_array_equal(a.channels, b.channels)


def test_reduction_averages_valid_pixels_only():
    plane = np.arange(16, dtype=np.float32).reshape(4, 4)
    valid = np.ones((4, 4), bool)
    valid[0, 0] = valid[2, 2] = valid[2, 3] = valid[3, 3] = False
    small, ok = reduce_by(plane, valid, 2)
    np.testing.assert_allclose(small[0], [(1 + 4 + 5) / 3, (2 + 3 + 6 + 7) / 4], rtol=1e-6)
    np.testing.assert_array_equal(ok, [[True, True], [True, False]])


def test_octaves_keep_an_object_between_its_pixel_bounds():
    for search in (AIRCRAFT, VEHICLE):
        for length in search.lengths_m:
            for gsd in (0.1, 0.3, 0.5, 1.2, 3.0):
                octave = search.octave(length, gsd)
                if octave is None:
                    assert length / gsd < search.smallest_px
                else:
                    assert search.smallest_px <= length / (gsd * 2**octave) < 2 * search.coarsest_px + 1e-6


def test_neighbours_stay_and_doubles_go():
    row, col = np.array([0.0, 0.0, 0.0, 0.3]), np.array([0.0, 2.5, 5.0, 0.4])
    keep = suppress(
        row,
        col,
        np.full(4, 4.6),
        np.full(4, 4.6),
        np.zeros(4),
        np.array([3.0, 2.0, 1.0, 2.5]),
        apart=0.4,
        apart_along=0.75,
    )
    np.testing.assert_array_equal(keep, [True, True, True, False])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(0, 80))
def test_suppression_does_not_depend_on_the_order(seed, n):
    rng = np.random.default_rng(seed)
    row, col, length, heading, score = (rng.uniform(0, s, n) for s in (60, 60, 20, 180, 5))
    keep = suppress(row, col, length, length, heading, score, apart=0.5, apart_along=0.7)
    order = rng.permutation(n)
    again = suppress(
        row[order], col[order], length[order], length[order], heading[order], score[order], apart=0.5, apart_along=0.7
    )
    np.testing.assert_array_equal(again, keep[order])
    if n:
        assert keep[np.argmax(score)]


def test_the_fit_learns_a_rule_and_its_size_and_is_repeatable():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, 3000)).astype(np.float32)
    present = x[0] * x[1] > 0
    size = (0.3 * x[2]).astype(np.float32)
    first, again = (
        fit(x, present, size, np.ones(3000, np.float32), hidden=(16,), epochs=40, batch=64, dropout=0.0)
        for _ in range(2)
    )
    out = first(x)
    assert np.mean((out[0] > 0) == present) > 0.95
    assert np.corrcoef(out[1][present], size[present])[0, 1] > 0.8
    np.testing.assert_array_equal(out, again(x))


def test_a_scorer_survives_its_file(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 50)).astype(np.float32)
    scorer = fit(x, x[0] > 0, x[1], np.ones(50, np.float32), hidden=(5,), epochs=2)
    np.savez(tmp_path / "w.npz", **scorer.arrays("a_"))
    with np.load(tmp_path / "w.npz") as stored:
        again = Scorer.from_arrays(dict(stored), "a_")
    np.testing.assert_array_equal(again(x), scorer(x))


def test_samples_say_what_is_an_object_and_leave_out_what_is_not_sure(airfield, airliners):
    image = airfield(1.0)
    y, x, length, _ = np.array(airliners).T
    counted = np.arange(len(y)) > 3
    labels = Labels(y - 0.5, x - 0.5, length, counted)
    drawn = sample(
        image,
        np.ones(image.shape[1:], bool),
        labels,
        gsd_m=1.0,
        search=AIRCRAFT,
        background=50,
        rng=np.random.default_rng(0),
    )
    assert drawn.features.shape[1] == len(drawn.present) == len(drawn.size)
    assert 12 <= drawn.present.sum() < 400
    assert np.abs(drawn.size[drawn.present]).max() < 0.4
    assert np.isfinite(drawn.features).all()


LINES = [
    "class,gsd_max_m,threshold,slope,offset,precision,recall,objects,source",
    "aircraft,4.0,1.0,1,0,0.7,0.6,100,coarse",
    "aircraft,0.8,0.5,1,0,0.9,0.8,500,fine",
]


def test_the_table_gives_the_band_that_holds_a_gsd():
    table = Table.from_csv(LINES)
    assert [table.band("aircraft", g).accuracy.source for g in (0.3, 0.8, 0.9, 9.0)] == [
        "fine",
        "fine",
        "coarse",
        "coarse",
    ]
    with pytest.raises(KernelError, match="vehicle"):
        table.band("vehicle", 0.3)


def test_the_gate_passes_nearly_all_objects_and_what_it_refuses_scores_low(airfield, airliners):
    image = airfield(1.0)
    valid = np.ones(image.shape[1:], bool)
    y, x, length, _ = np.array(airliners).T
    labels = Labels(y - 0.5, x - 0.5, length, np.ones(len(y), bool))
    drawn = sample(image, valid, labels, gsd_m=1.0, search=AIRCRAFT, background=200, rng=np.random.default_rng(0))
    gate = fit_gate(drawn, epochs=20)
    judge = fit(drawn.features, drawn.present, drawn.size, drawn.weight, hidden=(16,), epochs=20)
    passed = gate(drawn.features[:GATE_FEATURES])[0] > 0
    assert passed[drawn.present].mean() > 0.95
    assert passed[~drawn.present].mean() < 0.5
    scale = next(s for s in scales(image, valid, gsd_m=1.0, search=AIRCRAFT) if s.length_m == 40.0)
    rows, cols = places(scale.level, 2)
    light, full = (features(scale, rows, cols, directions=d) for d in (False, True))
    np.testing.assert_allclose(light, full[:GATE_FEATURES], atol=1e-5)
    score = Cascade(gate, judge)(scale, rows, cols)[0]
    np.testing.assert_array_equal(score == REFUSED, gate(light)[0] <= 0)


def test_the_halo_covers_what_a_place_depends_on():
    rng = np.random.default_rng(0)
    image = rng.random((1, 768, 768)).astype(np.float32)
    reach = halo_px(VEHICLE, 0.3)
    far = np.hypot(*(np.mgrid[:768, :768] - 384)) > reach * 1.5
    other = np.where(far, rng.random(image.shape).astype(np.float32), image)
    valid = np.ones((768, 768), bool)
    for a, b in zip(*(scales(i, valid, gsd_m=0.3, search=VEHICLE) for i in (image, other)), strict=True):
        middle = np.array([384 // a.factor])
        np.testing.assert_allclose(features(a, middle, middle), features(b, middle, middle), atol=1e-5)

"""Figures and their intervals, from judged images that were made up."""

from dataclasses import replace

import numpy as np
import pytest

from rasterdelta.detect.protocol import Detections
from rasterdelta.display import Stretch
from rasterdelta.scoring import Verdicts, judge
from sitedelta.evaluation.cases import Case
from sitedelta.evaluation.figures import figures
from sitedelta.evaluation.groups import LENGTH_BANDS, parts_of, rows_of
from sitedelta.evaluation.judging import Judged
from sitedelta.evaluation.labels import LabelledImage, Labels, Shapes
from sitedelta.evaluation.plots import counts, curve
from sitedelta.evaluation.tables import tables
from sitedelta.evaluation.words import headline, sentences, sweep_sentences

FAR = 1000.0


def made(tmp_path, hits, misses, false, *, site="a", gsd=0.5, data="mine", exhaustive=True, rule="claimed", high=99):
    """Give an image with so many hits, misses and false alarms; all lie apart."""
    n = hits + misses
    at = np.arange(n) * 50.0
    labels = Labels(at, at, np.full(n, 20.0), np.full(n, "aircraft"), np.full(n, "fighter"), np.ones(n, bool))
    shapes = Shapes(*np.full((4, n), np.nan))
    row = np.r_[at[:hits], FAR + 50.0 * np.arange(false)]
    m = hits + false
    found = Detections.plain(
        row, row, *[np.full(m, 10.0)] * 2, np.zeros(m), np.linspace(0.9, 0.5, m), np.full(m, "aircraft")
    )
    image = LabelledImage(tmp_path / f"{site}.png", data, site, gsd, exhaustive, labels, shapes, 0)
    case = Case(image, None, labels, gsd, original=True)
    said = {"status": "counted", "count": m, "low": 0, "high": high, "reason": None}
    verdicts = judge(np.column_stack([at, at]), np.full(n, 20.0), np.column_stack([row, row]))
    counted = np.ones(n, bool)
    stretch = Stretch(np.zeros(3), np.ones(3))
    few = found.take(np.zeros(m, bool))
    left = Verdicts(np.zeros((0, 2), int), verdicts.missed, *[np.zeros(0, int)] * 2)
    return Judged(
        case, "aircraft", rule, True, said, stretch, gsd, 1.0, labels, counted, 0, 0, found, verdicts, few, left
    )


def test_sums_over_images(tmp_path):
    got = figures([made(tmp_path, 8, 2, 1), made(tmp_path, 0, 0, 1, site="b")])
    assert (got.hits, got.misses, got.false_alarms, got.objects, got.found) == (8, 2, 2, 10, 10)
    assert (got.recall.value, got.precision.value) == (0.8, 0.8)
    assert got.f1.value == pytest.approx(0.8)
    assert got.count_error.value == pytest.approx((1 + 1) / 2)
    assert got.count_error_relative.value == pytest.approx(0.1)
    assert got.count_bias.value == pytest.approx(0.0)
    assert got.rough


def test_one_site_leaves_no_interval_but_that_of_its_objects(tmp_path):
    got = figures([made(tmp_path, 8, 2, 1), made(tmp_path, 8, 2, 1)])
    assert (got.average_precision.low, got.count_error.high) == (None, None)
    assert got.recall.low < 0.8 < got.recall.high


def test_intervals_hold_the_rate_of_images_alike(tmp_path):
    """Of many sets of images with one true recall, nine in ten intervals are to hold it."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(60):
        hits = rng.binomial(10, 0.8, 25)
        got = figures([made(tmp_path, int(h), 10 - int(h), 0, site=str(k)) for k, h in enumerate(hits)]).recall
        held += got.low <= 0.8 <= got.high
    assert held >= 48


def test_images_of_one_site_are_drawn_together(tmp_path):
    """Ten copies of two unlike sites are no surer than the two."""
    good, bad = (
        (lambda k: made(tmp_path, 20, 0, 0, site=f"good{k}")),
        (lambda k: made(tmp_path, 10, 10, 0, site=f"bad{k}")),
    )
    apart = figures([f(k) for k in range(10) for f in (good, bad)]).recall
    alike = figures([f(0) for _ in range(10) for f in (good, bad)]).recall
    assert alike.high - alike.low > 2 * (apart.high - apart.low)


def test_what_cannot_be_told_is_none(tmp_path):
    empty = figures([made(tmp_path, 0, 0, 2)])
    assert (empty.recall, empty.f1, empty.average_precision, empty.count_bias) == (None, None, None, None)
    assert empty.precision.value == 0.0
    partly = figures([made(tmp_path, 5, 5, 3, exhaustive=False)])
    assert (partly.precision, partly.false_alarms, partly.covered) == (None, None, None)
    assert partly.recall.value == 0.5
    open_end = figures([made(tmp_path, 5, 5, 3, high=None)])
    assert (open_end.covered, open_end.intervals, open_end.interval_width) == (None, 0, None)


def test_the_same_seed_gives_the_same_figures(tmp_path):
    some = [made(tmp_path, k, 3, 1, site=str(k)) for k in range(6)]
    assert figures(some, seed=2) == figures(some, seed=2)
    assert figures(some, seed=2) != figures(some, seed=3)


def test_rows_stand_for_all_sets_bands_and_both(tmp_path):
    some = [
        made(tmp_path, 3, 1, 0, gsd=0.5),
        made(tmp_path, 2, 2, 0, gsd=1.0, site="b"),
        made(tmp_path, 1, 3, 0, gsd=1.0, site="c", data="other"),
    ]
    rows = rows_of(some, sweep=False)
    assert [(r.data, r.gsd, r.figures.hits) for r in rows] == [
        ("all", "all", 6), ("mine", "all", 5), ("other", "all", 1),
        ("all", "0.4 to 0.7 m", 3), ("all", "0.7 to 1.25 m", 3),
        ("mine", "0.4 to 0.7 m", 3), ("mine", "0.7 to 1.25 m", 2), ("other", "0.7 to 1.25 m", 1),
    ]  # fmt: skip
    assert [r.data for r in headline(rows)] == ["all"]
    assert "Of 12 aircraft labelled in 3 images, 6 were found" in sentences(headline(rows)[0])[0]
    alone = rows_of(some[:1], sweep=False)
    assert [(r.data, r.gsd) for r in alone] == [("mine", "all")]


def test_parts_by_length_and_by_kind(tmp_path):
    length, kind = parts_of([made(tmp_path, 6, 2, 4)])
    assert (length.by, length.name, length.objects, length.found) == ("length", "12 to 20 pixels", 8, 10)
    assert (length.recall.value, length.precision.value) == (0.75, 0.6)
    assert (kind.by, kind.name, kind.objects, kind.precision) == ("kind", "fighter", 8, None)
    assert tuple(sorted(LENGTH_BANDS)) == LENGTH_BANDS


def test_scores_are_set_beside_what_was_right(tmp_path):
    some = [made(tmp_path, 6, 0, 4)]
    bins = tables(some, [], []).scores
    assert sum(b["detections"] for b in bins) == 10
    assert bins[-1]["real"] == 1.0
    assert bins[0]["real"] == 0.0


def test_drawings_are_the_same_each_time(tmp_path):
    some = [made(tmp_path, 6, 2, 1), replace(made(tmp_path, 6, 2, 1), rule="any length")]
    rows = rows_of(some, sweep=True)
    assert curve(rows, "aircraft") == curve(rows, "aircraft")
    assert counts(some, "aircraft").startswith(b"\x89PNG")
    assert counts([made(tmp_path, 1, 1, 1, exhaustive=False)], "aircraft") is None


def test_a_sweep_says_where_f1_begins_to_fall(tmp_path):
    f1 = {0.3: 20, 0.6: 19, 1.0: 10, 2.0: 0}
    rows = rows_of([made(tmp_path, h, 20 - h, 0, gsd=g) for g, h in f1.items()], sweep=True)
    (said,) = sweep_sentences(rows, "aircraft")
    assert said == (
        "mine: F1 is 1.00 at 0.3 m and 0.00 at 2 m; nine tenths of its best it keeps up to 0.6 m. "
        "Counting speaks of aircraft up to 3.2 m."
    )


def test_weak_detections_tell_of_other_thresholds(tmp_path):
    """Two of four are found; a weak detection lies on a third, another on nothing."""
    j = made(tmp_path, 2, 2, 0)
    at = j.labels.row
    row = np.array([at[2], FAR])
    ones = np.ones(2)
    weak = Detections.plain(row, row, 10 * ones, 10 * ones, 0 * ones, np.array([0.4, 0.2]), np.full(2, "aircraft"))
    verdicts = Verdicts(np.array([[2, 0]]), np.array([3]), np.array([1]), np.zeros(0, int))
    got = figures([replace(j, weak=weak, weak_verdicts=verdicts)])
    assert (got.hits, got.f1.value) == (2, pytest.approx(2 / 3))
    assert got.average_precision.value == pytest.approx(0.75)
    assert (got.best_f1, got.best_score) == (pytest.approx(6 / 7), 0.4)
    alone = figures([j])
    assert (alone.average_precision.value, alone.best_f1) == (0.5, pytest.approx(2 / 3))


def test_the_sub_class_that_is_told_is_set_beside_the_kind(tmp_path):
    j = made(tmp_path, 4, 0, 0)
    labels = replace(j.labels, kind=np.array(["Mi-8", "mi24", "su25", ""]))
    told = np.array(["helicopter", "", "helicopter", "helicopter"])
    found = replace(j.found, subclass=told)
    (part,) = [p for p in parts_of([replace(j, labels=labels, found=found)]) if p.by == "subclass"]
    assert (part.name, part.objects, part.found) == ("helicopter", 2, 2)
    assert (part.recall.value, part.precision.value) == (0.5, 0.5)

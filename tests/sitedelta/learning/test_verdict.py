"""What a student is worth, judged on what it did not see."""

from dataclasses import replace

import numpy as np
import pytest

from rasterdelta.detect.decode import Peaks
from sitedelta.detectors.models import Measured
from sitedelta.learning.adapt.paired import Paired
from sitedelta.learning.adapt.seen import Seen
from sitedelta.learning.adapt.thresholds import thresholds
from sitedelta.learning.adapt.verdict import fallen, reach, untaught
from sitedelta.learning.detect.labelled import Truth

BANDS = [Measured(gsd_max=m, threshold=0.0, precision=0.9, recall=0.8, objects=20, source="before") for m in (1.0, 3.0)]


def seen(hits, false, missed, *, part=0, logit=1.0, false_logit=1.0, gsd=0.5, exhaustive=True):
    """Give an image with so many found, wrongly found and missed objects in a row."""
    n = hits + missed
    at = 100.0 * np.arange(n + false)
    found = np.concatenate([at[:hits], at[n:]])
    rest = np.ones_like(found)
    logits = np.concatenate([np.full(hits, logit), np.full(false, false_logit)])
    peaks = Peaks(found, found, 20 * rest, 10 * rest, rest, logits, rest)
    truth = Truth(at[:n], at[:n], np.full(n, 20.0), np.ones(n, bool))
    return Seen(gsd, truth, peaks, exhaustive, part, f"{part}.png")


CONTROL = (seen(10, 0, 0, part=-1),)


def judged(before, after, control=(10, 0, 0), kept=(10, 0, 0), **kw):
    """Judge three images held back in turn, before and after, and one rendered place."""
    groups = [
        untaught([seen(*counts, part=k, **kw) for k in range(3)], [seen(*place, part=-1)], BANDS)
        for counts, place in ((before, control), (after, kept))
    ]
    return reach(*groups, BANDS)


def test_a_better_network_is_measured():
    v = judged((6, 2, 4), (9, 0, 1))
    assert v.worse is None
    assert (v.before.f1, v.after.f1) == (pytest.approx(2 / 3), pytest.approx(18 / 19))
    assert (v.bands[0].precision, v.bands[0].recall) == (1.0, 0.9)
    assert "user's" in v.bands[0].source
    assert v.bands[0].threshold == BANDS[0].threshold
    assert v.bands[1].recall == 0.8, "no image says anything of the coarser band"
    assert "less what rendered places lost" in v.bands[1].source
    assert (v.paired.righted, v.paired.wronged) == (15, 0)
    assert "better beyond chance" in v.paired.said()


def test_what_forgot_is_refused():
    v = judged((6, 2, 4), (7, 1, 3), kept=(6, 0, 4))
    assert v.worse == "on rendered places F1 fell from 1.000 to 0.750"


def test_what_got_worse_beyond_chance_is_refused():
    v = judged((8, 0, 2), (6, 0, 4))
    assert v.worse == (
        "on the images held back F1 went from 0.889 to 0.750: 0 mistakes put right, 6 new ones: worse beyond chance "
        "(p 0.016)"
    )
    assert fallen(v).startswith(" (most on 0.png from 0.89 to 0.75, ")


def test_a_fall_that_may_be_chance_is_told_and_does_not_refuse():
    """The former network was right at its threshold by luck: a little beside it much is missed, or wrong."""
    before = [seen(8, 6, 2, part=k, logit=0.05, false_logit=-0.05) for k in range(3)]
    after = [seen(7, 0, 3, part=0), seen(8, 0, 2, part=1), seen(8, 0, 2, part=2)]
    v = reach(untaught(before, CONTROL, BANDS), untaught(after, CONTROL, BANDS), BANDS)
    assert v.after.f1 < v.before.f1
    assert v.steady_after == pytest.approx(v.after.f1)
    assert v.steady_before < 0.5
    assert "may be chance" in v.paired.said()
    assert v.worse is None


def test_a_fall_over_thresholds_around_is_refused():
    before = [seen(7, 0, 3, part=k) for k in range(3)]
    after = [seen(6, 0, 4, part=0), *before[1:]]
    v = reach(untaught(before, CONTROL, BANDS), untaught(after, CONTROL, BANDS), BANDS)
    assert v.worse == "on the images held back F1 over thresholds around the former ones fell from 0.824 to 0.800"


def test_mistakes_are_compared_one_by_one():
    first, second = seen(5, 3, 5), seen(7, 4, 3)
    assert Paired.of([(first, 0.0)], [(second, 0.0)]) == Paired(2, 1)
    assert Paired.of([(first, 0.0)], [(first, 0.0)]).said() == "no mistake more or less"
    hidden = seen(5, 3, 5, exhaustive=False), seen(5, 9, 5, exhaustive=False)
    assert Paired.of([(hidden[0], 0.0)], [(hidden[1], 0.0)]) == Paired(0, 0), "what is not labelled says nothing"


@pytest.mark.parametrize(("righted", "wronged", "p"), [(5, 0, 1 / 32), (3, 1, 5 / 16), (1, 1, 3 / 4), (0, 0, 1.0)])
def test_the_sign_test_is_that_of_fair_coins(righted, wronged, p):
    assert Paired(righted, wronged).chance_better == pytest.approx(p)
    assert Paired(wronged, righted).chance_worse == pytest.approx(p)


def test_a_lesson_is_of_real_peaks_and_of_false_ones_where_all_is_labelled():
    full, partly = (seen(4, 3, 2, exhaustive=e) for e in (True, False))
    given = [replace(s, values=np.ones((7, 5))).lesson(BANDS[0]) for s in (full, partly)]
    assert [(len(g.real), int(g.real.sum())) for g in given] == [(7, 4), (4, 4)]
    assert given[0].values.shape == (7, 5)


def test_few_peaks_hardly_move_a_calibration():
    v = judged((1, 0, 0), (1, 0, 0), control=(1, 0, 0), kept=(1, 0, 0))
    assert (v.bands[0].slope, v.bands[0].offset) == (pytest.approx(1, abs=0.8), pytest.approx(0, abs=0.8))
    many = judged((40, 40, 0), (40, 40, 0))
    assert 1 / (1 + np.exp(-many.bands[0].slope - many.bands[0].offset)) == pytest.approx(0.52, abs=0.03)


def test_a_threshold_of_a_new_network_is_kept_unless_another_is_better_over_a_range():
    """One object more at one threshold moves nothing; many false ones above the threshold move it beyond them."""
    lucky, many = ([seen(9, n, 1, part=k, false_logit=at) for k in range(3)] for n, at in ((1, 0.04), (9, 0.15)))
    assert thresholds(lucky, CONTROL, BANDS) == (0.0, 0.0)
    assert 0.15 < thresholds(many, CONTROL, BANDS)[0] <= 0.4


def test_unlabelled_objects_of_a_partly_labelled_image_are_no_false_alarms():
    v = judged((6, 5, 4), (6, 9, 4), exhaustive=False)
    assert v.before.precision == 1.0
    assert v.before.recall == pytest.approx(0.6)
    assert v.worse is None


def test_thresholds_do_not_look_at_what_is_held_back():
    own = [seen(9, 0, 1, part=0), seen(9, 9, 1, part=1, false_logit=0.15)]
    assert thresholds(own, CONTROL, BANDS, without=1) == (0.0, 0.0)
    assert thresholds(own, CONTROL, BANDS, without=0)[0] > 0.15

"""What a student is worth, judged on what it did not see."""

import numpy as np
import pytest

from rasterdelta.detect.decode import Peaks
from sitedelta.detectors.models import Measured
from sitedelta.learning.adapt.verdict import Looked, Seen, choose, fallen, reach
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


def looked(before, after, control=(10, 0, 0), kept=(10, 0, 0), **kw):
    """Give three images held back in turn, before and after, and one rendered place."""
    own = {s: tuple(seen(*counts, part=k, **kw) for k in range(3)) for s, counts in ((0.0, before), (1.0, after))}
    return Looked(own, {0.0: (seen(*control, part=-1),), 1.0: (seen(*kept, part=-1),)})


def test_a_better_student_is_chosen_and_measured():
    v = reach(looked((6, 2, 4), (9, 0, 1)), BANDS)
    assert (v.choice.share, v.worse) == (1.0, None)
    assert (v.before.f1, v.after.f1) == (pytest.approx(24 / 36), pytest.approx(18 / 19))
    assert (v.bands[0].precision, v.bands[0].recall) == (1.0, 0.9)
    assert "user's" in v.bands[0].source
    assert v.bands[1].recall == 0.8, "no image says anything of the coarser band"
    assert "less what rendered places lost" in v.bands[1].source


def test_a_student_that_forgot_is_not_chosen():
    v = reach(looked((6, 2, 4), (7, 1, 3), kept=(6, 0, 4)), BANDS)
    assert v.choice.share == 0.0
    assert v.after.f1 == v.before.f1
    assert v.worse == "nothing that was learned helped on the images held back (F1 0.667 before)"


def test_what_got_worse_on_the_images_held_back_is_refused():
    """Better on two images and much worse on one: what is chosen without that one fails on it."""
    before = tuple(seen(7, 0, 3, part=k) for k in range(3))
    after = (seen(2, 0, 8, part=0), seen(10, 0, 0, part=1), seen(10, 0, 0, part=2))
    v = reach(Looked({0.0: before, 1.0: after}, {s: (seen(10, 0, 0, part=-1),) for s in (0.0, 1.0)}), BANDS)
    assert [round(a.recall, 1) for _, _, a in v.images] == [0.2, 0.7, 0.7]
    assert v.worse == "on the images held back F1 fell from 0.824 to 0.696"
    assert fallen(v) == " (most on 0.png from 0.82 to 0.33)"


CONTROLS = {s: (seen(10, 0, 0, part=-1),) for s in (0.0, 1.0)}


def test_a_fall_by_one_object_at_the_threshold_is_told_and_does_not_refuse():
    """The former network was right at its threshold by luck: a little beside it much is missed, or wrong."""
    before = tuple(seen(8, 6, 2, part=k, logit=0.05, false_logit=-0.05) for k in range(3))
    after = (seen(7, 0, 3, part=0), seen(8, 0, 2, part=1), seen(8, 0, 2, part=2))
    v = reach(Looked({0.0: before, 1.0: after}, CONTROLS), BANDS)
    assert [round(a.recall, 1) for _, _, a in v.images] == [0.7, 0.8, 0.8]
    assert v.after.f1 < v.before.f1
    assert v.steady_after == pytest.approx(v.after.f1)
    assert v.steady_before < 0.5
    assert v.worse is None


def test_a_fall_over_thresholds_around_the_chosen_ones_is_refused():
    before = tuple(seen(7, 0, 3, part=k) for k in range(3))
    after = (seen(6, 0, 4, part=0), seen(9, 0, 1, part=1), seen(7, 0, 3, part=2))
    v = reach(Looked({0.0: before, 1.0: after}, CONTROLS), BANDS)
    assert v.worse == "on the images held back F1 over thresholds around the chosen ones fell from 0.824 to 0.800"


def test_a_threshold_is_kept_unless_another_is_better_over_a_range():
    """One object more at one threshold moves nothing; many false ones above the threshold move it beyond them."""
    lucky = looked((9, 1, 1), (9, 1, 1), false_logit=0.04)
    assert choose(lucky, BANDS, without=None).thresholds == (0.0, 0.0)
    many = looked((9, 9, 1), (9, 9, 1), false_logit=0.15)
    assert 0.15 < choose(many, BANDS, without=None).thresholds[0] <= 0.4


def test_unlabelled_objects_of_a_partly_labelled_image_are_no_false_alarms():
    v = reach(looked((6, 5, 4), (6, 9, 4), exhaustive=False), BANDS)
    assert v.before.precision == 1.0
    assert v.before.recall == pytest.approx(0.6)


def test_a_choice_does_not_look_at_what_is_held_back():
    own = {s: tuple(seen(*c, part=k) for k, c in enumerate(counts)) for s, counts in PARTS.items()}
    both = Looked(own, {s: (seen(10, 0, 0, part=-1),) for s in own})
    assert choose(both, BANDS, without=0).share == 1.0
    assert choose(both, BANDS, without=1).share == 0.0


PARTS = {0.0: [(8, 0, 2), (4, 0, 6)], 1.0: [(4, 0, 6), (8, 0, 2)]}

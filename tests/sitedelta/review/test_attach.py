"""Decisions and findings brought together: rows of things side by side, found again a little otherwise."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitedelta.grid.sitegrid import pixel_grid
from sitedelta.review.attach import attach, subjects
from sitedelta.review.decision import Decision, Kind, Look, Said, Size, Spot, Verdict, sealed
from sitedelta.review.ground import Ground
from sitedelta.review.standing import agree, reviewed
from sitedelta.review.targets import Target
from sitedelta.running.manifest import AlignmentRecord, SceneRecord
from sitedelta.scene import Scene

GSD, DAY = 0.5, datetime(2024, 12, 6, tzinfo=UTC)
SIZES = {"vehicle": (5.0, 2.2), "aircraft": (20.0, 18.0)}


def ground(*, image="ab", name="s", shift=(0.0, 0.0)):
    """Give the places of a site of one image without georeference, aligned by a shift (rows, columns)."""
    scene = Scene(name, "a.png", (Path("a.png"),), image, DAY, "day", GSD, 900, 900, ("red",), "optical",
                  georeferenced=False, dtype="uint8")  # fmt: skip
    matrix = (1.0, 0.0, shift[1], 0.0, 1.0, shift[0])
    record = SceneRecord(scene, AlignmentRecord("aligned", "shift", matrix, 0.2, 0.9, None), 1.0, 0.0, None)
    return Ground(Path("/nowhere"), pixel_grid((900, 900), GSD), (), (record,))


def target(number, row, col, label="vehicle", where=None, size=None):
    """Give a finding at a place of the image."""
    where = where or ground()
    shift = where.records[0].alignment.matrix
    spot = Spot(row - shift[5], col - shift[2], GSD, None, None, row, col)
    size = size or Size(*SIZES[label])
    return Target(Kind.OBJECT, where.look(where.records[0].scene.id), None, spot, size, Said(f"f{number}", label, 0.9))


def decision(t, verdict=Verdict.ACCEPT, reviewer="A", when=DAY, **more):
    about = {"id": "", "subject": "", "kind": t.kind, "note": t.id, "look": t.look, "spot": t.spot, "size": t.size}
    said = about | {"machine": t.said, "label": t.said.label, "verdict": verdict, "reviewer": reviewer, "time": when}
    return sealed(Decision(**said | more))


@given(
    st.integers(0, 10**6),
    st.sampled_from(["vehicle", "aircraft"]),
    st.sampled_from([(0.0, 0.0), (13.0, -8.5)]),
    st.floats(0, 1),
)
def test_a_neighbour_is_never_taken_for_it(seed, label, shift, kept):
    """A row of things 0.3 m apart; some are lost, all are a little moved and of another size, ids are counted anew."""
    rng = np.random.default_rng(seed)
    length, width = SIZES[label]
    step = (width + 0.3) / GSD
    places = [(100 + (length + 0.3) / GSD * i, 100 + step * j) for i in range(4) for j in range(12)]
    first = [target(n, *p, label) for n, p in enumerate(places)]
    about = subjects(decision(t, list(Verdict)[int(rng.integers(5))], label=label) for t in first if rng.random() < 0.7)
    again = ground(shift=shift)
    off = rng.uniform(-0.18, 0.18, (len(places), 2)) * width / GSD
    found = [
        target(100 - n, *(p + off[n]), label, again, Size(length * rng.uniform(0.8, 1.25), width))
        for n, p in enumerate(places)
        if rng.random() < kept
    ]
    result = attach(about, found, again)
    assert result.elsewhere == ()
    assert len(result.found) + len(result.gone) == len(about)
    for s, t in result.found:
        assert int(s.last.note[1:]) == 100 - int(t.id[1:])
    there = {100 - int(t.id[1:]) for t in found}
    assert not {int(s.last.note[1:]) for s in result.gone} & there


def test_another_image_of_the_day_is_known_by_its_date():
    t = target(0, 100, 100)
    other = ground(image="cd", name="renamed")
    (found,) = attach(subjects([decision(t)]), [target(1, 100.4, 100, where=other)], other).found
    assert found[1].id == "f1"


def test_an_image_of_another_day_is_not_it():
    other = ground(image="cd", name="renamed")
    late = replace(other.records[0], scene=replace(other.records[0].scene, date=DAY.replace(day=7)))
    result = attach(subjects([decision(target(0, 100, 100))]), [], replace(other, records=(late,)))
    assert len(result.elsewhere) == 1


def test_what_is_rejected_does_not_attach_to_another_class():
    here = ground()
    aircraft = target(1, 100, 100, "aircraft", size=Size(6.0, 3.0))
    for verdict, expected in ((Verdict.REJECT, 0), (Verdict.ACCEPT, 1)):
        assert len(attach(subjects([decision(target(0, 100, 100), verdict)]), [aircraft], here).found) == expected


def test_the_last_word_of_each_reviewer_counts():
    t, here = target(0, 100, 100), ground()
    first = decision(t, Verdict.REJECT)
    words = [
        first,
        decision(t, Verdict.ACCEPT, "B", DAY.replace(hour=1), subject=first.id),
        decision(t, Verdict.ACCEPT, "A", DAY.replace(hour=2)),
    ]
    words = [replace(w, subject=first.id) for w in words]
    (open_,) = reviewed(attach(subjects(words[:2]), [t], here), here)
    assert (open_.disputed, open_.real, open_.reviewers) == (True, None, ("A", "B"))
    (settled,) = reviewed(attach(subjects(words), [t], here), here)
    assert (settled.disputed, settled.real) == (False, True)
    (same,) = reviewed(attach(subjects(reversed(words)), [t], here), here)
    assert same.real


@pytest.mark.parametrize(("away", "same"), [(0.5, True), (6.0, False)])
def test_reviewers_who_move_a_thing_apart_disagree(away, same):
    t = target(0, 100, 100)
    a, b = (decision(t, Verdict.MOVE, who, moved=Spot(110, 110 + d, GSD)) for who, d in (("A", 0.0), ("B", away)))
    assert agree(a, b) is same


def test_a_decision_is_named_by_what_it_says():
    a, b = decision(target(0, 100, 100)), decision(target(0, 100, 100))
    assert a.id == b.id == a.subject
    assert decision(target(0, 100, 101)).id != a.id
    assert a.look == Look("s", DAY, "ab")

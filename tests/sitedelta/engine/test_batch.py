"""Pieces of work that travel together: as many as fit in a turn, each told alone."""

import itertools

import pytest

from sitedelta.engine import batch
from sitedelta.engine.batch import MOST, TURN_S, Pace, Turn, do_batch
from sitedelta.engine.outcome import Done, Trouble


@pytest.fixture
def ticking(monkeypatch):
    """Make each piece of work take some seconds of a clock that only it moves."""

    def tick(each_s):
        clock, done = itertools.count(0, each_s), []
        monkeypatch.setattr(batch.time, "perf_counter", lambda: next(clock))
        monkeypatch.setattr(
            batch, "do_apart", lambda message, limit_s: done.append((message, limit_s)) or Done(message)
        )
        return done

    return tick


def test_a_turn_ends_in_time_and_says_how_far_it_came(ticking):
    done = ticking(0.3)
    turn = do_batch([b"a", b"b", b"c", b"d", b"e"], 7.0)
    assert turn.tries == (Done(b"a"), Done(b"b"), Done(b"c"), Done(b"d"))
    assert 0.3 * 3 <= 2 * TURN_S < 0.3 * 4
    assert done == [(m, 7.0) for m in (b"a", b"b", b"c", b"d")]


def test_one_that_takes_longer_than_a_turn_is_done(ticking):
    ticking(100.0)
    assert do_batch([b"a", b"b"], None).tries == (Done(b"a"),)


def test_a_piece_that_fails_does_not_keep_the_next_from_being_done(ticking, monkeypatch):
    ticking(0.01)
    monkeypatch.setattr(batch, "do_apart", lambda m, _: Trouble("late", "x") if m == b"b" else Done(m))
    assert do_batch([b"a", b"b", b"c"], 1).tries == (Done(b"a"), Trouble("late", "x"), Done(b"c"))


@pytest.mark.parametrize(("each_s", "size"), [(1e-9, MOST), (0.05, 10), (0.4, 1), (90.0, 1)])
def test_batches_are_as_large_as_a_turn(each_s, size):
    pace = Pace()
    assert pace.size == 1
    pace.learn(Turn((Done(),) * 4, 4 * each_s))
    assert pace.size == size


def test_pace_follows_what_was_last_seen():
    pace = Pace()
    for each_s in (2.0, *[0.01] * 12):
        pace.learn(Turn((Done(),), each_s))
    assert 40 <= pace.size <= 50

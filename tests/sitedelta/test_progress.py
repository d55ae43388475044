"""Progress as lines, as a bar, and as silence."""

import io

from sitedelta.progress import Lines, bar, reporter, silent


def test_lines_say_first_last_and_some_between():
    out, now = io.StringIO(), iter([0.0, 1.0, 2.0, 7.5, 8.0, 8.1])
    lines = Lines(out, every_s=5.0, clock=lambda: next(now))
    for k in range(1, 6):
        lines(k, 5, "tiles")
    lines(0, 0, "report")

    assert out.getvalue().splitlines() == ["tiles: 1/5", "tiles: 4/5", "tiles: 5/5", "report"]


def test_reporter_is_silent_when_quiet_and_plain_where_there_is_no_terminal():
    out = io.StringIO()
    with reporter(quiet=True, stream=out) as progress:
        assert progress is silent
        progress(1, 2, "tiles")
    with reporter(quiet=False, stream=out) as progress:
        progress(1, 2, "tiles")

    assert out.getvalue() == "tiles: 1/2\n"


def test_bar_takes_stages_as_they_come(capsys):
    with bar() as progress:
        progress(1, 2, "[odd] name")
        progress(2, 2, "[odd] name")
        progress(1, 1, "other")
    assert capsys.readouterr().out == ""


def test_reporter_draws_a_bar_on_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with reporter(quiet=False, stream=Terminal()) as progress:
        assert not isinstance(progress, Lines)
        progress(1, 1, "tiles")

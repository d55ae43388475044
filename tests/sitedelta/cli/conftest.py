"""Verbs that only record how they were called."""

from dataclasses import dataclass

import pytest

import sitedelta


@dataclass
class Recorder:
    """Stands in for a verb."""

    answer: object
    args: tuple = ()
    knobs: dict | None = None

    def __call__(self, *args, **knobs):
        self.args, self.knobs = args, knobs
        if isinstance(self.answer, BaseException):
            raise self.answer
        if "progress" in knobs:
            knobs.pop("progress")(1, 2, "tiles")
        return self.answer


@pytest.fixture
def verb(monkeypatch):
    """Put a recorder in the place of a verb."""

    def put(name: str, answer: object) -> Recorder:
        recorder = Recorder(answer)
        if name in ("change", "register", "count", "compare"):
            monkeypatch.setattr(f"sitedelta.verbs.{name}.{name}_files", recorder)
        else:
            monkeypatch.setitem(vars(sitedelta), name, recorder)
        return recorder

    return put


@pytest.fixture
def error_line(capsys):
    """Give the one line on stderr; nothing is on stdout."""

    def said_once() -> str:
        said = capsys.readouterr()
        assert said.out == ""
        (line,) = said.err.splitlines()
        assert line.startswith("sitedelta: error: ")
        return line.removeprefix("sitedelta: error: ")

    return said_once

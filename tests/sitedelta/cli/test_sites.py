"""What the commands on sites pass on, say and return."""

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from sitedelta.cli import status_of


def result(*, nothing_new: bool) -> SimpleNamespace:
    folder = Path("out/base")
    return SimpleNamespace(
        site_id="base",
        folder=folder,
        report=folder / "report" / "index.html",
        nothing_new=nothing_new,
        sentences=("Two aircraft arrived.",),
        notes=(),
        unfinished=(),
        alerts=(),
    )


def test_run_passes_everything_on(verb, tmp_path, capsys):
    run = verb("run", (result(nothing_new=False),))
    arguments = [
        "run",
        "c.yaml",
        "--site",
        "base",
        "--out",
        str(tmp_path),
        "--since",
        "2024-01-02",
        "--until",
        "2024-01-03",
    ]

    there = ["--scheduler", "tcp://h:1", "--tile-limit", "60", "--resources", "GPU=1", "--reread"]
    assert status_of([*arguments, *there]) == 0
    assert run.args == (Path("c.yaml"),)
    assert run.knobs == {
        "site": "base",
        "out": tmp_path,
        "jobs": 0,
        "model": None,
        "scheduler": "tcp://h:1",
        "limit_s": 60.0,
        "resources": {"GPU": 1.0},
        "reread": True,
        "since": date(2024, 1, 2),
        "until": date(2024, 1, 3),
    }
    assert capsys.readouterr().out.splitlines() == [
        "base: Two aircraft arrived.",
        "base: report out/base/report/index.html",
    ]


def test_run_says_that_nothing_is_new(verb, capsys):
    verb("run", (result(nothing_new=True),))
    assert status_of(["run", "c.yaml"]) == 0
    assert capsys.readouterr().out.splitlines() == ["base: nothing new", "base: report out/base/report/index.html"]


def test_run_as_json(verb, capsys):
    verb("run", (result(nothing_new=True),))
    assert status_of(["run", "c.yaml", "--json"]) == 0
    (site,) = json.loads(capsys.readouterr().out)["sites"]
    assert site["site"] == "base"
    assert site["nothing_new"] is True
    assert site["report"] == "out/base/report/index.html"


def test_report(verb, capsys):
    report = verb("report", (Path("out/base/report/index.html"),))
    assert status_of(["report", "c.yaml", "--site", "base"]) == 0
    assert report.knobs == {"site": "base", "out": None}
    assert capsys.readouterr().out == "report: out/base/report/index.html\n"


def test_demo(verb, tmp_path, capsys):
    demo = verb("demo", (result(nothing_new=False),))
    assert status_of(["demo", "--out", str(tmp_path), "--jobs", "2"]) == 0
    assert demo.args == (tmp_path,)
    assert demo.knobs == {"jobs": 2}
    assert "base: report out/base/report/index.html" in capsys.readouterr().out

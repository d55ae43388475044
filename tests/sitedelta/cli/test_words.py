"""The commands, their help, and what is said of a wrong use."""

import pytest

import sitedelta
from sitedelta.cli import cli, status_of

VERBS = [
    "run",
    "change",
    "register",
    "count",
    "compare",
    "evaluate",
    "train",
    "report",
    "watch",
    "review",
    "verify",
    "bundle",
    "sign",
    "init",
    "demo",
]


def test_version(capsys):
    assert status_of(["--version"]) == 0
    assert capsys.readouterr().out == f"sitedelta {sitedelta.__version__}\n"


def test_the_commands_are_the_contract():
    assert list(cli.commands) == VERBS


@pytest.mark.parametrize(
    "name", [v for v in VERBS if v != "review"] + [f"review {n}" for n in cli.commands["review"].commands]
)
def test_help_of_every_command_has_examples(name, capsys):
    assert status_of([*name.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert "Examples:" in said
    assert f"  sitedelta {name}" in said
    assert "--quiet" in said
    assert "--json" in said


def test_no_command_shows_help_and_is_a_usage_error(capsys):
    assert status_of([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "hint"),
    [("cuont", "did you mean count?"), ("nonsense", "there are run, change, register"), ("Run", "did you mean run?")],
)
def test_unknown_command(word, hint, error_line):
    assert status_of([word]) == 2
    assert hint in error_line()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["count", "a.png"], "Missing option '--out'"),
        (["count", "--out", "a.csv"], "Missing argument"),
        (["count", "a.png", "--out", "a.csv", "--gsd", "-1"], "-1 is no ground sampling distance"),
        (["count", "a.png", "--out", "a.csv", "--gsd", "nan"], "nan is no ground sampling distance"),
        (["count", "a.png", "--out", "a.csv", "--gsd", "inf"], "inf is no ground sampling distance"),
        (["count", "a.png", "--out", "a.csv", "--gsd", "0"], "0 is no ground sampling distance"),
        (["count", "a.png", "--out", "a.csv", "--hidden", "fog"], "'fog' is none of cloud, shadow, haze"),
        (["count", "a.png", "--out", "a.csv", "--gsd", "half"], "half is no ground sampling distance"),
        (
            ["count", "a.png", "--out", "a.csv", "--classes", "dragon"],
            "unknown class 'dragon': the classes are aircraft, vehicle",
        ),
        (["count", "a.png", "--out", "a.csv", "--classes", "aircraft,,"], "unknown class ''"),
        (["count", "a.png", "--out", "a.txt"], "must end in .csv, .geojson, .gpkg or .parquet"),
        (["count", "a.png", "--out", "a.csv", "--jobs", "0"], "--jobs"),
        (["register", "a.tif", "b.tif", "--out", "c.png"], "must end in .tif or .tiff"),
        (["register", "a.tif", "b.tif", "--out", "c.tif", "--field", "f.csv"], "--field f.csv must end in"),
        (["register", "a.tif", "b.tif", "--out", "c.tif", "--points", "f.tif"], "--points f.tif must end in .csv"),
        (["register", "a.tif", "b.tif", "--out", "c.tif", "--field", "c.tif"], "named for two outputs"),
        (["register", "a.tif", "b.tif", "--out", "c.tif", "--model", "spline"], "'spline' is not one of"),
        (["run", "c.yaml", "--since", "2024-13-45"], "2024-13-45 is no date"),
        (["run", "c.yaml", "--since", "2024-02-02", "--until", "2024-02-01"], "--since 2024-02-02 is after"),
        (["run", "c.yaml", "--jobs", "2", "--scheduler", "tcp://a:1"], "--jobs and --scheduler exclude each other"),
        (["change", "a.tif", "b.tif", "--out", "d", "--speed"], "No such option"),
        (["change", "a.tif", "--out", "d"], "Missing argument 'AFTER'"),
    ],
)
def test_usage_errors(arguments, complaint, error_line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status_of(arguments) == 2
    assert complaint in error_line()
    assert not list(tmp_path.iterdir())

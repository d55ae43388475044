"""What the command line passes on, says and returns. The verbs are replaced by recorders; their own tests run them."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

import sitedelta
from sitedelta.cli import cli, status_of
from sitedelta.errors import InputError, RegistrationRefused

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
COUNT = {
    "images": [
        {
            "image": "a.png",
            "gsd_m": 0.5,
            "classes": {
                "aircraft": {"status": "counted", "count": 12, "low": 11, "high": 14, "reason": None},
                "vehicle": {"status": "not_observable", "count": None, "low": None, "high": None, "reason": "gsd 3 m"},
            },
        }
    ]
}
CHANGE = {
    "alignment": {"note": "matched (affine)"},
    "method": "irmad",
    "method_reason": "4 bands.",
    "regions": 2,
    "changed_m2": 1200.0,
    "share_changed": 0.013,
    "share_observed": 0.985,
}
REGISTER = {"model": "affine", "residual_px": 0.123, "support": 0.9, "tie_points": 100, "inliers": 80}
EVENTS = {"arrived": 2, "departed": 0, "stayed": 7, "not_observable": 1}
COMPARE = {
    "alignment": {"note": "matched (shift)"},
    "classes": {
        "aircraft": {"status": "compared", "reason": None} | EVENTS,
        "vehicle": {"status": "not_observable", "reason": "gsd 3 m > 0.6 m"},
    },
}


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


def with_summary(summary: object) -> SimpleNamespace:
    return SimpleNamespace(summary=lambda: summary)


def error_line(capsys) -> str:
    """The one line on stderr; nothing is on stdout."""
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("sitedelta: error: ")
    return line.removeprefix("sitedelta: error: ")


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
def test_unknown_command(word, hint, capsys):
    assert status_of([word]) == 2
    assert hint in error_line(capsys)


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
def test_usage_errors(arguments, complaint, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status_of(arguments) == 2
    assert complaint in error_line(capsys)
    assert not list(tmp_path.iterdir())


def test_change_passes_everything_on(verb, tmp_path, capsys):
    change = verb("change", with_summary(CHANGE))
    out = tmp_path / "out"
    arguments = [
        "change",
        "a.tif",
        "b.tif",
        "--out",
        str(out),
        "--method",
        "irmad",
        "--gsd",
        "0.5",
        "--hidden",
        "none",
        "--score",
        "--jobs",
        "3",
    ]

    assert status_of([*arguments, "--json"]) == 0
    assert change.args == ("a.tif", "b.tif")
    assert change.knobs == {
        "out": out,
        "method": "irmad",
        "radiometry": "line",
        "gsd": 0.5,
        "hidden": (),
        "dem": None,
        "score": True,
        "jobs": 3,
    }
    said = capsys.readouterr()
    assert json.loads(said.out) == CHANGE
    assert said.err == "tiles: 1/2\n"


def test_defaults(verb, tmp_path):
    change, count = verb("change", with_summary(CHANGE)), verb("count", SimpleNamespace(summary=COUNT))
    compare, register = verb("compare", with_summary(COMPARE)), verb("register", REGISTER)
    status_of(["change", "a", "b", "--out", str(tmp_path)])
    status_of(["count", "a", "b", "--out", str(tmp_path / "o.csv")])
    status_of(["compare", "a", "b", "--out", str(tmp_path)])
    status_of(["register", "a", "b", "--out", str(tmp_path / "o.tif")])

    both = ("aircraft", "vehicle")
    hidden = ("cloud", "shadow")
    assert change.knobs == {
        "out": tmp_path, "method": "auto", "radiometry": "line", "gsd": None, "hidden": hidden,
        "dem": None, "score": False,
        "jobs": 0,
    }  # fmt: skip
    assert count.args == (("a", "b"),)
    assert count.knobs == {
        "out": tmp_path / "o.csv",
        "gsd": None,
        "classes": both,
        "hidden": hidden,
        "dem": None,
        "jobs": 0,
        "model": None,
    }
    assert compare.knobs == {
        "out": tmp_path, "gsd": None, "classes": both, "hidden": hidden, "dem": None, "jobs": 0, "model": None
    }  # fmt: skip
    assert register.knobs == {"out": tmp_path / "o.tif", "field": None, "points": None, "model": "auto", "dem": None}


def test_count_says_what_was_observable(verb, tmp_path, capsys):
    verb("count", SimpleNamespace(summary=COUNT))
    out = tmp_path / "o.csv"
    assert status_of(["count", "a.png", "--out", str(out), "--classes", "vehicle, aircraft,vehicle"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "a.png: 12 aircraft (11\N{EN DASH}14); vehicles not observable (gsd 3 m)",
        f"objects: {out}",
    ]


def test_count_says_what_was_seen_in_part(verb, tmp_path, capsys):
    partly = {"status": "partly_observable", "count": 0, "low": 0, "high": 3, "reason": "cloud over 40 %"}
    verb("count", SimpleNamespace(summary={"images": [{"image": "a.png", "classes": {"vehicle": partly}}]}))
    status_of(["count", "a.png", "--out", str(tmp_path / "o.csv")])
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "a.png: no vehicles (0\N{EN DASH}3), observed in part: cloud over 40 %"


def test_change_says_how_much_and_over_how_much(verb, tmp_path, capsys):
    verb("change", with_summary(CHANGE))
    status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path)])
    assert capsys.readouterr().out.splitlines() == [
        "2 regions changed, 1,200 m², 1.3 % of what both show; both images show 98 % of the grid",
        "method irmad: 4 bands.",
        "alignment: matched (affine)",
        f"change map: {tmp_path / 'change.tif'}",
    ]


def test_no_change_is_a_finding(verb, tmp_path, capsys):
    verb("change", with_summary(CHANGE | {"regions": 0, "changed_m2": 0.0, "share_changed": 0.0}))
    status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path)])
    assert capsys.readouterr().out.startswith("no change found; both images show 98 % of the grid\n")


def test_compare_says_what_became_of_each_class(verb, tmp_path, capsys):
    verb("compare", with_summary(COMPARE))
    status_of(["compare", "a.tif", "b.tif", "--out", str(tmp_path)])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "aircraft: 2 arrived, 0 departed, 7 stayed, 1 not observable on one date",
        "vehicles: not observable (gsd 3 m > 0.6 m)",
    ]


def test_register_says_how_well_the_images_match(verb, tmp_path, capsys):
    verb("register", REGISTER)
    status_of(["register", "a.tif", "b.tif", "--out", str(tmp_path / "c.tif")])
    said = capsys.readouterr().out
    assert said.startswith("matched (affine): median residual 0.12 pixels, 80 of 100 tie points agree, over 90 % of")


def test_quiet_says_nothing(verb, tmp_path, capsys):
    verb("count", SimpleNamespace(summary=COUNT))
    assert status_of(["count", "a.png", "--out", str(tmp_path / "o.csv"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_json_is_json_alone(verb, tmp_path, capsys):
    verb("count", SimpleNamespace(summary=COUNT))
    assert status_of(["count", "a.png", "--out", str(tmp_path / "o.csv"), "--quiet", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == COUNT
    assert said.err == ""


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

    there = ["--scheduler", "tcp://h:1", "--tile-limit", "60", "--resources", "GPU=1"]
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


@pytest.mark.parametrize(
    ("failure", "status"),
    [(InputError("a.tif is\nno image"), 2), (RegistrationRefused("a.tif is\nno image"), 1)],
)
def test_errors_of_the_library_are_one_line_with_their_status(verb, failure, status, tmp_path, capsys):
    verb("register", failure)
    assert status_of(["register", "a.tif", "b.tif", "--out", str(tmp_path / "c.tif"), "--quiet"]) == status
    assert error_line(capsys) == "a.tif is no image"


def test_ctrl_c(verb, capsys):
    verb("report", KeyboardInterrupt())
    assert status_of(["report", "c.yaml"]) == 130
    assert capsys.readouterr().err.strip() == "sitedelta: error: interrupted"


def test_an_output_folder_that_is_a_file(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/sub"):
        assert status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path / out)]) == 2
        assert "is a file" in error_line(capsys)
    assert (tmp_path / "file").read_text() == "mine"


def test_an_output_file_that_is_a_folder(tmp_path, capsys):
    assert status_of(["count", "a.tif", "--out", str(tmp_path)]) == 2
    assert "is a folder" in error_line(capsys)


def test_an_output_that_is_an_input(tmp_path, capsys):
    image = tmp_path / "a.tif"
    image.write_bytes(b"pixels")
    assert status_of(["register", "b.tif", str(image), "--out", str(tmp_path / "." / "a.tif")]) == 2
    assert "never overwritten" in error_line(capsys)
    assert image.read_bytes() == b"pixels"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_without_permission(tmp_path, capsys):
    tmp_path.chmod(0o500)
    assert status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path / "out")]) == 2
    assert "no permission" in error_line(capsys)


# ---- the process itself


def process(code: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, env=os.environ | environment
    )


FAULT = """
import sitedelta, sitedelta.cli
vars(sitedelta)["report"] = lambda *a, **k: 1 / 0
sitedelta.cli.main(["report", "c.yaml"])
"""


def test_a_fault_of_ours_is_one_line_and_status_1():
    done = process(FAULT, SITEDELTA_DEBUG="")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "sitedelta: error: this is a fault in sitedelta, not in your input: ZeroDivisionError: divis"
    )
    assert line.endswith("(set SITEDELTA_DEBUG=1 for the traceback)")


def test_a_fault_of_ours_with_its_traceback():
    done = process(FAULT, SITEDELTA_DEBUG="1")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_linear_algebra_keeps_to_one_thread_unless_told_otherwise():
    tell = "(print(__import__('os').environ['OPENBLAS_NUM_THREADS']), ())[1]"
    bare = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    for given, used in (({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")):
        command = [sys.executable, "-c", FAULT.replace("1 / 0", tell)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=bare | given)
        assert done.stdout.split() == [used]


def test_warnings_for_developers_are_not_shown():
    code = FAULT.replace("1 / 0", "(__import__('warnings').warn('sqrt of -1', RuntimeWarning), ())[1]")
    assert process(code, SITEDELTA_DEBUG="", PYTHONWARNINGS="").stderr == ""
    assert "sqrt of -1" in process(code, SITEDELTA_DEBUG="1", PYTHONWARNINGS="").stderr


def test_out_of_memory_names_the_way_out():
    done = process(FAULT.replace("1 / 0", "(_ for _ in ()).throw(MemoryError())"), SITEDELTA_DEBUG="")
    assert done.returncode == 1
    assert done.stderr == "sitedelta: error: out of memory; try fewer --jobs or smaller images\n"


def test_a_reader_that_goes_away_is_no_fault():
    code = "import sitedelta.cli; sitedelta.cli.main(['--help'])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        p.stdout.close()
        assert p.stderr.read() == b""


def test_an_interrupted_process_ends_with_130():
    code = (
        "import sys, time, sitedelta, sitedelta.cli\n"
        "vars(sitedelta)['report'] = lambda *a, **k: (print('ready', flush=True), time.sleep(60))\n"
        "sitedelta.cli.main(['report', 'c.yaml'])"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        assert p.stdout.readline() == b"ready\n"
        p.send_signal(signal.SIGINT)
        _, err = p.communicate(timeout=10)
    assert p.returncode == 130
    assert b"Traceback" not in err

"""Errors are one line with their status; the process around the commands."""

import os
import signal
import subprocess
import sys

import pytest

from sitedelta.cli import status_of
from sitedelta.errors import InputError, RegistrationRefused


@pytest.mark.parametrize(
    ("failure", "status"),
    [(InputError("a.tif is\nno image"), 2), (RegistrationRefused("a.tif is\nno image"), 1)],
)
def test_errors_of_the_library_are_one_line_with_their_status(verb, failure, status, tmp_path, error_line):
    verb("register", failure)
    assert status_of(["register", "a.tif", "b.tif", "--out", str(tmp_path / "c.tif"), "--quiet"]) == status
    assert error_line() == "a.tif is no image"


def test_ctrl_c(verb, capsys):
    verb("report", KeyboardInterrupt())
    assert status_of(["report", "c.yaml"]) == 130
    assert capsys.readouterr().err.strip() == "sitedelta: error: interrupted"


def test_an_output_folder_that_is_a_file(tmp_path, error_line):
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/sub"):
        assert status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path / out)]) == 2
        assert "is a file" in error_line()
    assert (tmp_path / "file").read_text() == "mine"


def test_an_output_file_that_is_a_folder(tmp_path, error_line):
    assert status_of(["count", "a.tif", "--out", str(tmp_path)]) == 2
    assert "is a folder" in error_line()


def test_an_output_that_is_an_input(tmp_path, error_line):
    image = tmp_path / "a.tif"
    image.write_bytes(b"pixels")
    assert status_of(["register", "b.tif", str(image), "--out", str(tmp_path / "." / "a.tif")]) == 2
    assert "never overwritten" in error_line()
    assert image.read_bytes() == b"pixels"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_without_permission(tmp_path, error_line):
    tmp_path.chmod(0o500)
    assert status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path / "out")]) == 2
    assert "no permission" in error_line()


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

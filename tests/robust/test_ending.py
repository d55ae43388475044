"""A run and a watch that are asked to end do so soon, with one line; the next run goes on."""

import os
import signal
import subprocess
import sys
import time

import pytest
from tests.robust.identity import ROOTS
from tests.robust.renders import write_dates

SOON_S = 8.0
"""Two seconds, on a machine that others use, too."""


def started(*command):
    whole = [sys.executable, "-m", "sitedelta", *map(str, command)]
    return subprocess.Popen(whole, env=os.environ | {"PYTHONPATH": ROOTS}, stderr=subprocess.PIPE, text=True)


def ended(process, number):
    begun = time.monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - begun < SOON_S
    return process.returncode, said


def wait_for(process, folder, pattern):
    while not any(folder.glob(pattern)):
        assert process.poll() is None
        time.sleep(0.02)


@pytest.fixture
def config(tmp_path):
    write_dates(tmp_path / "in", dates=2, side=200)
    path = tmp_path / "sites.yaml"
    path.write_text("output: out\nsites:\n- {id: base, count: [], imagery: [{path: in/*.tif}]}\n")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status", "words", "command"),
    [
        (signal.SIGTERM, 143, "ended by SIGTERM", ("run", "--jobs", "1")),
        (signal.SIGINT, 130, "interrupted", ("run", "--jobs", "2")),
        (signal.SIGTERM, 143, "ended by SIGTERM", ("watch", "--settle", "0", "--jobs", "2")),
    ],
)
def test_asked_to_end_it_ends_soon_with_one_line_and_the_next_run_goes_on(config, number, status, words, command):
    out = config.parent / "out"
    process = started(*command, config, "--quiet")
    wait_for(process, out, "base/work/parts/*")
    assert ended(process, number) == (status, f"sitedelta: error: {words}\n")
    assert not list(out.rglob(".part-*"))
    assert not list(out.rglob("run.lock"))
    again = started("run", config, "--quiet", "--jobs", "1")
    assert again.communicate() == (None, "")
    assert (again.returncode, (out / "base/report/index.html").exists()) == (0, True)


@pytest.mark.slow
def test_a_watch_that_waits_for_images_ends_at_once(config):
    process = started("watch", config, "--every", "600", "--settle", "0", "--jobs", "1")
    wait_for(process, config.parent / "out", "index.html")
    status, said = ended(process, signal.SIGTERM)
    assert (status, said.splitlines()[-1]) == (143, "sitedelta: error: ended by SIGTERM")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_what_heeds_no_signal_is_ended_all_the_same(number, status):
    code = (
        "import hashlib, sitedelta, sitedelta.cli\n"
        "long = lambda *a, **k: (print('ready', flush=True), hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1))\n"
        "vars(sitedelta)['report'] = long\n"
        "sitedelta.cli.main(['report', 'c.yaml'])"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    found, said = ended(process, number)
    assert (found, said.count("\n")) == (status, 1)


def test_one_that_was_begun_to_ignore_ctrl_c_does():
    code = (
        "import os, signal, time, sitedelta, sitedelta.cli\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "vars(sitedelta)['report'] = lambda *a, **k: (os.kill(os.getpid(), signal.SIGINT), time.sleep(0.1), ())[-1]\n"
        "sitedelta.cli.main(['report', 'c.yaml'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_libraries_print_past_python_is_not_the_users():
    code = (
        "import os, sitedelta, sitedelta.cli\n"
        "from sitedelta.errors import RunFailed\n"
        "def report(*a, **k):\n"
        "    os.write(2, b'TIFFAppendToStrip: Write error at scanline 3\\n')\n"
        "    raise RunFailed('cannot write out/a.tif: No space left on device')\n"
        "vars(sitedelta)['report'] = report\n"
        "sitedelta.cli.main(['report', 'c.yaml'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "sitedelta: error: cannot write out/a.tif: No space left on device\n"

"""The page in a real browser."""

import re
import shutil
import subprocess

import cv2
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


def browse(folder, page, *options: str) -> subprocess.CompletedProcess[str]:
    command = [CHROMIUM, *QUIET, f"--user-data-dir={folder / 'profile'}", *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.mark.parametrize("which", ["site", "hostile_site"])
def test_page_runs_under_its_own_policy(which, request, tmp_path):
    page = request.getfixturevalue(which).store.report / "index.html"
    said = browse(tmp_path, page, "--dump-dom", "--virtual-time-budget=2000")
    assert "CONSOLE" not in said.stderr, said.stderr
    assert said.stdout.count('<div class="stage slider"') == 3
    assert not re.search(r'class="controls" hidden', said.stdout)


@pytest.mark.parametrize("width", [1280, 500])
def test_page_shows_pictures(site, tmp_path, width):
    shot = tmp_path / "shot.png"
    browse(tmp_path, site.store.report / "index.html", f"--screenshot={shot}", f"--window-size={width},2400")
    picture = cv2.imread(str(shot))
    assert picture.shape[:2] == (2400, width)
    assert picture.std() > 20


def test_page_prints(site, tmp_path):
    paper = tmp_path / "page.pdf"
    browse(tmp_path, site.store.report / "index.html", f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    assert paper.read_bytes().startswith(b"%PDF")

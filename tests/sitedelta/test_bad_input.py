"""Input that cannot be used, through the command line: one clear line, exit status 2, nothing left behind."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from sitedelta.cli import status_of

SIDE = 160
GSD = 0.5


def texture(seed: int, bands: int = 3) -> np.ndarray:
    """Give smooth noise, uint8, (row, column, band)."""
    noise = np.random.default_rng(seed).normal(0, 60, (SIDE, SIDE, bands)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 2).reshape(SIDE, SIDE, bands) * 4 + 120, 1, 254).astype(np.uint8)


def write_tiff(path: Path, *, west: float = 245000.0, bands: int = 3, seed: int = 0) -> None:
    """Write a georeferenced image in UTM zone 37 north."""
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": bands, "dtype": "uint8", "crs": "EPSG:32637"}
    with rasterio.open(path, "w", **profile, transform=from_origin(west, 3921000, GSD, GSD)) as d:
        d.write(np.moveaxis(texture(seed, bands), -1, 0))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give the working folder, with images that can be used and images that cannot."""
    for name, seed in (("good.png", 0), ("good.jpg", 0), ("other.png", 1)):
        cv2.imwrite(str(tmp_path / name), texture(seed))
    write_tiff(tmp_path / "here.tif")
    write_tiff(tmp_path / "elsewhere.tif", west=345000.0)
    write_tiff(tmp_path / "six.tif", bands=6)
    for whole, cut in (("good.jpg", "cut.jpg"), ("good.png", "cut.png"), ("here.tif", "cut.tif")):
        content = (tmp_path / whole).read_bytes()
        (tmp_path / cut).write_bytes(content[: len(content) // 3])
    (tmp_path / "text.tif").write_text("not a raster")
    (tmp_path / "empty.tif").write_bytes(b"")
    (tmp_path / "folder.tif").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(folder: Path) -> dict[str, bytes | None]:
    """Give all that a folder holds, hidden files too."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def refused(arguments: list[str], folder: Path, capfd, *, status: int = 2) -> str:
    """Run a command that must be refused without a trace; give its one line."""
    before = everything(folder)
    capfd.readouterr()

    assert status_of([*arguments, "--quiet"]) == status

    said = capfd.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("sitedelta: error: ")
    assert len(line) < 400
    assert everything(folder) == before
    return line


UNREADABLE = ["cut.jpg", "cut.png", "cut.tif", "text.tif", "empty.tif", "missing.tif", "folder.tif"]


@pytest.mark.parametrize("image", UNREADABLE)
def test_count_of_an_unreadable_image(image, folder, capfd):
    assert image in refused(["count", image, "--gsd", "0.5", "--out", "objects.csv"], folder, capfd)


def test_count_of_a_good_and_an_unreadable_image(folder, capfd):
    assert "cut.jpg" in refused(["count", "good.png", "cut.jpg", "--gsd", "0.5", "--out", "objects.csv"], folder, capfd)


@pytest.mark.parametrize("verb", ["change", "compare"])
@pytest.mark.parametrize("image", UNREADABLE)
def test_a_pair_with_an_unreadable_image(verb, image, folder, capfd):
    assert image in refused([verb, "good.png", image, "--gsd", "0.5", "--out", "result"], folder, capfd)
    assert image in refused([verb, image, "good.png", "--gsd", "0.5", "--out", "result"], folder, capfd)


@pytest.mark.parametrize("image", UNREADABLE)
def test_register_of_an_unreadable_image(image, folder, capfd):
    assert image in refused(["register", "good.png", image, "--out", "aligned.tif"], folder, capfd)


@pytest.mark.parametrize(
    "arguments",
    [
        ["count", "good.png", "--out", "objects.csv"],
        ["change", "good.png", "other.png", "--out", "result"],
        ["compare", "good.png", "other.png", "--out", "result"],
    ],
)
def test_no_ground_sampling_distance(arguments, folder, capfd):
    line = refused(arguments, folder, capfd)
    assert "good.png" in line
    assert "--gsd" in line


@pytest.mark.parametrize("verb", ["count", "change", "compare"])
@pytest.mark.parametrize("gsd", ["-1", "0", "nan", "1e9", "wide"])
def test_an_impossible_ground_sampling_distance(verb, gsd, folder, capfd):
    images = ["good.png"] if verb == "count" else ["good.png", "other.png"]
    assert gsd in refused([verb, *images, "--gsd", gsd, "--out", "objects.csv"], folder, capfd)


@pytest.mark.parametrize("verb", ["count", "compare"])
def test_an_unknown_class(verb, folder, capfd):
    images = ["good.png"] if verb == "count" else ["good.png", "other.png"]
    line = refused([verb, *images, "--gsd", "0.5", "--classes", "dragon", "--out", "o.csv"], folder, capfd)
    assert "dragon" in line
    assert "aircraft" in line


def test_an_unknown_method(folder, capfd):
    line = refused(["change", "here.tif", "six.tif", "--method", "magic", "--out", "result"], folder, capfd)
    assert "magic" in line
    assert "irmad" in line


@pytest.mark.parametrize("verb", ["change", "compare"])
def test_images_without_overlap(verb, folder, capfd):
    line = refused([verb, "here.tif", "elsewhere.tif", "--out", "result"], folder, capfd)
    assert "overlap" in line
    assert "elsewhere.tif" in line


def test_different_band_counts(folder, capfd):
    line = refused(["change", "here.tif", "six.tif", "--out", "result"], folder, capfd)
    assert "six.tif" in line
    assert "3" in line
    assert "6" in line


def test_an_output_below_a_file(folder, capfd):
    assert "is a file" in refused(["change", "here.tif", "here.tif", "--out", "good.png/out"], folder, capfd)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_that_is_not_writable(folder, capfd):
    (folder / "locked").mkdir(mode=0o500)
    assert "locked" in refused(["change", "here.tif", "here.tif", "--out", "locked/out"], folder, capfd)


SITE = "output: results\nsites:\n  - id: {id}\n    imagery: [{{path: {path}, date: {date}, gsd: 0.5}}]\n"
CONFIGS = {
    "a wrong key": ("sites: [{id: x, nam: y}]", "nam"),
    "a wrong key deep down": (SITE.format(id="s", path="good.png", date="2024-01-01").replace("gsd", "gdd"), "gsd"),
    "no sites": ("output: results\nsites: []\n", "sites"),
    "no output": ("sites:\n  - {id: s, imagery: [{path: good.png}]}\n", "output"),
    "a syntax error": ("{{{", "line 1"),
    "nothing": ("", "config.yaml"),
    "a path as site id": (SITE.format(id="../../etc", path="good.png", date="2024-01-01"), "../../etc"),
    "an impossible date": (SITE.format(id="s", path="good.png", date="2024-13-45"), "2024-13-45"),
    "no date": ("output: results\nsites:\n  - {id: s, imagery: [{path: good.png, gsd: 0.5}]}\n", "date"),
    "no gsd": ("output: results\nsites:\n  - {id: s, imagery: [{path: good.png, date: 2024-01-01}]}\n", "gsd"),
    "a negative gsd": (SITE.format(id="s", path="good.png", date="2024-01-01").replace("0.5", "-1"), "gsd"),
    "a glob that matches nothing": (SITE.format(id="s", path="'none/*.tif'", date="2024-01-01"), "none/*.tif"),
    "a missing image": (SITE.format(id="s", path="missing.tif", date="2024-01-01"), "missing.tif"),
    "a truncated image": (SITE.format(id="s", path="cut.jpg", date="2024-01-01"), "cut.jpg"),
    "a text for an image": (SITE.format(id="s", path="text.tif", date="2024-01-01"), "text.tif"),
    "an unknown class": (SITE.format(id="s", path="good.png", date="2024-01-01") + "    count: [dragon]\n", "dragon"),
    "missing zones": (SITE.format(id="s", path="good.png", date="2024-01-01") + "    zones: z.geojson\n", "z.geojson"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_with(name, folder, capfd):
    text, named = CONFIGS[name]
    (folder / "config.yaml").write_text(text)
    assert named in refused(["run", "config.yaml"], folder, capfd)


def test_a_configuration_that_is_not_there(folder, capfd):
    assert "none.yaml" in refused(["run", "none.yaml"], folder, capfd)


def test_a_site_that_is_not_in_the_configuration(folder, capfd):
    (folder / "config.yaml").write_text(SITE.format(id="base", path="good.png", date="2024-01-01"))
    line = refused(["run", "config.yaml", "--site", "bass"], folder, capfd)
    assert "bass" in line
    assert "base" in line


def test_a_report_of_what_was_never_run(folder, capfd):
    (folder / "config.yaml").write_text(SITE.format(id="s", path="good.png", date="2024-01-01"))
    assert "sitedelta run" in refused(["report", "config.yaml"], folder, capfd)


def test_no_image_in_the_dates_asked_for(folder, capfd):
    (folder / "config.yaml").write_text(SITE.format(id="s", path="good.png", date="2024-01-01"))
    assert "2025" in refused(["run", "config.yaml", "--since", "2025-01-01"], folder, capfd)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["count", "text.tif", "--gsd", "0.5", "--out", "objects.csv"],
        ["count", "cut.jpg", "--gsd", "0.5", "--out", "objects.csv"],
        ["change", "here.tif", "missing.tif", "--out", "result"],
    ],
)
def test_the_process_ends_with_2_and_no_traceback(arguments, folder):
    before = everything(folder)
    code = "import sys; from sitedelta.cli import main; main(sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("sitedelta: error: ")
    assert "Traceback" not in done.stderr
    assert everything(folder) == before

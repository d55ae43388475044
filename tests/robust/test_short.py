"""A few of the cases and faults that `fuzz` and `faults` go through, and some that one test states better."""

import subprocess
import sys

import pytest
import rasterio
from tests.robust import corpus, layer

from sitedelta.cli import status_of
from sitedelta.errors import RasterError
from sitedelta.raster import describe


@pytest.mark.slow
def test_damaged_files_are_answered_in_one_line_or_used():
    command = [sys.executable, "-W", "ignore", "-m", "tests.robust.fuzz", "--cases", "25"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"failures": 0' in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not layer.has_compiler(), reason="the layer that makes writes fail needs a C compiler")
def test_a_loss_of_power_is_made_good_by_the_next_run():
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.robust.faults",
        "--power",
        "--points",
        "3",
        "--offset",
        "60",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "losses of power" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not layer.has_compiler(), reason="the layer that makes writes fail needs a C compiler")
def test_a_write_that_fails_is_made_good_by_the_next_run():
    command = [sys.executable, "-W", "ignore", "-m", "tests.robust.faults", "--points", "3", "--offset", "40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout
    assert "failures injected" in done.stderr


@pytest.mark.parametrize("side", [20_000, 300_000])
def test_a_huge_header_over_a_small_file_is_refused(tmp_path, side):
    path = tmp_path / "vast.tif"
    sparse = {"SPARSE_OK": True, "tiled": True, "BIGTIFF": "YES", "blockxsize": 4096, "blockysize": 4096}
    with rasterio.open(path, "w", driver="GTiff", height=side, width=side, count=1, dtype="uint8", **sparse):
        pass
    with pytest.raises(RasterError, match=rf"vast\.tif: claims {side} x {side} pixels, but holds \d+ bytes"):
        describe(path)


@pytest.mark.parametrize("name", ["zones.geojson", "zones.kml"])
@pytest.mark.parametrize("content", [corpus.BOMB, '{"type": "FeatureCollection", "features": [' + "[" * 100_000])
def test_a_vector_file_that_explodes_is_refused(tmp_path, capsys, name, content):
    corpus.image("strips.tif", corpus.WORLD)(tmp_path)
    (tmp_path / name).write_text(content)
    config = "output: out\nsites:\n- {id: a, count: [], zones: %s, imagery: [{path: strips.tif, date: 2024-12-06}]}\n"
    (tmp_path / "sites.yaml").write_text(config % name)
    assert status_of(["run", str(tmp_path / "sites.yaml"), "--jobs", "1", "--quiet"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert name in line
    assert not (tmp_path / "out").exists()


def test_an_alias_bomb_is_refused(tmp_path, capsys):
    (tmp_path / "sites.yaml").write_text(corpus.ALIASES)
    assert status_of(["run", str(tmp_path / "sites.yaml"), "--quiet"]) == 2
    assert "aliases (*name) are not read" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["points.vrt", "points.tif"])
@pytest.mark.parametrize("target", ["/etc/passwd", "/vsicurl/http://127.0.0.1:1/a.tif", "strips.tif"])
def test_a_raster_that_only_points_elsewhere_is_refused(tmp_path, name, target):
    corpus.image("strips.tif", corpus.WORLD)(tmp_path)
    (tmp_path / name).write_text(corpus.VRT.replace("strips.tif", target))
    with pytest.raises(RasterError):
        describe(tmp_path / name)

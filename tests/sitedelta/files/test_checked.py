"""Writes of GDAL that fail: none is passed over."""

import resource
from pathlib import Path

import numpy as np
import pytest

from sitedelta.errors import RunFailed
from sitedelta.files.checked import CheckedFiles
from sitedelta.files.rasterfile import Layout, write_cog
from sitedelta.grid import pixel_grid


@pytest.fixture
def small_files():
    """Let no file grow beyond some bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("most", [0, 20_000, 200_000])
def test_a_raster_that_finds_no_room_leaves_nothing(tmp_path, small_files, most):
    image = np.random.default_rng(0).integers(0, 255, (3, 300, 400), np.uint8)
    small_files(most)
    with pytest.raises(RunFailed, match=r"cannot write .*a\.tif"):
        write_cog(
            tmp_path / "a.tif",
            [(0, 0, image, image[0] > 3)],
            pixel_grid((300, 400), 1.0),
            Layout(3, "uint8", ("x",) * 3),
            tags={},
        )
    assert list(tmp_path.iterdir()) == []


def test_what_fails_once_is_told_in_the_end():
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    disk = CheckedFiles()
    with disk.open("/dev/full", "r+") as file:
        assert file.write(b"pixels") == 6
    for told in (disk.check, lambda: disk.__exit__(None, None, None)):
        with pytest.raises(OSError, match="No space left"):
            told()


def test_what_cannot_be_opened_for_writing_is_told_and_a_missing_file_is_not(tmp_path):
    with CheckedFiles() as disk, pytest.raises(FileNotFoundError):
        disk.open(str(tmp_path / "a.tif.msk"), "r")
    with pytest.raises(FileNotFoundError), CheckedFiles() as disk, pytest.raises(FileNotFoundError):
        disk.open(str(tmp_path / "none" / "a.tif"), "w+")


def test_an_interruption_stays_one():
    disk = CheckedFiles()
    disk.note(OSError("full"))
    assert disk.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None) is None
    with pytest.raises(OSError, match="full"):
        disk.__exit__(ValueError, ValueError("not a TIFF"), None)

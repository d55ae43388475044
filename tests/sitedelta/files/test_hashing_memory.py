"""Hashes that are kept: only what changed is read again."""

import os
import time
from hashlib import sha256

import pytest

from sitedelta.files import hashing
from sitedelta.files.hashing import remembered, sha256_file


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def reads(monkeypatch):
    """Note which files are read, and take them for old."""
    found, plain = [], hashing._digest
    monkeypatch.setattr(hashing, "_digest", lambda path: found.append(path.name) or plain(path))
    monkeypatch.setattr(hashing, "_RACY_NS", -(10**12))
    return found


def hashed(image, **options):
    with remembered(image.parent / "kept.json", **options):
        return sha256_file(image)


def test_an_unchanged_file_is_read_once(image, reads):
    assert [hashed(image) for _ in range(3)] == [sha256(b"one").hexdigest()] * 3
    assert reads == ["a.tif"]
    assert hashed(image, anew=True) == sha256(b"one").hexdigest()
    assert reads == ["a.tif"] * 2


@pytest.mark.usefixtures("reads")
def test_other_bytes_under_the_same_time_are_read(image):
    hashed(image)
    before = image.stat()
    time.sleep(0.01)  # a tick of the file system's clock
    with image.open("r+b") as file:
        file.write(b"two")
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert hashed(image) == sha256(b"two").hexdigest()


def test_a_file_written_just_now_is_not_kept(image, reads, monkeypatch):
    monkeypatch.setattr(hashing, "_RACY_NS", 2_000_000_000)
    for _ in range(2):
        hashed(image)
    assert reads == ["a.tif"] * 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": [1]}'])
@pytest.mark.usefixtures("reads")
def test_what_was_kept_and_damaged_is_nothing(image, content):
    (image.parent / "kept.json").write_text(content)
    assert hashed(image) == sha256(b"one").hexdigest()


def test_nothing_is_kept_outside(image, reads):
    hashed(image)
    sha256_file(image)
    assert reads == ["a.tif"] * 2

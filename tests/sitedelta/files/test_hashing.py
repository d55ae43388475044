import hashlib

import pytest

from sitedelta.errors import InputError
from sitedelta.files.hashing import begin, sha256_file, sha256_files


def test_known_value(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert sha256_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_several_files_do_not_depend_on_order_but_on_names(tmp_path):
    one, two = tmp_path / "x" / "1.png", tmp_path / "x" / "2.png"
    one.parent.mkdir()
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    lines = "".join(f"{hashlib.sha256(b).hexdigest()}  x/{n}.png\n" for n, b in ((1, b"1"), (2, b"2")))
    expected = hashlib.sha256(lines.encode()).hexdigest()
    assert sha256_files([two, one], root=tmp_path) == sha256_files([one, two], root=tmp_path) == expected
    two.rename(tmp_path / "x" / "3.png")
    assert sha256_files([one, tmp_path / "x" / "3.png"], root=tmp_path) != expected


def test_missing(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        sha256_file(tmp_path / "none")


def test_what_was_begun_is_given_and_never_for_a_file_that_changed_since(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    begin(path, tmp_path / "none")
    path.write_bytes(b"abcd")
    assert sha256_file(path) == hashlib.sha256(b"abcd").hexdigest()
    begin(path)
    assert sha256_file(path) == sha256_file(path) == hashlib.sha256(b"abcd").hexdigest()
    with pytest.raises(InputError, match="No such file"):
        sha256_file(tmp_path / "none")

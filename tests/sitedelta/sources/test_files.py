from pathlib import Path

import pytest

from sitedelta.errors import InputError
from sitedelta.settings.config import Imagery
from sitedelta.sources import find_images


@pytest.fixture
def folder(tmp_path):
    names = ["b.tif", "a.tif", "a.tif.aux.xml", "a.tif.ovr", "a.json", "readme.txt", ".hidden.tif", "c.JPG", "a.tfw"]
    for name in [*names, "sub/d.png", "raw", "raw.hdr", "vector.geojson", "order.vrt"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def found(path: Path) -> list[str]:
    return [p.name for p in find_images(Imagery(path=path))]


def test_a_folder_gives_its_images_sorted(folder):
    assert found(folder) == ["a.tif", "b.tif", "c.JPG", "raw"]


def test_globs(folder):
    assert found(folder / "*.tif") == ["a.tif", "b.tif"]
    assert found(folder / "**" / "*") == ["a.tif", "b.tif", "c.JPG", "raw", "d.png"]
    assert found(folder / "[ab].*") == ["a.tif", "b.tif"]


def test_a_file_is_taken_as_it_is(folder):
    assert found(folder / "readme.txt") == ["readme.txt"]


def test_a_file_whose_name_looks_like_a_glob(tmp_path):
    (tmp_path / "a[1].tif").write_bytes(b"x")
    assert found(tmp_path / "a[1].tif") == ["a[1].tif"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("*.png", "matches no image"),
        ("none.tif", "no such file"),
        ("none", "no such file"),
        ("none/*.tif", "matches no image"),
        ("*.xml", "matches no image"),
        ("empty", "holds no image"),
    ],
)
def test_nothing_there_is_an_error(folder, path, words):
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=words) as caught:
        find_images(Imagery(path=folder / path))
    assert str(folder / path) in str(caught.value)


def test_links_that_lead_round_are_followed_once(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.tif").write_bytes(b"x")
    for name in ("one", "two", "three", "four"):
        (tmp_path / "deep" / name).symlink_to(".")
    assert found(tmp_path / "**/*.tif") == found(tmp_path / "**") == found(tmp_path / "d**/**/*") == ["a.tif"]


def test_hidden_folders_are_left_alone(tmp_path):
    for name in ("open", ".hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name.strip('.')}.tif").write_bytes(b"x")
    assert found(tmp_path / "**/*.tif") == ["open.tif"]

"""A detector as one file."""

import shutil
import zipfile

import numpy as np
import pytest

from rasterdelta.detect.shipped import shipped_detector
from sitedelta.detectors.models import detector
from sitedelta.detectors.parts import put_together, take_apart
from sitedelta.errors import ConfigError


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "copy.model"
    put_together(path, take_apart(None), card="# the shipped one\n")
    return path


def test_a_packed_detector_finds_what_the_shipped_one_finds_wherever_it_lies(packed, tmp_path):
    moved = shutil.copy(packed, tmp_path / "moved")
    image = np.random.default_rng(0).uniform(0, 1, (3, 200, 240)).astype(np.float32)
    valid = np.ones(image.shape[1:], bool)
    mine, shipped = detector(moved), shipped_detector()
    assert (mine.classes, mine.files) == (shipped.classes, (moved,))
    for label, gsd in (("aircraft", 0.5), ("vehicle", 0.2)):
        assert mine.accuracy(label, gsd) == shipped.accuracy(label, gsd)
        found = (d.detect(image, valid, gsd_m=gsd, classes=(label,), weak=True) for d in (mine, shipped))
        one, other = (np.column_stack([f.row, f.col, f.score]) for f in found)
        assert (one == other).all()


def test_the_same_parts_give_the_same_bytes_and_come_apart_again(packed, tmp_path):
    parts = take_apart(packed)
    put_together(tmp_path / "again", parts, card="# the shipped one\n")
    assert (tmp_path / "again").read_bytes() == packed.read_bytes()
    assert parts.said == take_apart(None).said


def test_what_is_no_model_is_refused(packed, tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as z:
        z.writestr("a.txt", "text")
    (tmp_path / "cut.model").write_bytes(packed.read_bytes()[:-3000])
    damaged = bytearray(packed.read_bytes())
    damaged[200_000:200_100] = bytes(100)
    (tmp_path / "damaged.model").write_bytes(damaged)
    for name, said in (
        ("other.zip", "holds no model.yaml"),
        ("cut.model", "UTF-8|MB"),
        ("damaged.model", "cannot be read|damaged"),
    ):
        with pytest.raises(ConfigError, match=said) as refused:
            detector(tmp_path / name)
        assert name in str(refused.value)
        assert "\n" not in str(refused.value)

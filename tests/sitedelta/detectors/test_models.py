"""A detector of the user's own in place of the shipped one."""

import numpy as np
import pytest
import yaml

from rasterdelta.detect.shipped import FOLDER, shipped_detector
from sitedelta.detectors.models import detector
from sitedelta.errors import ConfigError

ACCURACY = {"gsd_max": 2.0, "threshold": 0.5, "precision": 0.9, "recall": 0.8, "objects": 30, "source": "my own labels"}
NETWORK = {"class": "aircraft", "file": "mine.onnx", "working_gsd": 0.6, "accuracy": [ACCURACY]}
LOOK = {"gsd_max": 2.0, "working_gsd": 0.6}
CLOSER = {"file": "mine.onnx", "weight": 0.5, "longest": 20, "least": -1.0}


@pytest.fixture
def write(tmp_path):
    """Write a model whose network stands beside it; changes are made to its only entry."""

    def write(changes=None, *, content=None, **top):
        (tmp_path / "mine.onnx").write_bytes(content or (FOLDER / "features.onnx").read_bytes())
        path = tmp_path / "model.yaml"
        path.write_text(yaml.safe_dump({"name": "mine 1", "networks": [NETWORK | (changes or {})]} | top))
        return path

    return write


def test_none_is_the_shipped_one():
    assert detector() is shipped_detector()


def test_a_described_network_is_a_detector(write):
    mine = detector(write())
    assert (mine.name, mine.classes) == ("mine 1", ("aircraft",))
    assert mine.accuracy("aircraft", 0.5).source == "my own labels"
    assert mine.snap_px("aircraft", 0.5) == 16 * 6
    assert 70 < mine.halo_m("aircraft", 0.5) < 300
    image = np.full((3, 40, 40), 0.5, np.float32)
    assert len(mine.detect(image, np.zeros((40, 40), bool), gsd_m=0.5, classes=("aircraft",))) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"class": "dragon"}, "'dragon' is not known; the classes are aircraft, vehicle"),
        ({"file": "other.onnx"}, "cannot be read"),
        ({"working_gsd": -1}, "must be greater than 0"),
        ({"acuracy": []}, "acuracy"),
        ({"accuracy": []}, "must not be empty"),
        ({"looks": [LOOK | {"closer": True}]}, "one of `looks` says `closer: true`, and only then"),
        ({"looks": [LOOK], "closer": CLOSER, "features": "mine.onnx"}, "one of `looks` says `closer: true`, and only"),
        ({"closer": CLOSER}, "takes features, but none are named"),
    ],
)
def test_what_cannot_be_used_is_named(write, changes, said):
    with pytest.raises(ConfigError, match=said) as refused:
        detector(write(changes))
    assert "model.yaml" in str(refused.value)


def test_a_file_that_is_no_network_is_refused(write):
    with pytest.raises(ConfigError, match="no ONNX network"):
        detector(write(content=b"not a network"))


def test_a_file_without_keys_is_refused(tmp_path):
    (tmp_path / "m.yaml").write_text("- 1\n")
    with pytest.raises(ConfigError, match="holds no keys"):
        detector(tmp_path / "m.yaml")

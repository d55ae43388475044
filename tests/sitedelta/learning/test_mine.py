"""Places that a model takes for objects."""

import numpy as np

from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.shipped import AIRCRAFT
from sitedelta.learning.detect import mine
from sitedelta.learning.detect.ground import Ground, Picture, harder


def test_only_doubtful_peaks_that_no_label_explains_are_kept(monkeypatch, tmp_path):
    row, col = np.array([10.0, 50.0, 80.0, 30.0, 90.0]), np.array([10.0, 50.0, 80.0, 90.0, 20.0])
    logit = np.array([-0.5, -0.4, 2.0, -3.0, -0.2])
    seen = Peaks(row, col, row, row, row, logit, row)
    monkeypatch.setattr(mine, "find", lambda *_: seen)
    box = np.array([[40.0, 40.0, 60.0, 60.0]])
    picture = Picture(np.zeros((100, 100, 3), np.uint8), 0.5, box, np.ones(1, bool), np.zeros(1), name="a/b.jpg")
    found = mine.mined([picture], AIRCRAFT)
    assert found == {"a/b.jpg": [[20.0, 90.0], [10.0, 10.0]]}
    (tmp_path / "hard.json").write_text('{"a/b.jpg": [[20.0, 90.0]]}')
    ground = harder(Ground((picture,), ()), tmp_path / "hard.json")
    np.testing.assert_array_equal(ground.main[0].hard, [[20.0, 90.0]])

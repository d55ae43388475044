"""The last layer: what it is given, what it learns, and out of ONNX files and back."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the extra `train` is not installed")

from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model
from rasterdelta.detect.shipped import AIRCRAFT
from rasterdelta.detect.sights import Sight
from sitedelta.errors import InputError
from sitedelta.learning.adapt.inner import looked
from sitedelta.learning.adapt.last import Lesson, taught
from sitedelta.learning.adapt.origin import Origin
from sitedelta.learning.detect.labelled import Labelled, Truth
from sitedelta.learning.detect.measure import detect


def lesson(seed, count=400, lean=(0.0, 0.0, 0.0)):
    """Draw peaks whose log-odds lack what `lean` says of their values."""
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.normal(0, 1, (count, 2)), np.ones(count)])
    logit = rng.normal(0, 2, count)
    real = rng.random(count) < 1 / (1 + np.exp(-(logit + values @ np.array(lean))))
    return Lesson(logit, values, real, np.ones(count), np.zeros(count))


def likelihood(given, change):
    odds = given.logit + given.values @ change
    return float((given.real * odds - np.logaddexp(0, odds)).mean())


def test_what_the_former_log_odds_lacked_is_learned_and_holds_on_others():
    change = taught(lesson(0, 20_000, (1.0, 0.0, 0.0)), lesson(1))
    assert 0.3 < change[0] <= 1.1
    assert abs(change[1]) < 0.1 * change[0]
    fresh = lesson(2, 5000, (1.0, 0.0, 0.0))
    assert likelihood(fresh, change) > likelihood(fresh, 0 * change) + 0.01


def test_the_result_is_the_least_of_a_convex_problem_and_always_the_same():
    own, replayed = lesson(0, 60, (1.0, -1.0, 0.5)), lesson(1)
    change = taught(own, replayed)
    assert np.array_equal(change, taught(own, replayed))
    again = taught(Lesson(own.logit[::-1], own.values[::-1], own.real[::-1], own.slope, own.offset), replayed)
    assert np.allclose(change, again, atol=1e-6)


@pytest.mark.parametrize("real", [True, False])
def test_few_peaks_and_labels_that_contradict_everything_move_little(real):
    """All peaks real, or none: the answer stays finite and near."""
    own = lesson(0, 12)
    own = Lesson(50 * own.logit, own.values, np.full(12, real), own.slope, own.offset)
    change = taught(own, lesson(1))
    assert np.isfinite(change).all()
    assert np.abs(change).max() < 1


@pytest.fixture(scope="module")
def origin():
    return Origin(AIRCRAFT.network.first.read_bytes(), AIRCRAFT.network.path.read_bytes())


def test_no_change_gives_the_same_file_and_another_one_is_of_another_kind(origin):
    assert origin.changed(np.zeros(len(origin.last))) is origin.rest
    moved = Origin(origin.first, origin.changed(np.full(len(origin.last), 0.5)))
    assert np.allclose(moved.last, origin.last + 0.5, atol=1e-6)
    with pytest.raises(InputError, match="another kind"):
        _ = Origin(origin.first, origin.first).last


@pytest.mark.parametrize("agree", [0.0, 0.5])
def test_log_odds_change_as_what_the_last_layer_is_given_says(origin, tmp_path, agree):
    """A small change, said beforehand from the values and found by looking again."""
    for name, content in (("first", origin.first), ("former", origin.rest), ("telling", origin.telling())):
        (tmp_path / f"{name}.onnx").write_bytes(content)
    change = np.random.default_rng(0).normal(0, 0.01, len(origin.last))
    (tmp_path / "new.onnx").write_bytes(origin.changed(change))
    np.save(tmp_path / "image.npy", field())
    none = Truth(*(np.zeros(0) for _ in range(3)), np.zeros(0, bool))
    image = Labelled(tmp_path / "image.npy", 0.6, none)
    sights = (Sight(2.0, 0.6, half_from_m=0.0, agree=agree, turned=True),)

    def model(name):
        return Model("aircraft", Network(tmp_path / f"{name}.onnx", tmp_path / "first.onnx"), 75.0, sights)

    _, found, values = looked(image, model("telling"))
    _, plain = detect(image, model("former"))
    assert np.array_equal(found.logit, plain.logit), "telling changes nothing of what is found"
    _, again = detect(image, model("new"))
    strong = found.logit > -2
    assert strong.sum() >= 4
    for k in np.flatnonzero(strong):
        near = np.hypot(again.row - found.row[k], again.col - found.col[k]).argmin()
        assert again.logit[near] == pytest.approx(found.logit[k] + values[k] @ change, abs=0.03)


def field():
    """Draw pale crosses, as of aircraft, on grey ground."""
    rng = np.random.default_rng(1)
    ground = rng.normal(110, 6, (256, 320, 3))
    for row, col in ((60, 60), (60, 200), (180, 120), (190, 260)):
        ground[row - 30 : row + 30, col - 3 : col + 4] += 100
        ground[row - 6 : row + 2, col - 28 : col + 29] += 100
        ground[row + 24 : row + 29, col - 10 : col + 11] += 100
    return np.clip(ground, 0, 255).astype(np.uint8)

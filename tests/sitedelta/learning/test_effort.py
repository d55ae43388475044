"""What the time that is given allows, and weights out of ONNX files and back."""

import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")

from rasterdelta.detect.shipped import AIRCRAFT
from sitedelta.errors import InputError
from sitedelta.learning.adapt.run import MOST_BATCHES, Effort, Work
from sitedelta.learning.adapt.student import Origin, mean, mixed, weights_of
from sitedelta.learning.adapt.tune import Course


def affordable(monkeypatch, seconds):
    course = Course(batches=0)
    setting = SimpleNamespace(label="aircraft", course=course, students=4)
    effort = Effort(time.monotonic() + seconds, 2, 0, None, course)
    monkeypatch.setattr(Work, "trial", lambda _: (0.06, 0.6))
    return Work(Path(), setting, effort, lambda *_: None, look_s=10.0).affordable()


def test_more_time_gives_more_batches_and_too_little_is_said(monkeypatch):
    few, many = affordable(monkeypatch, 200), affordable(monkeypatch, 280)
    assert 60 < few < many < MOST_BATCHES
    assert affordable(monkeypatch, 36000) == MOST_BATCHES
    with pytest.raises(InputError, match="give more --minutes"):
        affordable(monkeypatch, 40)


@pytest.fixture(scope="module")
def origin():
    first, rest = AIRCRAFT.network.first, AIRCRAFT.network.path
    return Origin(first.read_bytes(), rest.read_bytes())


def test_weights_go_out_of_a_network_and_back_unchanged(origin):
    weights = weights_of(origin.student())
    assert all((weights[k] == v).all() for k, v in origin.weights().items())
    assert origin.holding(weights) == origin.rest
    other = {k: v + 1 for k, v in weights.items()}
    assert origin.holding(other) != origin.rest
    assert all(np.allclose(v, weights[k] + 0.5, atol=1e-5) for k, v in mixed(weights, other, 0.5).items())
    assert all(np.allclose(v, weights[k] + 0.5, atol=1e-5) for k, v in mean([weights, other]).items())


def test_a_network_of_another_kind_is_refused(origin):
    with pytest.raises(InputError, match="another kind"):
        Origin(origin.first, origin.first).student()

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, label
from skimage.filters import apply_hysteresis_threshold

from rasterdelta.errors import KernelError
from rasterdelta.threshold import hysteresis


def scores(seed, shape=(60, 70)):
    return gaussian_filter(np.random.default_rng(seed).normal(0, 1, shape), 2).astype(np.float32) * 10


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(-1, 1), st.floats(0, 2))
def test_agrees_with_scikit_image_up_to_connectivity(seed, low, more):
    score = scores(seed)
    found = hysteresis(score, np.ones(score.shape, bool), low=low, high=low + more)
    labels, _ = label(score > low, structure=np.ones((3, 3)))
    kept = np.setdiff1d(np.unique(labels[score > low + more]), [0])
    np.testing.assert_array_equal(found, np.isin(labels, kept))
    assert found[apply_hysteresis_threshold(score, low, low + more)].all()  # which joins pixels by their sides only


def test_changed_pixels_do_not_connect_across_a_gap():
    score = np.array([[5, 2, 2, 2, np.nan, 2, 2]], np.float32)
    valid = np.array([[True, True, False, True, True, True, True]])
    assert hysteresis(score, valid, low=1, high=4).tolist() == [[True, True, False, False, False, False, False]]


def test_nothing_sure_means_nothing_changed():
    score = np.full((4, 4), 2, np.float32)
    assert not hysteresis(score, np.ones((4, 4), bool), low=1, high=3).any()
    assert not hysteresis(score, np.zeros((4, 4), bool), low=1, high=1).any()
    assert hysteresis(score[:1, :1], np.ones((1, 1), bool), low=1, high=1).all()


def test_wrong_arguments_are_refused():
    score = np.zeros((4, 4), np.float32)
    with pytest.raises(KernelError, match="above the high"):
        hysteresis(score, score > 0, low=2, high=1)
    with pytest.raises(KernelError, match="belong together"):
        hysteresis(score, np.ones((3, 4), bool), low=1, high=2)

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.difference.pixels import gaussian_halo, pool, root_mean, smooth
from rasterdelta.difference.protocol import PairSample
from rasterdelta.difference.quadratic import BLOCK_PX, SquaredNorm


def plane(seed, shape):
    return np.random.default_rng(seed).random(shape, np.float32)


@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.0, 2.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 2), (40, 300), (300, 40)])
def test_smooth_is_a_gaussian_filter(sigma, shape):
    values, side = plane(0, shape), 2 * gaussian_halo(sigma) + 1
    expected = cv2.GaussianBlur(values, (side, side), sigma, borderType=cv2.BORDER_REFLECT)
    np.testing.assert_allclose(smooth(values, np.ones(shape, bool), sigma=sigma), expected, rtol=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 90), st.integers(1, 90), st.booleans())
def test_smooth_has_the_same_bits_wherever_a_window_begins(row, col, height, width, gaps):
    values = plane(1, (300, 300))
    valid = plane(2, (300, 300)) > (0.3 if gaps else -1)
    reach = gaussian_halo(0.8)
    whole = smooth(values, valid, sigma=0.8)[row + reach : row + reach + height, col + reach : col + reach + width]
    window = np.s_[row : row + height + 2 * reach, col : col + width + 2 * reach]
    part = smooth(values[window].copy(), valid[window], sigma=0.8)
    inner = part[reach : reach + height, reach : reach + width]
    np.testing.assert_array_equal(inner[: whole.shape[0], : whole.shape[1]], whole)


def test_smooth_does_not_look_at_what_is_not_valid():
    values, valid = plane(3, (30, 30)), plane(4, (30, 30)) > 0.4
    expected = smooth(values, valid, sigma=0.8)
    values[~valid] = 1e9
    np.testing.assert_array_equal(smooth(values, valid, sigma=0.8), expected)
    assert smooth(np.full((9, 9), 7, np.float32), plane(5, (9, 9)) > 0.4, sigma=0.8)[plane(5, (9, 9)) > 0.4] == (
        pytest.approx(7)
    )


def test_root_mean_leaves_out_what_is_not_finite():
    squares = np.full((9, 9), 4, np.float32)
    squares[4, 4] = np.inf
    found = root_mean(squares, np.ones((9, 9), bool), sigma=0.8)
    assert np.isnan(found[4, 4])
    assert np.delete(found.ravel(), 40) == pytest.approx(2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("pixels", [1, 17, BLOCK_PX, BLOCK_PX + 5])
def test_squares_agree_with_a_matrix_product_and_do_not_depend_on_place(dtype, pixels):
    rng = np.random.default_rng(0)
    norm = SquaredNorm(rng.normal(0, 1, (3, 7)).astype(np.float32), rng.normal(0, 1, (3, 1)).astype(np.float32))
    before, after = (rng.integers(0, 120, (n, pixels)).astype(dtype) for n in (4, 3))
    found = norm.squares(before, after)
    expected = ((norm.project.astype(float) @ np.concatenate([before, after]) + norm.offset) ** 2).sum(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.05)
    order = rng.permutation(pixels)
    np.testing.assert_array_equal(norm.squares(before[:, order], after[:, order]), found[order])
    np.testing.assert_array_equal(norm.squares(before[:, -1:], after[:, -1:]), found[-1:])


def test_pool_thins_evenly_over_all_blocks():
    blocks = []
    for first, size in ((0, 10), (10, 1), (11, 29)):
        values = np.arange(first, first + size, dtype=np.float32).reshape(1, 1, -1)
        blocks.append(PairSample(values, -values, np.ones((1, size), bool)))
    before, after = pool(blocks, most=20)
    assert before[0].tolist() == list(range(0, 40, 2))
    np.testing.assert_array_equal(after, -before)
    assert pool(blocks)[0][0].tolist() == list(range(40))

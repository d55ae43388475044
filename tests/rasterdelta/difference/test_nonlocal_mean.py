import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.difference.nonlocal_mean import nonlocal_halo, nonlocal_mean


def noisy(shape=(40, 44), seed=0):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def plainly(plane, guides, valid, reach, patch, tolerance):
    """Pixel by pixel, as the definition says."""
    half, halo = patch // 2, reach + patch // 2
    plane, *guides = (np.pad(p.astype(float), halo, mode="symmetric") for p in (plane, *guides))
    valid = np.pad(valid, halo, mode="symmetric")
    shape = tuple(n - 2 * halo for n in plane.shape)
    out = np.full(shape, np.nan)
    for row, col in zip(*np.nonzero(valid[halo:-halo, halo:-halo]), strict=True):
        total = share = 0.0
        for r in range(row - reach, row + reach + 1):
            for c in range(col - reach, col + reach + 1):
                one = np.s_[row + halo - half : row + halo + half + 1, col + halo - half : col + halo + half + 1]
                two = np.s_[r + halo - half : r + halo + half + 1, c + halo - half : c + halo + half + 1]
                both = valid[one] & valid[two]
                if not valid[r + halo, c + halo]:
                    continue
                ratio = np.mean([((g[one] - g[two])[both] ** 2).mean() for g in guides]) / 2
                weight = np.clip(1 - (ratio - 1) / tolerance, 0, 1) ** 2
                total, share = total + weight * plane[r + halo, c + halo], share + weight
        out[row, col] = total / share
    return out


@pytest.mark.parametrize("holes", [False, True])
def test_agrees_with_the_definition(holes):
    plane, first, second = (noisy((14, 13), s) for s in range(3))
    valid = np.random.default_rng(5).random(plane.shape) > (0.2 if holes else -1)
    expected = plainly(plane, [first, second], valid, 3, 3, 1.0)
    found = nonlocal_mean(plane, [first, second], valid, reach=3, tolerance=1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_noise_averages_out_on_both_sides_of_an_edge_that_one_guide_shows():
    step = np.zeros((60, 60), np.float32)
    step[:, 30:] = 8
    plane, first, second = step + noisy(step.shape, 1), step + noisy(step.shape, 2), noisy(step.shape, 3)
    found = nonlocal_mean(plane, [first, second], np.ones(step.shape, bool))
    assert (found - step).std() < 0.25
    assert np.abs(found - step)[:, 28:32].mean() < 0.4


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 39), st.integers(1, 43), st.booleans())
def test_every_bit_is_the_same_in_any_window(row, col, masked):
    plane, first, second = (noisy(seed=s) for s in range(3))
    valid = np.ones(plane.shape, bool)
    valid[20:24, 10:30] = not masked
    whole = nonlocal_mean(plane, [first, second], valid, reach=4)
    halo = nonlocal_halo(reach=4, patch=3)
    top, left = max(0, row - halo), max(0, col - halo)
    part = np.s_[top:, left:]
    found = nonlocal_mean(plane[part], [first[part], second[part]], valid[part], reach=4)[row - top :, col - left :]
    np.testing.assert_array_equal(found, whole[row:, col:])


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (2, 3)])
def test_tiny_planes(shape):
    plane = noisy(shape)
    found = nonlocal_mean(plane, [plane], np.ones(shape, bool))
    assert found.shape == shape
    assert np.isfinite(found).all()


def test_what_is_not_valid_has_no_part():
    plane, guide = noisy(seed=1), noisy(seed=2)
    valid = np.ones(plane.shape, bool)
    valid[5:9, 5:9] = False
    expected = nonlocal_mean(plane, [guide], valid)
    plane[~valid], guide[~valid] = np.nan, 1e9
    np.testing.assert_array_equal(nonlocal_mean(plane, [guide], valid), expected)
    np.testing.assert_array_equal(np.isnan(expected), ~valid)

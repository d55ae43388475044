import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta.sampling import WHOLE_PX, Window, sample_windows


@pytest.mark.parametrize("shape", [(1, 1), (2048, 2048), (1, WHOLE_PX), (300, 7)])
def test_a_small_image_is_its_own_sample(shape):
    assert sample_windows(shape) == (Window(0, 0, *shape),)


@settings(deadline=None)
@given(st.integers(1, 40_000), st.integers(1, 40_000), st.integers(32, 512), st.integers(1, 100), st.integers(0, 40))
def test_windows_lie_inside_and_keep_to_the_bound(rows, cols, block, most, halo):
    found = sample_windows((rows, cols), block=block, most=most, halo=halo)
    assert 1 <= len(found) <= most
    for w in found:
        assert w.row >= 0
        assert w.col >= 0
        assert w.row + w.height <= rows
        assert w.col + w.width <= cols
        assert w.height > 0
        assert w.width > 0


def test_cores_do_not_overlap_and_spread_over_the_image():
    hit = np.zeros((5000, 3000), np.uint8)
    found = sample_windows((5000, 3000))
    for w in found:
        hit[w.slices] += 1
    assert hit.max() == 1
    assert 50 <= len(found) <= 64
    assert all(quarter.any() for half in np.array_split(hit, 4) for quarter in np.array_split(half, 4, axis=1))


def test_halo_widens_a_window_up_to_the_border():
    core, wide = (sample_windows((9000, 9000), most=4, halo=h)[0] for h in (0, 10))
    assert (wide.row, wide.col) == (core.row - 10, core.col - 10)
    assert (wide.height, wide.width) == (core.height + 20, core.width + 20)

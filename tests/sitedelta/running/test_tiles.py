"""Cutting a grid into tiles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sitedelta.running.tiles import cut, cut_behind

sizes = st.integers(1, 700)


@given(sizes, sizes, st.integers(8, 300), st.integers(0, 40))
def test_cores_cover_the_grid_once_in_like_sizes(height, width, core, halo):
    tiles = list(cut((height, width), halo=halo, core=core))
    covered = np.zeros((height, width), int)
    for t in tiles:
        covered[t.row0 : t.row1, t.col0 : t.col1] += 1
    assert (covered == 1).all()
    for sides in ({t.row1 - t.row0 for t in tiles}, {t.col1 - t.col0 for t in tiles}):
        assert max(sides) - min(sides) <= 1
        assert max(sides) <= max(1.5 * core, core + 1)


@given(sizes, sizes, st.integers(8, 300), st.integers(0, 40))
def test_windows_hold_core_and_halo(height, width, core, halo):
    for t in cut((height, width), halo=halo, core=core):
        r0, r1, c0, c1 = window = t.window((height, width))
        rows, cols = t.inside(window)
        assert np.zeros((r1 - r0, c1 - c0))[rows, cols].shape == (t.row1 - t.row0, t.col1 - t.col0)
        assert (r0 + rows.start, c0 + cols.start) == (t.row0, t.col0)
        assert t.core == (t.row0, t.row1, t.col0, t.col1)
        assert 0 <= r0 <= t.row0 < t.row1 <= r1 <= height
        assert 0 <= c0 <= t.col0 < t.col1 <= c1 <= width
        assert r0 == max(0, t.row0 - halo)
        assert c1 == min(width, t.col1 + halo)


@given(sizes, sizes, st.integers(0, 40), st.sampled_from([1, 4, 16]))
def test_windows_begin_where_they_are_asked_to(height, width, halo, snap):
    for t in cut((height, width), halo=halo, core=100):
        plain, snapped = t.window((height, width)), t.window((height, width), snap=snap)
        assert snapped[0] % snap == snapped[2] % snap == 0
        assert 0 <= plain[0] - snapped[0] < snap
        assert 0 <= plain[2] - snapped[2] < snap
        assert (snapped[1], snapped[3]) == (plain[1], plain[3])


@given(sizes, sizes, st.integers(16, 300), st.integers(1, 300), st.integers(0, 15))
def test_cores_cut_behind_cover_the_grid_once_and_need_no_row_twice(height, width, rows, cols, halo):
    covered = np.zeros((height, width), int)
    for t in cut_behind((height, width), halo=halo, rows=rows, cols=cols):
        covered[t.row0 : t.row1, t.col0 : t.col1] += 1
        assert t.window((height, width))[1] in (height, -(-t.row1 // rows) * rows)
    assert (covered == 1).all()

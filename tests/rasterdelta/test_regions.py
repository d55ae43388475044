import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import gaussian_filter
from scipy.ndimage import label as scipy_label
from skimage.measure import regionprops

from rasterdelta.regions import clean, clean_halo, label, measure, outlines

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))


def blobs(seed=0, shape=(200, 230), level=0.08):
    noise = gaussian_filter(np.random.default_rng(seed).normal(0, 1, shape), 3)
    return noise > level


def polygon(rings):
    return shapely.Polygon(rings[0], rings[1:])


@settings(deadline=None)
@given(MASKS)
def test_labels_are_those_of_scipy_in_reading_order(changed):
    labels, n = label(changed)
    expected, m = scipy_label(changed)
    assert (labels.dtype, n) == (np.int32, m)
    np.testing.assert_array_equal(labels, expected)


@settings(max_examples=100, deadline=None)
@given(MASKS)
def test_outlines_are_valid_polygons_that_cover_exactly_their_pixels(changed):
    labels, n = label(changed)
    found = outlines(labels)
    assert [k for k, _ in found] == list(range(1, n + 1))
    for k, rings in found:
        shape = polygon(rings)
        assert shape.is_valid
        assert all(shapely.LinearRing(r).is_simple for r in rings)
        assert shape.area == (labels == k).sum()
        rows, cols = np.nonzero(labels == k)
        assert shapely.contains_xy(shape, cols + 0.5, rows + 0.5).all()


def test_outline_of_a_ring_has_a_hole_and_starts_with_its_shell():
    changed = np.ones((3, 4), bool)
    changed[1, 1] = False
    ((number, (shell, hole)),) = outlines(label(changed)[0])
    assert number == 1
    np.testing.assert_array_equal(shell, [[0, 0], [4, 0], [4, 3], [0, 3], [0, 0]])
    np.testing.assert_array_equal(np.sort(hole[:-1].sum(axis=1)), [2, 3, 3, 4])


def test_pixels_that_meet_at_a_corner_are_two_regions():
    changed = np.eye(2, dtype=bool)
    assert label(changed)[1] == 2
    assert [k for k, _ in outlines(np.eye(2, dtype=np.int32))] == [1, 1]


@settings(deadline=None)
@given(MASKS)
def test_measures_agree_with_scikit_image(changed):
    labels, _ = label(changed)
    score = np.random.default_rng(0).normal(3, 1, changed.shape).astype(np.float32)
    for mine, theirs in zip(measure(labels, score), regionprops(labels, score), strict=True):
        assert mine.label == theirs.label
        assert mine.area_px == theirs.area
        assert (mine.row, mine.col) == pytest.approx(theirs.centroid)
        assert (mine.row_min, mine.col_min, mine.row_max + 1, mine.col_max + 1) == theirs.bbox
        assert mine.score == pytest.approx(theirs.intensity_mean, rel=1e-5)


def test_compactness_tells_a_square_from_a_line():
    changed = np.zeros((20, 20), bool)
    changed[2:8, 2:8] = True
    changed[12, 1:19] = True
    square, line = measure(label(changed)[0], np.ones((20, 20), np.float32))
    assert square.compactness == pytest.approx(np.pi / 4)
    assert line.compactness < 0.2


def test_mean_score_leaves_out_what_has_none():
    labels = np.array([[1, 1, 0, 2]], np.int32)
    first, second = measure(labels, np.array([[4, np.nan, 9, np.nan]], np.float32))
    assert first.score == 4
    assert np.isnan(second.score)


def test_nothing_changed_gives_no_regions():
    labels, n = label(np.zeros((5, 6), bool))
    assert n == 0
    assert outlines(labels) == []
    assert measure(labels, np.zeros((5, 6), np.float32)) == ()


def test_clean_drops_small_regions_by_their_area_on_the_ground():
    changed = np.zeros((60, 60), bool)
    changed[5:9, 5:9] = True
    changed[20:40, 20:40] = True
    kept = clean(changed, np.ones_like(changed), gsd_m=0.5, min_area_m2=20)
    assert not kept[:15].any()
    assert kept[22:38, 22:38].all()
    assert clean(changed, np.ones_like(changed), gsd_m=10, min_area_m2=20)[5:9, 5:9].all()


def test_clean_closes_pinholes_removes_slivers_and_keeps_to_valid():
    changed = np.zeros((60, 60), bool)
    changed[10:40, 10:40] = True
    changed[25, 25] = False
    changed[50, :] = True
    valid = np.ones_like(changed)
    valid[30, 30] = False
    kept = clean(changed, valid, gsd_m=0.5, min_area_m2=20)
    assert kept[25, 25]
    assert not kept[50].any()
    assert not kept[30, 30]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 50), st.integers(1, 199), st.integers(1, 229))
def test_clean_does_not_depend_on_the_tiling(seed, row, col):
    changed = blobs(seed)
    valid = ~blobs(seed + 1000, level=0.3)
    knobs = {"gsd_m": 0.5, "min_area_m2": 15.0}
    whole = clean(changed, valid, **knobs)
    halo = clean_halo(**knobs)
    for rows in (slice(0, row), slice(row, 200)):
        for cols in (slice(0, col), slice(col, 230)):
            top, left = max(0, rows.start - halo), max(0, cols.start - halo)
            window = np.s_[top : rows.stop + halo, left : cols.stop + halo]
            tile = clean(changed[window], valid[window], **knobs)
            inner = tile[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
            np.testing.assert_array_equal(inner, whole[rows, cols])


def test_outlines_of_many_regions_cover_the_mask():
    changed = blobs(3)
    labels, n = label(changed)
    found = outlines(labels)
    assert len(found) == n
    assert sum(polygon(r).area for _, r in found) == changed.sum()

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import gaussian_filter
from scipy.ndimage import label as scipy_label
from skimage.measure import regionprops

from rasterdelta.errors import KernelError
from rasterdelta.regions import find_regions, min_pixels, regions_of_runs, tidy, tidy_halo
from rasterdelta.runs import joined, runs_of

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))


def blobs(seed=0, shape=(200, 230), level=0.08):
    noise = gaussian_filter(np.random.default_rng(seed).normal(0, 1, shape), 3)
    return noise > level


def polygons(found):
    """One polygon a region, in order."""
    rings = found.outlines()
    kept = list(zip(rings.rings(), rings.label, rings.hole, strict=True))
    return [
        shapely.Polygon(
            next(r for r, k, hole in kept if k == n and not hole), [r for r, k, hole in kept if k == n and hole]
        )
        for n in range(1, len(found.measured) + 1)
    ]


@settings(deadline=None)
@given(MASKS)
def test_labels_are_those_of_scipy_in_reading_order(changed):
    found = find_regions(changed)
    expected, m = scipy_label(changed)
    labels = found.labels(changed.shape)
    assert (labels.dtype, len(found.measured)) == (np.int32, m)
    np.testing.assert_array_equal(labels, expected)


@settings(deadline=None)
@given(MASKS, st.data())
def test_regions_do_not_depend_on_the_strips_that_they_come_in(changed, data):
    score = np.random.default_rng(0).normal(3, 1, changed.shape).astype(np.float32)
    cut = data.draw(st.integers(0, changed.shape[0]))
    strips = [runs_of(changed[:cut], score[:cut]), runs_of(changed[cut:], score[cut:], row0=cut)]
    whole, found = find_regions(changed, score), regions_of_runs(joined(strips))
    assert found.measured == whole.measured
    np.testing.assert_array_equal(found.outlines().vertices, whole.outlines().vertices)
    np.testing.assert_array_equal(found.mask(slice(cut, changed.shape[0]), changed.shape[1]), changed[cut:])


@settings(max_examples=100, deadline=None)
@given(MASKS)
def test_outlines_are_valid_polygons_that_cover_exactly_their_pixels(changed):
    found = find_regions(changed)
    rings = found.outlines()
    assert sorted(set(rings.label.tolist())) == list(range(1, len(found.measured) + 1))
    assert all(shapely.LinearRing(r).is_simple for r in rings.rings())
    labels = found.labels(changed.shape)
    for k, shape in enumerate(polygons(found), 1):
        assert shape.is_valid
        assert shape.area == (labels == k).sum()
        rows, cols = np.nonzero(labels == k)
        assert shapely.contains_xy(shape, cols + 0.5, rows + 0.5).all()


def test_outline_of_a_ring_has_a_hole_and_starts_with_its_shell():
    changed = np.ones((3, 4), bool)
    changed[1, 1] = False
    rings = find_regions(changed).outlines()
    shell, hole = rings.rings()
    assert rings.label.tolist() == [1, 1]
    assert rings.hole.tolist() == [False, True]
    np.testing.assert_array_equal(shell, [[4, 0], [4, 3], [0, 3], [0, 0]])
    np.testing.assert_array_equal(np.sort(hole.sum(axis=1)), [2, 3, 3, 4])


def test_outlines_turn_clockwise_around_regions_and_only_at_corners():
    changed = np.zeros((9, 9), bool)
    changed[1:7, 2:5] = True
    (ring,) = find_regions(changed).outlines().rings()
    assert len(ring) == 4
    assert shapely.is_ccw(shapely.LinearRing(ring))  # counter-clockwise where y points up: clockwise in the image


def test_pixels_that_meet_at_a_corner_are_two_regions():
    found = find_regions(np.eye(2, dtype=bool))
    assert len(found.measured) == 2
    assert [p.area for p in polygons(found)] == [1, 1]


def test_outlines_too_large_for_their_keys_are_refused():
    runs = runs_of(np.ones((1, 1), bool), row0=2**19)
    with pytest.raises(KernelError, match="rows and columns"):
        regions_of_runs(runs).outlines()


@settings(deadline=None)
@given(MASKS)
def test_measures_agree_with_scikit_image(changed):
    score = np.random.default_rng(0).normal(3, 1, changed.shape).astype(np.float32)
    found = find_regions(changed, score)
    for mine, theirs in zip(found.measured, regionprops(found.labels(changed.shape), score), strict=True):
        assert mine.label == theirs.label
        assert mine.area_px == theirs.area
        assert (mine.row, mine.col) == pytest.approx(theirs.centroid)
        assert (mine.row_min, mine.col_min, mine.row_max + 1, mine.col_max + 1) == theirs.bbox
        assert mine.score == pytest.approx(theirs.intensity_mean, rel=1e-5)


def test_compactness_tells_a_square_from_a_line():
    changed = np.zeros((20, 20), bool)
    changed[2:8, 2:8] = True
    changed[12, 1:19] = True
    square, line = find_regions(changed).measured
    assert square.compactness == pytest.approx(np.pi / 4)
    assert line.compactness < 0.2


def test_mean_score_leaves_out_what_has_none():
    changed = np.array([[True, True, False, True]])
    first, second = find_regions(changed, np.array([[4, np.nan, 9, np.nan]], np.float32)).measured
    assert first.score == 4
    assert np.isnan(second.score)


def test_nothing_changed_gives_no_regions():
    found = find_regions(np.zeros((5, 6), bool))
    assert found.measured == ()
    assert found.outlines().rings() == []
    assert not found.labels((5, 6)).any()


def test_small_regions_are_dropped_by_their_area_on_the_ground():
    changed = np.zeros((60, 60), bool)
    changed[5:9, 5:9] = True
    changed[20:40, 20:40] = True
    assert [r.area_px for r in find_regions(changed, min_px=min_pixels(gsd_m=0.5, min_area_m2=20)).measured] == [400]
    assert len(find_regions(changed, min_px=min_pixels(gsd_m=10, min_area_m2=20)).measured) == 2
    large = find_regions(changed, min_px=17)
    assert [r.label for r in large.measured] == [1]
    assert large.labels(changed.shape).max() == 1


def test_tidy_closes_pinholes_removes_slivers_and_keeps_to_valid():
    changed = np.zeros((60, 60), bool)
    changed[10:40, 10:40] = True
    changed[25, 25] = False
    changed[50, :] = True
    valid = np.ones_like(changed)
    valid[30, 30] = False
    kept = tidy(changed, valid, gsd_m=0.5, min_area_m2=20)
    assert kept[25, 25]
    assert not kept[50].any()
    assert not kept[30, 30]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 50), st.integers(1, 199), st.integers(1, 229))
def test_tidy_does_not_depend_on_the_tiling(seed, row, col):
    changed = blobs(seed)
    valid = ~blobs(seed + 1000, level=0.3)
    knobs = {"gsd_m": 0.5, "min_area_m2": 15.0}
    whole = tidy(changed, valid, **knobs)
    halo = tidy_halo(**knobs)
    for rows in (slice(0, row), slice(row, 200)):
        for cols in (slice(0, col), slice(col, 230)):
            top, left = max(0, rows.start - halo), max(0, cols.start - halo)
            window = np.s_[top : rows.stop + halo, left : cols.stop + halo]
            tile = tidy(changed[window], valid[window], **knobs)
            inner = tile[rows.start - top : rows.stop - top, cols.start - left : cols.stop - left]
            np.testing.assert_array_equal(inner, whole[rows, cols])


def test_outlines_of_many_regions_cover_the_mask():
    changed = blobs(3)
    found = find_regions(changed)
    assert sum(p.area for p in polygons(found)) == changed.sum()

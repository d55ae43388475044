"""Reading a scene on another grid."""

from itertools import pairwise

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sitedelta.alignment.placement import CoarseMask, Placement, ScaledFrame
from sitedelta.alignment.warp import fitted_size, open_clear, read_placed, scene_coordinates
from sitedelta.grid import earth_grid, locate, scene_grid


def curved(rows, cols):
    """Bend a grid about as much as two map projections differ over a site."""
    return 0.8 * rows + 0.1 * cols + 2e-6 * rows**2 - 3, -0.1 * rows + 0.8 * cols + 3e-6 * rows * cols + 7


def shifted(drow, dcol):
    return lambda rows, cols: (rows + drow, cols + dcol)


spans = st.tuples(st.integers(-300, 3000), st.integers(1, 120))


@given(spans, spans, st.sampled_from([1.0, 1.5, 6.0]))
@settings(max_examples=40, deadline=None)
def test_coordinates_follow_the_mapping_and_not_the_window(down, along, step):
    row0, height = down
    col0, width = along
    rows, cols = scene_coordinates(curved, (row0, row0 + height, col0, col0 + width), step=step)

    assert rows.shape == cols.shape == (height, width)
    rr, cc = np.meshgrid(np.arange(row0, row0 + height), np.arange(col0, col0 + width), indexing="ij")
    exact = curved((rr + 0.5) * step - 0.5, (cc + 0.5) * step - 0.5)
    np.testing.assert_allclose(rows, exact[0], atol=0.05)
    np.testing.assert_allclose(cols, exact[1], atol=0.05)
    wide_rows, wide_cols = scene_coordinates(
        curved, (row0 - 37, row0 + height + 5, col0 - 2, col0 + width + 71), step=step
    )
    np.testing.assert_array_equal(rows, wide_rows[37 : 37 + height, 2 : 2 + width])
    np.testing.assert_array_equal(cols, wide_cols[37 : 37 + height, 2 : 2 + width])


def test_coordinates_follow_a_change_of_projection(place, ground):
    scene = place.scene("a.tif", ground(64, 64))
    here = scene_grid(scene)
    lon, lat = here.lonlat(np.array([32.0]), np.array([32.0]))
    grid = earth_grid((4000, 4000), Affine(5e-6, 0, lon[0] - 0.01, 0, -5e-6, lat[0] + 0.01), "EPSG:4326", 0.5)
    frame = locate(scene, grid)
    window = (1500, 1800, 900, 1300)
    rows, cols = scene_coordinates(frame.to_scene, window)
    rr, cc = np.meshgrid(np.arange(1500.0, 1800), np.arange(900.0, 1300), indexing="ij")
    exact = frame.to_scene(rr, cc)
    np.testing.assert_allclose(rows, exact[0], atol=0.05)
    np.testing.assert_allclose(cols, exact[1], atol=0.05)


@pytest.fixture
def noise():
    return np.random.default_rng(3).integers(1, 4000, (4, 150, 170)).astype(np.uint16)


def test_the_identity_gives_the_source(place, noise):
    scene = place.scene("a.tif", noise)
    image, valid = read_placed(scene, shifted(0, 0), (20, 90, 30, 140), bands=(2, 0))
    assert image.dtype == np.float32
    assert valid.all()
    np.testing.assert_array_equal(image, noise[[2, 0], 20:90, 30:140].astype(np.float32))


def test_a_whole_shift_moves_whole_pixels(place, noise):
    scene = place.scene("a.tif", noise)
    image, valid = read_placed(scene, shifted(7, -4), (20, 90, 30, 140), bands=(1,))
    assert valid.all()
    np.testing.assert_array_equal(image[0], noise[1, 27:97, 26:136])


@pytest.mark.parametrize("shift", [(0.5, 0.25), (-2.375, 1.3125)])
def test_a_fraction_of_a_pixel_agrees_with_a_spline(place, shift):
    rows, cols = np.mgrid[0:140, 0:150]
    smooth = (1000 + 400 * np.sin(rows / 9) * np.cos(cols / 11)).astype(np.float32)[None]
    scene = place.scene("a.tif", smooth)
    image, valid = read_placed(scene, shifted(*shift), (10, 120, 10, 130), bands=(0,))
    expected = ndimage.shift(smooth[0].astype(float), (-shift[0], -shift[1]), order=3)[10:120, 10:130]
    assert valid.all()
    np.testing.assert_allclose(image[0], expected, atol=2.5)


def test_masks_are_carried(place, noise):
    noise[:, 60:80, 70:90] = 0
    scene = place.scene("a.tif", noise, nodata=0)
    image, valid = read_placed(scene, shifted(0.5, 0), (30, 110, 40, 120), bands=(0,))
    hole = np.zeros((80, 80), bool)
    hole[30:50, 30:50] = True
    assert not valid[hole[:, :]].any()
    assert (image[0][~valid] == 0).all()
    # A cubic kernel needs two pixels on each side and no more.
    near = ndimage.binary_dilation(hole, np.ones((3, 3)), iterations=2)
    assert valid[~near].all()


@pytest.mark.parametrize("factor", [2, 3, 6])
def test_coarser_cells_average(place, noise, factor):
    scene = place.scene("a.tif", noise)
    image, valid = read_placed(scene, shifted(0, 0), (2, 15, 3, 20), bands=(0,), step=factor)
    blocks = noise[0, : 150 // factor * factor, : 170 // factor * factor].astype(float)
    means = blocks.reshape(150 // factor, factor, 170 // factor, factor).mean((1, 3))
    assert valid.all()
    np.testing.assert_allclose(image[0], means[2:15, 3:20], rtol=1e-5)


@pytest.mark.parametrize("step", [1.0, 3.0])
def test_any_tiling_gives_the_same_pixels(place, noise, step):
    scene = place.scene("a.tif", noise)
    size = 120 if step == 1 else 40
    whole, seen = read_placed(scene, curved, (0, size, 0, size), bands=(0, 1), step=step)
    cuts = [0, 13, 14, size // 2, size]
    for r0, r1 in pairwise(cuts):
        for c0, c1 in pairwise(cuts):
            part, valid = read_placed(scene, curved, (r0, r1, c0, c1), bands=(0, 1), step=step)
            np.testing.assert_array_equal(valid, seen[r0:r1, c0:c1])
            np.testing.assert_array_equal(part, whole[:, r0:r1, c0:c1])


def test_the_scale_of_reading_does_not_depend_on_the_window(place, noise):
    def stretched(rows, cols):
        return 1.74 * rows + 1e-4 * rows**2, 1.74 * cols

    scene = place.scene("a.tif", noise)
    whole, _ = read_placed(scene, stretched, (0, 80, 0, 80), bands=(0,))
    row, _ = read_placed(scene, stretched, (70, 71, 0, 80), bands=(0,))
    pixel, _ = read_placed(scene, stretched, (70, 71, 33, 34), bands=(0,))
    np.testing.assert_array_equal(row[0], whole[0, 70:71])
    assert pixel[0, 0, 0] == whole[0, 70, 33]


@pytest.mark.parametrize("window", [(0, 10, 500, 520), (-300, -290, 0, 10), (1000, 1010, 1000, 1010)])
def test_windows_beyond_the_scene_are_invalid(place, noise, window):
    scene = place.scene("a.tif", noise)
    image, valid = read_placed(scene, shifted(0, 0), window, bands=(0, 1, 2))
    assert image.shape == (3, window[1] - window[0], window[3] - window[2])
    assert not valid.any()
    assert not image.any()


def test_a_window_over_the_edge_is_valid_within(place, noise):
    scene = place.scene("a.tif", noise)
    _, valid = read_placed(scene, shifted(0, 0), (-5, 155, -5, 175), bands=(0,))
    expected = np.zeros((160, 180), bool)
    expected[5:-5, 5:-5] = True
    # The kernel's rim may be lost, no more.
    assert not valid[~expected].any()
    assert valid[8:-8, 8:-8].all()


def test_clear_reading_leaves_cloud_out(place, noise):
    scene = place.scene("a.tif", noise)
    clear = np.ones((15, 17), bool)
    clear[3:6, 4:8] = False
    at = Placement(scene, ScaledFrame(1.0), None, CoarseMask(clear, 10.0, 10.0))
    with open_clear(at, bands=(0,)) as reader:
        image, valid = reader.read((0, 150, 0, 170))
    assert not valid[30:60, 40:80].any()
    assert valid[70:140, 10:160].all()
    np.testing.assert_array_equal(image[0, 70:140, 10:160], noise[0, 70:140, 10:160])


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 2000))
def test_fitted_size_is_the_finest_that_fits(height, width, most):
    rows, cols, step = fitted_size(height, width, most)
    assert step >= 1
    assert max(rows, cols) <= most or step == 1
    assert (rows - 1) * step < height <= rows * step + 1e-6
    assert (cols - 1) * step < width <= cols * step + 1e-6

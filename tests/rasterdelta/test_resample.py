import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from rasterdelta.errors import KernelError
from rasterdelta.resample import downsample, reach, resample
from rasterdelta.types import Image, Mask, Plane


def image(seed: int = 0, bands: int = 2, rows: int = 40, cols: int = 50) -> Image:
    values = np.random.default_rng(seed).normal(100, 20, (bands, rows, cols))
    return ndimage.gaussian_filter(values, (0, 1.5, 1.5)).astype(np.float32)


def everything(of: Image) -> Mask:
    return np.ones(of.shape[1:], np.bool_)


def grid(rows: int, cols: int) -> tuple[Plane, Plane]:
    r, c = np.mgrid[0:rows, 0:cols].astype(np.float32)
    return r, c


@pytest.mark.parametrize(("kernel", "order"), [("nearest", 0), ("linear", 1)])
def test_agrees_with_scipy(kernel: str, order: int) -> None:
    source = image()
    rng = np.random.default_rng(1)
    rows = (np.round(rng.uniform(1, 38, (30, 30)) * 32) / 32 + 1 / 64).astype(np.float32)
    cols = (np.round(rng.uniform(1, 48, (30, 30)) * 32) / 32 + 1 / 64).astype(np.float32)
    got, valid = resample(source, everything(source), rows, cols, kernel=kernel)
    want = np.stack([ndimage.map_coordinates(b, [rows, cols], order=order) for b in source])
    assert valid.all()
    # OpenCV takes fractions to 1/32 pixel: the rest of 1/64 pixel times the steepest slope is allowed.
    steepest = float(np.abs(np.diff(source, axis=2)).max() + np.abs(np.diff(source, axis=1)).max())
    np.testing.assert_allclose(got, want, atol=steepest / 32 if order else 1e-4)


@pytest.mark.parametrize("kernel", ["cubic", "lanczos"])
def test_shifts_a_smooth_signal(kernel: str) -> None:
    rows, cols = grid(60, 60)
    wave = np.sin(rows / 5) + np.cos(cols / 7)
    got, valid = resample(wave[None], np.ones((60, 60), np.bool_), rows + 0.25, cols - 0.5, kernel=kernel)
    want = np.sin((rows + 0.25) / 5) + np.cos((cols - 0.5) / 7)
    inner = np.s_[8:-8, 8:-8]
    assert valid[inner].all()
    np.testing.assert_allclose(got[0][inner], want[inner], atol=0.015)


@pytest.mark.parametrize("kernel", ["nearest", "linear", "cubic", "lanczos"])
def test_identity_changes_nothing(kernel: str) -> None:
    source = image()
    got, valid = resample(source, everything(source), *grid(40, 50), kernel=kernel)
    assert valid.all()
    np.testing.assert_allclose(got, source, rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    shift=st.tuples(st.floats(-6, 6, width=32), st.floats(-6, 6, width=32)),
    kernel=st.sampled_from(["nearest", "linear", "cubic", "lanczos"]),
    seed=st.integers(0, 5),
)
def test_invalid_pixels_never_show(shift: tuple[float, float], kernel: str, seed: int) -> None:
    source = image(seed)
    valid = np.random.default_rng(seed).random((40, 50)) > 0.03
    poisoned = np.where(valid, source, np.float32(1e6))
    rows, cols = grid(40, 50)
    clean, seen = resample(source, valid, rows + np.float32(shift[0]), cols + np.float32(shift[1]), kernel=kernel)
    dirty, again = resample(poisoned, valid, rows + np.float32(shift[0]), cols + np.float32(shift[1]), kernel=kernel)
    np.testing.assert_array_equal(seen, again)
    np.testing.assert_array_equal(clean[:, seen], dirty[:, seen])
    assert (dirty[:, ~seen] == 0).all()


def test_outside_and_nan_are_invalid() -> None:
    source = image()
    rows = np.array([[-1, 0, 39, 40, np.nan]], np.float32)
    cols = np.array([[5, 5, 5, 5, 5]], np.float32)
    got, valid = resample(source, everything(source), rows, cols)
    np.testing.assert_array_equal(valid, [[False, True, True, False, False]])
    assert np.isfinite(got).all()


def test_a_hole_grows_by_the_kernel() -> None:
    source = image()
    valid = everything(source)
    valid[20, 25] = False
    rows, cols = grid(40, 50)
    _, seen = resample(source, valid, rows + 0.5, cols + 0.5, kernel="cubic")
    assert (~seen[:39, :49]).sum() == 4 * 4
    assert reach("cubic") == 2


def test_blocks_do_not_show() -> None:
    source = image(rows=30, cols=30)
    rows, cols = (a * 0 + v for a, v in zip(grid(2, 5000), (3.3, 7.7), strict=True))
    got, _ = resample(source, everything(source), rows.astype(np.float32), cols.astype(np.float32))
    assert np.ptp(got[0]) == 0


def test_a_window_too_long_is_refused() -> None:
    source = np.zeros((1, 1, 40_000), np.float32)
    with pytest.raises(KernelError, match="smaller tiles"):
        resample(source, everything(source), np.zeros((1, 2), np.float32), np.array([[0, 39_000]], np.float32))


def test_shapes_must_agree() -> None:
    with pytest.raises(KernelError, match="belong together"):
        resample(image(), np.ones((3, 3), np.bool_), *grid(2, 2))
    with pytest.raises(KernelError, match="one shape"):
        resample(image(), everything(image()), np.zeros((2, 2), np.float32), np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_downsample_is_the_mean_of_valid_pixels(factor: int) -> None:
    source = image()
    valid = np.random.default_rng(0).random((40, 50)) > 0.4
    got, seen = downsample(np.where(valid, source, np.float32(1e6)), valid, factor)
    rows, cols = 40 // factor, 50 // factor
    cut = np.s_[: rows * factor, : cols * factor]
    masked = np.ma.masked_array(source[0][cut], ~valid[cut]).reshape(rows, factor, cols, factor)
    share = valid[cut].reshape(rows, factor, cols, factor).mean(axis=(1, 3))
    np.testing.assert_array_equal(seen, share >= 0.5 - 1e-6)
    np.testing.assert_allclose(got[0][seen], masked.mean(axis=(1, 3)).filled(0)[seen], rtol=1e-4)
    assert (got[:, ~seen] == 0).all()


@pytest.mark.parametrize("factor", [0, 100])
def test_downsample_refuses(factor: int) -> None:
    with pytest.raises(KernelError, match="factor"):
        downsample(image(), everything(image()), factor)

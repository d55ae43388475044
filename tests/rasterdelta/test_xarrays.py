"""On `DataArray`s kernels give the same bits for any chunks, compute nothing early, and keep what the images say."""

import tracemalloc
from functools import partial

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from rasterdelta import xarrays
from rasterdelta.difference.auto import METHODS
from rasterdelta.difference.pixels import box_mean, smooth
from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.sampling import sample_windows
from rasterdelta.xarrays import apply, change

NAMES = list(METHODS)
ROWS, COLS = 150, 170
BLOCK = 64


def data_array(values, **attrs):
    coords = {
        "band": [f"B{k}" for k in range(len(values))],
        "y": 3925000 - 0.5 * np.arange(values.shape[1]),
        "x": 250000 + 0.5 * np.arange(values.shape[2]),
        "spatial_ref": 32637,
    }
    return xr.DataArray(values, dims=("band", "y", "x"), coords=coords, attrs={"crs": "EPSG:32637", **attrs})


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(3)
    before = np.abs(rng.normal(120, 25, (3, ROWS, COLS))).round().astype(np.uint16)
    after = (1.1 * before + rng.normal(5, 8, before.shape)).astype(np.float32)
    after[:, 40:60, 50:80] += 150
    before[:, :20, :30] = 0
    after[0, 100:104, 100] = np.nan
    return data_array(before, _FillValue=0), data_array(after)


@pytest.fixture(scope="module")
def in_memory(pair):
    return {name: change(*pair, gsd_m=5.0, method=name, block=BLOCK) for name in NAMES}


def cuts(length):
    """Any chunks of an axis."""
    inner = st.sets(st.integers(1, length - 1), max_size=4)
    return inner.map(lambda s: tuple(int(n) for n in np.diff([0, *sorted(s), length])))


chunkings = st.fixed_dictionaries(
    {"band": st.sampled_from([(3,), (1, 2), (1, 1, 1)]), "y": cuts(ROWS), "x": cuts(COLS)}
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6, deadline=None)
@given(first=chunkings, second=st.none() | chunkings)
def test_chunked_images_give_the_same_bits(pair, in_memory, name, first, second):
    before, after = pair[0].chunk(first), pair[1] if second is None else pair[1].chunk(second)
    got = change(before, after, gsd_m=5.0, method=name, block=BLOCK)
    assert got.score.chunks
    assert got.change.chunks
    xr.testing.assert_identical(got.compute(scheduler="threads"), in_memory[name])


def gathered(stack, valid, *, side):
    """A local kernel of a series: change between consecutive dates, summed over the bands, smoothed."""
    step = np.diff(stack, axis=0).sum(axis=1)
    return np.stack([box_mean(plane, valid, side=side) for plane in step])


@settings(max_examples=15, deadline=None)
@given(chunks=chunkings, valid_cut=st.none() | cuts(ROWS))
def test_series_and_masks_of_other_dimensions_too(pair, chunks, valid_cut):
    before, after = (a.astype(np.float32).fillna(0) for a in pair)
    series = xr.concat([before, after, before], xr.Variable("date", [2019, 2020, 2021]))
    valid = (after != 0).all("band")
    knobs = {"halo": 4, "dims": ("step", "y", "x"), "sizes": {"step": 2}, "block": 32, "side": 9}
    expected = apply(gathered, series, valid, **knobs)
    assert expected.dims == ("step", "y", "x")
    got = apply(
        gathered, series.chunk({"date": 2, **chunks}), valid if valid_cut is None else valid.chunk(y=valid_cut), **knobs
    )
    xr.testing.assert_identical(got.compute(), expected)


@pytest.mark.parametrize("stride", [1, 8])
def test_windows_begin_where_the_kernel_wants_them(stride):
    ramp = xr.DataArray(np.add.outer(np.arange(100), 1000 * np.arange(90)), dims=("y", "x"))

    def corner(window):
        return np.full_like(window, window[0, 0])

    seen = apply(corner, ramp, halo=5, stride=stride, block=32)
    first_rows, first_cols = np.unique(seen % 1000), np.unique(seen // 1000)
    assert not (first_rows % stride).any()
    assert not (first_cols % stride).any()
    xr.testing.assert_identical(apply(corner, ramp.chunk(y=7), halo=5, stride=stride, block=32).compute(), seen)


def test_result_lies_where_the_images_do(pair):
    before, after = (a.assign_coords(time=k) for k, a in enumerate(pair))
    found = change(before.assign_attrs(units="DN", long_name="counts"), after, gsd_m=5.0, method="cva")
    assert found.score.dtype == np.float32
    assert found.change.dtype == np.uint8
    for plane in (found.score, found.change):
        assert plane.dims == ("y", "x")
        assert set(plane.coords) == {"y", "x", "spatial_ref"}  # the dates differ, and bands are gone
        assert plane.attrs == {"crs": "EPSG:32637"}
    assert found.attrs["method"] == "cva"
    assert found.attrs["method_reason"] == "asked for"
    assert 0 < found.attrs["false_alarm_rate"] < 0.1
    assert found.attrs["notes"].endswith(".")


def test_seen_is_what_neither_nodata_nor_nan_hides(pair):
    found = change(*pair, gsd_m=5.0, method="cva")
    hidden = (pair[0] == 0).any("band") | pair[1].isnull().any("band")
    np.testing.assert_array_equal(found.change == 255, hidden)
    np.testing.assert_array_equal(found.score.isnull(), hidden)
    np.testing.assert_array_equal(found.change == 1, found.score > found.attrs["threshold"])
    assert (found.change[44:56, 54:76] == 1).mean() > 0.9


def test_a_mask_adds_to_what_is_hidden(pair):
    mask = xr.ones_like(pair[0][0], dtype=np.uint8)
    mask[70:80] = 0
    found = change(*pair, gsd_m=5.0, method="cva", valid=mask)
    assert (found.change[70:80] == 255).all()
    assert (found.change[81:99] != 255).all()


def test_auto_says_what_it_chose_and_takes_a_single_band(pair):
    found = change(pair[0][0], pair[1][0], gsd_m=30.0)
    assert found.attrs["method"] == "cva"
    assert "1 band" in found.attrs["method_reason"]
    assert "adar" in change(*pair, gsd_m=30.0, kind="sar").attrs["method_reason"]


def test_an_index_takes_its_two_bands_as_recorded(pair):
    images = [image.assign_coords(band=["red", "green", "nir"]) for image in pair]
    found = change(*images, gsd_m=10.0, method="ndvi")
    assert found.attrs["method"] == "ndvi"
    red, nir = (images[0].sel(band=name).astype(np.float32) for name in ("red", "nir"))
    red_after, nir_after = (images[1].sel(band=name) for name in ("red", "nir"))
    rise = (nir_after - red_after) / (nir_after + red_after) - (nir - red) / (nir + red)
    both = np.isfinite(found.score.to_numpy()) & np.isfinite(rise.to_numpy())
    assert np.corrcoef(abs(rise).to_numpy()[both], found.score.to_numpy()[both])[0, 1] > 0.4  # smoothed
    with pytest.raises(KernelError, match="ndwi wants the band 'green', of B0, B1, B2"):
        change(*pair, gsd_m=10.0, method="ndwi")


def counted(values, chunks):
    """A chunked image that counts how often its chunks are made."""
    made = []

    def load(block):
        made.append(block.shape)
        return block

    array = da.map_blocks(load, da.from_array(values, chunks=chunks), dtype=values.dtype, meta=values[:0, :0, :0])
    return xr.DataArray(array, dims=("band", "y", "x")), made


def test_only_the_sample_is_computed_before_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("rasterdelta.sampling.WHOLE_PX", 1000)
    monkeypatch.setattr(xarrays, "sample_windows", partial(sample_windows, block=16, most=4))
    rng = np.random.default_rng(0)
    (before, made), (after, _) = (counted(rng.normal(100, 9, (2, 512, 512)), (2, 32, 32)) for _ in range(2))
    computes = []
    with dask.config.set(scheduler=lambda *a, **k: computes.append(1) or dask.get(*a, **k)):
        found = change(before, after, gsd_m=10.0, method="cva", block=128)
        assert len(computes) == 1
        assert 0 < len(made) <= 4 * 3 * 3
        made.clear()
        found["edges"] = apply(partial(smooth, sigma=1), before[0], before[0] > 0, halo=4, block=128)
        assert not made
        found.score[:100, :100].compute()
    assert len(made) <= 5 * 5  # one block of 4 x 4 chunks, and its halo


def test_memory_holds_a_few_blocks_whatever_the_length():
    block, count = 512, 30
    source = da.map_blocks(
        lambda block_id: np.full((block, block), block_id[0], np.float32),
        chunks=((block,) * count, (block,)),
        dtype=np.float32,
    )
    image = xr.DataArray(source, dims=("y", "x"))
    mean = apply(partial(box_mean, side=9), image, xr.ones_like(image, dtype=bool), halo=4, block=block)
    tracemalloc.start()
    top = float(mean.max().compute(scheduler="synchronous"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert top == count - 1
    assert peak < 12 * block * block * 4


def test_graph_grows_with_blocks_and_has_few_layers():
    blocks = 20
    image = xr.DataArray(da.zeros((4, 64 * blocks, 64 * blocks), chunks=(4, 64, 64)), dims=("band", "y", "x"))
    graph = apply(np.negative, image, halo=8, block=64).__dask_graph__()
    assert len(graph.layers) < 6 * blocks
    assert len(graph) < 20 * blocks * blocks


def grid_of(shape, **coords):
    return xr.DataArray(np.ones(shape), dims=("band", "y", "x"), coords=coords)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (grid_of((2, 9, 8)), grid_of((2, 8, 9)), "grids differ: .*'y': 9.*'y': 8"),
        (grid_of((2, 9, 8), x=np.arange(8)), grid_of((2, 9, 8), x=np.arange(8) + 0.5), "x are up to 0.5 apart"),
        (grid_of((2, 9, 8)), grid_of((3, 9, 8)), "before has 2 bands, after has 3 bands"),
        (grid_of((2, 9, 8), band=["r", "g"]), grid_of((2, 9, 8), band=["g", "r"]), "before has r, g, after has g, r"),
        (grid_of((2, 9, 8)).transpose("y", "x", "band"), grid_of((2, 9, 8)), "not rows and columns"),
        (grid_of((2, 9, 8)).expand_dims("date"), grid_of((2, 9, 8)), r"dimensions \(band, y, x\), not"),
    ],
)
def test_images_that_do_not_belong_together_are_refused_in_words(before, after, said):
    with pytest.raises(KernelError, match=said):
        change(before, after, gsd_m=1.0)


def test_a_model_without_ground_to_fit_on_says_so():
    nothing = grid_of((2, 40, 40)) * np.nan
    with pytest.raises(NotEnoughData, match="valid"):
        change(nothing, nothing, gsd_m=10.0, method="cva")


def test_results_of_unknown_size_are_asked_for():
    image = grid_of((2, 9, 8))
    with pytest.raises(KernelError, match="'step': give its length"):
        apply(np.negative, image, dims=("step", "y", "x"))
    with pytest.raises(KernelError, match="does not end in"):
        apply(np.negative, image, dims=("y", "band"))

"""Rational polynomials against GDAL's, and back to the ground."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.rpc import RPC
from rasterio.transform import RPCTransformer

from rasterdelta.errors import KernelError
from rasterdelta.rpc import Rpc


def model(seed=0):
    rng = np.random.default_rng(seed)
    small = lambda first: (first, *(1e-4 * rng.normal(size=19)))  # noqa: E731
    line_num, samp_num = list(small(0.01)), list(small(-0.02))
    line_num[2], samp_num[1] = -1.0, 1.0
    line_num[3], samp_num[3] = 0.02, 0.05
    return Rpc(
        line_off=1000.0, line_scale=1000.0, samp_off=1200.0, samp_scale=1200.0, lat_off=35.4, lat_scale=0.01,
        long_off=35.95, long_scale=0.015, height_off=100.0, height_scale=500.0, line_num=tuple(line_num),
        line_den=small(1.0), samp_num=tuple(samp_num), samp_den=small(1.0),
    )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 5), lon=st.floats(-1, 1), lat=st.floats(-1, 1), height=st.floats(-100, 900))
def test_it_agrees_with_gdal(seed, lon, lat, height):
    rpc = model(seed)
    places = [np.array([rpc.long_off + lon * rpc.long_scale]), np.array([rpc.lat_off + lat * rpc.lat_scale])]
    theirs = RPC(
        height_off=rpc.height_off, height_scale=rpc.height_scale, lat_off=rpc.lat_off, lat_scale=rpc.lat_scale,
        line_den_coeff=list(rpc.line_den), line_num_coeff=list(rpc.line_num), line_off=rpc.line_off,
        line_scale=rpc.line_scale, long_off=rpc.long_off, long_scale=rpc.long_scale,
        samp_den_coeff=list(rpc.samp_den), samp_num_coeff=list(rpc.samp_num), samp_off=rpc.samp_off,
        samp_scale=rpc.samp_scale,
    )  # fmt: skip
    with RPCTransformer(theirs) as gdal:
        row, col = gdal.rowcol(places[0], places[1], zs=[height], op=lambda v: v)
    rows, cols = rpc.to_image(places[0], places[1], height)
    np.testing.assert_allclose([rows[0], cols[0]], [row[0] - 0.5, col[0] - 0.5], atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_there_and_back(seed):
    rpc, rng = model(seed), np.random.default_rng(seed)
    rows, cols = rng.uniform(0, 2000, (5, 6)), rng.uniform(0, 2400, (5, 6))

    def hills(lon, lat):
        return 150 + 80 * np.sin((lon - 35.95) * 400) * np.cos((lat - 35.4) * 300)

    lon, lat = rpc.to_ground(rows, cols, hills)
    again = rpc.to_image(lon, lat, hills(lon, lat))
    np.testing.assert_allclose(again, (rows, cols), atol=2e-3)


def test_what_cannot_be_used():
    with pytest.raises(KernelError, match="20 coefficients"):
        Rpc(0, 1, 0, 1, 0, 1, 0, 1, 0, 1, (1.0,), (1.0,) * 20, (1.0,) * 20, (1.0,) * 20)
    with pytest.raises(KernelError, match="scales"):
        Rpc(0, 0, 0, 1, 0, 1, 0, 1, 0, 1, (1.0,) * 20, (1.0,) * 20, (1.0,) * 20, (1.0,) * 20)

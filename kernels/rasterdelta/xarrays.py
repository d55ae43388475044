"""The kernels on `xarray.DataArray`, in memory or in dask chunks: the same values, bit for bit, for any chunks.

Both ways run on the blocks of `rasterdelta.blocks`; chunks are cut anew to these blocks with their halos.
"""

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import dask
import numpy as np
import xarray as xr
from numpy.typing import DTypeLike

from rasterdelta.blocks import BLOCK_PX, AnyArray, Kernel, over_blocks, ready
from rasterdelta.chunks import over_chunks
from rasterdelta.difference.auto import INDICES, METHODS, RADAR, MethodChoice, choose
from rasterdelta.difference.indices import INDEX_BANDS, IndexName
from rasterdelta.difference.protocol import ChangeModel, Fit
from rasterdelta.difference.reading import PairReader
from rasterdelta.errors import KernelError
from rasterdelta.sampling import sample_windows

SPATIAL = (("y", "x"), ("row", "col"), ("latitude", "longitude"), ("lat", "lon"))
"""Names of the last two dimensions that are known."""

UNSEEN = 255
"""Value of a change map where not both dates show the ground."""

SAMPLE_HALO = 24
"""Pixels of context around the blocks that a model is fitted on."""

_OF_PIXELS = ("_FillValue", "missing_value", "nodata", "scale_factor", "add_offset", "long_name", "units", "valid")
"""Attributes that speak of an image's values, not of its place."""


def apply(
    kernel: Kernel,
    *arrays: xr.DataArray,
    halo: int = 0,
    stride: int = 1,
    dims: Sequence[Hashable] | None = None,
    sizes: Mapping[Hashable, int] | None = None,
    dtype: DTypeLike = np.float32,
    block: int = BLOCK_PX,
    **knobs: Any,
) -> xr.DataArray:
    """Apply a local kernel: a filter, an index, a similarity, a statistic of a time series.

    Parameters
    ----------
    kernel
        Function of numpy arrays of shape (..., row, column). It is given masks (bool) as they are, all else as
        float32. A pixel of its result depends on no pixel farther than `halo`.
    arrays
        What it takes, in order; any dimensions, of which the last two are (y, x) and agree.
    halo
        Pixels of context, as the function beside the kernel tells.
    stride
        Windows begin at multiples of so many pixels.
    dims
        Of the result; those of the first array when omitted, (y, x) for one value a pixel.
    sizes
        Of dimensions of the result that no array has.
    dtype
        Of the result.
    block
        Side, in pixels, of the blocks of the lattice.
    knobs
        Further arguments of the kernel, by name.

    Returns
    -------
    DataArray
        Lazy where any of the arrays is. Coordinates are the first array's, and the attributes that do not speak of
        its values.

    Raises
    ------
    KernelError
        Where the arrays do not lie on one grid, or the kernel does not give what was said.
    """
    _check_grid(arrays)
    first = arrays[0]
    dims = tuple(first.dims if dims is None else dims)
    if dims[-2:] != first.dims[-2:]:
        raise KernelError(f"a result of dimensions {dims} does not end in the arrays' {first.dims[-2:]}")
    known = {name: size for array in reversed(arrays) for name, size in array.sizes.items()} | dict(sizes or {})
    if unknown := [name for name in dims if name not in known]:
        raise KernelError(f"no array has the dimension {unknown[0]!r}: give its length in `sizes`")
    data = _run(
        partial(kernel, **knobs) if knobs else kernel,
        arrays,
        lead=tuple(known[name] for name in dims[:-2]),
        halo=halo,
        stride=stride,
        dtype=dtype,
        block=block,
    )
    coords = {
        name: c for name, c in first.coords.items() if all(d in dims and known[d] == n for d, n in c.sizes.items())
    }
    return _array(data, dims, coords, first)


def change(
    before: xr.DataArray,
    after: xr.DataArray,
    *,
    gsd_m: float,
    method: MethodChoice | IndexName = "auto",
    kind: Literal["optical", "sar"] = "optical",
    valid: xr.DataArray | None = None,
    false_alarm_rate: float | None = None,
    block: int = BLOCK_PX,
) -> xr.Dataset:
    """Map what changed between two registered images.

    The model is fitted at once, on blocks of the pair that do not depend on chunks (only these are computed); it is
    applied lazily where the images are chunked.

    Parameters
    ----------
    before, after
        Dimensions (band, y, x), or (y, x), on one grid and of the same bands. A pixel is not seen where any band is
        not finite or equals the attribute `_FillValue` or `nodata`.
    gsd_m
        Ground sampling distance, metres.
    method
        An algorithm, `auto`, or an index, whose two bands must then be there by their names.
    kind
        Of sensor. Radar amplitudes are linear, not decibels; they, and indices, are taken as recorded.
    valid
        Dimensions (y, x), bool, True = both dates show the ground; None where the pixels tell.
    false_alarm_rate
        Asked of the threshold; None for the algorithm's own.
    block
        Side, in pixels, of the blocks of the lattice.

    Returns
    -------
    Dataset
        `score` (y, x): float32, NaN where not both dates show the ground. `change` (y, x): uint8, 1 where the score is
        above the threshold, 0 where not, 255 where not seen. Its attributes give `method`, `method_reason`,
        `threshold`, `false_alarm_rate` and `notes`.

    Raises
    ------
    KernelError
        Where the images do not lie on one grid or do not have the same bands.
    NotEnoughData
        Where they share too little ground, or show no variation.
    """
    before, after = _bands_for(method, before), _bands_for(method, after)
    arrays = [before, after] if valid is None else [before, after, valid.astype(bool)]
    _check_grid(arrays)
    _check_bands(before, after)
    name, reason = choose(bands=len(before), kind=kind, gsd_m=gsd_m) if method == "auto" else (method, "asked for")
    plain = PairReader(_nodata(before), _nodata(after))
    samples = [plain(*windows) for windows in _sampled(arrays)]
    as_recorded = kind == "sar" or name in RADAR or name in INDICES
    reader = plain if as_recorded else plain.fitted(samples)
    wanted = {} if false_alarm_rate is None else {"false_alarm_rate": false_alarm_rate}
    fits: dict[str, Fit] = dict((*METHODS.items(), *INDICES.items()))
    model = fits[name]([reader.levelled(s) for s in samples], gsd_m=gsd_m, **wanted)
    data = _run(partial(reader.score, model), arrays, lead=(), halo=model.halo, stride=model.stride, block=block)
    score = _array(data, before.dims[-2:], _shared_coords(before, after), before)
    changed = (score > model.threshold).astype(np.uint8).where(score.notnull(), np.uint8(UNSEEN))
    changed.attrs = score.attrs
    return xr.Dataset({"score": score, "change": changed}, attrs=_said(model, reason) | score.attrs)


def _sampled(arrays: Sequence[xr.DataArray]) -> list[list[AnyArray]]:
    """Compute the blocks that stand for the whole pair, all at once."""
    rows, cols = arrays[0].shape[-2:]
    windows = sample_windows((rows, cols), halo=SAMPLE_HALO)
    compute: Any = dask.compute  # type: ignore[attr-defined]  # dask has no types
    (found,) = compute([[a[..., *w.slices].data for a in arrays] for w in windows])
    return [[ready(a) for a in block] for block in found]


def _run(kernel: Kernel, arrays: Sequence[xr.DataArray], **how: Any) -> Any:
    if not any(array.chunks for array in arrays):
        return over_blocks(kernel, arrays, **how)
    return over_chunks(kernel, [array.data for array in arrays], **how)


def _bands_for(method: str, image: xr.DataArray) -> xr.DataArray:
    """Give the bands that a method takes: all of them, or the two of an index."""
    if image.ndim not in (2, 3):
        raise KernelError(f"an image has the dimensions (band, y, x), not {image.dims}")
    image = image if image.ndim == 3 else image.expand_dims("band")
    wanted = next((bands for name, bands in INDEX_BANDS.items() if name == method), ())
    names = _labels(image)
    if missing := [band for band in wanted if band not in names]:
        raise KernelError(f"{method} wants the band {missing[0]!r}, of {', '.join(names) or 'bands without names'}")
    return image[[names.index(band) for band in wanted]] if wanted else image


def _check_grid(arrays: Sequence[xr.DataArray]) -> None:
    """Refuse arrays that do not lie on one grid."""
    first = arrays[0]
    for array in arrays:
        if array.dims[-2:] not in SPATIAL:
            raise KernelError(
                f"the last two dimensions of {array.dims} are not rows and columns: .transpose(..., 'y', 'x')"
            )
        if array.dims[-2:] != first.dims[-2:] or array.shape[-2:] != first.shape[-2:]:
            raise KernelError(
                f"grids differ: {dict(first.sizes)} and {dict(array.sizes)}; bring them to one grid first"
            )
        for name in first.dims[-2:]:
            if name in first.coords and name in array.coords:
                _check_axis(name, first[name].to_numpy(), array[name].to_numpy())


def _check_axis(name: Hashable, one: AnyArray, other: AnyArray) -> None:
    step = abs(float(one[-1] - one[0])) / max(1, len(one) - 1)
    off = float(np.abs(one - other).max())
    if off > 0.01 * step:
        raise KernelError(f"grids differ: coordinates {name} are up to {off:g} apart; bring them to one grid first")


def _check_bands(before: xr.DataArray, after: xr.DataArray) -> None:
    names = [_labels(image) for image in (before, after)]
    if len(before) != len(after) or (all(names) and names[0] != names[1]):
        said = [", ".join(n) if n else f"{len(i)} bands" for n, i in zip(names, (before, after), strict=True)]
        raise KernelError(f"bands differ: before has {said[0]}, after has {said[1]}; select the common ones of both")


def _labels(image: xr.DataArray) -> list[str]:
    name = image.dims[0]
    return [str(v) for v in image[name].to_numpy()] if name in image.coords else []


def _nodata(image: xr.DataArray) -> float | None:
    found = [image.attrs[name] for name in ("_FillValue", "nodata") if image.attrs.get(name) is not None]
    return float(found[0]) if found else None


def _array(
    data: Any, dims: Sequence[Hashable], coords: Mapping[Hashable, xr.DataArray], image: xr.DataArray
) -> xr.DataArray:
    """Give a result that lies where an image does."""
    attrs = {name: value for name, value in image.attrs.items() if name not in _OF_PIXELS}
    array = xr.DataArray(data, dims=dims, coords=coords, attrs=attrs)
    array.name = None  # not that of a dask array
    return array


def _shared_coords(before: xr.DataArray, after: xr.DataArray) -> dict[Hashable, xr.DataArray]:
    """Give the coordinates of rows and columns, and what both dates say alike."""
    plane = set(before.dims[-2:])
    return {
        name: c
        for name, c in before.coords.items()
        if set(c.dims) <= plane and (c.dims or (name in after.coords and c.variable.identical(after[name].variable)))
    }


def _said(model: ChangeModel, reason: str) -> dict[str, Any]:
    said = {
        "method": model.method,
        "method_reason": reason,
        "threshold": float(model.threshold),
        "false_alarm_rate": model.false_alarm_rate,
        "notes": model.notes,
    }
    return {name: value for name, value in said.items() if value is not None}

"""What every pixel of an image shows, from the bands at hand."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.masks.bands import Bands
from rasterdelta.masks.blueness import blue_cloud
from rasterdelta.masks.ground import black, snow, water
from rasterdelta.masks.haze import haze
from rasterdelta.masks.kinds import Kind, Kinds
from rasterdelta.masks.margins import grow
from rasterdelta.masks.shadow import cloud_shadow
from rasterdelta.masks.soft import COARSEST_M, soft_cloud
from rasterdelta.resample import downsample
from rasterdelta.types import Mask, Plane

_WORK_M = 2.0
"""Pixel size at which softness is judged: finer ones are averaged."""
_LEAST = 16
"""Pixels on a side below which nothing is told."""


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands."""

    azimuth_deg: float | None = None
    """Clockwise from the image's up."""
    elevation_deg: float | None = None


def classify(
    bands: Bands,
    valid: Mask,
    *,
    gsd_m: float,
    sun: Sun | None = None,
    ceiling: float = float("inf"),
    among: Collection[Kind] = tuple(Kind),
) -> Kinds:
    """Say of every pixel what it shows.

    Parameters
    ----------
    bands : Bands
        At least one visible band. Numbers of a sensor will do where pixels are coarser than 6 m; finer ones have to be
        on a scale of 0..1.
    valid : bool ndarray of shape (row, column)
        True = valid; the others are `CLEAR`: they are another mask's affair.
    gsd_m : float
        Pixel size, metres.
    sun : Sun, optional
        Binds the direction in which shadows lie.
    ceiling : float
        Value that a saturated pixel of a visible band has reached.
    among : collection of Kind
        What is looked for, beside cloud.

    Returns
    -------
    uint8 ndarray of shape (row, column)
        Values of `Kind`. Where several apply: cloud, its shadow, snow, water, saturated, dark, haze.

    Raises
    ------
    KernelError
        Where the pixel size is not positive or shapes disagree.

    Notes
    -----
    Chosen for what it calls cloud to be cloud: thin cloud over bright ground, clouds of less than about 90 m in fine
    images, and complete cover of an image of unknown units are not found (`featureless` tells some). A provider's mask
    is better (`providers`), a second date tells more (`twodates`).
    """
    if not gsd_m > 0:
        raise KernelError(f"the pixel size must be positive, not {gsd_m} m")
    if bands.shape != valid.shape:
        raise KernelError(f"bands {bands.shape} and mask {valid.shape} do not belong together")
    kinds = np.zeros(valid.shape, np.uint8)
    if min(valid.shape) < _LEAST or not valid.any():
        return kinds
    cloud = find_cloud(bands, valid, gsd_m=gsd_m)
    sun = sun or Sun()
    shade = cloud_shadow(
        bands.light() if bands.nir is None else bands.nir,
        valid,
        cloud,
        gsd_m=gsd_m,
        sun_azimuth_deg=sun.azimuth_deg,
        sun_elevation_deg=sun.elevation_deg,
    )
    others: tuple[tuple[Kind, Callable[[], Mask]], ...] = (
        (Kind.HAZE, lambda: haze(bands, valid, gsd_m=gsd_m)),
        (Kind.DARK, lambda: black(bands, valid)),
        (Kind.SATURATED, lambda: _full(bands, ceiling) & valid),
        (Kind.WATER, lambda: water(bands, valid)),
        (Kind.SNOW, lambda: snow(bands, valid)),
    )
    for kind, find in others:
        if kind in among:
            kinds[find()] = kind
    kinds[shade] = Kind.SHADOW
    kinds[cloud] = Kind.CLOUD
    return kinds


def _full(bands: Bands, ceiling: float) -> Mask:
    return np.asarray(np.logical_or.reduce([b >= ceiling for b in bands.visible]))


def find_cloud(bands: Bands, valid: Mask, *, gsd_m: float) -> Mask:
    """Tell cloud, by softness where pixels are 6 m or finer and by blueness where they are coarser; True = cloud."""
    if gsd_m > COARSEST_M:
        return blue_cloud(bands, valid)
    factor = max(1, round(_WORK_M / gsd_m))
    if min(valid.shape) // factor < _LEAST:
        return np.zeros(valid.shape, np.bool_)
    visible = bands.visible
    small, seen = downsample(np.stack([*visible, bands.light()]), valid, factor)
    found = soft_cloud(small[-1], _colours(bands, small), seen, gsd_m=gsd_m * factor)
    return _enlarged(found, valid.shape, factor) & valid if found.any() else np.zeros(valid.shape, np.bool_)


def _colours(bands: Bands, small: np.ndarray) -> tuple[Plane, ...]:
    complete = bands.red is not None and bands.green is not None and bands.blue is not None
    return tuple(small[:3]) if complete else ()


def _enlarged(mask: Mask, shape: tuple[int, int], factor: int) -> Mask:
    """Give a mask of cells for pixels; those beyond the last whole cell are as it is."""
    rows, cols = (np.minimum(np.arange(n) // factor, m - 1) for n, m in zip(shape, mask.shape, strict=True))
    full: Mask = mask[rows][:, cols]
    return grow(full, 1) if factor > 1 else full

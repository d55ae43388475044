"""Clouds by comparison: what is brighter than on another date, as cloud is, and what was not brighter at all."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from rasterdelta.masks.bands import Bands
from rasterdelta.masks.blueness import MARGIN_PX, blueness, spreads
from rasterdelta.masks.classify import Sun, classify
from rasterdelta.masks.kinds import Kind, Kinds
from rasterdelta.masks.margins import grow, opened
from rasterdelta.masks.shadow import cloud_shadow
from rasterdelta.masks.soft import COARSEST_M
from rasterdelta.masks.veil import veil
from rasterdelta.types import Mask, Plane

_BRIGHTER: Final = 4.0
"""Robust standard deviations above the other date that a cloud of coarse pixels has in every colour."""
_BLUER: Final = 3.0
_ALIKE: Final = 1.0
"""Below so many, a region is as bright on the other date: no cloud stands in one place twice."""


@dataclass(frozen=True, slots=True)
class Dated:
    """One date of a pair."""

    bands: Bands
    sun: Sun | None = None
    ceiling: float = float("inf")


def classify_two(
    first: Dated, second: Dated, valid: Mask, *, gsd_m: float, among: Collection[Kind] = tuple(Kind)
) -> tuple[Kinds, Kinds]:
    """Say of every pixel of two dates on one grid what it shows.

    Parameters
    ----------
    first, second : Dated
        Bands as for `classify`.
    valid : bool ndarray of shape (row, column)
        True = both dates are valid.
    gsd_m : float
        Pixel size, metres.
    among : collection of Kind
        What is looked for, beside cloud.

    Returns
    -------
    tuple of uint8 ndarray of shape (row, column)
        Values of `Kind` for the first and the second date.

    Notes
    -----
    Each date is classified by itself; then the other one testifies. A cloud that is no brighter than the same ground on
    the other date (by less than one robust standard deviation of what the dates differ) is dropped: it is a roof
    or an apron. In pixels coarser than 6 m, what is 4 standard deviations brighter than the other date in every colour
    and 3 bluer than clear ground is cloud too; in finer ones, what is whiter and dimmer than the other date as behind a
    veil (`veil`): smaller and thinner clouds are found so.
    """
    kinds = tuple(
        classify(d.bands, valid, gsd_m=gsd_m, sun=d.sun, ceiling=d.ceiling, among=among) for d in (first, second)
    )
    if min(valid.shape) < 16 or not valid.any():
        return kinds[0], kinds[1]
    found = (
        _judged(first, second, kinds[0], valid, gsd_m),
        _judged(second, first, kinds[1], valid, gsd_m),
    )
    return found[0], found[1]


def _judged(one: Dated, other: Dated, kinds: Kinds, valid: Mask, gsd: float) -> Kinds:
    suspects = kinds == Kind.CLOUD
    fine, nothing = gsd <= COARSEST_M, np.zeros(valid.shape, np.bool_)
    bluer = nothing if fine else _bluer(one.bands, valid)
    veiled = veil(one.bands, other.bands, valid, gsd_m=gsd) if fine else nothing
    if not (suspects.any() or bluer.any() or veiled.any()):
        return kinds
    above = _above(one.bands, other.bands, valid)
    if above is None:
        return kinds
    cloud = _testified(suspects, above) | veiled
    core = opened(bluer & (above > _BRIGHTER), 1)
    if core.any():
        cloud |= grow(core, MARGIN_PX) & valid
    was = (kinds == Kind.CLOUD) | (kinds == Kind.SHADOW)
    if np.array_equal(cloud, kinds == Kind.CLOUD):
        return kinds
    sun = one.sun or Sun()
    shade = cloud_shadow(
        one.bands.light() if one.bands.nir is None else one.bands.nir,
        valid,
        cloud,
        gsd_m=gsd,
        sun_azimuth_deg=sun.azimuth_deg,
        sun_elevation_deg=sun.elevation_deg,
    )
    judged = np.where(was, np.uint8(Kind.CLEAR), kinds)
    judged[shade] = Kind.SHADOW
    judged[cloud] = Kind.CLOUD
    return judged


def _above(one: Bands, other: Bands, valid: Mask) -> Plane | None:
    """Give how much brighter one date is than the other, each by its own spread, in the least of its colours."""
    if len(one.visible) != len(other.visible):
        return None
    pairs = zip(one.visible, other.visible, strict=True)
    return np.asarray(np.minimum.reduce([spreads(spreads(a, valid) - spreads(b, valid), valid) for a, b in pairs]))


def _testified(cloud: Mask, above: Plane) -> Mask:
    """Drop the regions that are as bright on the other date."""
    count, labels = cv2.connectedComponents(cloud.astype(np.uint8), connectivity=8)
    keep = [k for k in range(1, count) if float(np.median(above[labels == k])) >= _ALIKE]
    return np.isin(labels, keep)


def _bluer(bands: Bands, valid: Mask) -> Mask:
    blue = blueness(bands, valid)
    return np.zeros(valid.shape, np.bool_) if blue is None else opened(valid & (blue > _BLUER), 1)

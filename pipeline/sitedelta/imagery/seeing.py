"""What a scene shows, cell by cell: its provider's mask where there is one, else what its bands tell."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from rasterdelta.display import Stretch
from rasterdelta.masks import Bands, Kind, Kinds, any_of, classify, featureless
from rasterdelta.masks.bands import Scale
from rasterdelta.masks.soft import COARSEST_M
from rasterdelta.masks.twodates import Dated, classify_two
from rasterdelta.types import Image, Mask, Plane
from sitedelta.comparison.joint import Joint
from sitedelta.imagery.bands import TELLING, telling_bands
from sitedelta.imagery.providermasks import provided_kinds
from sitedelta.imagery.sunangle import sun_in_image
from sitedelta.scene import Scene
from sitedelta.settings.defaults import Hidden

_KINDS: Final[dict[Hidden, Kind]] = {
    "cloud": Kind.CLOUD,
    "shadow": Kind.SHADOW,
    "haze": Kind.HAZE,
    "snow": Kind.SNOW,
    "water": Kind.WATER,
    "dark": Kind.DARK,
}


def see(scene: Scene, stretch: Stretch, image: Image, valid: Mask, *, cell_m: float) -> Kinds:
    """Say what the cells of an overview of a whole scene show.

    Parameters
    ----------
    stretch : Stretch
        Of the bands that are shown.
    image : float32 ndarray of shape (band, row, column)
        The bands that `telling_bands` names.
    cell_m : float
        Size of a cell, metres.

    Returns
    -------
    uint8 ndarray of shape (row, column)
        Values of `Kind`; radar sees through everything and is clear.
    """
    if scene.mask is not None:
        return provided_kinds(scene, scene.mask, valid.shape)
    if scene.kind == "sar":
        return np.zeros(valid.shape, np.uint8)
    if featureless(image[: len(stretch.low)].mean(axis=0), valid, gsd_m=cell_m):
        return np.where(valid, Kind.NOTHING, Kind.CLEAR).astype(np.uint8)
    names = tuple(scene.bands[b] for b in telling_bands(scene.bands))
    dated = _dated(scene, stretch, image, names, cell_m)
    return classify(dated.bands, valid, gsd_m=cell_m, sun=dated.sun, ceiling=dated.ceiling)


def see_two(
    joint: Joint, stretches: tuple[Stretch, Stretch], images: tuple[Image, Image], valid: Mask, *, cell_m: float
) -> tuple[Mask, Mask]:
    """Tell for each of two dates the cells in which it hides the ground, the other being a witness.

    Parameters
    ----------
    stretches : tuple of Stretch
        Of the bands that are shown.
    images : tuple of float32 ndarray of shape (band, row, column)
        The bands that `joint.telling` names, on one grid.
    valid : bool ndarray of shape (row, column)
        True = both dates are valid. What a provider's mask hides is not valid already, and nothing else is looked for.

    Returns
    -------
    tuple of bool ndarray of shape (row, column)
        True = hidden on this date.
    """
    nothing = np.zeros(valid.shape, np.bool_)
    if joint.kind == "sar":
        return nothing, nothing
    scenes = joint.before.scene, joint.after.scene
    names = tuple(joint.bands.names(scenes[0])[k] for k in joint.telling)
    first, second = (_dated(s, t, i, names, cell_m) for s, t, i in zip(scenes, stretches, images, strict=True))
    wanted = {_KINDS[h] for scene in scenes for h in scene.hidden}
    found = classify_two(first, second, valid, gsd_m=cell_m, among=wanted)
    before, after = (nothing if s.mask else hides(k, s.hidden) for k, s in zip(found, scenes, strict=True))
    return before, after


def hides(kinds: Kinds, hidden: Sequence[Hidden]) -> Mask:
    """Tell the cells that show something that counts as not observable; True = hidden."""
    return any_of(kinds, [Kind.NOTHING, *(_KINDS[h] for h in hidden)])


def _dated(scene: Scene, stretch: Stretch, image: Image, names: Sequence[str], cell_m: float) -> Dated:
    """Give the bands on the scale that their size wants: a picture's where they are fine, the file's where coarse."""
    shown, full = len(stretch.low), _full(scene)
    if cell_m > COARSEST_M:
        return Dated(_coarse(scene, image, names, shown), sun_in_image(scene), _reflected(scene, full))
    low, high = stretch.low[0], stretch.high[0]
    picture = np.concatenate([stretch.apply(image[:shown]), (image[shown:] - low) / (high - low)])
    scale: Scale = "display" if scene.dtype == "uint8" else "number"
    return Dated(_bands(picture, names, shown, scale), sun_in_image(scene), float((full - low) / (high - low)))


def _full(scene: Scene) -> float:
    dtype = np.dtype(scene.dtype)
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else float("inf")


def _reflected(scene: Scene, full: float) -> float:
    """Give the reflectance that a saturated pixel has at least, where reflectances are compared."""
    r = scene.reflectance
    return full if r is None else min(g * full + o for g, o in zip(r.gain, r.offset, strict=True))


def _coarse(scene: Scene, image: Image, names: Sequence[str], shown: int) -> Bands:
    """Sort the bands of a coarse image, whose colours count only where named; reflectances where known."""
    known = tuple(names[:3]) == ("red", "green", "blue")
    r = scene.reflectance
    if r is None or not known or any(n not in scene.bands for n in names):
        return _bands(image, names, shown if known else 1, "number")
    own = [scene.bands.index(n) for n in names]
    calibrated = [v * np.float32(r.gain[b]) + np.float32(r.offset[b]) for v, b in zip(image, own, strict=True)]
    return _bands(np.stack(calibrated), names, shown, "reflectance")


def _bands(values: Image, names: Sequence[str], shown: int, scale: Scale) -> Bands:
    others: dict[str, Plane] = {n: v for n, v in zip(names, values, strict=True) if n in TELLING}
    if shown == 3:
        return Bands(red=values[0], green=values[1], blue=values[2], **others, scale=scale)
    return Bands(pan=values[0], **others, scale=scale)

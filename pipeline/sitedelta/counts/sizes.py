"""Doubts about the ground sampling distance of an image, from sizes of its objects that cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.protocol import Detections
from rasterdelta.scale import FEWEST, Misfit, misfit
from sitedelta.imagery.prepare import Prepared
from sitedelta.records import SiteObject
from sitedelta.words.wording import many

CONFIDENT = 0.5
"""Score from which on an object bears witness."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Classes, scores and sizes of the objects that count in one image; all of shape (n,)."""

    label: NDArray[np.str_]
    score: NDArray[np.float64]
    length_m: NDArray[np.float64]
    width_m: NDArray[np.float64]

    @classmethod
    def of_detections(cls, found: Detections) -> "Sizes":
        """Take what was found."""
        sure = found.take(found.sure)
        return cls(sure.label, sure.score, sure.length_m, sure.width_m)

    @classmethod
    def of_objects(cls, objects: Sequence[SiteObject]) -> "Sizes":
        """Take objects of one image, as placed on the site."""
        sizes = np.array([(o.score, o.length_m, o.width_m) for o in objects], float).reshape(-1, 3)
        return cls(np.array([o.label for o in objects], "<U16"), sizes[:, 0], sizes[:, 1], sizes[:, 2])


def gsd_doubts(sizes: Sizes, prepared: Prepared) -> tuple[str, ...]:
    """Say for each class whose measured sizes cannot be why the ground sampling distance seems wrong; mostly nothing.

    Parameters
    ----------
    sizes : Sizes
        Of the objects that the image shows.
    prepared : Prepared
        The image.

    Returns
    -------
    tuple of str
        Clauses that follow the name of the image.
    """
    doubts = []
    for label in FEWEST:
        mine = (sizes.label == label) & (sizes.score >= CONFIDENT)
        found = misfit(label, sizes.length_m[mine], sizes.width_m[mine])
        if found is not None:
            doubts.append(_clause(found, prepared.pixel_m, georeferenced=prepared.scene.georeferenced))
    return tuple(doubts)


def _clause(found: Misfit, pixel_m: float, *, georeferenced: bool) -> str:
    which = "its georeference" if georeferenced else "the one that was given"
    return (
        f"{_measured(found)} at {pixel_m:.3g} m a pixel, {_against(found)}: the ground sampling distance seems too "
        f"{'coarse' if found.too_coarse else 'fine'}, {found.factor * pixel_m:.2g} m or "
        f"{'less' if found.too_coarse else 'more'} would fit; sizes and counts of this image cannot be relied on "
        f"until {which} is checked"
    )


def _measured(found: Misfit) -> str:
    what = f"its {found.count} {many(found.label)}"
    if found.width_m is not None:
        return f"{what} measure {found.length_m:.1f} by {found.width_m:.1f} m in the middle"
    if found.too_coarse:
        return f"a quarter of {what} measure {found.length_m:.0f} m and more"
    return f"three quarters of {what} measure {found.length_m:.1f} m and less"


def _against(found: Misfit) -> str:
    if found.width_m is not None:
        return "longer than armour and wider than lorries"
    return f"the {'longest' if found.too_coarse else 'shortest'} published are {found.limit_m:.3g} m"

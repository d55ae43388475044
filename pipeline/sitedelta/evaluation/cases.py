"""Which images are counted, and at which ground sampling distances."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

import numpy as np

from sitedelta.errors import InputError
from sitedelta.evaluation.averaged import Reduced, average
from sitedelta.evaluation.labels import DataSet, LabelledImage, Labels
from sitedelta.imagery.ingest import SMALLEST, scene_from_file
from sitedelta.scene import Scene

_SAME = 1.02
"""Ground sampling distances that differ by less are the same."""


@dataclass(frozen=True, slots=True)
class Case:
    """One image as it is counted."""

    image: LabelledImage
    scene: Scene
    labels: Labels
    """In pixels of the scene."""
    gsd_m: float
    """That of the image, or the one that was asked for."""
    original: bool
    """False: averaged."""


def choose(data: DataSet, *, only: Sequence[str], sample: int | None, seed: int) -> tuple[LabelledImage, ...]:
    """Choose images by their site or name, and of these as many as are wanted by lot.

    Parameters
    ----------
    only
        Patterns as in a shell, e.g. `site07` or `image_1_*`; every image where there are none.
    sample
        How many at most; all where it is not given.
    """
    chosen = [i for i in data.images if not only or any(_fits(i, p) for p in only)]
    if sample is None or sample >= len(chosen):
        return tuple(chosen)
    drawn = np.random.default_rng(seed).permutation(len(chosen))[:sample]
    return tuple(chosen[k] for k in sorted(drawn))


def _fits(image: LabelledImage, pattern: str) -> bool:
    return fnmatchcase(image.site, pattern) or fnmatchcase(image.path.name, pattern)


def cases_of(image: LabelledImage, *, gsd: float | None, gsds: Sequence[float], folder: Path) -> Iterator[Case]:
    """Give the image as it is, or averaged to each of several ground sampling distances that are not finer.

    Parameters
    ----------
    gsd
        Ground sampling distance of images for which neither labels nor file state one.
    folder
        Where averaged images are put.
    """
    scene = scene_from_file(image.path, gsd_m=image.gsd_m or gsd, require_date=False, hashed=False)
    _check(image, scene)
    if not gsds:
        yield Case(image, scene, image.labels, scene.gsd_m, original=True)
    for wanted in gsds:
        factor = wanted / scene.gsd_m
        if 1 / _SAME <= factor <= _SAME:
            yield Case(image, scene, image.labels, wanted, original=True)
        elif factor > 1 and min(scene.height, scene.width) / factor >= 2 * SMALLEST:
            made = average(scene, factor, folder / f"{_key(image.path)}-{wanted:g}.tif")
            yield Case(image, _seen(scene, made), made.bring(image.labels), wanted, original=False)


def _key(path: Path) -> str:
    """Give a name that no other file has."""
    return sha256(str(path).encode()).hexdigest()[:16]


def _seen(scene: Scene, made: Reduced) -> Scene:
    coarse = scene_from_file(made.path, gsd_m=scene.gsd_m * made.factor, require_date=False, hashed=False)
    return replace(coarse, originals=scene.originals)


def _check(image: LabelledImage, scene: Scene) -> None:
    outside = (image.labels.row > scene.height) | (image.labels.col > scene.width)
    if outside.any():
        raise InputError(
            f"{image.path}: {int(outside.sum())} labels lie outside of its {scene.width} x {scene.height} pixels; "
            "labels are in pixels of the file as it is"
        )

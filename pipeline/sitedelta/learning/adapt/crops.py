"""Crops to learn from: a user's own images as they are and furnished with renders, and rendered places."""

from dataclasses import dataclass, replace

import numpy as np

from rasterdelta.detect.neural import Model
from sitedelta.learning.detect.augment import photometry, sensor
from sitedelta.learning.detect.canvas import Canvas, Rng
from sitedelta.learning.detect.ground import Picture
from sitedelta.learning.detect.sampler import Example, Recipe, coarser_of, crop, furnish, table_of
from sitedelta.learning.detect.sprites import Bank
from sitedelta.learning.detect.surfaces import bare

RENDERED = -1
"""Number of the source of a crop that shows no image of the user's."""
FAITHFUL = 0.5
"""Share of the user's crops that are shown as they are, without changes of light, air and sensor."""
HALVED = 0.25
"""Share of the crops of such images that are seen so."""
SCALES = (0.75, 1.35)
"""True metres a pixel over the working resolution, at least and at most."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Everything that crops are cut from."""

    own: tuple[Picture, ...]
    """The user's images."""
    places: tuple[Picture, ...]
    """Rendered bases and camps."""
    bank: Bank
    recipe: Recipe
    model: Model
    """It says at what resolutions images are looked at."""


def own_crop(stock: Stock, k: int, seed: int, side: int) -> Example:
    """Cut a crop out of one of the user's images."""
    rng = np.random.default_rng((seed, 0))
    canvas = crop(rng, (stock.own[k],), _gsd(rng, stock, stock.own[k].gsd_m), side)
    return _seen(rng, stock, canvas, faithful=rng.random() < FAITHFUL, real=True)


def furnished_crop(stock: Stock, k: int, seed: int, side: int) -> Example:
    """Cut a crop out of one of the user's images and set rendered things down on it."""
    rng = np.random.default_rng((seed, 1))
    canvas = crop(rng, (stock.own[k],), _gsd(rng, stock, stock.own[k].gsd_m), side)
    furnish(rng, canvas, stock.bank, stock.recipe)
    return _seen(rng, stock, canvas, faithful=False, real=True, least_m=stock.own[k].gsd_m)


def rendered_crop(stock: Stock, seed: int, side: int) -> Example:
    """Cut a crop out of a rendered place, or make up bare ground; furnish it."""
    rng = np.random.default_rng((seed, 2))
    gsd_m = _gsd(rng, stock, stock.own[rng.integers(len(stock.own))].gsd_m)
    if stock.places and rng.random() < 0.6:
        canvas = crop(rng, stock.places, gsd_m, side)
        busy = rng.random() < 0.3
    else:
        canvas, busy = bare(rng, side, gsd_m), True
    if busy:
        furnish(rng, canvas, stock.bank, stock.recipe)
    return _seen(rng, stock, canvas, faithful=False, real=False)


def _gsd(rng: Rng, stock: Stock, gsd_m: float) -> float:
    sight = stock.model.sight(gsd_m)
    halved = sight.half_from_m is not None and rng.random() < HALVED
    return sight.working_m * (1 + halved) * float(np.exp(rng.uniform(*np.log(SCALES))))


def _seen(rng: Rng, stock: Stock, canvas: Canvas, *, faithful: bool, real: bool, least_m: float = 0.0) -> Example:
    """Show a crop as a sensor would; what stands on an image of pixels of `least_m` is seen no sharper than it."""
    if faithful:
        picture = np.clip(np.rint(canvas.picture * np.float32(255)), 0, 255).astype(np.uint8)
        return Example(picture, table_of(canvas.items, 1.0), real)
    coarser = max(coarser_of(rng, replace(stock.recipe, satellite_m=None), canvas.gsd_m), least_m / canvas.gsd_m)
    picture = sensor(rng, photometry(rng, canvas.picture), coarser)
    return Example(picture, table_of(canvas.items, coarser), real)

"""What the last layer of a network is given where it finds something."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.decode import LOWEST, Peaks
from rasterdelta.detect.lattice import Lattice
from rasterdelta.detect.network import STRIDE, Network
from rasterdelta.detect.neural import Model
from rasterdelta.detect.sights import LEAST_PX, NEAR
from rasterdelta.detect.working import Working
from rasterdelta.types import FloatArray, Image
from sitedelta.learning.detect.labelled import Labelled, Truth
from sitedelta.learning.detect.measure import detect

Floats = NDArray[np.float64]
MAPS: Final = 6
"""Maps that are read: all further ones are what the last layer is given."""


@dataclass(frozen=True, slots=True)
class Telling(Network):
    """A network whose maps go on with what its last layer is given; all its maps are kept."""

    kept: list[FloatArray] = field(default_factory=list, compare=False)

    def maps(self, image: Image | Working, *, turned: bool = False) -> FloatArray:
        """Give the maps of an image."""
        found = Network.maps(self, image, turned=turned)
        self.kept.append(np.concatenate([found[:1], found[MAPS:]]).astype(np.float16))
        return found[:MAPS]


def looked(image: Labelled, model: Model) -> tuple[Truth, Peaks, Floats]:
    """Give the labels of an image, its peaks, and what the last layer is given at each.

    Parameters
    ----------
    model
        Its network's file is one that tells (`Origin.telling`).

    Returns
    -------
    values : ndarray of shape (n, channels + 1)
        If the last layer changes by `c`, the log-odds of a peak change by `values @ c`: of two looks each counts by its
        share in them.
    """
    telling = Telling(model.network.path, model.network.first)
    truth, found = detect(image, replace(model, network=telling))
    return truth, found, _values(telling.kept, found, model, image.gsd_m * image.factor)


def _values(kept: list[FloatArray], found: Peaks, model: Model, gsd_m: float) -> Floats:
    sight = model.sight(gsd_m)
    looks = sight.looks(gsd_m)
    each = len(kept) // len(looks)
    maps = [kept[k * each : (k + 1) * each] for k in range(len(looks))]
    reach = np.maximum(NEAR * found.length / gsd_m, LEAST_PX * sight.working_m / gsd_m)
    said, given = zip(*(_nearest(m, k.lattice, found, reach) for m, k in zip(maps, looks, strict=True)), strict=True)
    open_ = np.array([found.length >= k.length_m for k in looks])
    share = _shares(np.where(open_, np.array(said), -np.inf), sight.agree)
    values: Floats = (share[:, :, None] * np.array(given)).sum(0)
    return values


def _shares(said: Floats, agree: float) -> Floats:
    """Give the share of each look, the first axis, in the log-odds of each peak."""
    surest = np.arange(len(said))[:, None] == said.argmax(0)
    if len(said) == 1:
        return np.ones_like(said)
    shares: Floats = np.where(surest, 1 - agree / 2, np.where(said > LOWEST, agree / 2, 0.0))
    return shares


def _nearest(maps: list[FloatArray], lattice: Lattice, found: Peaks, reach: Floats) -> tuple[Floats, Floats]:
    """Give the greatest log-odds of one look near each peak, and what the last layer was given there."""
    channels, rows, cols = maps[0].shape
    said, given = np.full(len(reach), -np.inf), np.ones((len(reach), channels))
    for k in range(len(reach)):
        span = reach[k] / lattice.factor / STRIDE
        at = [_cell(x[k], lattice) for x in (found.row, found.col)]
        (top, low), (left, right) = (_window(x, span, n) for x, n in zip(at, (rows, cols), strict=True))
        near = np.mean([m[:, top:low, left:right].astype(float) for m in maps], axis=0).reshape(channels, -1)
        best = int(near[0].argmax())
        said[k], given[k, :-1] = near[0, best], near[1:, best]
    return said, given


def _cell(at: float, lattice: Lattice) -> float:
    """Give the cell that holds a row or column of the image."""
    return float(((at + 0.5) / lattice.factor - 0.5 - (STRIDE - 1) / 2) / STRIDE)


def _window(at: float, span: float, cells: int) -> tuple[int, int]:
    first = int(np.clip(np.ceil(at - span), 0, cells - 1))
    last = int(np.clip(np.floor(at + span), first, cells - 1))
    return first, last + 1

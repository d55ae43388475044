"""A detector of learned centre heatmaps: resampled to a working resolution, one map of centres, one vote an object."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.checks import check_input
from rasterdelta.detect.closer import Closer
from rasterdelta.detect.decode import Peaks, peaks
from rasterdelta.detect.details import NONE_MEASURED, Details
from rasterdelta.detect.lattice import Lattice
from rasterdelta.detect.network import GREY, REACH, SNAP, Network, holder
from rasterdelta.detect.protocol import WEAKEST, Accuracy, Detections
from rasterdelta.detect.sights import NEAR, Look, Sight
from rasterdelta.detect.suppress import ROUNDS, suppress
from rasterdelta.detect.working import Working
from rasterdelta.errors import KernelError
from rasterdelta.types import FloatArray, Image, Mask


@dataclass(frozen=True, slots=True)
class Model:
    """A network for one class, and how its maps are read."""

    label: str
    network: Network
    longest_m: float
    """Length of the longest object of the class."""
    sights: tuple[Sight, ...]
    """How images are looked at, in ascending order of ground sampling distance; the last also holds beyond."""
    widest_m: float = np.inf
    """Wider ones are none of the class, however like it they look: tents stand in rows as lorries do."""
    axial: bool = False
    """True where front and back are not told apart."""
    apart: float = 0.5
    apart_along: float = 0.5
    """Two objects lie at least so many mean widths apart across their heading, and mean lengths along it."""
    closer: Closer | None = None
    """What objects are looked at again with, where a sight says so."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Its networks, and the first layers that they share."""
        every = (self.network.path, self.network.first, self.closer.path if self.closer else None)
        return tuple(f for f in every if f is not None)

    def sight(self, gsd_m: float) -> Sight:
        """Give how an image of a ground sampling distance is looked at."""
        return next((s for s in self.sights if gsd_m <= s.gsd_max_m), self.sights[-1])

    def looks_closer(self, gsd_m: float) -> Closer | None:
        """Give what objects in an image of a ground sampling distance are looked at again with."""
        return self.closer if self.sight(gsd_m).closer else None


@dataclass(frozen=True, slots=True)
class NeuralDetector:
    """Objects of one class by a network."""

    model: Model
    table: Table
    name: str
    details: Details = NONE_MEASURED
    """What may be said beside the class: nothing where it was not measured."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that it can find."""
        return (self.model.label,)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of its networks."""
        return tuple(dict.fromkeys(holder(f) for f in self.model.files))

    def snap_px(self, label: str, gsd_m: float) -> int:
        """Windows of a larger image must begin at multiples of it, for the same results."""
        self._check(label)
        return SNAP * self._coarsest(gsd_m).source

    def halo_m(self, label: str, gsd_m: float) -> float:
        """Metres of context that it needs around an object's centre."""
        self._check(label)
        rivals = (ROUNDS * max(self.model.apart, self.model.apart_along) + NEAR) * self.model.longest_m
        seen = REACH * self._coarsest(gsd_m).factor * gsd_m
        closer = self.model.looks_closer(gsd_m)
        return max(seen, closer.reach_m if closer else 0.0) + rivals

    def _coarsest(self, gsd_m: float) -> Lattice:
        return self.model.sight(gsd_m).looks(gsd_m)[-1].lattice

    def accuracy(self, label: str, gsd_m: float) -> Accuracy:
        """Give the measured accuracy at this ground sampling distance."""
        self._check(label)
        return self.table.band(label, gsd_m).accuracy

    def detect(
        self, image: Image, valid: Mask, *, gsd_m: float, classes: tuple[str, ...], weak: bool = False
    ) -> Detections:
        """Find objects in a display-stretched image: float32 in 0 to 1, shape (1 or 3, row, column).

        With `weak`, also what is too weak to count, down to a score of `WEAKEST`.
        """
        check_input(image, valid, gsd_m)
        for label in classes:
            self._check(label)
        if not valid.any() or not classes:
            return Detections.none()
        return self._judged(find(image, valid, self.model, gsd_m), gsd_m, valid, weak=weak)

    def _check(self, label: str) -> None:
        if label != self.model.label:
            raise KernelError(f"no class {label!r} here; there is {self.model.label}")

    def _judged(self, found: Peaks, gsd_m: float, valid: Mask, *, weak: bool) -> Detections:
        band = self.table.band(self.model.label, gsd_m)
        score = 1 / (1 + np.exp(-(band.slope * found.logit + band.offset)))
        sure = found.logit >= band.threshold
        keep = (sure | (weak & (score >= WEAKEST))) & _on(valid, found.row, found.col)
        found = found.take(keep)
        plain = Detections.plain(
            found.row,
            found.col,
            found.length,
            found.width,
            found.heading_deg,
            score[keep],
            np.full(len(found.row), self.model.label, "<U16"),
        )
        known = self.details.at(self.model.label, gsd_m)
        if known is None:
            return replace(plain, sure=sure[keep])
        names, likely = known.told(found.sub)
        return replace(
            plain,
            sure=sure[keep],
            subclass=names,
            subclass_score=likely,
            length_sd_m=known.length_sd * found.length,
            width_sd_m=known.width_sd * found.width,
        )


def _on(valid: Mask, row: np.ndarray, col: np.ndarray) -> np.ndarray:
    inside: np.ndarray = (row > -0.5) & (col > -0.5) & (row < valid.shape[0] - 0.5) & (col < valid.shape[1] - 0.5)
    inside[inside] = valid[np.rint(row[inside]).astype(int), np.rint(col[inside]).astype(int)]
    return inside


def find(image: Image, valid: Mask, model: Model, gsd_m: float) -> Peaks:
    """Find all peaks after suppression, whatever their score: places in pixels of the image, lengths in metres.

    Parameters
    ----------
    image : ndarray of shape (1 or 3, row, column)
        float32 in 0 to 1.
    valid : ndarray of shape (row, column)
        True = valid.
    model : Model
        What to look with.
    gsd_m : float
        Ground sampling distance of the image, metres.
    """
    shown = np.clip(np.where(valid, image * np.float32(255), np.float32(GREY)), 0, 255)
    sight = model.sight(gsd_m)
    found = sight.joined([_seen(shown, model, look, gsd_m) for look in sight.looks(gsd_m)], gsd_m)
    if closer := model.looks_closer(gsd_m):  # before rivals are suppressed: it may be what tells which is the object
        found = closer.judged(shown, found, gsd_m)
    keep = suppress(
        found.row,
        found.col,
        found.length / gsd_m,
        found.width / gsd_m,
        found.heading_deg,
        found.logit,
        apart=model.apart,
        apart_along=model.apart_along,
    )
    return found.take(keep)


def _seen(shown: Image, model: Model, look: Look, gsd_m: float) -> Peaks:
    maps = _maps(Working(shown, look.lattice), model, turned=model.sight(gsd_m).turned)
    found = peaks(maps, axial=model.axial).scaled(look.lattice.factor, gsd_m)
    return found.take((found.length >= look.length_m) & (found.width <= model.widest_m))


def _maps(image: Working, model: Model, *, turned: bool) -> FloatArray:
    maps = model.network.maps(image)
    if not turned:
        return maps
    again = model.network.maps(image, turned=True)
    if not model.axial:  # half a turn is a whole one of the doubled angle
        again[3:5] *= -1
    return (maps + again) * np.float32(0.5)

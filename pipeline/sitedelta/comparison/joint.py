"""Two placed scenes, read together in cells that both can fill."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rasterdelta.difference.protocol import PairSample
from rasterdelta.masks import unsaturated
from rasterdelta.sampling import sample_windows
from rasterdelta.types import Mask
from sitedelta.alignment.placement import Placement
from sitedelta.alignment.warp import PlacedReader, open_clear
from sitedelta.comparison.spare import Spare
from sitedelta.grid import SiteGrid
from sitedelta.imagery.bands import CommonBands, bands_for
from sitedelta.raster import Span
from sitedelta.scene import Kind, Scene

_SAMPLE_HALO = 24
_SAMPLE_BLOCKS = 25


@dataclass(frozen=True, slots=True)
class Joint:
    """What two placed scenes have in common. Picklable; holds no pixels."""

    before: Placement
    after: Placement
    bands: CommonBands
    step: int
    """Cells of the comparison in grid pixels: the coarser scene decides."""
    shape: tuple[int, int]
    """Of the comparison, in cells."""
    gsd_m: float

    @property
    def kind(self) -> Kind:
        """Of sensor: radar where one of the two is."""
        return "sar" if "sar" in (self.before.scene.kind, self.after.scene.kind) else "optical"

    @property
    def shown(self) -> tuple[int, ...]:
        """Which of the bands (from 0) make a natural picture."""
        return self.bands.shown(self.before.scene)

    @property
    def telling(self) -> tuple[int, ...]:
        """Which of the bands (from 0) tell what the scenes show; those of the natural picture first."""
        return self.bands.telling(self.before.scene)

    def samples(self) -> Iterator[PairSample]:
        """Read the blocks that stand for the whole pair, the same whatever the tiling."""
        with OpenPair(self) as pair:
            for span in self._sampled(pair.stored_block):
                yield pair.read(span)

    def sampled(self) -> list[Span]:
        """Give the windows that `samples` reads."""
        with OpenPair(self) as pair:
            return self._sampled(pair.stored_block)

    def _sampled(self, stored: tuple[int, int]) -> list[Span]:
        found = sample_windows(self.shape, halo=_SAMPLE_HALO, most=_SAMPLE_BLOCKS, stored=stored)
        return [(w.row, w.row + w.height, w.col, w.col + w.width) for w in found]


def join(before: Placement, after: Placement, grid: SiteGrid, *, method: str) -> Joint:
    """Find what two placed scenes have in common; raises `BandsDiffer` where the method has no bands to compare."""
    gsd_m = max(before.scene.gsd_m, after.scene.gsd_m, grid.gsd_m)
    step = max(1, round(gsd_m / grid.gsd_m))
    shape = -(-grid.shape[0] // step), -(-grid.shape[1] // step)
    return Joint(before, after, bands_for(method, before.scene, after.scene), step, shape, gsd_m)


class OpenPair:
    """Both scenes of a pair, open to be read, each by a thread of its own. One thread uses it, and closes it."""

    def __init__(self, joint: Joint) -> None:
        self._stack = ExitStack()
        try:
            self._readers = tuple(
                self._stack.enter_context(open_clear(placement, bands=bands, step=joint.step))
                for placement, bands in ((joint.before, joint.bands.before), (joint.after, joint.bands.after))
            )
            shared = zip(self._readers, (joint.before, joint.after), strict=True)
            self._carried = tuple(_Carried(r, len(joint.bands.before), p.scene.dtype) for r, p in shared)
            self._threads = tuple(self._stack.enter_context(ThreadPoolExecutor(1)) for _ in self._readers)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def stored_block(self) -> tuple[int, int]:
        """Rows and columns of the blocks that the first file stores, where cells are its pixels."""
        return self._readers[0].stored_block

    def read(self, window: Span) -> PairSample:
        """Read a window of cells; values are of the files' own types where cells are their very pixels."""
        return self.read_ahead(window).result()

    def read_ahead(self, window: Span, *, keep: int = 0) -> "Reading":
        """Begin to read a window of cells, after those that were asked for before.

        Its last `keep` rows are kept for the next window of the same columns, which begins with them.
        """
        first, second = (t.submit(c.read, window, keep) for t, c in zip(self._threads, self._carried, strict=True))
        return Reading(first, second)


@dataclass(frozen=True, slots=True)
class _Read:
    """A window of one scene."""

    image: NDArray[Any]
    valid: Mask
    spare: Spare | None = None
    """Whom the image belongs to."""

    def done(self) -> None:
        if self.spare:
            self.spare.give(self.image)


class _Carried:
    """Reads windows of one scene; rows that the last window of the same columns kept are not read again."""

    def __init__(self, reader: PlacedReader, bands: int, dtype: str) -> None:
        self._reader, self._bands, self._dtype = reader, bands, dtype
        self._spare = Spare()
        self._kept: dict[tuple[int, int], tuple[Span, NDArray[Any], Mask]] = {}

    def read(self, window: Span, keep: int) -> _Read:
        done = self._read(window)
        if keep:
            span = (window[1] - keep, *window[1:])
            self._kept[window[2:]] = span, done.image[:, -keep:].copy(), done.valid[-keep:].copy()
        return done

    def _read(self, window: Span) -> _Read:
        begun = self._kept.pop(window[2:], None)
        if begun is None or begun[0][0] != window[0] or begun[0][1] >= window[1]:
            begun = (window[0], window[0], *window[2:]), *self._nothing(window)
        _, above, valid = begun
        rows = len(valid)
        whole = self._spare.take((self._bands, window[1] - window[0], window[3] - window[2]), self._dtype)
        new, fresh = self._reader.stored((window[0] + rows, *window[1:]), out=whole[:, rows:])
        seen = np.concatenate([valid, fresh]) if rows else fresh
        if np.shares_memory(new, whole):
            whole[:, :rows] = above
            return _Read(whole, seen, self._spare)
        self._spare.give(whole)
        return _Read(np.concatenate([above, new], axis=1) if rows else new, seen)

    def _nothing(self, window: Span) -> tuple[NDArray[Any], Mask]:
        width = window[3] - window[2]
        return np.empty((self._bands, 0, width), self._dtype), np.empty((0, width), np.bool_)


@dataclass(frozen=True, slots=True)
class Reading:
    """A window of a pair that is being read."""

    before: Future[_Read]
    after: Future[_Read]

    def result(self) -> PairSample:
        """Wait for both dates."""
        before, after = self.before.result(), self.after.result()
        return PairSample(before.image, after.image, before.valid & after.valid)

    def done(self) -> None:
        """Give back what was read: nobody may use it any more."""
        self.before.result().done()
        self.after.result().done()


def ceiling(scene: Scene) -> float:
    """Give the greatest value that a scene's data type holds; float data have none."""
    dtype = np.dtype(scene.dtype)
    return float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else float("inf")


def both_unsaturated(sample: PairSample, ceilings: tuple[float, float]) -> Mask:
    """Give the pixels that both dates show and that neither has saturated."""
    valid = sample.valid
    for image, most in zip((sample.before, sample.after), ceilings, strict=True):
        if _reaches(image, most):
            valid = valid & unsaturated(image, ceiling=most)
    return valid


def _reaches(image: NDArray[Any], most: float) -> bool:
    return bool(image.size) and most < float("inf") and float(image.max()) >= most

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
from sitedelta.bands import CommonBands, bands_for
from sitedelta.grid import SiteGrid
from sitedelta.placement import Placement
from sitedelta.raster import Span
from sitedelta.scene import Kind, Scene
from sitedelta.warp import PlacedReader, open_clear

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

    def samples(self) -> Iterator[PairSample]:
        """Read the blocks that stand for the whole pair, the same whatever the tiling."""
        with OpenPair(self) as pair:
            for w in sample_windows(self.shape, halo=_SAMPLE_HALO, most=_SAMPLE_BLOCKS, stored=pair.stored_block):
                yield pair.read((w.row, w.row + w.height, w.col, w.col + w.width))


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
            self._carried = tuple(_Carried(r) for r in self._readers)
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

    def read_ahead(self, window: Span) -> "Reading":
        """Begin to read a window of cells, after those that were asked for before; rows that those held are kept."""
        first, second = (t.submit(c.read, window) for t, c in zip(self._threads, self._carried, strict=True))
        return Reading(first, second)


class _Carried:
    """Reads windows of one scene from the top down: rows that the last window of the same columns held are kept."""

    def __init__(self, reader: PlacedReader) -> None:
        self._reader = reader
        self._last: dict[tuple[int, int], tuple[Span, NDArray[Any], Mask]] = {}

    def read(self, window: Span) -> tuple[NDArray[Any], Mask]:
        image, valid = self._continued(window) or self._reader.stored(window)
        self._last[window[2:]] = window, image, valid
        return image, valid

    def _continued(self, window: Span) -> tuple[NDArray[Any], Mask] | None:
        """Read only the rows that are new; None where none are kept, or what they hold is of another type."""
        seen, image, valid = self._last.pop(window[2:], ((0, 0, 0, 0), np.empty(0), np.empty(0)))
        if not seen[0] <= window[0] < seen[1] < window[1]:
            return None
        kept = slice(window[0] - seen[0], None)
        above = seen[1] - window[0]
        whole = np.empty((len(image), window[1] - window[0], window[3] - window[2]), image.dtype)
        whole[:, :above] = image[:, kept]
        new, fresh = self._reader.stored((seen[1], *window[1:]), out=whole[:, above:])
        if new.dtype != whole.dtype:
            return None
        if not np.shares_memory(new, whole):
            whole[:, above:] = new
        return whole, np.concatenate([valid[kept], fresh])


@dataclass(frozen=True, slots=True)
class Reading:
    """A window of a pair that is being read."""

    before: Future[tuple[NDArray[Any], Mask]]
    after: Future[tuple[NDArray[Any], Mask]]

    def result(self) -> PairSample:
        """Wait for both dates."""
        (before, seen_before), (after, seen_after) = self.before.result(), self.after.result()
        return PairSample(before, after, seen_before & seen_after)


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

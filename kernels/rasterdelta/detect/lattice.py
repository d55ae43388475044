"""Resampling by a ratio of small whole numbers, so that windows of an image agree with all of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import FloatArray, Image

CLOSE = 0.04
"""Share by which the working resolution may be missed."""
MOST = 24
"""Largest number of working pixels in a period."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """So many pixels of an image beside so many working pixels."""

    source: int
    working: int

    @classmethod
    def near(cls, gsd_m: float, working_m: float) -> "Lattice":
        """Give the shortest period that meets a working resolution within `CLOSE`.

        Parameters
        ----------
        gsd_m, working_m : float
            Ground sampling distance of the image and that wanted, metres.
        """
        factor = working_m / gsd_m
        found = ((max(1, round(factor * q)), q) for q in range(1, MOST + 1))
        p, q = next(((p, q) for p, q in found if abs(p / q / factor - 1) <= CLOSE), (1, max(1, round(1 / factor))))
        return cls(p, q)

    @property
    def factor(self) -> float:
        """Pixels of the image a working pixel."""
        return self.source / self.working

    def halved(self) -> "Lattice":
        """Give the lattice of working pixels twice as large."""
        return (
            Lattice(self.source, self.working // 2) if self.working % 2 == 0 else Lattice(2 * self.source, self.working)
        )

    def size(self, pixels: int) -> int:
        """Count the working pixels of so many pixels of an image."""
        return -(-pixels * self.working // self.source)

    def resampled(self, image: Image) -> Image:
        """Average (or enlarge, bilinearly) an image of shape (band, row, column) that begins at a period's start.

        The last period is filled up with the border's values.
        """
        return self.part(image, *(slice(0, self.size(n)) for n in image.shape[1:]))

    def part(self, image: Image, rows: slice, cols: slice) -> Image:
        """Give the same for some working pixels, bit for bit, without the memory that all of them take."""
        return self._along(self._along(image, 1, rows), 2, cols)

    def _along(self, image: FloatArray, axis: int, span: slice) -> FloatArray:
        p, q = self.source, self.working
        if p == q:
            return image[(slice(None),) * axis + (span,)]
        first, last = span.start // q, -(-span.stop // q)
        full = _edged(image, axis, first * p - 1, last * p + 1)
        shape = list(image.shape)
        shape[axis] = (last - first) * q
        out = np.empty(shape, np.float32)
        for k in range(q):
            _cut(out, axis, k, q, last - first)[...] = self._phase(full, axis, k, last - first)
        return out[(slice(None),) * axis + (slice(span.start - first * q, span.stop - first * q),)]

    def _phase(self, full: FloatArray, axis: int, k: int, periods: int) -> FloatArray:
        total: FloatArray | None = None
        for offset, weight in self._taps(k):
            term = _cut(full, axis, offset + 1, self.source, periods) * np.float32(weight)
            total = term if total is None else np.add(total, term, out=total)
        assert total is not None
        return total

    def _taps(self, k: int) -> list[tuple[int, float]]:
        """Give the pixels, from the start of the period, behind its k-th working pixel, and their weights."""
        p, q = self.source, self.working
        if p >= q:
            first, last = k * p / q, (k + 1) * p / q
            over = ((j, min(j + 1, last) - max(j, first)) for j in range(int(first), int(np.ceil(last))))
            return [(j, share * q / p) for j, share in over if share > 1e-9]
        at = (k + 0.5) * p / q - 0.5
        j = int(np.floor(at))
        return [(j, 1 - (at - j)), (j + 1, at - j)]


def _cut(array: NDArray[np.float32], axis: int, start: int, step: int, count: int) -> NDArray[np.float32]:
    return array[(slice(None),) * axis + (slice(start, start + (count - 1) * step + 1, step),)]


def _edged(array: FloatArray, axis: int, begin: int, stop: int) -> FloatArray:
    """Give a span of an array that may reach over its ends, where the outermost values are repeated."""
    size = array.shape[axis]
    inner = array[(slice(None),) * axis + (slice(max(0, begin), min(size, stop)),)]
    pad = [(0, 0)] * array.ndim
    pad[axis] = (max(0, -begin), max(0, stop - size))
    return np.pad(inner, pad, mode="edge") if any(pad[axis]) else inner

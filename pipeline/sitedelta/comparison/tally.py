"""What a pair's scores say of false alarms, counted by zone while its strips pass by."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from rasterdelta.controls import BINS, GROUPS, FalseAlarms, block_groups, bulk_rate, kept_share, score_bins
from rasterdelta.types import Plane
from sitedelta.areas.zonecells import ZoneCells
from sitedelta.comparison.strips import Strip

_MOST = 2**21
"""About so many cells of a zone are counted, on a lattice; all of them where it has fewer."""
_SIDE, _ACROSS = 256, 4
"""Cells along a window in which cleaning is tried, and most windows in a row or column."""


class ScoreTally:
    """Histograms of a pair's scores by zone, and windows of them; their size does not grow with the pair's."""

    def __init__(self, zones: Sequence[ZoneCells], shape: tuple[int, int]) -> None:
        self._zones = zones
        self._counts = [np.zeros(GROUPS * BINS, np.int64) for _ in zones]
        self._windows = {
            corner: np.full((min(_SIDE, shape[0]), min(_SIDE, shape[1])), np.nan, np.float32)
            for corner in product(*map(_starts, shape))
        }

    def through(self, strips: Iterable[Strip]) -> Iterator[Strip]:
        """Pass strips on, and count them."""
        for strip in strips:
            for zone, counts in zip(self._zones, self._counts, strict=True):
                _count(zone, strip, counts)
            for (row, col), window in self._windows.items():
                _copy(strip, row, col, window)
            yield strip
            del strip  # its memory is wanted for the next

    def false_alarms(self, *, cell_m: float, min_area_m2: float) -> tuple[FalseAlarms, ...]:
        """Give what the unchanged bulk of each zone tells."""
        kept = kept_share(list(self._windows.values()), gsd_m=cell_m, min_area_m2=min_area_m2)
        return tuple(bulk_rate(counts.reshape(GROUPS, BINS), kept=kept) for counts in self._counts)


def _starts(size: int) -> list[int]:
    """Spread windows over a length."""
    n = min(_ACROSS, -(-size // _SIDE))
    return [max(0, size - _SIDE) * k // max(1, n - 1) for k in range(n)]


def _count(zone: ZoneCells, strip: Strip, counts: np.ndarray) -> None:
    rows = zone.part(slice(strip.row0, strip.row0 + len(strip.score)))
    every = max(1, math.isqrt((zone.rows.stop - zone.rows.start) * (zone.cols.stop - zone.cols.start) // _MOST))
    down = np.arange(-(-rows.start // every) * every, rows.stop, every)
    across = np.arange(-(-zone.cols.start // every) * every, zone.cols.stop, every)
    if not (down.size and across.size):
        return
    lattice = slice(down[0] - strip.row0, rows.stop - strip.row0, every), slice(across[0], zone.cols.stop, every)
    score = strip.score[lattice]
    known = np.isfinite(score)
    if zone.polygon is not None:
        known &= zone.inside(rows)[down[0] - rows.start :: every, across[0] - zone.cols.start :: every]
    counts += np.bincount(block_groups(down, across)[known] * BINS + score_bins(score[known]), minlength=counts.size)


def _copy(strip: Strip, row: int, col: int, window: Plane) -> None:
    first, last = max(row, strip.row0), min(row + len(window), strip.row0 + len(strip.score))
    if first < last:
        part = strip.score[first - strip.row0 : last - strip.row0, col : col + window.shape[1]]
        window[first - row : last - row] = part


def false_alarm_summary(alarm: FalseAlarms) -> dict[str, Any]:
    """Give what `summary.json` says of false alarms; null where it cannot be told."""
    shares = {name: getattr(alarm, name) for name in ("rate", "low", "high")}
    told = {name: None if share is None else float(f"{share:.4g}") for name, share in shares.items()}
    return {**told, "source": alarm.source, "reason": alarm.reason}

"""How fast each kernel is, beside copying as many bytes in the same process."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from tests.benchmarks.generate import BANDS, coarse_grounds, strips

from rasterdelta import regions, threshold
from rasterdelta.blocks import over_blocks, score_image
from rasterdelta.difference.auto import METHODS, MethodName
from rasterdelta.difference.indices import normalised_difference
from rasterdelta.difference.nonlocal_mean import nonlocal_mean
from rasterdelta.difference.omnibus import omnibus
from rasterdelta.difference.pixels import box_mean, smooth
from rasterdelta.difference.protocol import ChangeModel, PairSample
from rasterdelta.difference.speckle import lee
from rasterdelta.masks import Bands, classify, shrink, unsaturated
from rasterdelta.radiometry import fit_linear
from rasterdelta.resample import downsample

GSD_M = {"structure": 0.5}
"""Of methods whose cost depends on it; others are measured at 10 m."""
MORPHOLOGY = "closing, opening, and a pass of unions"
FILTER = "a filter: some twenty operations a pixel over several planes"
PROJECTED = "two projections of all bands, then a Gaussian mean"
WHY = {
    "cva": "square roots, and a Gaussian mean",
    "irmad": PROJECTED,
    "mad": PROJECTED,
    "sfa": PROJECTED,
    "sar": "logarithms, then a mean over 225 neighbours weighted by how alike their patches are",
    "structure": "some forty filters over both dates: gradients by direction, top hats, dilations",
}
OTHERWISE = "arithmetic on every band, and filters over a window"
"""Why a method's score is far over the floor."""
BEYOND_CACHE = 2**27
"""Bytes that no cache holds."""
MOST_S = 20.0
"""No further round after so many seconds."""
ABOVE = 10.0
"""A kernel so many times over the floor is explained."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """A kernel on an image."""

    kernel: str
    mpx_s: float
    floor_mpx_s: float
    """Of copying as many bytes as the kernel takes and gives."""
    note: str
    seconds: float
    """Of the best round."""
    once: bool
    """Whether it runs once a pair, on a sample that is no larger than this image."""

    @property
    def times_floor(self) -> float:
        return self.floor_mpx_s / self.mpx_s


@dataclass(frozen=True, slots=True)
class Case:
    """A kernel with what it takes."""

    kernel: str
    call: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    note: str = ""
    """Why it is far over the floor, where it is."""
    once: bool = False


def measure_throughputs(*, size: int, rounds: int) -> list[Throughput]:
    """Measure every kernel on a square image of four bands."""
    return [_measured(case, size, rounds) for case in cases(size)]


def cases(size: int) -> Iterator[Case]:
    """Give every kernel of the change stage."""
    before, after = (_image(date, size) for date in (0, 1))
    valid = np.ones((size, size), bool)
    yield Case("radiometry.fit_linear", fit_linear, (before, after, valid), once=True)
    linear = fit_linear(before, after, valid)
    yield Case("radiometry.Linear.apply", lambda a: over_blocks(linear.apply, (a,), lead=(BANDS,)), (after,))
    after = linear.apply(after)
    for name in METHODS:
        yield from _of_method(name, before, after, valid)
    score = score_image(METHODS["cva"]([PairSample(before, after, valid)], gsd_m=10.0), before, after, valid)
    yield from _on_planes(before[0], score, valid)
    yield from _on_bands(before, valid)
    yield from _on_regions(score, valid)


def _of_method(name: MethodName, *arrays: np.ndarray) -> Iterator[Case]:
    gsd_m = GSD_M.get(name, 10.0)

    def fit(*sample: np.ndarray) -> ChangeModel:
        return METHODS[name]([PairSample(*sample)], gsd_m=gsd_m)

    yield Case(f"{name}: fit", fit, arrays, once=True)
    model = fit(*arrays)
    yield Case(f"{name}: score", lambda *a: score_image(model, *a), arrays, WHY.get(name, OTHERWISE))


def _on_planes(plane: np.ndarray, score: np.ndarray, valid: np.ndarray) -> Iterator[Case]:
    image = plane[None]
    for name in ("otsu", "kittler_illingworth", "kmeans"):
        yield Case(f"threshold.{name}", getattr(threshold, name), (score,), once=True)
    yield Case("threshold.bulk_threshold", partial(threshold.bulk_threshold, rate=0.01), (score,), once=True)
    yield Case("pixels.smooth, sigma 1", partial(smooth, sigma=1.0), (plane, valid), FILTER)
    yield Case("pixels.box_mean, side 9", partial(box_mean, side=9), (plane, valid), FILTER)
    yield Case("nonlocal_mean, reach 7", lambda p, v: nonlocal_mean(p, [p], v), (plane, valid), WHY["sar"])
    yield Case(
        "speckle.lee, side 7", partial(lee, looks=4), (plane, valid), "box means of values and squares, in float64"
    )
    series = np.stack([plane[None]] * 6)
    yield Case(
        "omnibus of 6 dates", lambda a: omnibus(a, looks=4).statistic, (series,), "logarithms, and 2 tests a date"
    )
    yield Case(
        "indices.normalised_difference", normalised_difference, (plane, plane + 1, valid), "two divisions a band"
    )
    yield Case("masks.unsaturated", partial(unsaturated, ceiling=65535.0), (image,))
    yield Case("masks.shrink", partial(shrink, pixels=3), (score < np.quantile(score, 0.99),), "a distance transform")
    yield Case("resample.downsample by 4", lambda p, v: downsample(p, v, 4), (image, valid))


def _on_bands(image: np.ndarray, valid: np.ndarray) -> Iterator[Case]:
    def found(light: np.ndarray, v: np.ndarray) -> np.ndarray:
        return classify(Bands(red=light[0], green=light[1], blue=light[2], nir=light[3], scale="display"), v, gsd_m=1.0)

    yield Case("masks.classify", found, (image / np.float32(4096), valid), FILTER)


def _on_regions(score: np.ndarray, valid: np.ndarray) -> Iterator[Case]:
    changed = score > np.quantile(score, 0.95)
    area = {"gsd_m": 1.0, "min_area_m2": 20.0}
    yield Case("regions.tidy", lambda c, v: regions.tidy(c, v, **area), (changed, valid), MORPHOLOGY)
    kept = regions.tidy(changed, valid, **area)
    yield Case("regions.find_regions", regions.find_regions, (kept, score), "runs, their graph, an object a region")
    found = regions.find_regions(kept, score)
    yield Case("Regions.outlines", lambda _: found.outlines(), (kept,), "a sort of corners, a Python loop along them")


def _image(date: int, size: int) -> np.ndarray:
    image = np.empty((BANDS, size, size), np.float32)
    for row, pixels in strips(coarse_grounds(size, 0)[date], date, size, 0):
        image[:, row : row + pixels.shape[1]] = pixels
    return image


def _measured(case: Case, size: int, rounds: int) -> Throughput:
    given = case.call(*case.arrays)
    moved = sum(a.nbytes for a in (*case.arrays, *_arrays_of(given)))
    mpx = size * size / 1e6
    seconds, floor = _best(lambda: case.call(*case.arrays), rounds), _copy_seconds(moved, rounds)
    note = case.note if seconds > ABOVE * floor else ""
    return Throughput(case.kernel, mpx / seconds, mpx / floor, note, seconds, case.once)


def _arrays_of(given: Any) -> Sequence[np.ndarray]:
    return [a for a in (given if isinstance(given, tuple) else (given,)) if isinstance(a, np.ndarray)]


def _copy_seconds(moved: int, rounds: int) -> float:
    """Time copying half of the bytes: each is read once and written once. In memory, not in cache."""
    size = max(moved // 2, BEYOND_CACHE)
    source = np.ones(size, np.uint8)
    target = np.zeros_like(source)
    return _best(lambda: np.copyto(target, source), rounds) * (moved / 2) / size


def _best(call: Callable[[], object], rounds: int) -> float:
    seconds: list[float] = []
    while len(seconds) < rounds and sum(seconds) < MOST_S:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)

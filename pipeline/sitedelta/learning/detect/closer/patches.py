"""What the closer look is shown: patches of what a detector finds, and whether they are objects."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.closer import SIDE, Closer
from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.neural import find
from sitedelta.learning.detect.closer.judging import Floats, Marks, judged
from sitedelta.learning.detect.closer.lessons import Factors, Lesson
from sitedelta.learning.detect.ground import Ground, Picture, place_of
from sitedelta.learning.detect.sampler import example, gsd_of
from sitedelta.learning.detect.sprites import Bank

FRAMES: Final = 7
"""One frame in so many of one place is looked at."""
BORDER_PX: Final = 12
"""Peaks nearer to the border of a crop are left out."""
SIDE_PX: Final = 320
"""Of a crop."""
OFF: Final = (0.4, 0.9)
"""Lengths between an object and a place beside it."""
CLEAR: Final = 0.36
"""A place beside an object is so many sizes of the others away from them, at least."""
WEIGHT: Final = 0.6
"""Of a place beside an object, over a peak's."""

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches, uint8 of shape (n, 3, SIDE, SIDE), which are objects, and what each weighs."""

    pixels: NDArray[np.uint8]
    real: NDArray[np.bool_]
    weight: NDArray[np.float32]

    @staticmethod
    def join(parts: "list[Patches]") -> "Patches":
        """Give all of several sets, in order."""
        return Patches(
            np.concatenate([p.pixels for p in parts]),
            np.concatenate([p.real for p in parts]),
            np.concatenate([p.weight for p in parts]),
        )


def cut(
    image: NDArray[np.float32], gsd_m: float, marks: Marks, lesson: Lesson, rng: Rng, border: float = -1.0
) -> Patches:
    """Cut out what the lesson's model finds in an image, float32 of 0 to 255 and shape (3, row, column)."""
    found = find(image / np.float32(255), np.ones(image.shape[1:], bool), lesson.model, gsd_m)
    found = found.take((found.logit >= lesson.least) & _inside(found, image.shape[1:], border))
    said = judged(found.row, found.col, marks, lesson.rule)
    off = _beside(found.take(said == 1), marks, gsd_m, lesson, rng)
    off = off.take(_inside(off, image.shape[1:], border))
    every = Peaks.join([found.take(said >= 0), off])
    real = np.concatenate([said[said >= 0] == 1, np.zeros(len(off.row), bool)])
    weight = np.where(np.arange(len(real)) < len(real) - len(off.row), 1.0, WEIGHT).astype(np.float32)
    assert lesson.model.closer is not None
    return Patches(_pixels(image, every, gsd_m, lesson.model.closer), real, weight)


def _pixels(image: NDArray[np.float32], found: Peaks, gsd_m: float, closer: Closer) -> NDArray[np.uint8]:
    pixels = [closer.patch(image, found, k, gsd_m).round().astype(np.uint8) for k in range(len(found.row))]
    return np.array(pixels, np.uint8).reshape(-1, 3, SIDE, SIDE)


def _inside(found: Peaks, shape: tuple[int, ...], border: float) -> NDArray[np.bool_]:
    at = np.stack([found.row, found.col], 1)
    return np.asarray(((at > border) & (at < np.array(shape) - 1 - border)).all(1), bool)


def _beside(hits: Peaks, marks: Marks, gsd_m: float, lesson: Lesson, rng: Rng) -> Peaks:
    """Give places beside objects, with sizes and headings like theirs: what does not fit is none."""
    n = len(hits.row)
    turn, away = rng.uniform(0, 2 * np.pi, n), rng.uniform(*OFF, n) * hits.length / gsd_m
    heading = np.where(rng.random(n) < 0.7, hits.heading_deg + rng.normal(0, 15, n), rng.uniform(0, 360, n))
    length = hits.length * np.exp(rng.normal(0, 0.25, n))
    row, col = hits.row + away * np.sin(turn), hits.col + away * np.cos(turn)
    chosen = rng.random(n) < lesson.beside
    off = replace(hits, row=row, col=col, heading_deg=heading, length=length)
    return off.take(chosen & _clear(row, col, marks, lesson))


def _clear(row: Floats, col: Floats, marks: Marks, lesson: Lesson) -> NDArray[np.bool_]:
    least = np.where(marks.counted, CLEAR, lesson.rule.unclear)[:, None]
    return np.asarray((marks.away(row, col) > least).all(0), bool)


def of_pictures(pictures: tuple[Picture, ...], lesson: Lesson, factors: Factors, seed: int) -> Iterator[Patches]:
    """Look at whole pictures, averaged to coarser pixels by lot."""
    rng, seen = np.random.default_rng(seed), Counter[str]()
    for p in pictures:
        place = place_of(p.name)
        seen[place] += 1
        if (seen[place] - 1) % FRAMES:
            continue
        for low, high in factors:
            yield _coarser(p, float(rng.uniform(low, high)), lesson, rng)


def _coarser(p: Picture, factor: float, lesson: Lesson, rng: Rng) -> Patches:
    pixels = np.ascontiguousarray(p.pixels)
    if factor > 1:
        pixels = np.asarray(cv2.resize(pixels, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA))
    low, high = p.boxes[:, :2] / factor, p.boxes[:, 2:] / factor
    col, row = ((low + high) / 2 - 0.5).T
    marks = Marks(row, col, (high - low).max(1, initial=1), p.counted)
    return cut(pixels.transpose(2, 0, 1).astype(np.float32), p.gsd_m * factor, marks, lesson, rng)


def of_examples(
    places: Ground, bank: Bank, drawn: tuple[Picture, ...], lesson: Lesson, seeds: range
) -> Iterator[Patches]:
    """Look at crops that are mostly furnished with renders: they hold what no labelled image does."""
    for seed in seeds:
        e = example(places, bank, lesson.crops, seed, SIDE_PX, drawn)
        items = e.items[e.items[:, 0] > 0].astype(float)
        marks = Marks(items[:, 3], items[:, 2], items[:, 4], items[:, 1] > 0)
        pixels, rng = e.picture.transpose(2, 0, 1).astype(np.float32), np.random.default_rng(seed)
        yield cut(pixels, gsd_of(lesson.crops, seed), marks, lesson, rng, BORDER_PX)

"""Training samples from labelled images: the centres of objects, places beside them, and background."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.classes import Search
from rasterdelta.detect.pyramid import Scale, features, places, scales
from rasterdelta.detect.scorer import Scorer
from rasterdelta.types import FloatArray, Image, Mask


@dataclass(frozen=True, slots=True)
class Labels:
    """Labelled objects of one image; arrays of shape (n,)."""

    row: NDArray[np.float64]
    col: NDArray[np.float64]
    size_m: NDArray[np.float64]
    """Longer side of the box along rows and columns, metres."""
    counted: NDArray[np.bool_]
    """False = neither an object nor background (truncated, doubtful)."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What `fit` takes."""

    features: FloatArray
    """Shape (feature, n)."""
    present: NDArray[np.bool_]
    size: FloatArray
    weight: FloatArray

    def take(self, index: NDArray[np.intp]) -> "Samples":
        """Give the chosen samples."""
        return Samples(self.features[:, index], self.present[index], self.size[index], self.weight[index])

    @classmethod
    def join(cls, parts: "list[Samples]") -> "Samples":
        """Give all samples of several sets."""
        return cls(
            np.concatenate([p.features for p in parts], axis=1),
            np.concatenate([p.present for p in parts]),
            np.concatenate([p.size for p in parts]),
            np.concatenate([p.weight for p in parts]),
        )


POOL = 20
"""Places of background scored for each one drawn, in a round with a scorer."""
MOST = 400
"""Most places of objects taken from one scale of one image."""
NEAR, BESIDE, AROUND = 0.12, 0.25, 0.6
"""In lengths: a place this near to a centre is the object; one at least this far is not, up to the third."""
SAME, OTHER = 0.36, 0.85
"""In octaves: the ratio of a size that is looked for and one that is not; between them nothing is said."""


def sample(
    image: Image,
    valid: Mask,
    labels: Labels,
    *,
    gsd_m: float,
    search: Search,
    background: int,
    rng: np.random.Generator,
    scorer: Scorer | None = None,
) -> Samples:
    """Draw training samples from one image.

    Parameters
    ----------
    background : int
        Places drawn a scale that show no object. With a `scorer` (of an earlier round) those that it takes for objects
        are drawn before others.
    rng : numpy.random.Generator
        Source of everything random.
    """
    draw = _Draw(labels, background, rng, scorer)
    return Samples.join([draw.of(scale) for scale in scales(image, valid, gsd_m=gsd_m, search=search)])


@dataclass(frozen=True, slots=True)
class _Draw:
    labels: Labels
    background: int
    rng: np.random.Generator
    scorer: Scorer | None

    def of(self, scale: Scale) -> Samples:
        rows, cols = places(scale.level, 1)
        kind_map, size_map = _judge(scale, self.labels)
        kind = kind_map[rows, cols]
        yes, beside, far = (self.rng.permutation(np.flatnonzero(kind == k)) for k in (1, 2, 0))
        yes = yes[:MOST]
        beside = beside[: max(2 * len(yes), self.background // 2)]
        chosen = np.concatenate([yes, beside, self._background(scale, rows, cols, far)])
        r, c = rows[chosen], cols[chosen]
        return Samples(features(scale, r, c), kind[chosen] == 1, size_map[r, c], np.ones(len(chosen), np.float32))

    def _background(
        self, scale: Scale, rows: NDArray[np.intp], cols: NDArray[np.intp], far: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Give half the places by the score they wrongly get, half at random; all at random without a scorer."""
        if self.scorer is None:
            return far[: self.background]
        far = far[: POOL * self.background]
        score = self.scorer(features(scale, rows[far], cols[far]))[0]
        order = np.argsort(-score, kind="stable")
        half = self.background // 2
        chosen: NDArray[np.intp] = far[np.concatenate([order[:half], self.rng.permutation(order[half:])[:half]])]
        return chosen


def _judge(scale: Scale, labels: Labels) -> tuple[NDArray[np.int8], FloatArray]:
    """Say of each pixel: 0 background, 1 object, 2 beside one or of another size, 3 nothing can be said."""
    kind, size = np.zeros(scale.level.valid.shape, np.int8), np.zeros(scale.level.valid.shape, np.float32)
    half = (scale.factor - 1) / 2
    row, col = (labels.row - half) / scale.factor, (labels.col - half) / scale.factor
    length = labels.size_m / scale.level.pixel_m
    ratio = np.log2(labels.size_m / scale.length_m)
    looked_for = (np.abs(ratio) <= SAME) & labels.counted
    unclear = (np.abs(ratio) < OTHER) | ~labels.counted
    for i in np.flatnonzero(labels.counted):
        _paint(kind, row[i], col[i], AROUND * length[i], 2)
    for i in np.flatnonzero(~labels.counted):
        _paint(kind, row[i], col[i], AROUND * length[i], 3)
    for i in np.flatnonzero(unclear):
        _paint(kind, row[i], col[i], BESIDE * length[i], 3)
    for i in np.flatnonzero(looked_for):
        near = max(NEAR * length[i], 1.1)
        _paint(kind, row[i], col[i], near, 1)
        _paint(size, row[i], col[i], near, ratio[i])
    return kind, size


def _paint(plane: NDArray[Any], row: float, col: float, radius: float, value: float) -> None:
    top, left = max(0, int(np.ceil(row - radius))), max(0, int(np.ceil(col - radius)))
    part = plane[top : max(0, int(row + radius) + 1), left : max(0, int(col + radius) + 1)]
    i, j = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
    part[(i - row) ** 2 + (j - col) ** 2 <= radius**2] = value

"""The shipped siamese network, run in blocks."""

import itertools
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from rasterdelta.inference import load
from rasterdelta.types import FloatArray, Image, Mask, Plane

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

STRIDE: Final = 16
"""Cells of the coarsest features: blocks begin at their multiples."""
REACH: Final = 192
"""Cells of context beyond which the probability no longer depends on what is there, but for less than 1e-4."""
CORE: Final = 1536
"""Cells on a side that are computed at once."""
OUTPUT: Final = 4
"""Cells on a side of what a logit stands for."""


SAME: Final = 0.5
"""Grey levels within which two dates look the same."""
NONE: Final = -30.0
"""Logit of no change at all."""


def logits(before: Image, after: Image) -> Plane:
    """Give the logit of change of each square of `OUTPUT` cells, `NONE` where the dates look the same.

    Parameters
    ----------
    before, after
        float32, shape (3, row, column), 0 to 255: red, green and blue of the two dates.
    """
    rows, cols = before.shape[1:]
    pad = ((0, 0), (0, -rows % STRIDE), (0, -cols % STRIDE))
    before, after = np.pad(before, pad, mode="edge"), np.pad(after, pad, mode="edge")
    out = np.empty((before.shape[1] // OUTPUT, before.shape[2] // OUTPUT), np.float32)
    for r, c in itertools.product(range(0, before.shape[1], CORE), range(0, before.shape[2], CORE)):
        top, left = max(0, r - REACH), max(0, c - REACH)
        window = np.s_[:, top : r + CORE + REACH, left : c + CORE + REACH]
        found = _run(before[window], after[window])
        core = found[0, (r - top) // OUTPUT :, (c - left) // OUTPUT :][: CORE // OUTPUT, : CORE // OUTPUT]
        out[r // OUTPUT :, c // OUTPUT :][: CORE // OUTPUT, : CORE // OUTPUT] = core
    out[_same(before, after)] = NONE
    return out[: -(-rows // OUTPUT), : -(-cols // OUTPUT)]


def _same(before: Image, after: Image) -> Mask:
    apart = np.abs(before - after).max(axis=0)
    squares = apart.reshape(apart.shape[0] // OUTPUT, OUTPUT, apart.shape[1] // OUTPUT, OUTPUT)
    same: Mask = squares.max(axis=(1, 3)) < SAME
    return same


def doubled(image: FloatArray) -> FloatArray:
    """Enlarge an array of shape (band, row, column) twice, bilinearly."""
    for axis in (1, 2):
        image = _doubled(image, axis)
    return image


def _doubled(image: FloatArray, axis: int) -> FloatArray:
    near = np.float32(0.75) * image
    n = image.shape[axis]
    before, after = np.maximum(np.arange(n) - 1, 0), np.minimum(np.arange(n) + 1, n - 1)
    parts = [near + np.float32(0.25) * image.take(k, axis) for k in (before, after)]
    shape = list(image.shape)
    shape[axis] *= 2
    return np.stack(parts, axis + 1).reshape(shape)


def _run(before: Image, after: Image) -> FloatArray:
    fed = {"before": np.ascontiguousarray(before)[None], "after": np.ascontiguousarray(after)[None]}
    found: FloatArray = session().run(["logit"], fed)[0][0]
    return found


@cache
def session() -> "InferenceSession":
    """Give the network, loaded once a process."""
    return load(files("rasterdelta.difference").joinpath("siamese.onnx").read_bytes())

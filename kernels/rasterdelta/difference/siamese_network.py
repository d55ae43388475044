"""The shipped siamese network, run in blocks."""

import itertools
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from rasterdelta.types import FloatArray, Image, Plane

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

STRIDE: Final = 16
"""Cells of the coarsest features: blocks begin at their multiples."""
REACH: Final = 192
"""Cells of context beyond which the probability no longer depends on what is there, but for less than 1e-4."""
CORE: Final = 1536
"""Cells on a side that are computed at once."""
OUTPUT: Final = 4
"""Cells a logit."""


def logits(before: Image, after: Image) -> Plane:
    """Give the logit of change for each cell.

    Parameters
    ----------
    before, after
        float32, shape (3, row, column), 0 to 255: red, green and blue of the two dates.
    """
    rows, cols = before.shape[1:]
    pad = ((0, 0), (0, -rows % STRIDE), (0, -cols % STRIDE))
    before, after = np.pad(before, pad, mode="edge"), np.pad(after, pad, mode="edge")
    out = np.empty(before.shape[1:], np.float32)
    for r, c in itertools.product(range(0, out.shape[0], CORE), range(0, out.shape[1], CORE)):
        core = np.s_[r : r + CORE, c : c + CORE]
        top, left = max(0, r - REACH), max(0, c - REACH)
        window = np.s_[:, top : r + CORE + REACH, left : c + CORE + REACH]
        found = doubled(doubled(_run(before[window], after[window])))
        out[core] = found[0, r - top :, c - left :][:CORE, :CORE]
    return out[:rows, :cols]


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
    """Give the network, loaded once a process; one thread, so that sums are always taken in one order."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    weights = files("rasterdelta.difference").joinpath("siamese.onnx").read_bytes()
    return InferenceSession(weights, options, providers=["CPUExecutionProvider"])

"""A network as ONNX files: the weights of its last layer out, others in, and what that layer is given."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from sitedelta.errors import InputError

PREFIX: Final = "model."
"""What stands before the names of the weights in the file."""
LAST: Final = "centre"
"""The layer that gives the log-odds of a centre."""
Weights = dict[str, NDArray[np.float32]]
"""Weights by name."""


@dataclass(frozen=True)
class Origin:
    """What is taught further: ONNX files as bytes."""

    first: bytes
    """First layers, which are never taught."""
    rest: bytes
    again: bytes = b""
    """The network that looks closer, which is never taught; none where it is empty."""

    @cached_property
    def last(self) -> NDArray[np.float64]:
        """The last layer: its weights, then its constant.

        Raises
        ------
        InputError
            This is no network of the kind that sitedelta trains.
        """
        arrays = {t.name: numpy_helper.to_array(t) for t in onnx.load_from_string(self.rest).graph.initializer}
        wanted = [arrays.get(f"{PREFIX}{LAST}.{part}") for part in ("weight", "bias")]
        if any(w is None for w in wanted):
            raise InputError("the network to start from is of another kind than those that sitedelta trains")
        return np.concatenate([np.ravel(np.asarray(w, float)) for w in wanted if w is not None])

    def changed(self, change: NDArray[np.float64]) -> bytes:
        """Give the file of the rest with another last layer."""
        if not change.any():
            return self.rest
        new = (self.last + change).astype(np.float32)
        return self.holding({f"{LAST}.weight": new[:-1].reshape(1, -1, 1, 1), f"{LAST}.bias": new[-1:]})

    def holding(self, weights: Weights) -> bytes:
        """Give the file of the rest with other weights."""
        file = onnx.load_from_string(self.rest)
        for tensor in file.graph.initializer:
            name = tensor.name.removeprefix(PREFIX)
            if name in weights:
                tensor.CopyFrom(numpy_helper.from_array(weights[name], tensor.name))
        return _bytes(file)

    def telling(self) -> bytes:
        """Give the file of the rest with what the last layer is given as further maps."""
        file, channels = onnx.load_from_string(self.rest), len(self.last) - 1
        nodes = {n.input[1]: n for n in file.graph.node if len(n.input) > 1}
        maps = file.graph.output[0]
        joined = next(n for n in file.graph.node if maps.name in n.output)
        joined.input.append(nodes[f"{PREFIX}{LAST}.weight"].input[0])
        dims = maps.type.tensor_type.shape.dim
        if dims[1].HasField("dim_value"):
            dims[1].dim_value += channels
        return _bytes(file)


def _bytes(file: onnx.ModelProto) -> bytes:
    content: bytes = file.SerializeToString(deterministic=True)
    return content

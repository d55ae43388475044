"""The network in a form that can be taught on: weights out of an ONNX file, and back into one."""

from dataclasses import dataclass

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from sitedelta.errors import InputError
from sitedelta.learning.detect.export import folded
from sitedelta.learning.detect.network import Detector

PREFIX = {"features": "", "maps": "model."}
"""What stands before the names of the weights in the files of the first layers and of the rest."""
Weights = dict[str, NDArray[np.float32]]
"""Weights above the first layers, by name."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a student starts from: ONNX files as bytes."""

    first: bytes
    """First layers, which are never taught."""
    rest: bytes
    again: bytes = b""
    """The network that looks closer, which is never taught; none where it is empty."""

    def weights(self) -> Weights:
        """Give the weights of the rest."""
        return _read(self.rest, PREFIX["maps"])

    def student(self) -> Detector:
        """Give the network, its batch statistics folded in, as it runs in inference.

        Raises
        ------
        InputError
            These are no weights of this kind of network.
        """
        model = folded(Detector())
        state = {
            k: torch.from_numpy(v.copy()) for k, v in (_read(self.first, PREFIX["features"]) | self.weights()).items()
        }
        known = {k: v.shape for k, v in model.state_dict().items()}
        if known != {k: v.shape for k, v in state.items()}:
            raise InputError("the network to start from is of another kind than those that sitedelta trains")
        model.load_state_dict(state)
        return model

    def holding(self, weights: Weights) -> bytes:
        """Give the file of the rest with other weights."""
        file = onnx.load_from_string(self.rest)
        for tensor in file.graph.initializer:
            name = tensor.name.removeprefix(PREFIX["maps"])
            if name in weights:
                tensor.CopyFrom(numpy_helper.from_array(weights[name], tensor.name))
        content: bytes = file.SerializeToString(deterministic=True)
        return content


def _read(content: bytes, prefix: str) -> Weights:
    file = onnx.load_from_string(content)
    arrays = {t.name: numpy_helper.to_array(t) for t in file.graph.initializer}
    return {k.removeprefix(prefix): np.asarray(v, np.float32) for k, v in arrays.items() if v.dtype == np.float32}


def weights_of(model: Detector) -> Weights:
    """Give the weights above the first layers."""
    early = tuple(f"encoder.blocks.{k}." for k in range(3))
    return {k: _array(v) for k, v in model.state_dict().items() if not k.startswith(("encoder.stem.", *early))}


def _array(t: Tensor) -> NDArray[np.float32]:
    return np.asarray(t.detach().numpy(), np.float32).copy()


def mixed(first: Weights, second: Weights, share: float) -> Weights:
    """Give the weights between two networks (M. Wortsman et al. 2022, Robust fine-tuning, arXiv:2109.01903).

    Parameters
    ----------
    share : float
        0 gives the first, 1 the second.
    """
    return {k: (v + np.float32(share) * (second[k] - v)).astype(np.float32) for k, v in first.items()}


def mean(several: list[Weights]) -> Weights:
    """Give the mean of networks that started from the same one (M. Wortsman et al. 2022, arXiv:2203.05482)."""
    return {k: np.asarray(np.mean([w[k] for w in several], axis=0), np.float32) for k in several[0]}

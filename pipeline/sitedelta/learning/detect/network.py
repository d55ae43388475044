"""Centre-heatmap network: ImageNet features to stride 16, a small pyramid back to stride 4, a few maps."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from sitedelta.learning.encoder import Encoder

WIDTH = 48
STRIDE = 4
UNIT_PX = 16.0
"""Lengths are given as logarithms of this many pixels."""
MAPS = ("centre", "length", "width", "ahead", "aside", "sub")
"""Logit of a centre; logarithms of length and width; cosine and sine of the heading; logit of the sub-class."""


def separable(inner: int, outer: int) -> nn.Sequential:
    """Give a depthwise and a pointwise convolution, normalised."""
    return nn.Sequential(
        nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False),
        nn.Conv2d(inner, outer, 1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
    )


class Detector(nn.Module):
    """Maps at stride 4 of images scaled to about -1 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.lateral = nn.ModuleList(nn.Conv2d(c, WIDTH, 1) for c in (24, 40, 112))
        self.smooth = nn.ModuleList(separable(WIDTH, WIDTH) for _ in range(3))
        self.look = nn.ModuleList(separable(WIDTH, WIDTH) for _ in range(2))
        self.centre = nn.Conv2d(WIDTH, 1, 1)
        self.pose = nn.Conv2d(WIDTH, len(MAPS) - 1, 1)
        nn.init.constant_(self.centre.bias, -4.0)

    def forward(self, x: Tensor) -> Tensor:
        """Give the maps, shape (n, 6, h / 4, w / 4), of images of shape (n, 3, h, w)."""
        return self.top(self.encoder(x))

    def above(self, fine: Tensor) -> Tensor:
        """Give the maps from the features at stride 4."""
        return self.top((fine, *self.encoder.late(fine)))

    def top(self, levels: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Give the maps from the encoder's features at strides 4, 8 and 16."""
        y = self.smooth[2](self.lateral[2](levels[2]))
        for k in (1, 0):
            y = self.smooth[k](self.lateral[k](levels[k]) + functional.interpolate(y, scale_factor=2.0, mode="nearest"))
        return torch.cat([self.centre(self.look[0](y)), self.pose(self.look[1](y))], 1)

"""EfficientNet-Lite0 down to stride 16, as all networks use it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

EARLY = 3
"""Blocks down to stride 4."""
MIDDLE = 5
"""Blocks down to stride 8."""


class Conv(nn.Module):
    """Convolution padded as the encoder was trained: on even sizes a stride of 2 pads behind."""

    def __init__(self, inner: int, outer: int, side: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inner, outer, side, stride, groups=groups)
        before = (side - stride) // 2
        self.pad = (before, side - stride - before) * 2

    def forward(self, x: Tensor) -> Tensor:
        """Give the convolution of x."""
        return self.conv(functional.pad(x, self.pad) if any(self.pad) else x)


class Block(nn.Module):
    """Inverted residual of a MobileNet."""

    def __init__(self, inner: int, outer: int, side: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inner * expansion
        self.expand = Conv(inner, wide, 1) if expansion > 1 else None
        self.depth = Conv(wide, wide, side, stride, groups=wide)
        self.project = Conv(wide, outer, 1)
        self.skip = stride == 1 and inner == outer

    def forward(self, x: Tensor) -> Tensor:
        """Give the block's features."""
        y = functional.relu6(self.expand(x), inplace=True) if self.expand else x
        y = self.project(functional.relu6(self.depth(y), inplace=True))
        return x + y if self.skip else y


class Encoder(nn.Module):
    """EfficientNet-Lite0 down to stride 16, batch statistics folded into the weights."""

    SHAPE = (
        (32, 16, 3, 1, 1),
        (16, 24, 3, 2, 6),
        (24, 24, 3, 1, 6),
        (24, 40, 5, 2, 6),
        (40, 40, 5, 1, 6),
        (40, 80, 3, 2, 6),
        (80, 80, 3, 1, 6),
        (80, 80, 3, 1, 6),
        (80, 112, 5, 1, 6),
        (112, 112, 5, 1, 6),
        (112, 112, 5, 1, 6),
    )

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, 2)
        self.blocks = nn.ModuleList(Block(*s) for s in self.SHAPE)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the features at strides 4, 8 and 16 of images scaled to about -1 to 1."""
        if self.training:
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                fine = self.early(x).float()
        else:
            fine = self.early(x)
        return fine, *self.late(fine)

    def early(self, x: Tensor) -> Tensor:
        """Give the features at stride 4."""
        x = functional.relu6(self.stem(x))
        for block in self.blocks[:EARLY]:
            x = block(x)
        return x

    def late(self, fine: Tensor) -> tuple[Tensor, Tensor]:
        """Give the features at strides 8 and 16 from those at stride 4."""
        middle = fine
        for block in self.blocks[EARLY:MIDDLE]:
            middle = block(middle)
        coarse = middle
        for block in self.blocks[MIDDLE:]:
            coarse = block(coarse)
        return middle, coarse

    def freeze(self) -> None:
        """Keep the stem and the first blocks, down to stride 4, as they are: in training they run in half precision."""
        for module in (self.stem, *self.blocks[:EARLY]):
            module.requires_grad_(requires_grad=False)

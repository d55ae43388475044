"""Siamese network: shared ImageNet features of two dates, differences that forgive parallax, a small decoder."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from sitedelta.learning.encoder import Encoder

LEVELS = ((24, 24, 2), (40, 32, 1), (112, 48, 1))
"""Channels of the encoder, channels compared, and cells of tolerance, at strides 4, 8 and 16."""
GROUPS = 8
"""Channels that must find their like at the same displacement come in so many groups."""
FAR = 1e3
"""Difference from what lies beyond the border."""


def nearest_differences(a: Tensor, b: Tensor, reach: int) -> tuple[Tensor, Tensor]:
    """Give, a group of channels, how far a is from the nearest b within `reach` cells, and b from the nearest a."""
    n, c, h, w = a.shape
    padded = functional.pad(b, (reach,) * 4, mode="replicate")
    there, back = None, None
    for dy in range(2 * reach + 1):
        for dx in range(2 * reach + 1):
            apart = (a - padded[:, :, dy : dy + h, dx : dx + w]).abs()
            apart = apart.reshape(n, GROUPS, c // GROUPS, h, w).mean(2)
            up, left = dy - reach, dx - reach
            moved = functional.pad(apart, (left, -left, up, -up), value=FAR)
            there = apart if there is None else torch.minimum(there, apart)
            back = moved if back is None else torch.minimum(back, moved)
    return there, back


def smooth(inner: int, outer: int) -> nn.Sequential:
    """Give a pointwise and a depthwise convolution, normalised."""
    return nn.Sequential(
        nn.Conv2d(inner, outer, 1, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
        nn.Conv2d(outer, outer, 3, padding=1, groups=outer, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(),
    )


class Siamese(nn.Module):
    """Logit of change at stride 4, the same for either order of the dates."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.compare = nn.ModuleList(nn.Conv2d(c, k, 1) for c, k, _ in LEVELS)
        self.judge = nn.ModuleList(smooth(2 * GROUPS + 3 * k, k) for _, k, _ in LEVELS)
        self.join = nn.ModuleList([smooth(24 + 32, 32), smooth(32 + 48, 48), smooth(48, 48)])
        self.narrow = nn.Conv2d(48, 32, 1)
        self.head = nn.Conv2d(32, 1, 3, padding=1)

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Give the logits, shape (n, 1, h / 4, w / 4), of images of shape (n, 3, h, w)."""
        both = (self.encoder(date) for date in (before, after))
        seen = [self._differ(k, a, b) for k, (a, b) in enumerate(zip(*both, strict=True))]
        x = self.join[2](seen[2])
        x = self.join[1](torch.cat([seen[1], _double(x)], 1))
        x = self.join[0](torch.cat([seen[0], _double(self.narrow(x))], 1))
        return self.head(x)

    def _differ(self, k: int, a: Tensor, b: Tensor) -> Tensor:
        a, b = self.compare[k](a), self.compare[k](b)
        reach = LEVELS[k][2]
        there, back = nearest_differences(a, b, reach)
        parts = [torch.maximum(there, back), there + back, (a - b).abs(), a + b, torch.maximum(a, b)]
        return self.judge[k](torch.cat(parts, 1))


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

"""What the maps are to be, and how far they are from it.

The centre map is taught as in X. Zhou et al., "Objects as Points" (2019, arXiv 1904.07850). Length, width and heading
are taught where a render tells them; where a label is only a box on the axes of its image, what they imply of it is.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from sitedelta.learning.detect.network import STRIDE, UNIT_PX

LOW, HIGH = 1.0, 2.6
"""Least and greatest spread of a centre, in cells."""
SHARE = 0.11
"""Spread of a centre over the object's size."""
DOUBT = 0.6
"""Radius of what is neither object nor background, over its size."""
CERTAIN = 3.0
"""Logit from which a centre where none is labelled may be an object that the annotators missed."""
FORGIVEN = 0.1
"""Weight that such a place keeps."""


@dataclass(frozen=True, slots=True)
class Target:
    """Maps of shape (n, h, w) and the items behind them."""

    heat: Tensor
    weight: Tensor
    owner: Tensor
    """Number of the item whose centre is nearest by its own measure."""

    def of(self, images: Tensor) -> "Target":
        """Give the chosen images, by mask."""
        return Target(self.heat[images], self.weight[images], self.owner[images])


def target_of(items: Tensor, side: int) -> Target:
    """Draw the items, shape (n, most, 13), on a grid of side / 4 cells."""
    cells = side // STRIDE
    items = items[:, : max(1, int(items[..., 0].sum(1).max()))]
    at = (torch.arange(cells, device=items.device) + 0.5) * STRIDE - 0.5
    valid, counted, col, row, size = (items[..., k, None, None] for k in range(5))
    away = (at[None, None, :, None] - row) ** 2 + (at[None, None, None, :] - col) ** 2
    spread = (size / STRIDE * SHARE).clamp(LOW, HIGH) * STRIDE
    bump = torch.exp(-away / (2 * spread**2)) * (valid * counted)
    heat, owner = bump.max(1)
    doubt = ((away < (DOUBT * size) ** 2) & (valid > 0) & (counted == 0)).any(1) & (heat < 0.3)
    return Target(heat, 1.0 - doubt.float(), owner)


def centre_loss(logit: Tensor, target: Target, real: Tensor, *, trusting: bool) -> Tensor:
    """Give the penalty-reduced focal loss a counted object."""
    peak = _peaks(target)
    p = logit.sigmoid()
    gain = functional.logsigmoid(logit) * (1 - p) ** 2 * peak
    pain = functional.logsigmoid(-logit) * p**2 * (1 - target.heat) ** 4 * (1 - peak) * target.weight
    if trusting:
        missed = (logit.detach() > CERTAIN) & (target.heat < 0.02) & real[:, None, None]
        pain = pain * torch.where(missed, FORGIVEN, 1.0)
    return -(gain.sum() + pain.sum()) / peak.sum().clamp(min=8.0)


def _peaks(target: Target) -> Tensor:
    """Tell the cell of each centre: the highest around."""
    high = functional.max_pool2d(target.heat[:, None], 3, 1, 1)[:, 0]
    return ((target.heat == high) & (target.heat > 0.6)).float()


def pose_loss(pose: Tensor, target: Target, items: Tensor, *, boxy: bool) -> Tensor:
    """Give the loss of length, width, heading and sub-class near the centres."""
    image, row, col = torch.nonzero(target.heat > 0.55, as_tuple=True)
    if not len(image):
        return pose.sum() * 0
    found = pose[image, :, row, col]
    item = items[image, target.owner[image, row, col]]
    weight = target.heat[image, row, col]
    shaped = item[:, 5] >= 0
    log_length, log_width = found[:, 0], found[:, 1]
    heading = found[:, 2:4]
    posed = item[:, 5] > 0
    wanted = torch.log(item[:, 6:8].clamp(min=1.0) / UNIT_PX)
    size = functional.smooth_l1_loss(torch.stack([log_length, log_width], 1), wanted, reduction="none", beta=0.05).sum(
        1
    )
    facing = item[:, 8:10]
    if boxy:
        facing = torch.stack([facing[:, 0] ** 2 - facing[:, 1] ** 2, 2 * facing[:, 0] * facing[:, 1]], 1)
    turn = (heading - facing).abs().sum(1)
    box = _apart(_boxes(found, item, boxy=boxy), wanted)
    unit = (heading.norm(dim=1) - 1).abs()
    loss = torch.where(posed, size + turn, 0.7 * box + 0.2 * unit) * shaped
    known = item[:, 12] >= 0
    sub = functional.binary_cross_entropy_with_logits(found[:, 4], item[:, 12].clamp(min=0), reduction="none")
    loss = loss + 0.5 * sub * known
    return (loss * weight).sum() / weight.sum().clamp(min=8.0)


def _apart(found: Tensor, wanted: Tensor) -> Tensor:
    return functional.smooth_l1_loss(found, wanted, reduction="none", beta=0.05).sum(1)


def _boxes(found: Tensor, item: Tensor, *, boxy: bool) -> Tensor:
    """Give the logarithms of width and height of the box on the source's axes that a pose implies."""
    c, s = found[:, 2], found[:, 3]
    far = torch.sqrt(c**2 + s**2 + 1e-4)
    c, s = c / far, s / far
    if boxy:
        half = torch.sqrt(((1 + c) / 2).clamp(min=1e-3))
        c, s = half, torch.sign(s) * torch.sqrt(((1 - c) / 2).clamp(min=1e-3))
    x, y = s, -c
    turn = item[:, 8:12]
    u = (turn[:, 0] * x + turn[:, 1] * y).abs()
    v = (turn[:, 2] * x + turn[:, 3] * y).abs()
    length, width = (torch.exp(found[:, k].clamp(-3, 3.5)) for k in (0, 1))
    wide, high = (length * u, width * v), (length * v, width * u)
    both = [a + b if boxy else torch.maximum(a, b) for a, b in (wide, high)]
    return torch.log(torch.stack(both, 1).clamp(min=1e-2))

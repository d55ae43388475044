"""How the network of the closer look learns: its head alone, or its features from stride 4 on as well."""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rasterdelta.detect.closer import SIDE
from sitedelta.learning import pretrained
from sitedelta.learning.detect.closer.head import Closer
from sitedelta.learning.detect.closer.patches import Patches

LOG = logging.getLogger("sitedelta.learning")
RATES: Final = (4e-4, 2e-3)
"""Highest rates of learning of features and head."""
WARM_UP: Final = 60
"""Batches until the rates have risen."""
FLOOR: Final = 0.02
"""Share of the highest rates that is left at the end."""
LIMIT: Final = 5.0
"""Longest gradient."""
SAMPLE: Final = 512
"""Patches that show how features spread before they are taught."""
TOLD: Final = 100
"""Batches between two lines of the log."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Features at stride 4 of patches upright and mirrored, half precision, shape (n, 2, 24, side / 4, side / 4)."""

    fine: Tensor
    real: Tensor
    weight: Tensor


def head_taught(patches: Patches, *, seed: int, epochs: int = 15) -> Closer:
    """Teach the head alone, on features as ImageNet left them."""
    model = _begun(seed)
    features, real = _features(model, patches), torch.from_numpy(patches.real.astype(np.float32))
    mean, spread = features.mean(0), features.std(0) + 1e-3
    features = (features - mean) / spread
    optimiser = torch.optim.AdamW(model.head.parameters(), RATES[1], weight_decay=0.05)
    for _ in range(epochs):
        for batch in torch.randperm(len(real)).split(256):
            loss = functional.binary_cross_entropy_with_logits(model.head(features[batch])[:, 0], real[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    model.absorb(mean, spread)
    model.eval()
    return model


def tuned(patches: Patches, *, seed: int, epochs: int = 3, batch: int = 32) -> Closer:
    """Teach features from stride 4 on and the head; patches are mirrored by lot."""
    model = _begun(seed)
    model.to(memory_format=torch.channels_last)
    shown = _shown(model, patches)
    upright = _pooled(model, shown.fine[torch.randperm(len(shown.real))[:SAMPLE], 0])
    model.absorb(upright.mean(0), upright.std(0) + 1e-2)
    late = [p for p in model.encoder.parameters() if p.requires_grad]
    groups = [{"params": late, "lr": RATES[0]}, {"params": model.head.parameters(), "lr": RATES[1]}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
    steps = max(1, epochs * (len(shown.real) // batch))
    pace = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda k: _rate(k, steps))
    for k, chosen in enumerate(_batches(len(shown.real), batch, steps)):
        loss = _loss(model, shown, chosen)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], LIMIT)
        optimiser.step()
        pace.step()
        if k % TOLD == 0:
            LOG.info("batch %d of %d, loss %.3f", k, steps, float(loss.detach()))
    model.eval()
    return model


def _begun(seed: int) -> Closer:
    torch.manual_seed(seed)
    model = Closer()
    pretrained.load(model.encoder)
    model.encoder.freeze()
    return model


def _rate(step: int, steps: int) -> float:
    """Give the share of the highest rates of a batch: they rise, then fall along a cosine."""
    return min(1.0, (step + 1) / WARM_UP) * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * step / steps)))


def _batches(n: int, batch: int, steps: int) -> Iterator[Tensor]:
    """Give so many batches, each patch once a round."""
    left = steps
    while left:
        for chosen in torch.randperm(n)[: n // batch * batch].split(batch)[:left]:
            yield chosen
            left -= 1


def _loss(model: Closer, shown: Shown, chosen: Tensor) -> Tensor:
    fine = shown.fine[chosen, torch.randint(2, (len(chosen),))].float()
    with torch.autocast("cpu", torch.bfloat16):
        said = model(fine.to(memory_format=torch.channels_last))[:, 0]
    losses = functional.binary_cross_entropy_with_logits(said.float(), shown.real[chosen], reduction="none")
    return (losses * shown.weight[chosen]).mean()


@torch.no_grad()
def _shown(model: Closer, patches: Patches) -> Shown:
    n = len(patches.real)
    fine = torch.empty(n, 2, 24, SIDE // 4, SIDE // 4, dtype=torch.float16)
    for part in torch.arange(n).split(32):
        pixels = _scaled(torch.from_numpy(patches.pixels[part.numpy()]))
        for k, seen in enumerate((pixels, pixels.flip(3))):
            with torch.autocast("cpu", torch.bfloat16):
                fine[part, k] = model.encoder.early(seen.to(memory_format=torch.channels_last)).half()
    return Shown(fine, torch.from_numpy(patches.real.astype(np.float32)), torch.from_numpy(patches.weight))


@torch.no_grad()
def _features(model: Closer, patches: Patches) -> Tensor:
    parts = torch.from_numpy(patches.pixels).split(32)
    return torch.cat([model.pooled(model.encoder.early(_scaled(p))) for p in parts])


@torch.no_grad()
def _pooled(model: Closer, fine: Tensor) -> Tensor:
    return torch.cat([model.pooled(part.float()) for part in fine.split(32)])


def _scaled(pixels: Tensor) -> Tensor:
    return (pixels.float() - 127) / 128

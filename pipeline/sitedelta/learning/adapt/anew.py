"""A network of the user's own from ImageNet features on, and what it is worth beside the shipped one."""

import itertools
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader

from sitedelta.detectors.models import Measured
from sitedelta.detectors.parts import Parts
from sitedelta.evaluation.labels import LabelledImage
from sitedelta.learning import loop
from sitedelta.learning.adapt import renders
from sitedelta.learning.adapt.folds import folds
from sitedelta.learning.adapt.origin import Weights
from sitedelta.learning.adapt.run import Adapted, Effort, Shown, Subject, Work, origin_of, read_sheets
from sitedelta.learning.adapt.seen import Seen
from sitedelta.learning.adapt.sheets import Sheet
from sitedelta.learning.adapt.thresholds import thresholds
from sitedelta.learning.adapt.verdict import Sight, reach, untaught
from sitedelta.learning.detect.export import folded
from sitedelta.learning.detect.ground import Ground
from sitedelta.learning.detect.network import Detector
from sitedelta.learning.detect.sampler import Kind
from sitedelta.learning.detect.train import PACE, RATES, Drawn, Examples, loss_of
from sitedelta.progress import Progress, silent

PARTS = 4
"""Parts that the sites are dealt to; one of them is held back."""
BATCH = 8
RESERVE_S = 5.0
"""Time that judging takes beside looking."""
SLOWER = 1.35
"""Wall-clock time of looking at the end, over that at the beginning, at most."""


def learn(
    images: Sequence[LabelledImage],
    label: Kind,
    parts: Parts,
    effort: Effort,
    *,
    gsd_m: float | None,
    folder: Path,
    progress: Progress = silent,
) -> Adapted:
    """Teach a network of one class from ImageNet features on.

    Sites in one part of four are held back; thresholds and rates are measured there, each image by thresholds chosen on
    the others. Images that are labelled in part are left out. Parameters and errors: see `adapt`; `parts` is the
    detector to compare with, whose kind of network, working resolution and bands are taken over.
    """
    entry, origin = origin_of(parts, label)
    sheets = read_sheets([i for i in images if i.exhaustive], label, gsd_m, folder, progress)
    sites = [s.image.site for s in sheets]
    held = folds(sites, [s.objects for s in sheets], most=PARTS, seed=effort.seed) == 0
    alone = np.unique(sites, return_inverse=True)[1].astype(np.int64)
    work = Work(folder, Subject(label, sheets, alone, entry, origin), effort, progress)
    work.render(many=True)
    shown = [i for i, h in zip(work.own(), held, strict=True) if h]
    before = _looked(work, "former", origin.rest, shown)
    weights, batches = _teach(work, [s for s, h in zip(sheets, held, strict=True) if not h])
    network = origin.holding(weights)
    after = _looked(work, "anew", network, shown)
    verdict = reach(untaught(*before, entry.accuracy), _sight(*after, entry.accuracy), entry.accuracy, anew=True)
    new = entry.model_copy(update={"accuracy": verdict.bands, "details": ()})
    return Adapted(new, network, verdict, sheets, len(images) - len(sheets), 1, batches)


def _looked(work: Work, name: str, network: bytes, shown: Sequence[Shown]) -> tuple[list[Seen], list[Seen]]:
    """Look with one network at what is held back, and at the rendered places that measure."""
    work.look(work.plan(name, network, [*shown, *work.controls()]))
    return work.seen(name, shown), work.seen(name, work.controls())


def _sight(own: Sequence[Seen], controls: Sequence[Seen], bands: Sequence[Measured]) -> Sight:
    """Choose thresholds for each image without it and its site."""
    at = {p: thresholds(own, controls, bands, without=p) for p in {s.part for s in own}}
    return Sight(tuple(own), tuple(at[s.part] for s in own), tuple(controls), thresholds(own, controls, bands))


def _teach(work: Work, sheets: Sequence[Sheet]) -> tuple[Weights, int]:
    """Teach until the time is spent, or the batches are."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    effort, label = work.effort, work.subject.label
    torch.manual_seed(effort.seed)
    pictures = [(s.picture(), s.objects) for s in sheets]
    main = tuple(p for p, n in pictures if n)
    ground = Ground(main, tuple(p for p, n in pictures if not n) or main)
    drawn = Drawn(renders.sprites(work.folder), renders.places(work.folder, label))
    examples = Examples(label, ground, drawn, effort.seed * 10**9, effort.side)
    loader = DataLoader(examples, batch_size=BATCH, num_workers=0 if effort.jobs == 1 else 1)
    run = loop.begin(Detector(), **RATES)
    left = effort.until - (RESERVE_S + SLOWER * work.look_s) - time.monotonic()
    if effort.batches:
        pace = PACE(effort.batches / 60, clock=lambda: float(run.step))
    else:
        pace = PACE(max(left, 1.0) / 60, clock=time.monotonic)
    batches = itertools.islice(_told(iter(loader), work), effort.batches)
    loop.train(run, batches, partial(loss_of, boxy=work.subject.entry.axial), pace=pace, out=None)
    return _weights(folded(run.mean)), run.step


def _weights(model: Detector) -> Weights:
    """Give the weights above the first layers."""
    early = tuple(f"encoder.blocks.{k}." for k in range(3))
    state = {k: np.asarray(v.detach().numpy(), np.float32).copy() for k, v in model.state_dict().items()}
    return {k: v for k, v in state.items() if not k.startswith(("encoder.stem.", *early))}


def _told(batches: Iterator[loop.Batch], work: Work) -> Iterator[loop.Batch]:
    for k, batch in enumerate(batches):
        work.progress(k, work.effort.batches or 0, f"{work.subject.label}: batches")
        yield batch

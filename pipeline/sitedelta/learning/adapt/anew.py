"""A network of the user's own from ImageNet features on, and what it is worth beside the shipped one."""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from torch.utils.data import DataLoader

from sitedelta.detectors.parts import Parts
from sitedelta.evaluation.labels import LabelledImage
from sitedelta.learning import loop
from sitedelta.learning.adapt import lessons, renders
from sitedelta.learning.adapt.folds import folds
from sitedelta.learning.adapt.pool import Plan
from sitedelta.learning.adapt.run import Adapted, Effort, Work, origin_of, read_sheets
from sitedelta.learning.adapt.setting import Setting
from sitedelta.learning.adapt.sheets import Sheet
from sitedelta.learning.adapt.student import Weights, weights_of
from sitedelta.learning.adapt.verdict import Looked, Seen, reach
from sitedelta.learning.detect.export import folded
from sitedelta.learning.detect.ground import Ground
from sitedelta.learning.detect.network import Detector
from sitedelta.learning.detect.sampler import Kind
from sitedelta.learning.detect.train import PACE, RATES, Drawn, Examples, loss_of
from sitedelta.progress import Progress, silent

PARTS = 4
"""Parts that the sites are dealt to; one of them is held back."""
BATCH = 8


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
    part = folds(sites, [s.objects for s in sheets], most=PARTS, seed=effort.seed)
    held = np.flatnonzero(part == 0).tolist()
    course = replace(effort.course, boxy=entry.axial)
    plan = Plan(0, 0, 0, effort.side, effort.seed)
    alone = np.unique(sites, return_inverse=True)[1].astype(np.int64)
    work = Work(folder, Setting(label, sheets, alone, entry, origin, plan, course), effort, progress)
    work.render(many=True)
    before = work.look("former", origin.rest, held, controls=True)
    weights, batches = _teach(work, [s for k, s in enumerate(sheets) if part[k] != 0])
    network = origin.holding(weights)
    after = work.look("anew", network, held, controls=True)
    verdict = reach(
        Looked(*({0.0: one, 1.0: other} for one, other in _beside(before, after))), entry.accuracy, anew=True
    )
    new = entry.model_copy(update={"accuracy": verdict.bands, "details": ()})
    return Adapted(new, network, verdict, sheets, len(images) - len(sheets), 1, batches)


Looks = tuple[dict[int, Seen], tuple[Seen, ...]]


def _beside(before: Looks, after: Looks) -> Iterator[tuple[tuple[Seen, ...], tuple[Seen, ...]]]:
    yield tuple(before[0].values()), tuple(after[0].values())
    yield before[1], after[1]


def _teach(work: Work, sheets: Sequence[Sheet]) -> tuple[Weights, int]:
    """Teach until the time is spent, or the batches are."""
    import torch

    lessons.one_thread()
    effort, setting = work.effort, work.setting
    torch.manual_seed(effort.seed)
    pictures = [(s.picture(), s.objects) for s in sheets]
    main = tuple(p for p, n in pictures if n)
    ground = Ground(main, tuple(p for p, n in pictures if not n) or main)
    drawn = Drawn(renders.sprites(work.folder), renders.places(work.folder, setting.label))
    examples = Examples(setting.label, ground, drawn, effort.seed * 10**9, effort.side)
    loader = DataLoader(examples, batch_size=BATCH, num_workers=0 if work.workers() == 1 else 1)
    run = loop.begin(Detector(), **RATES)
    left = effort.until - work.reserve_s() - time.monotonic()
    if effort.batches:
        pace = PACE(effort.batches / 60, clock=lambda: float(run.step))
    else:
        pace = PACE(max(left, 1.0) / 60, clock=time.monotonic)
    batches = itertools.islice(_told(iter(loader), work), effort.batches)
    loop.train(run, batches, partial(loss_of, boxy=setting.course.boxy), pace=pace, out=None)
    return weights_of(folded(run.mean)), run.step


def _told(batches: Iterator[loop.Batch], work: Work) -> Iterator[loop.Batch]:
    for k, batch in enumerate(batches):
        work.progress(k, work.effort.batches or 0, f"{work.setting.label}: batches")
        yield batch

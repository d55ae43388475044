"""Teach a detector on labelled images of one's own."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from sitedelta.counts.claims import CLASSES, check_classes
from sitedelta.detectors.parts import Parts, put_together, take_apart
from sitedelta.errors import InputError, RunFailed
from sitedelta.evaluation.labels import DataSet, LabelledImage, read_labels
from sitedelta.files.hashing import sha256_file
from sitedelta.progress import Progress, silent

if TYPE_CHECKING:
    from sitedelta.learning.adapt.run import Adapted, Effort

ADAPT_MINUTES = 10.0
"""Time of an adaptation where none is given."""
MINUTES = 60.0
"""Time of a network that begins anew."""
CLOSING_S = 4.0
"""Time that writing takes at most."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was written."""

    out: Path
    name: str
    sha256: str
    summary: dict[str, Any]
    """JSON-ready: what was learned from, what got better and worse."""


def train(
    data: Sequence[str | Path],
    *,
    out: str | Path,
    init: str | Path | None = None,
    minutes: float | None = None,
    gsd: float | None = None,
    classes: Sequence[str] = (),
    jobs: int = 0,
    seed: int = 0,
    batches: int | None = None,
    progress: Progress = silent,
) -> Trained:
    """Teach a detector further on a few labelled images, and write it as one file.

    The last layer is taught, held near what it was by what it says of rendered images; sites are held back in turn, and
    what is found there says what was gained. Without `init` a whole network is taught.

    Parameters
    ----------
    data
        Folders of labelled images (docs/evaluation.md).
    out
        The model to write, for `--model`.
    init
        What to start from: `shipped`, or a model that `train` wrote; ImageNet features where it is not given, which
        wants hundreds of objects and an hour.
    minutes
        Of wall-clock time at most, everything included; 10 to teach a model further, 60 to teach one anew.
    gsd
        Ground sampling distance in metres, for images for which neither labels nor file state one.
    classes
        What to learn; what is labelled where none is given.
    jobs
        Local processes; 0 means one a core.
    seed
        Of everything drawn by lot.
    batches
        Of a network that is taught anew: the same seed and number give the same model; where it is not given, time
        decides. A model that is taught further is the same for the same seed anyway.

    Raises
    ------
    InputError
        Data or model cannot be used, or a package is missing.
    RunFailed
        The model got worse: nothing is written.
    """
    from sitedelta.learning.needs import require

    began = time.monotonic()
    if init is not None and batches is not None:
        raise InputError("batches: only a network that begins anew is taught in batches; leave it out beside `init`")
    sets = [read_labels(Path(d)) for d in data]
    labels = check_classes(tuple(classes)) if classes else _labelled(sets)
    chosen = {label: list(_images(sets, label, labels)) for label in labels}
    if none := [label for label in labels if not chosen[label]]:
        raise InputError(f"{sets[0].folder}: labels no {none[0]}; leave it out of --classes")
    parts = take_apart(None if init in (None, "shipped") else Path(str(init)))
    require(anew=init is None)
    until = began + 60 * (minutes or (MINUTES if init is None else ADAPT_MINUTES)) - CLOSING_S
    taught: list[Adapted] = []
    with TemporaryDirectory(prefix="sitedelta-") as scratch:
        for k, label in enumerate(labels):
            share = (until - time.monotonic()) / (len(labels) - k)
            effort = _effort(time.monotonic() + share, jobs, seed, batches)
            folder = Path(scratch) / label
            folder.mkdir()
            taught.append(
                _teach(init)(chosen[label], label, parts, effort, gsd_m=gsd, folder=folder, progress=progress)
            )
    return _conclude(Path(out), parts, taught, anew=init is None, minutes=(time.monotonic() - began) / 60)


def _teach(init: str | Path | None) -> Callable[..., "Adapted"]:
    if init is None:
        from sitedelta.learning.adapt.anew import learn

        return learn
    from sitedelta.learning.adapt.run import adapt

    return adapt


def _effort(until: float, jobs: int, seed: int, batches: int | None) -> "Effort":
    from sitedelta.learning.adapt.run import Effort

    return Effort(until, jobs, seed, batches)


def _labelled(sets: Sequence[DataSet]) -> tuple[str, ...]:
    """Give the classes that the labels speak of."""
    found = {str(n) for s in sets for i in s.images for n in i.labels.label}
    if not found & set(CLASSES):
        raise InputError(f"{sets[0].folder}: no {' and no '.join(CLASSES)} is labelled; docs/evaluation.md says how")
    return tuple(c for c in CLASSES if c in found)


def _images(sets: Sequence[DataSet], label: str, labels: Sequence[str]) -> Iterator[LabelledImage]:
    """Give the images that say something of a class: all of a folder that labels it, or that labels nothing at all."""
    for s in sets:
        named = {str(n) for i in s.images for n in i.labels.label} - {""}
        if not named and len(labels) > 1:
            raise InputError(f"{s.folder}: labels nothing, so say of what it is empty: --classes {' or '.join(labels)}")
        if label in named or not named:
            yield from (i for i in s.images if i.exhaustive or np.any(i.labels.label == label))


def _conclude(out: Path, parts: Parts, taught: Sequence["Adapted"], *, anew: bool, minutes: float) -> Trained:
    from sitedelta.learning.adapt.card import card, summary
    from sitedelta.learning.adapt.verdict import fallen

    for t in taught:
        if t.verdict.worse:
            why = t.verdict.worse + fallen(t.verdict)
            raise RunFailed(f"{t.entry.label}: {why}; nothing is written (more images, of more sites, may help)")
    name = f"{out.stem[:40]}, from {'ImageNet' if anew else parts.said.name[:50]}"
    new = {t.entry.label: t for t in taught}
    entries = tuple(
        new[e.label].entry if e.label in new else e for e in parts.said.networks if e.label in new or not anew
    )
    files = {**parts.files, **{t.entry.file: t.network for t in taught}}
    used = {n for e in entries for n in e.files}
    said = parts.said.model_copy(update={"name": name, "networks": entries})
    put_together(
        out,
        Parts(said, {n: c for n, c in files.items() if n in used}),
        card=card(name, parts.said.name, taught, anew=anew),
    )
    sha256 = sha256_file(out)
    return Trained(out, name, sha256, summary(out, name, sha256, taught, minutes))

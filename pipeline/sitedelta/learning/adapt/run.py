"""Adapt the network of one class: read, render, look, teach its last layer, judge it on what it did not see."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.network import Network
from sitedelta.counts.claims import claim
from sitedelta.detectors.models import Entry, model_of
from sitedelta.detectors.parts import Parts
from sitedelta.engine import run_tasks
from sitedelta.errors import ConfigError, InputError
from sitedelta.evaluation.labels import LabelledImage
from sitedelta.learning.adapt import renders
from sitedelta.learning.adapt.folds import folds
from sitedelta.learning.adapt.last import Floats, Lesson, taught
from sitedelta.learning.adapt.looks import Look, seen
from sitedelta.learning.adapt.origin import Origin
from sitedelta.learning.adapt.seen import Seen, band_of
from sitedelta.learning.adapt.sheets import Sheet, sheet
from sitedelta.learning.adapt.verdict import Sight, Verdict, reach, untaught
from sitedelta.learning.detect import scenes
from sitedelta.learning.detect.labelled import Labelled, rendered
from sitedelta.learning.detect.sampler import Kind
from sitedelta.progress import Progress, silent

PARTS: Final = 4
"""Parts at most that the sites are dealt to; each is held back once."""
SIDE: Final = 320
"""Pixels on a side of the crops that a network begins anew with."""
BANDS_AT: Final = 0.8
"""Rendered places are seen at this share of the coarsest ground sampling distance of each band."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What may be spent."""

    until: float
    """Monotonic time at which all must be done."""
    jobs: int
    seed: int
    batches: int | None
    """Of a network that begins anew; as many as the time allows where it is not given."""
    side: int = SIDE


@dataclass(frozen=True, slots=True)
class Adapted:
    """A network taught further, or anew."""

    entry: Entry
    network: bytes
    verdict: Verdict
    sheets: tuple[Sheet, ...]
    left_out: int
    """Images at whose ground sampling distance the class cannot be observed."""
    parts: int
    """That were held back in turn."""
    batches: int
    """Of a network that began anew; 0 of others."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is taught, and on what."""

    label: Kind
    sheets: tuple[Sheet, ...]
    part: NDArray[np.int64]
    """Of each sheet: the part with which it is held back."""
    entry: Entry
    """The network to start from, as described."""
    origin: Origin


def adapt(
    images: Sequence[LabelledImage],
    label: Kind,
    parts: Parts,
    effort: Effort,
    *,
    gsd_m: float | None,
    folder: Path,
    progress: Progress = silent,
) -> Adapted:
    """Teach the network of one class on labelled images.

    Parameters
    ----------
    images
        Every one says what there is of the class, or at least something of it (`exhaustive`).
    parts
        The detector to start from.
    folder
        Scratch space.

    Raises
    ------
    InputError
        An image cannot be read, there are too few to hold any back, or looking at them takes longer than there is time.
    """
    entry, origin = origin_of(parts, label)
    sheets = read_sheets(images, label, gsd_m, folder, progress)
    part = folds([s.image.site for s in sheets], [s.objects for s in sheets], most=PARTS, seed=effort.seed)
    work = Work(folder, Subject(label, sheets, part, entry, origin), effort, progress)
    work.render(many=False)
    own, controls, places = work.first_looks()
    lessons, replayed = _lessons(own, entry), Lesson.join(_lessons(places, entry))
    held = {int(p): _taught([k for s, k in zip(own, lessons, strict=True) if s.part != p], replayed) for p in set(part)}
    every = _taught(lessons, replayed)
    verdict = reach(untaught(own, controls, entry.accuracy), work.second_looks(held, every), entry.accuracy)
    new = entry.model_copy(update={"accuracy": verdict.bands})
    left_out = len(images) - len(sheets)
    return Adapted(new, origin.changed(every), verdict, sheets, left_out, len(held), 0)


def _lessons(seen: Sequence[Seen], entry: Entry) -> list[Lesson]:
    bands = entry.accuracy
    return [s.lesson(bands[band_of(s, bands)]) for s in seen]


def _taught(lessons: Sequence[Lesson], replayed: Lesson) -> Floats:
    return taught(Lesson.join(lessons), replayed)


def origin_of(parts: Parts, label: str) -> tuple[Entry, Origin]:
    """Give a class's network and its description; raises an error where there is none to start from."""
    entry = parts.entry(label)
    if entry is None or entry.features is None:
        raise ConfigError(
            f"{parts.said.name}: holds no network for {label} that can be taught; start from `shipped`, or from what "
            "`sitedelta train` wrote"
        )
    again = parts.files[entry.closer.file] if entry.closer else b""
    return entry, Origin(parts.files[entry.features], parts.files[entry.file], again)


def read_sheets(
    images: Sequence[LabelledImage], label: str, gsd_m: float | None, folder: Path, progress: Progress
) -> tuple[Sheet, ...]:
    """Read the images in which the class can be observed; raises `InputError` where there is none."""
    found = []
    for k, image in enumerate(images):
        found.append(sheet(image, label, gsd_m=gsd_m, path=folder / f"{label}-{k}.npy"))
        progress(k + 1, len(images), f"{label}: images")
    sheets = tuple(s for s in found if s is not None)
    if not sheets:
        raise InputError(f"no image is fine enough to observe {label}")
    return sheets


@dataclass(slots=True)
class Work:
    """The steps that are tasks for several processes."""

    folder: Path
    subject: Subject
    effort: Effort
    progress: Progress
    look_s: float = 0.0
    """Wall-clock time of looking once at everything."""

    def run(self, todo: Sequence[object], what: str) -> None:
        """Run tasks."""
        run_tasks(todo, jobs=self.effort.jobs, progress=self.progress, what=f"{self.subject.label}: {what}")  # type: ignore[arg-type]  # tasks, by shape

    def render(self, *, many: bool) -> None:
        """Render what is replayed and what measures; with `many`, what a network learns from that begins anew."""
        (self.folder / "features.onnx").write_bytes(self.subject.origin.first)
        if closer := self.subject.entry.closer:
            (self.folder / closer.file).write_bytes(self.subject.origin.again)
        self.run(renders.draws(self.folder, self.subject.label, self.effort.seed, many=many), "renders")

    def look(self, todo: "Sequence[Look]") -> None:
        """Look at everything, noting how long it takes."""
        began = time.monotonic()
        self.run(todo, "looks")
        self.look_s = time.monotonic() - began

    def first_looks(self) -> tuple[tuple[Seen, ...], tuple[Seen, ...], tuple[Seen, ...]]:
        """Look with the former network at the user's images, at what measures and at what is replayed."""
        images = [*self.own(), *self.controls(), *self.places()]
        self.look(self.plan("former", self.subject.origin.telling(), images, telling=True))
        late_s = time.monotonic() + self.look_s - self.effort.until
        if late_s > 0:
            raise InputError(
                f"{self.subject.label}: looking at everything took {self.look_s / 60:.1f} minutes and has to be done "
                f"once more; give {late_s / 60 + 1:.0f} more --minutes, or fewer images"
            )
        own, controls, places = (tuple(self.seen("former", g)) for g in (self.own(), self.controls(), self.places()))
        return own, controls, places

    def second_looks(self, held: dict[int, Floats], every: Floats) -> Sight:
        """Look again: at each image with the network that it was held back from, at the rest with the one to write."""
        origin, shown = self.subject.origin, self.own()
        groups = [(f"held-{p}", change, [i for i in shown if i.part == p]) for p, change in held.items()]
        groups.append(("every", every, self.controls()))
        self.run([k for name, c, images in groups for k in self.plan(name, origin.changed(c), images)], "second looks")
        found = {i.key: s for name, _, images in groups for i, s in zip(images, self.seen(name, images), strict=True)}
        own, controls = ([found[i.key] for i in group] for group in (shown, self.controls()))
        return untaught(own, controls, self.subject.entry.accuracy)

    def plan(self, name: str, network: bytes, images: "Sequence[Shown]", *, telling: bool = False) -> list[Look]:
        """Plan looks at images with one network."""
        file = self.folder / f"{name}.onnx"
        file.write_bytes(network)
        model = model_of(self.subject.entry, Network(file, self.folder / "features.onnx"))
        return [Look(model, i.image, self.folder / f"{name}-{i.key}.npz", telling) for i in images]

    def seen(self, name: str, images: "Sequence[Shown]") -> list[Seen]:
        """Read what was found in images with one network."""
        return [i.seen(self.folder / f"{name}-{i.key}.npz") for i in images]

    def own(self) -> "list[Shown]":
        """Give the user's images."""
        sheets = zip(self.subject.sheets, self.subject.part, strict=True)
        return [
            Shown(f"own-{k}", s.labelled(), s.name, int(p), exhaustive=s.image.exhaustive)
            for k, (s, p) in enumerate(sheets)
        ]

    def controls(self) -> "list[Shown]":
        """Give the rendered places that measure, as they are seen in each band."""
        return self._rendered("control", renders.controls(self.folder))

    def places(self) -> "list[Shown]":
        """Give those that are replayed."""
        return self._rendered("place", renders.learned(self.folder))

    def _rendered(self, key: str, folder: Path) -> "list[Shown]":
        label = self.subject.label
        found: list[Labelled] = []
        finest = 0.0
        for band in self.subject.entry.accuracy:
            gsd_m = max(BANDS_AT * band.gsd_max, 1.02 * finest, scenes.GSD_M)
            least_m = claim(label, gsd_m).min_length_m
            found += rendered(folder, scenes.read(folder, label), gsd_m / scenes.GSD_M, least_m)
            finest = band.gsd_max
        return [Shown(f"{key}-{k}", c, f"{key}-{k}") for k, c in enumerate(found)]


@dataclass(frozen=True, slots=True)
class Shown:
    """An image to look at."""

    key: str
    """For files."""
    image: Labelled
    name: str
    part: int = -1
    exhaustive: bool = True

    def seen(self, path: Path) -> Seen:
        """Give what was found in it."""
        i, (found, values) = self.image, seen(path)
        return Seen(i.gsd_m * i.factor, i.judged(), found, self.exhaustive, self.part, self.name, values)

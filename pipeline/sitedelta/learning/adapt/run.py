"""Adapt the network of one class: read, render, teach several students, judge them on what they did not see."""

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rasterdelta.detect.network import Network
from sitedelta.counts.claims import claim
from sitedelta.detectors.models import Detailed, Entry, model_of
from sitedelta.detectors.parts import Parts
from sitedelta.engine import run_tasks
from sitedelta.errors import ConfigError, InputError
from sitedelta.evaluation.labels import LabelledImage
from sitedelta.learning.adapt import lessons, renders
from sitedelta.learning.adapt.folds import folds
from sitedelta.learning.adapt.looks import Look, peaks
from sitedelta.learning.adapt.pool import Plan, Pool, fill
from sitedelta.learning.adapt.setting import Setting, pool_folder, stock
from sitedelta.learning.adapt.sheets import Sheet, sheet
from sitedelta.learning.adapt.student import Origin, Weights, mean, mixed
from sitedelta.learning.adapt.tune import Course, tune
from sitedelta.learning.adapt.verdict import Looked, Seen, Verdict, reach
from sitedelta.learning.detect import scenes
from sitedelta.learning.detect.labelled import Labelled, rendered
from sitedelta.learning.detect.sampler import Kind
from sitedelta.progress import Progress, silent

STUDENTS = 4
"""Taught at most, each with a part of the images held back; their mean is what is written."""
SHARES = (0.0, 0.5, 1.0)
"""Of what was learned: networks between the former one and the students."""
MOST_BATCHES = 150
LEAST_BATCHES = 4
VIEWS = 1.5
"""Times that a student sees a crop, about."""
LARGEST_POOL = 1000
SIDE = 320
CHUNK = 40
"""Crops of one task."""
HARD = -1.5
"""Log-odds from which a false peak is a place to learn from."""
TRIAL = (6, 2)
"""Crops and batches that tell how fast this machine is; one batch before them does not count, it prepares."""
SLOWER = 1.35
"""Wall-clock time of work beside that of other processes, over its own."""
BANDS_AT = 0.8
"""Controls are seen at this share of the coarsest ground sampling distance of each band."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What may be spent."""

    until: float
    """Monotonic time at which all must be done."""
    jobs: int
    seed: int
    batches: int | None
    """A student; as many as the time allows where it is not given. With it the result is the same on every run."""
    course: Course
    side: int = SIDE


@dataclass(frozen=True, slots=True)
class Adapted:
    """A network taught further."""

    entry: Entry
    network: bytes
    verdict: Verdict
    sheets: tuple[Sheet, ...]
    left_out: int
    """Images at whose ground sampling distance the class cannot be observed."""
    students: int
    batches: int
    """Of a student, the least."""


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
        An image cannot be read, or there are too few to hold any back.
    """
    entry, origin = origin_of(parts, label)
    sheets = read_sheets(images, label, gsd_m, folder, progress)
    part = folds([s.image.site for s in sheets], [s.objects for s in sheets], most=STUDENTS, seed=effort.seed)
    course = replace(effort.course, boxy=entry.axial, seed=effort.seed)
    setting = Setting(label, sheets, part, entry, origin, Plan(0, 0, 0, effort.side, effort.seed), course)
    work = Work(folder, setting, effort, progress)
    work.render()
    former = work.look("former", origin.rest, range(len(sheets)), controls=True)
    work.harden(former[0])
    work.plan()
    students, batches = work.teach()
    looked = work.looked(students, former)
    verdict = reach(looked, entry.accuracy)
    network = origin.holding(mixed(origin.weights(), mean(students), verdict.choice.share))
    new = entry.model_copy(update={"accuracy": verdict.bands, "details": former_details(entry)})
    return Adapted(new, network, verdict, sheets, len(images) - len(sheets), len(students), batches)


def former_details(entry: Entry) -> tuple[Detailed, ...]:
    """Give what was measured of sizes and sub-classes, saying that it was of the former network."""
    said = "of the detector that it was taught from: "
    return tuple(d.model_copy(update={"source": (said + d.source.removeprefix(said))[:500]}) for d in entry.details)


def origin_of(parts: Parts, label: str) -> tuple[Entry, Origin]:
    """Give a class's network and its description; raises `ConfigError` where there is none to start from."""
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
    """The steps of one adaptation; each is a number of tasks."""

    folder: Path
    setting: Setting
    effort: Effort
    progress: Progress
    look_s: float = 0.0
    """Wall-clock time of looking once at everything."""

    def run(self, todo: Sequence[object], what: str) -> None:
        run_tasks(todo, jobs=self.effort.jobs, progress=self.progress, what=f"{self.setting.label}: {what}")  # type: ignore[arg-type]  # tasks, by shape

    def render(self, *, many: bool = False) -> None:
        (self.folder / "features.onnx").write_bytes(self.setting.origin.first)
        if closer := self.setting.entry.closer:
            (self.folder / closer.file).write_bytes(self.setting.origin.again)
        self.run(renders.draws(self.folder, self.setting.label, self.effort.seed, many=many), "renders")
        self.setting.save(self.folder)

    def look(
        self, name: str, network: bytes, which: Sequence[int], *, controls: bool
    ) -> tuple[dict[int, Seen], tuple[Seen, ...]]:
        """Look at some of the user's images, and at the controls, with one network."""
        began = time.monotonic()
        plan = self.looks(name, network, which, controls=controls)
        self.run(plan, "looks")
        self.look_s = time.monotonic() - began
        return self.seen(name, which, controls=controls)

    def looks(self, name: str, network: bytes, which: Sequence[int], *, controls: bool) -> list[Look]:
        file = self.folder / f"{name}.onnx"
        file.write_bytes(network)
        images = [(self.setting.sheets[k].labelled(), f"own-{k}") for k in which]
        images += [(c, f"control-{k}") for k, c in enumerate(self.controls())] if controls else []
        e = self.setting.entry
        both = Network(file, self.folder / "features.onnx")
        model = model_of(e, both)
        return [Look(model, i, self.folder / f"{name}-{key}.npy") for i, key in images]

    def seen(self, name: str, which: Sequence[int], *, controls: bool) -> tuple[dict[int, Seen], tuple[Seen, ...]]:
        sheets, part = self.setting.sheets, self.setting.part
        own = {}
        for k in which:
            image, found = sheets[k].labelled(), peaks(self.folder / f"{name}-own-{k}.npy")
            own[k] = Seen(image.gsd_m, image.judged(), found, sheets[k].image.exhaustive, int(part[k]), sheets[k].name)
        rendered = tuple(
            Seen(c.gsd_m * c.factor, c.judged(), peaks(self.folder / f"{name}-control-{k}.npy"))
            for k, c in enumerate(self.controls() if controls else ())
        )
        return own, rendered

    def controls(self) -> list[Labelled]:
        """Give rendered places as they are seen in each band."""
        folder, label = renders.controls(self.folder), self.setting.label
        found, finest = [], 0.0
        for band in self.setting.entry.accuracy:
            gsd_m = max(BANDS_AT * band.gsd_max, 1.02 * finest, scenes.GSD_M)
            least_m = claim(label, gsd_m).min_length_m
            found += rendered(folder, scenes.read(folder, label), gsd_m / scenes.GSD_M, least_m)
            finest = band.gsd_max
        return found

    def plan(self) -> None:
        """Decide how many crops and batches there are to be, and make the crops."""
        batches = self.effort.batches or self.affordable()
        crops = int(min(LARGEST_POOL, max(32, batches * self.setting.course.size / VIEWS)))
        share, images = self.setting.course.plain, len(self.setting.sheets)
        own = max(2, round(share * crops / images))
        rest = max(4, round((1 - share) * crops / 2))
        plan = Plan(own, max(1, round(rest / images)), rest, self.effort.side, self.effort.seed)
        course = replace(self.setting.course, batches=batches)
        self.setting = replace(self.setting, plan=plan, course=course)
        self.setting.save(self.folder)
        jobs = plan.jobs(images)
        pool_folder(self.folder).mkdir()
        Pool.create(pool_folder(self.folder), len(jobs), plan.side)
        self.run([lessons.Fill(self.folder, a, CHUNK) for a in range(0, len(jobs), CHUNK)], "crops")

    def harden(self, former: Mapping[int, Seen]) -> None:
        """Note where the former model sees objects that nobody labelled: much is to be learned there."""
        sheets = []
        for k, s in enumerate(self.setting.sheets):
            places = former[k].false_peaks(HARD) if s.image.exhaustive else s.marks.hard
            sheets.append(replace(s, marks=replace(s.marks, hard=places)))
        self.setting = replace(self.setting, sheets=tuple(sheets))

    def affordable(self) -> int:
        """Give how many batches a student can be taught in the time that is left."""
        crop_s, batch_s = self.trial()
        left = self.effort.until - time.monotonic() - self.reserve_s()
        each = self.setting.course.size / VIEWS * crop_s / self.workers() + self.rounds() * batch_s
        batches = int(left / (SLOWER * each))
        if batches < LEAST_BATCHES:
            raise InputError(
                f"too little time is left to learn {self.setting.label} on this machine: give more --minutes, or fewer "
                "images"
            )
        return min(batches, MOST_BATCHES)

    def workers(self) -> int:
        return self.effort.jobs or os.cpu_count() or 1

    def rounds(self) -> int:
        return math.ceil(self.setting.students / self.workers())

    def reserve_s(self) -> float:
        """Give the time that judging takes."""
        return 5.0 + SLOWER * len(SHARES) * self.look_s

    def trial(self) -> tuple[float, float]:
        """Measure the wall-clock time of a crop and of a batch."""
        lessons.one_thread()
        crops, batches = TRIAL
        folder = self.folder / "trial"
        folder.mkdir()
        plan = replace(self.setting.plan, own=crops, furnished=crops, rendered=2)
        jobs = plan.jobs(1)
        pool = Pool.create(folder, len(jobs), plan.side)
        former = self.setting.origin.student().eval()
        ready = stock(self.setting, self.folder)
        began = time.monotonic()
        fill(pool, ready, jobs, 0, former, plan.side)
        crop_s = (time.monotonic() - began) / len(jobs)
        none = np.zeros(len(jobs), bool)
        tune(former, pool, ~none, none, replace(self.setting.course, batches=1))
        began = time.monotonic()
        tune(former, pool, ~none, none, replace(self.setting.course, batches=batches))
        return crop_s, (time.monotonic() - began) / batches

    def teach(self) -> tuple[list[Weights], int]:
        """Teach the students; gives their weights, and the least number of batches that one of them saw."""
        self.progress(0, 0, f"{self.setting.label}: {self.setting.course.batches} batches a student")
        left = self.effort.until - self.reserve_s() - time.monotonic()
        last = math.inf if self.effort.batches else left
        teach = []
        for k in range(self.setting.students):
            share = (k // self.workers() + 1) / self.rounds()
            teach.append(lessons.Teach(self.folder, k, time.monotonic() + share * last))
        self.run(teach, "students")
        stored = [dict(np.load(t.part)) for t in teach]
        batches = [int(s.pop("batches")) for s in stored]
        return stored, min(batches)

    def looked(self, students: Sequence[Weights], former: tuple[dict[int, Seen], tuple[Seen, ...]]) -> Looked:
        """Look with every student at what was held back from it, and with their mean at the controls."""
        origin, all_ = self.setting.origin, mean(list(students))
        first, plan = origin.weights(), []
        held = [np.flatnonzero(self.setting.part == k).tolist() for k in range(len(students))]
        for share in SHARES[1:]:
            for k, weights in enumerate(students):
                network = origin.holding(mixed(first, weights, share))
                plan += self.looks(f"student-{k}-{share}", network, held[k], controls=False)
            plan += self.looks(f"mean-{share}", origin.holding(mixed(first, all_, share)), (), controls=True)
        self.run(plan, "looks")
        own = {0.0: tuple(former[0][k] for k in range(len(self.setting.sheets)))}
        controls = {0.0: former[1]}
        for share in SHARES[1:]:
            seen: dict[int, Seen] = {}
            for k in range(len(students)):
                seen |= self.seen(f"student-{k}-{share}", held[k], controls=False)[0]
            own[share] = tuple(seen[k] for k in range(len(seen)))
            controls[share] = self.seen(f"mean-{share}", (), controls=True)[1]
        return Looked(own, controls)

"""The pieces of work of an adaptation that need torch: crops with their features, students."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from sitedelta.files.store import written_aside
from sitedelta.learning.adapt.pool import Pool, fill
from sitedelta.learning.adapt.setting import load_setting, pool_folder, stock
from sitedelta.learning.adapt.tune import tune


def one_thread() -> None:
    """Let processes share the cores, not threads."""
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


@dataclass(frozen=True, slots=True)
class Fill:
    """Some crops of the pool."""

    folder: Path
    first: int
    count: int

    @property
    def part(self) -> Path:
        return self.folder / f"filled-{self.first}"

    def run(self) -> None:
        one_thread()
        setting = load_setting(self.folder)
        plan, former = setting.plan, setting.origin.student().eval()
        jobs = plan.jobs(len(setting.sheets))[self.first : self.first + self.count]
        pool = Pool.open(pool_folder(self.folder))
        fill(pool, stock(setting, self.folder), jobs, self.first, former, plan.side)
        self.part.touch()


@dataclass(frozen=True, slots=True)
class Teach:
    """One student."""

    folder: Path
    student: int
    until: float
    """Monotonic time."""

    @property
    def part(self) -> Path:
        return self.folder / f"student-{self.student}.npz"

    def run(self) -> None:
        one_thread()
        setting = load_setting(self.folder)
        pool = Pool.open(pool_folder(self.folder))
        held = np.flatnonzero(setting.part == self.student)
        partly = [k for k, s in enumerate(setting.sheets) if not s.image.exhaustive]
        course = replace(setting.course, seed=setting.course.seed + self.student)
        weights, batches = tune(
            setting.origin.student(),
            pool,
            ~np.isin(pool.source, held),
            np.isin(pool.source, partly),
            course,
            until=self.until,
        )
        with written_aside(self.part) as aside:
            np.savez(aside, allow_pickle=False, **weights, batches=np.array(batches))

"""What every task of an adaptation shares, on disk: processes map the same files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.network import Network
from sitedelta.detectors.models import Entry, model_of
from sitedelta.learning.adapt import renders
from sitedelta.learning.adapt.crops import Stock
from sitedelta.learning.adapt.pool import Plan
from sitedelta.learning.adapt.sheets import Sheet
from sitedelta.learning.adapt.student import Origin
from sitedelta.learning.adapt.tune import Course
from sitedelta.learning.detect.sampler import RECIPES, Kind
from sitedelta.running.context import load_context, save_context


@dataclass(frozen=True, slots=True)
class Setting:
    """An adaptation of one class."""

    label: Kind
    sheets: tuple[Sheet, ...]
    part: NDArray[np.int64]
    """Of each sheet: the student that it is held back from."""
    entry: Entry
    """The network to start from, as described."""
    origin: Origin
    plan: Plan
    course: Course

    def save(self, folder: Path) -> Path:
        """Write it for tasks."""
        return save_context(self, folder / "setting.context")

    @property
    def students(self) -> int:
        """How many are taught, each with a part of the images held back."""
        return int(self.part.max()) + 1


def load_setting(folder: Path) -> Setting:
    """Read what `Setting.save` wrote."""
    return load_context(folder / "setting.context", Setting)


def stock(setting: Setting, folder: Path) -> Stock:
    """Give everything that crops are cut from, once it is rendered."""
    own = tuple(s.picture() for s in setting.sheets)
    places, model = renders.places(folder, setting.label), model_of(setting.entry, Network(folder / "none.onnx"))
    return Stock(own, places, renders.sprites(folder), RECIPES[setting.label], model)


def pool_folder(folder: Path) -> Path:
    """Give where the crops are."""
    return folder / "pool"

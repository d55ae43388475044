"""What is rendered to teach with: sprites to paste, places to learn from or to replay, places that only measure."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from sitedelta.files.store import written_aside
from sitedelta.learning.detect import bank, scenes
from sitedelta.learning.detect.ground import Picture
from sitedelta.learning.detect.sprites import Bank

BANKS = 2
"""Parts that the sprites are drawn in, so that as many processes can draw."""
SPRITES = 600
"""Of each part."""
PLACES = (0, 3)
"""Seeds of the rendered places that are replayed: a base and a camp."""
MANY_PLACES = tuple(range(16))
"""Of those that a network learns from that begins anew."""
CONTROLS = (100, 103)
"""Seeds of those that only measure."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A part of the sprites."""

    folder: Path
    label: str
    k: int
    seed: int
    sprites: int

    @property
    def part(self) -> Path:
        return _bank(self.folder, self.k)

    def run(self) -> None:
        cv2.setNumThreads(1)
        with written_aside(self.part) as aside:
            bank.bank(self.label, self.sprites, self.seed).save(aside)


@dataclass(frozen=True, slots=True)
class Render:
    """A place, to learn from or to measure on."""

    folder: Path
    seed: int

    @property
    def part(self) -> Path:
        return self.folder / f"{self.seed:04d}.json"

    def run(self) -> None:
        cv2.setNumThreads(1)
        scenes.write(self.folder, self.seed)


def draws(folder: Path, label: str, seed: int, *, many: bool = False) -> list[Draw | Render]:
    """Plan all that is rendered, what is slow first; with `many`, what a network needs that begins anew."""
    for f in (learned(folder), controls(folder)):
        f.mkdir()
    renders = [Render(learned(folder), s + 1000 * seed) for s in (MANY_PLACES if many else PLACES)]
    renders += [Render(controls(folder), s + 1000 * seed) for s in CONTROLS]
    return [*renders, *(Draw(folder, label, k, BANKS * seed + k, SPRITES) for k in range(BANKS if many else 0))]


def sprites(folder: Path) -> Bank:
    """Read the sprites that were drawn."""
    banks = [Bank.load(_bank(folder, k)) for k in range(BANKS)]
    return replace(banks[0], sprites=tuple(s for b in banks for s in b.sprites))


def places(folder: Path, label: str) -> tuple[Picture, ...]:
    """Read the places to learn from."""
    return scenes.read(learned(folder), label)


def learned(folder: Path) -> Path:
    """Give where the places to learn from are."""
    return folder / "places"


def controls(folder: Path) -> Path:
    """Give where the places that only measure are."""
    return folder / "controls"


def _bank(folder: Path, k: int) -> Path:
    return folder / f"bank-{k}.npz"

"""What is said of tiles that were given up."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from sitedelta.running.tiles import Tile


class Piece(Protocol):
    """A task on a tile."""

    @property
    def part(self) -> Path:
        """What it should have written."""

    @property
    def tile(self) -> Tile:
        """Where."""


def sentences(what: str, tasks: Iterable[Piece], reasons: Mapping[Path, str]) -> Iterator[str]:
    """Say of the tiles of a stage that were given up where they lie, and why.

    Parameters
    ----------
    what : str
        The stage, e.g. `aircraft in 2024-12-06-base`.
    reasons : mapping
        By part.
    """
    for task in tasks:
        if task.part in reasons:
            t = task.tile
            yield f"{what}, rows {t.row0} to {t.row1}, columns {t.col0} to {t.col1}: {reasons[task.part]}"
